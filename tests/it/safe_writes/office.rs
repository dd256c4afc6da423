//! A weekly 1:1 on each kind of calendar, with the manual edits of its two people.

use std::fmt::Write;

use cadenced::domain::make_up::MakeUpName;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use super::collection::Collection;
use super::desk::{Desk, set_now};
use crate::caldav_server::told;
use crate::caldav_side::ZONE;
use crate::google_account::{ANN, OWNER, config, kept};
use crate::google_fake::{FULL, Fake, Fault};

/// Monday morning; the session is on Wednesday at ten.
const BEGIN: &str = "2026-11-16T08:00:00Z";
const FIRST: &str = "2026-10-21T10:00";
pub const LOST: &str = "2026-11-18T10:00";
const ORIGINAL: &str = "2026-11-18T10:00:00+01:00";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Google,
    CalDav,
}

pub const KINDS: [Kind; 2] = [Kind::Google, Kind::CalDav];

/// What somebody changes about an event that cadenced wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    Title,
    Notes,
    Room,
    Guest,
    Drag,
    DragAndBack,
}

pub const EDITS: [Edit; 6] = [Edit::Title, Edit::Notes, Edit::Room, Edit::Guest, Edit::Drag, Edit::DragAndBack];

/// A way in which a request of cadenced's fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server wants no writes for some hours: twelve at Google's limit against abuse, two by `Retry-After`.
    NoWrites,
    /// After the next write the server knows nothing of the event for so many looks.
    Blind(usize),
    /// The calendar cannot be read.
    Unreadable,
}

pub enum Office {
    Google { fake: Box<Fake>, series: String },
    CalDav(Box<Collection>),
}

pub fn berlin(local: &str) -> Timestamp {
    local.parse::<DateTime>().unwrap().to_zoned(TimeZone::get("Europe/Berlin").unwrap()).unwrap().timestamp()
}

fn local(at: Timestamp) -> DateTime {
    TimeZone::get("Europe/Berlin").unwrap().to_datetime(at)
}

/// The sections that decide what is done without asking.
fn wishes(more: &str) -> String {
    format!("[mode]\ndefault = \"auto\"\n[slots]\nask_when_other_lost = false\nbuffer = \"10m\"\n{more}")
}

fn event(uid: &str, own: &str, start: DateTime, other: Option<&str>) -> String {
    let mut lines = format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\n{own}DTSTART;TZID=Europe/Berlin:{}\r\n\
         DTEND;TZID=Europe/Berlin:{}\r\nSUMMARY:Owner / Ann\r\n",
        stamp(start),
        stamp(start + 30.minutes())
    );
    if let Some(reply) = other {
        write!(
            lines,
            "ORGANIZER:mailto:me@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:me@example.com\r\n\
             ATTENDEE;PARTSTAT={reply}:mailto:{ANN}\r\n"
        )
        .unwrap();
    }
    lines + "END:VEVENT\r\n"
}

fn object(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//by hand//EN\r\n{ZONE}{events}END:VCALENDAR\r\n")
}

fn stamp(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%S").to_string()
}

fn google_event(start: DateTime, guests: &[&str]) -> Value {
    let time = |at: DateTime| json!({"dateTime": format!("{at}+01:00"), "timeZone": "Europe/Berlin"});
    let guests: Vec<Value> = guests.iter().map(|who| json!({"email": who, "responseStatus": "accepted"})).collect();
    json!({"summary": "Owner / Ann", "start": time(start), "end": time(start + 30.minutes()), "attendees": guests})
}

impl Office {
    pub async fn new(kind: Kind) -> Self {
        let now: Timestamp = BEGIN.parse().unwrap();
        set_now(now);
        match kind {
            Kind::Google => {
                let fake = Fake::start().await;
                fake.set_now(now);
                for user in [OWNER, ANN] {
                    fake.add_user(user, "Europe/Berlin");
                }
                let mut weekly = google_event(FIRST.parse().unwrap(), &[OWNER, ANN]);
                weekly["recurrence"] = json!(["RRULE:FREQ=WEEKLY"]);
                for side in ["start", "end"] {
                    let time = weekly[side]["dateTime"].as_str().unwrap().replace("+01:00", "+02:00");
                    weekly[side]["dateTime"] = time.into();
                }
                let series = fake.as_user(OWNER).insert(weekly);
                Self::Google { fake: Box::new(fake), series }
            }
            Kind::CalDav => {
                let collection = Collection::start(now).await;
                let office = Self::CalDav(Box::new(collection));
                office.put_series("");
                office
            }
        }
    }

