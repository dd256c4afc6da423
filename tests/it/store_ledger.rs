//! The ledger, decisions, known series and notices survive restarts, deletions and changes of mind.

use cadenced::domain::one_on_one::OneOnOneId;
use cadenced::domain::person::Person;
use cadenced::domain::plan::{Notice, Subject};
use cadenced::domain::session::Outcome;
use cadenced::store::Batch;

use super::store_given::{apply, at, known, line, notice, open, person, poll, single, wait, waived, year};

#[test]
fn the_last_line_of_a_session_counts_and_all_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let first = line("11-16T09:00", Outcome::Cancelled, "11-15T08:00");
    let second = line("11-16T09:00", Outcome::HeldConfirmed, "11-16T12:00");
    let other = line("11-23T09:00", Outcome::Upcoming, "11-16T12:00");
    wait(store.record(vec![first.clone(), other.clone()])).unwrap();
    wait(store.record(vec![second.clone()])).unwrap();
    assert_eq!(year(&store).ledger, [second.clone(), other]);
    assert_eq!(wait(store.history(first.session.id.clone())).unwrap(), [first, second]);
}

#[test]
fn everything_lasts_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    apply(&store, 1, [single("a", "11-20T09:00")]);
    let batch = Batch {
        ledger: vec![line("11-16T09:00", Outcome::Cancelled, "11-15T08:00")],
        known: vec![known("s")],
        notices: vec![notice("lost-1", &[], "11-30T00:00")],
        ..Batch::default()
    };
    assert_eq!(wait(store.perform(batch.clone(), poll(1))).unwrap(), ["lost-1"]);
    assert!(wait(store.perform(batch, poll(2))).unwrap().is_empty(), "the notice is queued already");
    wait(store.decide(waived("11-16T09:00"))).unwrap();
    let before = year(&store);
    wait(store.close()).unwrap();
    let store = open(dir.path());
    assert_eq!(year(&store), before);
    assert_eq!((before.known.len(), before.decisions.len(), before.told.len()), (1, 1, 1));
}

#[test]
fn a_known_series_is_replaced_by_its_newer_form() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    wait(store.remember(vec![known("s"), known("t")])).unwrap();
    let mut ended = known("s");
    ended.last = Some(at("11-16T09:00"));
    wait(store.remember(vec![ended.clone()])).unwrap();
    assert_eq!(year(&store).known, [ended, known("t")]);
}

#[test]
fn one_series_can_be_known_as_the_1_1s_of_two_people_until_one_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut other = known("s");
    other.one_on_one = OneOnOneId("other".into());
    wait(store.remember(vec![known("s"), other.clone()])).unwrap();
    assert_eq!(year(&store).known, [known("s"), other.clone()]);
    let forgotten = vec![("s".to_owned(), known("s").one_on_one)];
    wait(store.perform(Batch { forgotten, ..Batch::default() }, poll(1))).unwrap();
    assert_eq!(year(&store).known, [other]);
}

#[test]
fn decisions_are_kept_in_the_order_in_which_they_were_taken() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let decisions = ["11-23T09:00", "11-16T09:00", "11-23T09:00"].map(waived);
    for decision in &decisions {
        wait(store.decide(decision.clone())).unwrap();
    }
    assert_eq!(year(&store).decisions, decisions);
}

#[test]
fn a_notice_is_queued_once_and_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let lost = notice("lost-1", &[], "11-30T00:00");
    assert!(wait(store.propose(lost.clone(), poll(1))).unwrap());
    assert!(!wait(store.propose(lost.clone(), poll(2))).unwrap());
    assert_eq!(wait(store.pending(poll(2))).unwrap(), std::slice::from_ref(&lost));
    assert!(year(&store).told.contains("lost-1"));
    wait(store.sent("lost-1", poll(3))).unwrap();
    assert!(wait(store.pending(poll(3))).unwrap().is_empty());
    assert!(!wait(store.propose(lost, poll(4))).unwrap());
    assert!(year(&store).told.contains("lost-1"));
}

#[test]
fn a_notice_that_was_shown_but_not_noted_is_shown_again_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    wait(store.propose(notice("lost-1", &[], "11-30T00:00"), poll(1))).unwrap();
    wait(store.close()).unwrap();
    assert_eq!(wait(open(dir.path()).pending(poll(2))).unwrap().len(), 1);
}

#[test]
fn whom_the_notices_of_a_day_were_about_is_known_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let about = |name: &str, number: u32| Notice {
        subject: Subject::Lapsed {
            one_on_one: OneOnOneId(name.to_owned()),
            person: Person { name: name.to_owned(), ..person() },
            since: poll(0),
        },
        ..notice(&format!("{name}-{number}"), &[], "11-30T00:00")
    };
    for number in 0..3 {
        wait(store.propose(about("Mallory", number), poll(1))).unwrap();
    }
    wait(store.sent("Mallory-0", poll(1))).unwrap();
    wait(store.sent("Mallory-1", poll(1))).unwrap();
    wait(store.summed_up("Mallory-2", poll(1))).unwrap();
    assert!(wait(store.pending(poll(1))).unwrap().is_empty(), "what was summed up is not told by itself");
    wait(store.close()).unwrap();
    let told = wait(open(dir.path()).told_since(at("11-16T00:00"))).unwrap();
    assert!(!told.allows(&about("Mallory", 9), 4) && told.allows(&about("Mallory", 9), 6));
    assert!(told.allows(&about("Bob", 9), 3), "what was summed up takes nothing of the day");
    assert!(!told.allows(&about("Bob", 9), 2));
    let next = wait(open(dir.path()).told_since(at("11-18T00:00"))).unwrap();
    assert!(next.allows(&about("Mallory", 9), 1));
}

#[test]
fn a_digest_settles_what_it_sums_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    wait(store.propose(notice("lost-1", &[], "11-30T00:00"), poll(1))).unwrap();
    wait(store.propose(notice("digest", &["lost-1", "lost-2"], "11-30T00:00"), poll(1))).unwrap();
    assert!(!year(&store).told.contains("lost-2"), "nothing is settled before it is told");
    wait(store.sent("digest", poll(2))).unwrap();
    assert!(wait(store.pending(poll(2))).unwrap().is_empty());
    assert!(!wait(store.propose(notice("lost-2", &[], "11-30T00:00"), poll(3))).unwrap());
}

#[test]
fn a_notice_whose_time_is_over_is_never_told_and_settles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let digest = notice("digest", &["lost-1"], "11-16T12:00");
    wait(store.propose(digest.clone(), poll(1))).unwrap();
    assert!(wait(store.pending(at("11-16T12:00"))).unwrap().is_empty());
    assert_eq!(wait(store.expire(at("11-16T12:00"))).unwrap(), 1);
    assert!(!wait(store.propose(digest, poll(1))).unwrap(), "not even where the clock goes back");
    assert!(wait(store.propose(notice("lost-1", &[], "11-30T00:00"), poll(20))).unwrap());
    assert!(!wait(store.propose(notice("late", &[], "11-16T12:00"), at("11-17T00:00"))).unwrap());
    assert!(year(&store).told.contains("late"), "so that it is not decided on again and again");
}

#[test]
fn notices_wait_in_the_order_in_which_they_came() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for key in ["c", "a", "b"] {
        wait(store.propose(notice(key, &[], "11-30T00:00"), poll(1))).unwrap();
    }
    let keys: Vec<_> = wait(store.pending(poll(1))).unwrap().into_iter().map(|notice| notice.key).collect();
    assert_eq!(keys, ["c", "a", "b"]);
}
