//! Two people of one 1:1, each with their own cadenced, agree on every outcome; a real server carries the messages.

use std::fs;
use std::path::Path;
use std::process::Command;

use cadenced::calendar::write::{NewTime, Seen, Target};
use cadenced::clock::Clock;
use cadenced::domain::recurrence::Moment;
use jiff::ToSpan;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::caldav_side::{Side, ZONE, env, moment};
use crate::waiting::come;

/// A weekly series that the manager calls, from `start` on; `until` ends it.
pub fn series(uid: &str, start: DateTime, until: Option<&str>) -> String {
    let end = start + 30.minutes();
    let until = until.map(|until| format!(";UNTIL={until}")).unwrap_or_default();
    let lines = [
        "BEGIN:VEVENT",
        &format!("UID:{uid}"),
        "DTSTAMP:20260101T000000Z",
        &format!("DTSTART;TZID=Europe/Berlin:{}", start.strftime("%Y%m%dT%H%M%S")),
        &format!("DTEND;TZID=Europe/Berlin:{}", end.strftime("%Y%m%dT%H%M%S")),
        &format!("RRULE:FREQ=WEEKLY{until}"),
        "SUMMARY:1:1 Mana / Rep",
        "ORGANIZER;CN=Mana:mailto:manager@example.com",
        "ATTENDEE;CN=Mana;PARTSTAT=ACCEPTED:mailto:manager@example.com",
        "ATTENDEE;CN=Rep;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:report@example.com",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ];
    ["BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//story//EN\r\n", ZONE, &lines.join("\r\n")].concat()
}

fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
}

/// The path and text of the object of a uid in a calendar, once it holds `part`.
pub async fn object(side: &Side, uid: &str, part: &str) -> (String, String) {
    let look = async || {
        for path in side.paths().await {
            let text = unfolded(&side.text(&path).await);
            if text.contains(&format!("UID:{uid}\r\n")) && text.contains(part) {
                return Some((path, text));
            }
        }
        None
    };
    come(&format!("{uid} with {part}"), look).await
}

/// Waits until a calendar shows that the report accepted.
pub async fn accepted(side: &Side, uid: &str) {
    let said =
        |line: &str| line.starts_with("ATTENDEE") && line.contains("report@") && line.contains("PARTSTAT=ACCEPTED");
    come("the reply", async || object(side, uid, "").await.1.lines().any(said).then_some(())).await;
}