    /// A machine of the owner's.
    pub fn desk(&self) -> Desk {
        self.desk_with("")
    }

    /// A machine of the owner's, with further lines in `[slots]`.
    pub fn desk_with(&self, more: &str) -> Desk {
        self.desk_of(OWNER, more)
    }

    /// A machine of Ann's, who makes up what the owner organises; on Google alone.
    pub fn anns_desk(&self) -> Desk {
        self.desk_of(ANN, "make_up_as_guest = true\n")
    }

    fn desk_of(&self, who: &str, more: &str) -> Desk {
        match self {
            Self::Google { fake, .. } => {
                let text = config(&fake.url(), "access = \"write\"", &wishes(more)).replace(OWNER, who);
                let token = fake.refresh_token(who, &[FULL]);
                Desk::new(&text, |folder| {
                    std::fs::create_dir_all(folder.join("tokens")).unwrap();
                    std::fs::write(folder.join("tokens/work.json"), kept(&token, "2026-11-15T08:00:00Z")).unwrap();
                })
            }
            Self::CalDav(collection) => {
                let text = format!(
                    "[owner]\naddresses = [\"me@example.com\"]\nzone = \"Europe/Berlin\"\n[[account]]\nname = \"work\"\n\
                     kind = \"caldav\"\nserver = \"{}\"\nusername = \"me\"\npassword_command = [\"echo\", \"pw\"]\n\
                     access = \"write\"\n[[account.calendar]]\nname = \"main\"\n{}",
                    collection.server.url("/"),
                    wishes(more)
                );
                Desk::new(&text, |_| {})
            }
        }
    }

    /// Time goes by, for everybody.
    pub fn pass(&self, minutes: i64) {
        let now = super::desk::now() + SignedDuration::from_mins(minutes);
        set_now(now);
        match self {
            Self::Google { fake, .. } => fake.set_now(now),
            Self::CalDav(collection) => collection.set_now(now),
        }
    }

    /// The series on a `CalDAV` server, with these overrides.
    fn put_series(&self, overrides: &str) {
        let Self::CalDav(collection) = self else { panic!("there is none") };
        let master = event("w", "RRULE:FREQ=WEEKLY\r\n", FIRST.parse().unwrap(), Some("ACCEPTED"));
        collection.put("w.ics", &object(&(master + overrides)));
    }

    /// The owner cancels the session, wherever it is by now.
    pub fn cancel(&self) {
        match self {
            Self::Google { fake, series } => fake.as_user(OWNER).cancel_instance(series, ORIGINAL),
            Self::CalDav(collection) => {
                let text = text_of(collection, "w.ics");
                if text.contains("RECURRENCE-ID") {
                    let (before, rest) = text.split_once("RECURRENCE-ID").unwrap();
                    collection.put("w.ics", &format!("{before}STATUS:CANCELLED\r\nRECURRENCE-ID{rest}"));
                } else {
                    self.set_apart("STATUS:CANCELLED\r\n", "ACCEPTED");
                }
            }
        }
    }

    /// Ann declines the session.
    pub fn decline(&self) {
        match self {
            Self::Google { fake, series } => fake.as_user(ANN).reply(series, Some(ORIGINAL), "declined"),
            Self::CalDav(_) => self.set_apart("", "DECLINED"),
        }
    }

    fn set_apart(&self, lines: &str, reply: &str) {
        let start: DateTime = LOST.parse().unwrap();
        let own = format!("RECURRENCE-ID;TZID=Europe/Berlin:{}\r\n{lines}", stamp(start));
        self.put_series(&event("w", &own, start, Some(reply)));
    }

