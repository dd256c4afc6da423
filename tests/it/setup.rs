//! A whole `cadenced setup` answered by a script, from nothing to the first report, and with bad answers.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use cadenced::calendar::http::{Client, Settings};
use cadenced::cli::exit::Exit;
use cadenced::cli::setup::prompt::{Mark, Prompt};
use cadenced::cli::setup::{SetupArgs, SetupEnv, converse};
use cadenced::clock::Clock;
use cadenced::config::{Place, Secret, check_file};
use cadenced::domain::policy::Mode;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;

use crate::caldav_reads::discovery;
use crate::caldav_server::{self, told};
use crate::feed_server::{Reply, Server};

const NOW: &str = "2026-11-20T12:00:00Z";

/// One answer of a script.
#[derive(Clone, Debug)]
enum Say {
    Line(String),
    Secret(String),
    Pick(usize),
    Marks(Vec<usize>),
    Yes,
    No,
    /// Whatever is proposed.
    Usual,
    /// The user gives up.
    Stop,
}

/// Answers from a script, and keeps what was said and asked.
struct Script {
    answers: VecDeque<Say>,
    heard: String,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Say>) -> Self {
        Self { answers: answers.into_iter().collect(), heard: String::new() }
    }

    fn next(&mut self, question: &str) -> anyhow::Result<Say> {
        writeln!(self.heard, "? {question}").unwrap();
        match self.answers.pop_front() {
            Some(Say::Stop) => anyhow::bail!("gave up"),
            Some(answer) => Ok(answer),
            None => panic!("nothing is left to answer with:\n{}", self.heard),
        }
    }
}

impl Prompt for Script {
    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        self.show(text)
    }

    fn show(&mut self, text: &str) -> anyhow::Result<()> {
        let plain = anstream::adapter::strip_str(text).to_string();
        self.heard.push_str(plain.trim_end());
        self.heard.push('\n');
        Ok(())
    }

    fn ask(&mut self, question: &str, default: Option<&str>) -> anyhow::Result<String> {
        let answer = match self.next(&format!("{question} [{}]", default.unwrap_or_default()))? {
            Say::Line(line) => line,
            Say::Usual => default.unwrap_or_default().to_owned(),
            other => panic!("{other:?} does not answer {question}:\n{}", self.heard),
        };
        writeln!(self.heard, "= {answer}").unwrap();
        Ok(answer)
    }

    fn secret(&mut self, question: &str) -> anyhow::Result<Secret> {
        match self.next(question)? {
            Say::Secret(secret) => Ok(Secret::new(secret)),
            other => panic!("{other:?} does not answer {question}:\n{}", self.heard),
        }
    }

    fn choose(&mut self, question: &str, choices: &[String], default: usize) -> anyhow::Result<usize> {
        let picked = match self.next(question)? {
            Say::Pick(picked) => picked,
            Say::Usual => default,
            other => panic!("{other:?} does not answer {question}:\n{}", self.heard),
        };
        writeln!(self.heard, "= {}", choices[picked]).unwrap();
        Ok(picked)
    }

    fn mark(&mut self, question: &str, marks: &[Mark]) -> anyhow::Result<Vec<usize>> {
        let on = |mark: &Mark| if mark.is_on { "x" } else { " " };
        let shown: Vec<String> = marks.iter().map(|mark| format!("  [{}] {}", on(mark), mark.what)).collect();
        match self.next(&format!("{question}\n{}", shown.join("\n")))? {
            Say::Marks(marked) => Ok(marked),
            Say::Usual => Ok(marks.iter().enumerate().filter(|(_, mark)| mark.is_on).map(|(place, _)| place).collect()),
            other => panic!("{other:?} does not answer {question}:\n{}", self.heard),
        }
    }

    fn confirm(&mut self, question: &str, default: bool) -> anyhow::Result<bool> {
        let yes = match self.next(question)? {
            Say::Yes => true,
            Say::No => false,
            Say::Usual => default,
            other => panic!("{other:?} does not answer {question}:\n{}", self.heard),
        };
        self.heard.push_str(if yes { "= yes\n" } else { "= no\n" });
        Ok(yes)
    }
}

fn line(text: &str) -> Say {
    Say::Line(text.to_owned())
}

fn secret(text: &str) -> Say {
    Say::Secret(text.to_owned())
}