/// What a guest's calendar program writes to accept.
pub async fn accept(side: &Side, uid: &str) {
    let (path, text) = object(side, uid, "").await;
    let accepted = text.split("\r\n").map(|line| {
        let own = line.starts_with("ATTENDEE") && line.contains("report@");
        if own { line.replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED") } else { line.to_owned() }
    });
    side.put(&path, &accepted.collect::<Vec<_>>().join("\r\n")).await;
}

/// What a guest's calendar program writes to decline one session.
pub async fn decline(side: &Side, uid: &str, original: DateTime) {
    let (path, text) = object(side, uid, "").await;
    let own = [
        "BEGIN:VEVENT",
        &format!("UID:{uid}"),
        "DTSTAMP:20260102T000000Z",
        &format!("RECURRENCE-ID;TZID=Europe/Berlin:{}", original.strftime("%Y%m%dT%H%M%S")),
        &format!("DTSTART;TZID=Europe/Berlin:{}", original.strftime("%Y%m%dT%H%M%S")),
        &format!("DTEND;TZID=Europe/Berlin:{}", (original + 30.minutes()).strftime("%Y%m%dT%H%M%S")),
        "SUMMARY:1:1 Mana / Rep",
        "ORGANIZER;CN=Mana:mailto:manager@example.com",
        "ATTENDEE;CN=Mana;PARTSTAT=ACCEPTED:mailto:manager@example.com",
        "ATTENDEE;CN=Rep;PARTSTAT=DECLINED:mailto:report@example.com",
        "END:VEVENT",
        "END:VCALENDAR",
    ];
    side.put(&path, &text.replace("END:VCALENDAR", &own.join("\r\n"))).await;
}

/// cadenced as this person runs it, as of `now`.
fn cadenced(folder: &Path, user: &str, now: &str, words: &[&str]) -> String {
    let config = folder.join(format!("{user}.toml"));
    let server = env("CADENCED_CALDAV_SERVER");
    let data = folder.join(user).display().to_string();
    let text = format!(
        "[owner]\naddresses = [\"{user}@example.com\"]\nzone = \"Europe/Berlin\"\n\
         [[account]]\nname = \"work\"\nkind = \"caldav\"\nserver = \"{server}\"\nusername = \"{user}\"\n\
         password_command = [\"echo\", \"pw\"]\n[[account.calendar]]\nname = \"main\"\n[paths]\ndata = \"{data}\"\n"
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cadenced"));
    let ended = command.arg("--config").arg(&config).args(["--now", now]).args(words).output().unwrap();
    assert!(ended.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap()
}

/// What somebody's ledger says of each session, in words that both sides share.
fn ledger(folder: &Path, user: &str, now: &str) -> Vec<(String, &'static str)> {
    let read: Value = serde_json::from_str(&cadenced(folder, user, now, &["sessions", "--format", "json"])).unwrap();
    let side = |by: &Value| match (by.as_str(), user) {
        (None, _) => "nobody",
        (Some("owner"), "manager") | (Some("other"), "report") => "the manager",
        _ => "the report",
    };
    let line = |session: &Value| {
        let text = |key: &str| session[key].as_str().unwrap_or_default().to_owned();
        let words = format!("{} at {} {}", text("original_start"), text("start"), text("outcome"));
        (words, side(&session["by"]))
    };
    let mut lines: Vec<(String, &str)> = read.as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines
}

#[tokio::test]
#[ignore = "needs a CalDAV server that schedules: tests/rigs"]
async fn two_people_with_a_cadenced_each_agree_on_every_outcome() {
    let (manager, report) = (Side::new("manager").await, Side::new("report").await);
    for side in [&manager, &report] {
        side.empty().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = std::process::id();
    let (first, second) = (format!("first-{run}"), format!("second-{run}"));
    let today = Clock::System.now().to_zoned(TimeZone::UTC).date();
    let monday = today.nth_weekday(1, Weekday::Monday).unwrap();
    let at = |week: i64, day: i64, hour: i8| {
        (monday + (week * 7 + day).days()).to_datetime(Time::new(hour, 0, 0, 0).unwrap())
    };
    let zoned = |local: DateTime| -> Moment { moment(&local.to_string()) };
    let now = |local: DateTime| local.in_tz("Europe/Berlin").unwrap().timestamp().to_string();
    let name = format!("first-{run}.ics");

    manager.put(&name, &series(&first, at(0, 0, 10), None)).await;
    accept(&report, &first).await;
    accepted(&manager, &first).await;
    for user in ["manager", "report"] {
        cadenced(folder.path(), user, &now(at(0, -3, 12)), &["sync"]);
    }

    // The manager calls the second session off, and the report declines the third.
    let path = manager.calendar.join(&name).unwrap().path().to_owned();
    let session = |week: i64| Target::Session {
        resource: path.clone(),
        uid: first.clone(),
        original: Some(zoned(at(week, 0, 10))),
    };
    let mut writer = manager.connect().writer.unwrap();
    let Seen::There(found) = writer.look(&session(1)).await.unwrap() else { panic!("it stands") };
    writer.remove(&session(1), &found.version).await.unwrap();
    object(&report, &first, &format!("{}", at(1, 0, 10).strftime("%Y%m%dT%H%M%S"))).await;
    decline(&report, &first, at(2, 0, 10)).await;
    object(&manager, &first, "PARTSTAT=DECLINED").await;

    // The manager moves the fourth to the Wednesday.
    let Seen::There(found) = writer.look(&session(3)).await.unwrap() else { panic!("it stands") };
    let (start, end) = (zoned(at(3, 2, 14)), zoned(at(3, 2, 14) + 30.minutes()));
    writer.move_to(&session(3), &found.version, &NewTime { start, end, operation: "op-1".into() }).await.unwrap();
    object(&report, &first, &format!("DTSTART;TZID=Europe/Berlin:{}", at(3, 2, 14).strftime("%Y%m%dT%H%M%S"))).await;

    // From the sixth week on it is on Tuesdays: "this and following" ends the series and makes another.
    let text = unfolded(&manager.text(&name).await);
    let until = (at(5, 0, 10).in_tz("Europe/Berlin").unwrap().timestamp() - 1.second()).strftime("%Y%m%dT%H%M%SZ");
    manager.put(&name, &text.replace("RRULE:FREQ=WEEKLY", &format!("RRULE:FREQ=WEEKLY;UNTIL={until}"))).await;
    manager.put(&format!("second-{run}.ics"), &series(&second, at(5, 1, 11), None)).await;
    accept(&report, &second).await;
    accepted(&manager, &second).await;
    object(&report, &first, "UNTIL=").await;

    let later = now(at(7, 4, 18));
    let ledgers = ["manager", "report"].map(|user| {
        cadenced(folder.path(), user, &later, &["sync"]);
        ledger(folder.path(), user, &later)
    });
    agree(&ledgers);
    let moved = at(3, 2, 14).in_tz("Europe/Berlin").unwrap().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    assert!(ledgers[0].iter().any(|(line, _)| line.contains(&format!("at {moved} held_presumed"))));
}

/// Both ledgers say the same of each session, and what the story wants.
fn agree(ledgers: &[Vec<(String, &str)>; 2]) {
    let words = |at: usize| ledgers[at].iter().map(|(words, _)| words.as_str()).collect::<Vec<_>>();
    println!("{}", words(0).join("\n"));
    assert_eq!(words(0), words(1));
    // Who it was is not always known to both: the guest's copy does not tell a session that its organiser took off.
    for ((line, one), (_, other)) in ledgers[0].iter().zip(&ledgers[1]) {
        assert!(one == other || [*one, *other].contains(&"nobody"), "{line}: {one}, {other}");
    }
    let said = |part: &str| words(0).iter().filter(|line| line.contains(part)).count();
    assert_eq!((said("cancelled"), said("declined")), (1, 1));
    assert_eq!(ledgers[0].iter().find(|(line, _)| line.contains("cancelled")).unwrap().1, "the manager");
    assert!(ledgers.iter().flatten().filter(|(line, _)| line.contains("declined")).all(|(_, by)| *by == "the report"));
    assert_eq!(said("held_presumed"), 6, "the first, the moved fourth, the fifth, and three of the second series");
}
