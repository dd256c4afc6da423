//! The weekly report is stored once, mailed once, and the same whenever it is made again.

use std::collections::BTreeMap;
use std::path::Path;

use cadenced::config::{Settings, Surroundings, check};
use cadenced::daemon::cycle::Cycle;
use cadenced::domain::session::{Choice, Decision, SessionId};
use cadenced::domain::source::SourceId;
use cadenced::domain::week::WeekId;
use cadenced::store::Store;
use jiff::tz::TimeZone;

use crate::store_given::{apply, at, open, series, single, wait};

/// Monday, five past eight.
const MONDAY: &str = "11-23T08:05";

fn settings(folder: &Path) -> Settings {
    let text = format!(
        "[owner]\naddresses = [\"owner@example.com\"]\nnames = [\"Owner\"]\nzone = \"UTC\"\n\
         [[account]]\nname = \"work\"\n[[account.calendar]]\nname = \"main\"\nurl = \"file:///nowhere.ics\"\n\
         [[person]]\nname = \"Ann\"\naddresses = [\"ann@example.com\"]\n\
         [report]\nmetrics_file = \"{}/counts.prom\"\n[mail]\nserver = \"127.0.0.1\"\nsecurity = \"none\"\n",
        folder.display()
    );
    let around = Surroundings { zone: TimeZone::UTC, folder: folder.to_owned(), home: None, exposed: false };
    let checked = check(&text, &around);
    checked.settings.unwrap_or_else(|| panic!("{:?}", checked.problems))
}

/// Ann's Mondays at nine, confirmed; that of the 16th was taken out.
fn store(folder: &Path) -> Store {
    let store = open(folder);
    let mut master = series("ann", "01-05T09:00", "FREQ=WEEKLY");
    master.title = "1:1 Ann / Owner".into();
    if let Some(recurrence) = &mut master.recurrence {
        recurrence.excluded.push(single("x", "11-16T09:00").start);
    }
    apply(&store, 340, [master]);
    store
}

fn turn(store: &Store, folder: &Path, now: &str) -> Vec<WeekId> {
    let (hands, readers) = (BTreeMap::new(), BTreeMap::new());
    let mut cycle = Cycle::new(store.clone(), &settings(folder), folder.join("reports"), hands, readers);
    let found = wait(cycle.turn(at(now))).unwrap();
    found.reports.into_iter().map(|(week, _)| week).collect()
}

fn week() -> WeekId {
    "2026-W47".parse().unwrap()
}

#[test]
fn a_report_is_kept_mailed_and_noted_once_over_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    assert_eq!(turn(&store, dir.path(), MONDAY), [week()]);
    let first = wait(store.report(week())).unwrap().unwrap();
    assert_eq!((first.made, first.week), (at(MONDAY), week()));
    wait(store.close()).unwrap();
    let store = open(dir.path());
    for now in ["11-23T08:06", "11-23T20:00", "11-25T08:00"] {
        assert_eq!(turn(&store, dir.path(), now), []);
    }
    assert_eq!(wait(store.report(week())).unwrap(), Some(first));
    let letters = wait(store.posted(10)).unwrap();
    assert_eq!(letters.iter().map(|letter| letter.key.as_str()).collect::<Vec<_>>(), ["report:2026-W47"]);
    let reports = dir.path().join("reports");
    for name in ["2026-W47.html", "latest.html", "2026-W47.md", "latest.md"] {
        assert!(reports.join(name).exists(), "{name}");
    }
}

#[test]
fn the_first_look_takes_a_year_into_the_ledger_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    turn(&store, dir.path(), MONDAY);
    let ledger = crate::store_given::year(&store).ledger;
    let first = ledger.iter().map(|line| line.session.id.original).min();
    assert_eq!(first, Some(at("01-05T09:00")), "further back than the twenty weeks of every other look");
    assert_eq!(ledger.len(), 46, "every Monday from 5 January to 16 November; that of today is to come");
    let before = ledger.len();
    turn(&store, dir.path(), "11-23T08:30");
    assert_eq!(crate::store_given::year(&store).ledger.len(), before);
}

#[test]
fn the_counts_name_nobody_and_are_there_for_others_to_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    turn(&store, dir.path(), MONDAY);
    let path = dir.path().join("counts.prom");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("cadenced_calendars 1\n") && text.contains("# TYPE cadenced_sessions gauge"), "{text}");
    assert!(!text.contains("Ann") && !text.contains("example.com") && !text.contains("work"), "{text}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("cadenced_") && value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn the_ledger_of_an_earlier_time_is_as_it_was_then() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    turn(&store, dir.path(), "11-18T12:00");
    let lost = crate::store_given::year(&store).ledger.into_iter().map(|line| line.session.id).max().unwrap();
    assert_eq!(lost.original, at("11-16T09:00"));
    let decision = Decision { choice: Choice::Held { session: lost.clone() }, at: at("11-24T09:00") };
    wait(store.decide(decision)).unwrap();
    turn(&store, dir.path(), "11-24T10:00");
    let source = SourceId { account: "work".into(), calendar: "main".into() };
    let span = cadenced::domain::assess::horizon(at("11-23T08:00"));
    let then = wait(store.snapshot_as_of(Vec::new(), span, at("11-23T08:00"))).unwrap();
    let now = wait(store.snapshot_as_of(Vec::new(), span, at("11-24T11:00"))).unwrap();
    let outcome = |ledger: &[cadenced::domain::session::LedgerLine], id: &SessionId| {
        ledger.iter().find(|line| line.session.id == *id).map(|line| line.session.outcome)
    };
    assert_eq!(source.to_string(), "work/main");
    assert_ne!(outcome(&then.ledger, &lost), outcome(&now.ledger, &lost));
    assert!(outcome(&then.ledger, &lost).is_some());
}
