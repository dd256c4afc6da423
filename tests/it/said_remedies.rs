//! No error that a user can see is without a way on: each variant of each kind of error, in one table.

use std::io;
use std::path::PathBuf;

use cadenced::cli::unit::Refused;
use cadenced::config::NoHome;
use cadenced::config::data_folder::Unsafe;
use cadenced::daemon::{self, instance_lock};
use cadenced::domain::inbox::InvalidChoice;
use cadenced::domain::operation::StandDownReason;
use cadenced::domain::session::BadSessionId;
use cadenced::domain::week::BadWeek;
use cadenced::report::{self, BadFormat};
use cadenced::store;

fn path() -> PathBuf {
    PathBuf::from("/data")
}

fn refused(kind: io::ErrorKind) -> io::Error {
    kind.into()
}

/// The kinds of refusal that files meet.
const KINDS: [io::ErrorKind; 8] = [
    io::ErrorKind::ReadOnlyFilesystem,
    io::ErrorKind::StorageFull,
    io::ErrorKind::PermissionDenied,
    io::ErrorKind::NotFound,
    io::ErrorKind::NotADirectory,
    io::ErrorKind::IsADirectory,
    io::ErrorKind::AlreadyExists,
    io::ErrorKind::Other,
];

fn places() -> Vec<NoHome> {
    // A variant that is not listed does not compile.
    let all = |error: &NoHome| match error {
        NoHome::Unknown | NoHome::BadProfile(_) => (),
    };
    let listed = vec![NoHome::Unknown, NoHome::BadProfile("a/b".into())];
    listed.iter().for_each(all);
    listed
}

fn folders() -> Vec<Unsafe> {
    let all = |error: &Unsafe| match error {
        Unsafe::Link(_) | Unsafe::Odd(_) | Unsafe::System { .. } => (),
    };
    let mut listed = vec![Unsafe::Link(path()), Unsafe::Odd(path())];
    listed.extend(KINDS.map(|kind| Unsafe::System { path: path(), error: refused(kind) }));
    listed.iter().for_each(all);
    listed
}

fn claims() -> Vec<instance_lock::Error> {
    let all = |error: &instance_lock::Error| match error {
        instance_lock::Error::Taken { .. } | instance_lock::Error::Unsafe(_) | instance_lock::Error::File { .. } => (),
    };
    let mut listed = vec![instance_lock::Error::Taken { pid: Some(7) }, instance_lock::Error::Taken { pid: None }];
    listed.extend(folders().into_iter().map(instance_lock::Error::Unsafe));
    listed.extend(KINDS.map(|kind| instance_lock::Error::File { path: path(), error: refused(kind) }));
    listed.iter().for_each(all);
    listed
}

fn starts() -> Vec<daemon::Error> {
    let all = |error: &daemon::Error| match error {
        daemon::Error::Store(_)
        | daemon::Error::InstanceLock(_)
        | daemon::Error::Signals(_)
        | daemon::Error::Broken(_)
        | daemon::Error::Alarm(_) => (),
    };
    let of_store = |kind| store::Error { kind, path: path(), detail: String::new() };
    let mut listed: Vec<daemon::Error> =
        store::ErrorKind::ALL.map(|kind| daemon::Error::Store(of_store(kind))).into_iter().collect();
    listed.extend(claims().into_iter().map(daemon::Error::InstanceLock));
    listed.push(daemon::Error::Signals(refused(io::ErrorKind::Other)));
    listed.push(daemon::Error::Alarm(refused(io::ErrorKind::Other)));
    listed.push(daemon::Error::Broken("a task".into()));
    listed.iter().for_each(all);
    listed
}

fn reports() -> Vec<report::write::Error> {
    let all = |error: &report::write::Error| match error {
        report::write::Error::Render(report::Error::Html(_) | report::Error::Json(_))
        | report::write::Error::File { .. } => (),
    };
    let json = serde_json::from_str::<u32>("x").unwrap_err();
    let mut listed = vec![report::write::Error::Render(report::Error::Json(json))];
    listed.extend(KINDS.map(|kind| report::write::Error::File { path: path(), source: refused(kind) }));
    listed.iter().for_each(all);
    listed
}

fn units() -> Vec<Refused> {
    let all = |error: &Refused| match error {
        Refused::NoUserManager(_) | Refused::Said(_) | Refused::Silent => (),
    };
    let listed = vec![Refused::NoUserManager("no bus".into()), Refused::Said("no such unit".into()), Refused::Silent];
    listed.iter().for_each(all);
    listed
}

fn texts<E: std::fmt::Display>(all: &[E]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn every_error_says_what_failed_and_then_what_to_do() {
    let typed =
        vec![BadWeek("x".into()).to_string(), BadSessionId("x".into()).to_string(), BadFormat("x".into()).to_string()];
    let all =
        [texts(&places()), texts(&folders()), texts(&starts()), texts(&reports()), texts(&units()), typed].concat();
    for text in &all {
        let (what, then) = text.split_once("; ").unwrap_or((text, ""));
        assert!(!what.is_empty() && then.len() > 8, "no way on: {text:?}");
        assert!(!text.contains(";;") && !text.contains("; ;") && !text.ends_with(['.', ';', ' ']), "{text:?}");
    }
}

#[test]
fn a_read_only_disk_is_told_apart_from_a_lack_of_permission() {
    for text in [texts(&folders()), texts(&claims()), texts(&reports())].concat() {
        let is_read_only = text.contains("read-only");
        assert_eq!(text.contains("mount it"), is_read_only, "{text}");
        assert!(!(is_read_only && text.contains("yours")), "{text}");
    }
}

/// What is refused or comes to nothing is one clause in a sentence that goes on, and never the same for two causes.
#[test]
fn every_reason_for_which_nothing_is_done_is_said_in_its_own_words() {
    let halts = [
        StandDownReason::CalledOff,
        StandDownReason::Stands,
        StandDownReason::Replaced,
        StandDownReason::NotOwed,
        StandDownReason::Moved,
        StandDownReason::InOtherHands,
        StandDownReason::Changed,
        StandDownReason::NotAllowed,
        StandDownReason::NoVersion,
        StandDownReason::NotThere,
        StandDownReason::SlotTaken,
        StandDownReason::AvailabilityUnknown,
        StandDownReason::ClockDisagrees,
        StandDownReason::NotSent,
        StandDownReason::Wait,
        StandDownReason::Refused,
        StandDownReason::NotForEverybody,
        StandDownReason::TouchedSince,
    ];
    let lates = [
        InvalidChoice::Already,
        InvalidChoice::Gone,
        InvalidChoice::NotOwed,
        InvalidChoice::MadeUp,
        InvalidChoice::InHand,
        InvalidChoice::Past,
        InvalidChoice::NotYet,
        InvalidChoice::Undone,
        InvalidChoice::NotDone,
        InvalidChoice::Touched,
    ];
    let said: Vec<&str> = halts.map(cadenced::wording::phrases::halt).into_iter().collect();
    let late: Vec<&str> = lates.map(cadenced::notify::text::late).into_iter().collect();
    for all in [said, late] {
        let mut apart = all.clone();
        apart.sort_unstable();
        apart.dedup();
        assert_eq!(apart.len(), all.len(), "{all:#?}");
    }
}