    /// The owner books an event with Ann, or one alone.
    pub fn book(&self, name: &str, start: Timestamp, with_ann: bool) {
        let start = local(start);
        match self {
            Self::Google { fake, .. } => {
                let guests: &[&str] = if with_ann { &[OWNER, ANN] } else { &[] };
                fake.as_user(OWNER).insert(google_event(start, guests));
            }
            Self::CalDav(collection) => {
                let text = object(&event(name, "", start, with_ann.then_some("ACCEPTED")));
                collection.put(&format!("{name}.ics"), &text);
            }
        }
    }

    /// What the other of the pair made up arrives in this calendar: the organiser's make-up of the session, at `start`.
    pub fn organisers_make_up(&self, uid: &str, start: Timestamp) {
        let Self::Google { fake, .. } = self else { panic!("there is one calendar") };
        let name = MakeUpName::of(uid, berlin(LOST), false);
        let mut event = google_event(local(start), &[OWNER, ANN]);
        event["id"] = format!("cdn{name}").into();
        fake.as_user(OWNER).insert(event);
    }

    /// How many writes cadenced sent.
    pub fn writes(&self) -> usize {
        match self {
            Self::Google { fake, .. } => {
                let is_write = |method: &str, path: &str| method != "GET" && path.contains("/calendars/");
                fake.requests().iter().filter(|asked| is_write(&asked.method, &asked.path)).count()
            }
            Self::CalDav(collection) => {
                let asked = collection.server.asked();
                asked.iter().filter(|asked| matches!(asked.method.as_str(), "PUT" | "DELETE")).count()
            }
        }
    }

    /// How many requests cadenced sent.
    pub fn requests(&self) -> usize {
        match self {
            Self::Google { fake, .. } => fake.requests().len(),
            Self::CalDav(collection) => collection.server.asked().len(),
        }
    }

    pub fn trouble(&self, trouble: Trouble) {
        match self {
            Self::Google { fake, .. } => google_trouble(fake, trouble),
            Self::CalDav(collection) => {
                let (mut written, mut blind) = (false, 0);
                collection.fail(move |asked| {
                    let is_write = matches!(asked.method.as_str(), "PUT" | "DELETE");
                    written |= is_write;
                    match trouble {
                        Trouble::NoWrites => is_write.then(|| told(503, "").with("Retry-After", "7200")),
                        Trouble::Unreadable => {
                            (asked.method == "REPORT" && !asked.body.contains("free-busy")).then(|| told(500, ""))
                        }
                        Trouble::Blind(looks) => {
                            let is_look = asked.method == "GET" && written && blind < looks;
                            blind += usize::from(is_look);
                            is_look.then(|| told(404, ""))
                        }
                    }
                });
            }
        }
    }

    /// The trouble is over.
    pub fn heal(&self) {
        if let Self::CalDav(collection) = self {
            collection.fail(|_| None);
        }
    }

    /// The event that an operation wrote, as its server has it; none where it is off the calendar.
    pub fn ours(&self) -> Option<String> {
        match self {
            Self::Google { fake, .. } => {
                let event = fake.as_user(OWNER).event(&self.ours_by_id()?)?;
                (event["status"] != "cancelled").then(|| event.to_string())
            }
            Self::CalDav(collection) => {
                let (_, text) = marked(collection)?;
                let (before, after) = text.split_once("X-CADENCED-OPERATION").unwrap();
                let begin = before.rfind("BEGIN:VEVENT").unwrap();
                let end = before.len() + after.find("END:VEVENT").unwrap();
                let event = text[begin..text.len().min(end + 40)].to_owned();
                (!event.contains("STATUS:CANCELLED")).then_some(event)
            }
        }
    }

    /// The id of the last event that was written to Google.
    fn ours_by_id(&self) -> Option<String> {
        let Self::Google { fake, .. } = self else { return None };
        let requests = fake.requests();
        let written = requests
            .iter()
            .rfind(|asked| matches!(asked.method.as_str(), "POST" | "PATCH") && asked.path.contains("/events"))?;
        let id = written.json()["id"].as_str().map(str::to_owned);
        id.or_else(|| Some(written.path.rsplit('/').next()?.to_owned()))
    }

