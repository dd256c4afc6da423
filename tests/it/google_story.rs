//! The real program follows two weeks of a Google calendar, through an expired token and a revoked sign-in. With every reply lost once, the
//! store ends the same.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::google_account::OWNER;
use crate::google_fake::{FULL, Fake};
use crate::google_program::{Home, Said};
use crate::waiting::come;

const PEOPLE: [(&str, &str, &str); 5] = [
    ("ann", "2026-11-03", "TU"),
    ("bob", "2026-11-04", "WE"),
    ("cat", "2026-11-05", "TH"),
    ("dan", "2026-11-02", "MO"),
    ("eve", "2026-11-06", "FR"),
];

/// More than once is needed only where replies are lost.
const MOST_TRIES: usize = 40;

struct Story {
    fake: Fake,
    home: Home,
    lossy: bool,
    series: Vec<String>,
}

fn address(name: &str) -> String {
    format!("{name}@example.com")
}

/// A weekly half-hour at ten with one person, with words that nobody may keep.
fn weekly(name: &str, date: &str, day: &str) -> Value {
    json!({
        "summary": format!("Owner / {name}"),
        "description": "whispered notes", "location": "whispered place",
        "attachments": [{"fileUrl": "https://example.com/whispered", "title": "whispered"}],
        "start": {"dateTime": format!("{date}T10:00:00+01:00"), "timeZone": "Europe/Berlin"},
        "end": {"dateTime": format!("{date}T10:30:00+01:00"), "timeZone": "Europe/Berlin"},
        "recurrence": [format!("RRULE:FREQ=WEEKLY;BYDAY={day}")],
        "attendees": [{"email": OWNER, "responseStatus": "accepted"},
                      {"email": address(name), "responseStatus": "accepted"}],
    })
}

fn at(date: &str, from: &str, to: &str) -> Value {
    json!({"start": {"dateTime": format!("{date}T{from}:00+01:00"), "timeZone": "Europe/Berlin"},
           "end": {"dateTime": format!("{date}T{to}:00+01:00"), "timeZone": "Europe/Berlin"}})
}

impl Story {
    async fn begin(lossy: bool) -> Self {
        let fake = Fake::start().await;
        fake.add_user(OWNER, "Europe/Berlin");
        let mut series = Vec::new();
        for (name, date, day) in PEOPLE {
            fake.add_user(&address(name), "Europe/Berlin");
            series.push(fake.as_user(OWNER).insert(weekly(name, date, day)));
        }
        fake.settings(|settings| settings.page_limit = Some(3));
        let home = Home::signed_in(&fake);
        if lossy {
            fake.lose_every_reply_once();
        }
        Self { fake, home, lossy, series }
    }

    /// The fake's clock and the program's.
    fn is(&self, now: &str) {
        self.fake.set_now(now.parse().unwrap());
    }

    async fn sync(&self) -> Said {
        let now = self.fake.now().to_string();
        for _ in 0..MOST_TRIES {
            let said = self.home.at(&now, &["sync"]).await;
            if said.code != 75 || !self.lossy {
                return said;
            }
        }
        panic!("it never gets through");
    }

    async fn good_sync(&self, now: &str) {
        self.is(now);
        let said = self.sync().await;
        assert_eq!(said.code, 0, "{said:#?}");
    }

    /// All of it, up to noon of the sixteenth.
    async fn tell(&self) {
        let owner = self.fake.as_user(OWNER);
        let [ann, bob, cat, dan, eve] = self.series.as_slice() else { panic!("there are five") };
        self.good_sync("2026-11-02T07:00:00Z").await;
        self.good_sync("2026-11-05T07:00:00Z").await;
        self.is("2026-11-09T06:00:00Z");
        owner.split(dan, "2026-11-09T10:00:00+01:00", at("2026-11-09", "15:00", "15:30"));
        self.good_sync("2026-11-09T07:00:00Z").await;
        self.is("2026-11-10T06:00:00Z");
        owner.cancel_instance(ann, "2026-11-10T10:00:00+01:00");
        self.fake.as_user(&address("bob")).reply(bob, Some("2026-11-11T10:00:00+01:00"), "declined");
        self.good_sync("2026-11-10T07:00:00Z").await;
        // What is deleted while the token is dead is told by no list of changes.
        self.is("2026-11-12T06:00:00Z");
        self.fake.kill_sync_tokens("fullSyncRequired");
        owner.delete(eve);
        owner.patch_instance(cat, "2026-11-12T10:00:00+01:00", at("2026-11-13", "15:00", "15:30"));
        self.good_sync("2026-11-12T07:00:00Z").await;
        self.good_sync("2026-11-12T13:00:00Z").await;
        self.is("2026-11-13T16:00:00Z");
        self.fake.revoke(OWNER);
        let before = self.rows();
        let said = self.sync().await;
        assert_eq!(said.code, 77, "{said:#?}");
        assert!(said.out.contains("cadenced login work"), "{said:#?}");
        assert_eq!(self.rows(), before, "a sign-in that ended deletes nothing");
        self.home.keep(&self.fake.refresh_token(OWNER, &[FULL]));
        self.good_sync("2026-11-16T12:00:00Z").await;
    }

