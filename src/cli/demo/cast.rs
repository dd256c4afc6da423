//! The people in the demo, and its config.

use super::entry::Guest;

const fn person(name: &'static str, address: &'static str) -> Guest {
    Guest { name, address, kind: "INDIVIDUAL" }
}

/// Whose calendar it is.
pub const OWNER: Guest = person("Owner Example", "owner@example.com");
/// A report, weekly.
pub const ADA: Guest = person("Ada Lindqvist", "ada@example.com");
/// A report, weekly.
pub const BEN: Guest = person("Ben Okafor", "ben@example.com");
/// A report, every two weeks.
pub const CHIARA: Guest = person("Chiara Moretti", "chiara@example.com");
/// A report, weekly.
pub const DMITRI: Guest = person("Dmitri Novak", "dmitri@example.com");
/// A peer, every two weeks until it ended.
pub const ELENA: Guest = person("Elena Petrova", "elena@example.com");
/// A report of a report, monthly.
pub const FARID: Guest = person("Farid Haddad", "farid@example.com");

/// Somebody who is interviewed.
pub const CANDIDATE: Guest = person("Candidate", "candidate@example.org");
/// A mailing list.
pub const TEAM: Guest = Guest { name: "The team", address: "team@example.com", kind: "GROUP" };
/// A room, which is no guest to count.
pub const ROOM: Guest = Guest { name: "Room Fjord", address: "room-fjord@resource.example.com", kind: "ROOM" };

/// The owner and the six.
pub fn everyone() -> Vec<Guest> {
    vec![OWNER, ADA, BEN, CHIARA, DMITRI, ELENA, FARID]
}

/// How the config of a demo begins, by which its folder is known.
pub const FIRST_LINE: &str = "# The config of `cadenced demo`";

/// The config of the demo; `feeds` is the `file:` address of the folder of the feeds, ended by a slash.
pub fn config(feeds: &str) -> String {
    format!(
        r#"{FIRST_LINE}: a made-up manager whose calendars are files beside this one.
[owner]
addresses = ["owner@example.com"]
names = ["Owner"]
zone = "Europe/Berlin"

[[account]]
name = "demo"
[[account.calendar]]
name = "work"
url = "{feeds}work.ics"
[[account.calendar]]
name = "holidays"
url = "{feeds}holidays.ics"
whose = "holidays"

[[person]]
name = "Ada Lindqvist"
addresses = ["ada@example.com"]
relation = "report"
[[person]]
name = "Ben Okafor"
addresses = ["ben@example.com"]
relation = "report"
[[person]]
name = "Chiara Moretti"
addresses = ["chiara@example.com"]
relation = "report"
[[person]]
name = "Dmitri Novak"
addresses = ["dmitri@example.com"]
relation = "report"
[[person]]
name = "Elena Petrova"
addresses = ["elena@example.com"]
relation = "peer"
[[person]]
name = "Farid Haddad"
addresses = ["farid@example.com"]
relation = "skip"

[notices]
# The demo tells its notices at whatever hour it is run.
quiet = []

[paths]
data = "data"
"#
    )
}