    /// Somebody changes the event that cadenced wrote last.
    pub fn edit(&self, edit: Edit) {
        match self {
            Self::Google { fake, .. } => {
                let id = self.ours_by_id().expect("something was written");
                let owner = fake.as_user(OWNER);
                let event = owner.event(&id).unwrap();
                let patch = |change: Value| fake.as_user(OWNER).patch(&id, change);
                match edit {
                    Edit::Title => patch(json!({"summary": "About the plan"})),
                    Edit::Notes => patch(json!({"description": "bring the plan"})),
                    Edit::Room => patch(json!({"location": "Room 1"})),
                    Edit::Guest => {
                        let mut guests = event["attendees"].clone();
                        guests.as_array_mut().unwrap().push(json!({"email": "third@example.com"}));
                        patch(json!({"attendees": guests}));
                    }
                    Edit::Drag => patch(later(&event)),
                    Edit::DragAndBack => {
                        patch(later(&event));
                        patch(json!({"start": event["start"], "end": event["end"]}));
                    }
                }
            }
            Self::CalDav(collection) => {
                let (name, text) = marked(collection).expect("something was written");
                let (before, after) = text.split_once("X-CADENCED-OPERATION").unwrap();
                let begin = before.rfind("BEGIN:VEVENT").unwrap();
                let end = before.len() + after.find("END:VEVENT").unwrap() + "X-CADENCED-OPERATION".len();
                let own = edited(&text[begin..end], edit);
                collection.put(&name, &[&text[..begin], &own, &text[end..]].concat());
            }
        }
    }
}

fn google_trouble(fake: &Fake, trouble: Trouble) {
    match trouble {
        Trouble::NoWrites => {
            for method in ["POST", "PATCH"] {
                fake.fail(Fault::on(method, "/events").refused(403, "quotaExceeded"));
            }
        }
        Trouble::Unreadable => fake.fail(Fault::on("GET", "syncToken").refused(500, "backendError")),
        // The look before the write is spared.
        Trouble::Blind(looks) => {
            fake.fail(Fault::on("GET", "/events/cdn").nth(2).times(looks).refused(404, "notFound"));
        }
    }
}

fn later(event: &Value) -> Value {
    let shifted = |side: &str| {
        let at: Timestamp = event[side]["dateTime"].as_str().unwrap().parse().unwrap();
        let at = local(at + SignedDuration::from_hours(1));
        json!({"dateTime": format!("{at}+01:00"), "timeZone": "Europe/Berlin"})
    };
    json!({"start": shifted("start"), "end": shifted("end")})
}

/// What a calendar program of somebody else makes of an event's text.
fn edited(event: &str, edit: Edit) -> String {
    let shifted = |event: &str, by: &str| {
        // What was written is in UTC or in the zone of the series: the hour is all that changes.
        let line = |line: &str| {
            let is_time = line.starts_with("DTSTART") || line.starts_with("DTEND");
            let Some((head, tail)) = line.rsplit_once('T').filter(|_| is_time) else { return line.to_owned() };
            let hour: u8 = tail[..2].parse().unwrap();
            format!("{head}T{:02}{}", hour + 1, &tail[2..])
        };
        let lines: Vec<String> = event.split("\r\n").map(line).collect();
        resequenced(&lines.join("\r\n"), by)
    };
    match edit {
        Edit::Title => event.replace("SUMMARY:", "SUMMARY:About the plan "),
        Edit::Notes => format!("{event}DESCRIPTION:bring the plan\r\n"),
        Edit::Room => format!("{event}LOCATION:Room 1\r\n"),
        Edit::Guest => format!("{event}ATTENDEE:mailto:third@example.com\r\n"),
        Edit::Drag => shifted(event, "7"),
        Edit::DragAndBack => resequenced(event, "9"),
    }
}

fn resequenced(event: &str, number: &str) -> String {
    let others = event.split("\r\n").filter(|line| !line.starts_with("SEQUENCE"));
    let lines: Vec<&str> = others.collect();
    format!("{}SEQUENCE:{number}\r\n", lines.join("\r\n"))
}

fn text_of(collection: &Collection, name: &str) -> String {
    collection.objects().into_iter().find(|(one, _)| one == name).unwrap().1
}

/// The object that cadenced wrote to.
fn marked(collection: &Collection) -> Option<(String, String)> {
    collection.objects().into_iter().find(|(_, text)| text.contains("X-CADENCED-OPERATION"))
}