/// Ann's 1:1 and a meeting of four, every week since the summer; and a lunch without anybody.
fn calendar() -> String {
    let guest = |name: &str| {
        format!("ATTENDEE;CN={name} Example;PARTSTAT=ACCEPTED:mailto:{}@example.com\r\n", name.to_lowercase())
    };
    let event = |uid: &str, title: &str, start: &str, guests: &[&str]| {
        let guests: String = guests.iter().map(|name| guest(name)).collect();
        let organiser = if guests.is_empty() { "" } else { "ORGANIZER;CN=Owner Example:mailto:owner@example.com\r\n" };
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:{title}\r\nDTSTART:{start}\r\nDURATION:PT30M\r\n\
             RRULE:FREQ=WEEKLY\r\n{organiser}{guests}END:VEVENT\r\n"
        )
    };
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n{}{}{}END:VCALENDAR\r\n",
        event("ann", "Ann / Owner", "20260803T090000Z", &["Owner", "Ann"]),
        event("team", "Team", "20260804T100000Z", &["Owner", "Ann", "Bob", "Cleo"]),
        event("lunch", "Lunch", "20260805T110000Z", &[]),
    )
}

fn around(home: &Path) -> SetupEnv {
    let now: Timestamp = NOW.parse().unwrap();
    SetupEnv {
        place: Place { config: home.join("config.toml"), data: home.join("data") },
        profile: None,
        clock: Clock::Stopped(now),
        stand_in: None,
        is_elsewhere: false,
        has_desktop: false,
        client: Client::new(Settings::default(), || NOW.parse().unwrap()).into(),
    }
}

/// How a guided start with these answers ends, and what was said and asked.
fn set_up(home: &Path, answers: &[Say]) -> (anyhow::Result<Exit>, String) {
    let mut script = Script::new(answers.iter().cloned());
    let args = SetupArgs { unit: false, no_unit: true };
    let ended = converse(args, &around(home), &mut script);
    assert!(ended.is_err() || script.answers.is_empty(), "left over: {:?}\n{}", script.answers, script.heard);
    let home = home.canonicalize().unwrap().display().to_string();
    (ended, script.heard.replace(&home, "HOME"))
}

/// A server of feeds, with a runtime that goes on beside the conversation's own.
fn served(replies: Vec<Reply>) -> (tokio::runtime::Runtime, Server) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(replies));
    (runtime, server)
}

#[test]
fn from_nothing_to_the_first_report() {
    let (_runtime, server) = served(vec![Reply::ok(calendar())]);
    let home = TempDir::new().unwrap();
    let address = server.url("/private-0123456789abcdef/basic.ics");
    let answers = [
        Say::Pick(0),
        secret(&address),
        Say::Usual,
        Say::Usual,
        Say::Usual,
        Say::Usual,
        Say::Usual,
        Say::Usual,
        Say::Usual,
        Say::No,
    ];
    let (ended, heard) = set_up(home.path(), &answers);
    assert_eq!(ended.unwrap(), Exit::Fine, "{heard}");
    assert!(!heard.contains("0123456789abcdef"), "an address is never shown again: {heard}");
    let told = [
        "It can be read: 3 events (3 repeating), starting between 2026-08-03 and 2026-08-05.",
        "2 of them show who was invited.",
        "Most events that show guests include owner@example.com.",
        "? Your names, separated by commas (- for none) [Owner Example]",
        "work/main: 3 events: 3 new",
        "1 1:1 found, and why:",
        "  [x] Ann Example (every week, \"Ann / Owner\")",
        "2 other series or events are no 1:1",
        "no problems: 1 account, 1 calendar, 0 people",
        "Next steps:",
    ];
    let mut rest = heard.as_str();
    for words in told {
        let at = rest.find(words).unwrap_or_else(|| panic!("it does not say {words:?} in its turn:\n{heard}"));
        rest = &rest[at..];
    }
    let settings = check_file(&home.path().join("config.toml"), TimeZone::UTC).settings.unwrap();
    assert_eq!(settings.owner.addresses[0].as_str(), "owner@example.com");
    assert_eq!((settings.owner.names.as_slice(), settings.mode), (["Owner Example".to_owned()].as_slice(), Mode::Ask));
    assert!(settings.learn_hours, "hours that are right as they are need no line");
}