    /// Every event as the store has it.
    fn rows(&self) -> Vec<String> {
        let db = Connection::open(self.home.path("data/cadenced/cadenced.db")).unwrap();
        let sql = "SELECT uid, instance, coalesce(resource, ''), body, missed IS NOT NULL, coalesce(last_seen, 0) FROM event ORDER BY 1, 2";
        let mut query = db.prepare(sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            let text = |n| row.get::<_, String>(n);
            let number = |n| row.get::<_, i64>(n);
            Ok(format!("{} {} {} {} {} {}", text(0)?, text(1)?, text(2)?, text(3)?, number(4)?, number(5)?))
        };
        query.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    async fn json(&self, words: &[&str]) -> Value {
        let now = self.fake.now().to_string();
        self.home.at(&now, &[words, &["--format", "json"]].concat()).await.json()
    }

    async fn sessions(&self) -> Vec<Value> {
        self.json(&["sessions", "--since", "2026-11-01", "--until", "2026-11-18"]).await.as_array().unwrap().clone()
    }
}

/// `person original outcome` of every session, in order; with where it went, where it was moved.
fn lines(sessions: &[Value]) -> Vec<String> {
    let line = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let day = |name: &str| text(name).get(5..16).unwrap_or_default().to_owned();
        let person = one["person"].as_str().or_else(|| one["person"]["name"].as_str()).unwrap_or_default();
        let person = person.split('@').next().unwrap_or_default();
        let moved = if one["moved"] == true { format!(" to {}", day("start")) } else { String::new() };
        let by = one["by"].as_str().map(|by| format!(" by {by}")).unwrap_or_default();
        format!("{} {person} {}{by}{moved}", day("original_start"), text("outcome"))
    };
    let mut all: Vec<String> = sessions.iter().map(line).collect();
    all.sort();
    all
}

#[tokio::test]
async fn two_weeks_are_followed_and_every_reply_lost_once_changes_nothing() {
    let story = Story::begin(false).await;
    story.tell().await;
    let sessions = story.sessions().await;
    assert_eq!(
        lines(&sessions),
        [
            "11-02T10:00 dan held_presumed",
            "11-03T10:00 ann held_presumed",
            "11-04T10:00 bob held_presumed",
            "11-05T10:00 cat held_presumed",
            "11-06T10:00 eve held_presumed",
            "11-09T15:00 dan held_presumed",
            "11-10T10:00 ann cancelled by owner",
            "11-11T10:00 bob declined by other",
            "11-12T10:00 cat held_presumed to 11-13T15:00",
            "11-16T15:00 dan upcoming",
            "11-17T10:00 ann upcoming",
            "11-18T10:00 bob upcoming",
        ]
    );
    let now = story.fake.now().to_string();
    for (original, words) in [("2026-11-10T10:00:00+01:00", "cancelled"), ("2026-11-11T10:00:00+01:00", "declined")] {
        let id = sessions.iter().find(|one| one["original_start"] == original).unwrap()["id"].as_str().unwrap();
        let told = story.home.at(&now, &["explain", id]).await;
        assert!(told.code == 0 && told.out.to_lowercase().contains(words), "{told:#?}");
    }
    let series = story.json(&["series"]).await;
    assert_eq!(series.as_array().unwrap().len(), 5, "a split is no second 1:1: {series:#}");
    let raw = story.home.database();
    assert!(!raw.windows(8).any(|bytes| bytes == b"whispere"), "descriptions, places and attachments are never kept");

    let lossy = Story::begin(true).await;
    lossy.tell().await;
    assert_eq!(lossy.rows(), story.rows());
    assert_eq!(lines(&lossy.sessions().await), lines(&sessions));
}

#[tokio::test]
async fn the_daemon_follows_changes_and_goes_on_after_a_new_sign_in() {
    let story = Story::begin(false).await;
    let mut daemon = story.home.command(&["--now", "2026-11-09T07:00:00Z", "run"]).spawn().unwrap();
    story.is("2026-11-09T07:00:00Z");
    let mut log = daemon.stderr.take().unwrap();
    let hup = || {
        let pid = daemon.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    };
    until(&story, &["series"], |series| series.as_array().is_some_and(|all| all.len() == 5)).await;
    story.fake.as_user(OWNER).cancel_instance(&story.series[0], "2026-11-10T10:00:00+01:00");
    hup();
    let cancelled = |all: &Value| lines(all.as_array().unwrap()).iter().any(|line| line.contains("ann cancelled"));
    until(&story, &["sessions", "--until", "2026-11-18"], cancelled).await;
    story.fake.revoke(OWNER);
    hup();
    let ended = |status: &Value| {
        status["sources"][0]["problem"].as_str().is_some_and(|why| why.contains("cadenced login work"))
    };
    until(&story, &["status"], ended).await;
    story.home.keep(&story.fake.refresh_token(OWNER, &[FULL]));
    hup();
    until(&story, &["status"], |status| status["sources"][0]["stale_since"].is_null()).await;
    daemon.start_kill().unwrap();
    let mut said = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut log, &mut said).await.unwrap();
    daemon.wait().await.unwrap();
    for secret in ["1//", "ya29.", "whispered", "Owner /", "ann@", "127.0.0.1"] {
        assert!(!said.contains(secret), "{secret} in the log:\n{said}");
    }
}

/// Asks again and again until what comes back fits.
async fn until(story: &Story, words: &[&str], fits: impl Fn(&Value) -> bool) {
    let look = async || {
        let said = story.home.at("2026-11-09T08:00:00Z", &[words, &["--format", "json"]].concat()).await;
        (!said.out.is_empty() && fits(&said.json())).then_some(())
    };
    come(&format!("what fits of {words:?}"), look).await;
}