#[test]
fn bad_answers_are_told_and_asked_again_and_giving_up_keeps_the_good_ones() {
    let good = Reply::ok(calendar());
    let replies = vec![Reply::new("404 Not Found", &[], ""), Reply::ok("<html>sign in</html>"), good];
    let (_runtime, server) = served(replies);
    let home = TempDir::new().unwrap();
    let answers = [
        Say::Pick(0),
        secret("no address"),
        secret("gopher://example.com/"),
        secret("https://calendar.google.com/calendar/ical/a/public/basic.ics"),
        secret(&server.url("/gone.ics")),
        secret(&server.url("/page.ics")),
        secret(""),
        Say::Pick(3),
        line("/nowhere/at all.ics"),
        line(""),
        Say::Pick(0),
        secret(&server.url("/good.ics")),
        line("a/b"),
        line("work"),
        Say::Usual,
        line(" , "),
        line("me, you@example.com"),
        line("Owner@Example.com; me@example.org"),
        line("-"),
        Say::Stop,
    ];
    let (ended, heard) = set_up(home.path(), &answers);
    assert!(ended.is_err());
    let told = [
        "That is not an address",
        "starts with https:// or webcal://",
        "use the secret one",
        "That did not work: the server answered 404",
        "That did not work: the answer is not a calendar",
        "A name must be short",
        "At least one is needed",
        "\"me\" is not an e-mail address",
        "? Which of them are 1:1s?",
    ];
    for words in told {
        assert!(heard.contains(words), "it does not say {words:?}:\n{heard}");
    }
    let settings = check_file(&home.path().join("config.toml"), TimeZone::UTC).settings.unwrap();
    assert_eq!(settings.owner.addresses.len(), 2, "what was answered is kept");

    // The next one goes on where this one ended: with the 1:1s.
    let (ended, heard) = set_up(home.path(), &[Say::Marks(vec![]), Say::Yes, Say::Pick(1), Say::Yes]);
    assert_eq!(ended.unwrap(), Exit::Fine, "{heard}");
    assert!(heard.starts_with("This continues where you left off"), "{heard}");
    let settings = check_file(&home.path().join("config.toml"), TimeZone::UTC).settings.unwrap();
    assert_eq!(settings.mode, Mode::Off);

    // And once more: what was ignored is no longer a 1:1.
    let (_, heard) = set_up(home.path(), &[Say::Pick(2), Say::Usual, Say::No]);
    assert!(heard.contains("No 1:1s were found") && heard.contains("(`cadenced series --all` shows each)"), "{heard}");
}

#[test]
fn a_caldav_account_is_found_by_its_login_and_its_password_stays_out_of_the_config() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(caldav_server::Server::start(|asked| {
        // me:wrong
        if asked.header("authorization") == Some("Basic bWU6d3Jvbmc=") {
            return told(401, "");
        }
        discovery(asked, true).unwrap_or_else(|| match asked.method.as_str() {
            "PROPFIND" | "REPORT" => caldav_server::multistatus("", Some("t")),
            _ => told(404, ""),
        })
    }));
    let home = TempDir::new().unwrap();
    let answers = [
        Say::Pick(1),
        line("nonsense"),
        line(&server.url("/")),
        line("me"),
        line("dav"),
        Say::Pick(1),
        secret("wrong"),
        secret("hunter2"),
        Say::Usual,
        Say::Usual,
        line("owner@example.com"),
        Say::Usual,
        Say::Yes,
        Say::Pick(0),
        Say::Yes,
        Say::No,
    ];
    let (ended, heard) = set_up(home.path(), &answers);
    assert_eq!(ended.unwrap(), Exit::Fine, "{heard}");
    assert!(!heard.contains("hunter2") && !heard.contains("wrong\n"), "{heard}");
    let config = fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(config.contains("access = \"write\"") && !config.contains("hunter2"), "{config}");
    assert_eq!(fs::read_to_string(home.path().join("dav.password")).unwrap(), "hunter2\n");
}

#[test]
fn a_config_that_cannot_be_used_is_left_alone() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("config.toml"), "[owner]\nadresses = []\n").unwrap();
    let (ended, _) = set_up(home.path(), &[]);
    let words = ended.unwrap_err().to_string();
    assert!(words.contains("fix that first"), "{words}");
    assert_eq!(fs::read_to_string(home.path().join("config.toml")).unwrap(), "[owner]\nadresses = []\n");
}

#[test]
fn nothing_is_made_where_there_is_no_calendar() {
    let home = TempDir::new().unwrap();
    let (ended, heard) = set_up(home.path(), &[Say::Pick(4)]);
    assert_eq!(ended.unwrap(), Exit::LookHere, "{heard}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}
