//! Undo reverts a write that nobody changed since; a changed event stays, and the difference is known.

use cadenced::calendar::write::{Found, Seen, WriteErrorKind};
use cadenced::domain::fingerprint::Part;
use cadenced::domain::operation::{Intent, Operation, OperationId, StandDownReason, State, Times, WriteKind};
use cadenced::domain::span::Span;
use jiff::SignedDuration;

use super::mover_table::{Bench, FROM, NOW, OFF, TO, content, intent, moment, shown, stood_down};
use super::support::{at, zone};

impl Bench {
    /// A move that was done, and its undoing.
    async fn undoing(way: WriteKind, fingerprint: bool) -> Self {
        let mut bench = Self::new(way).await;
        let first = if way == WriteKind::MoveBack { WriteKind::Move } else { WriteKind::MakeUp };
        let id = OperationId("first".into());
        let written = fingerprint.then(|| content("", "needsAction").fingerprint("first"));
        let done =
            Operation { state: State::Done, written, tries: 1, ..Operation::new(id.clone(), intent(first), at(NOW)) };
        assert!(bench.store.begin(done).await.unwrap());
        bench.intent = Intent {
            way,
            from: intent(first).to.span(&zone()),
            to: Times { start: moment(FROM), end: moment(FROM).plus(SignedDuration::from_mins(30)) },
            automatic: false,
            undoes: Some(id),
            ..intent(first)
        };
        bench
    }
}

fn noted(start: &str, notes: &str, reply: &str) -> Result<Seen, WriteErrorKind> {
    shown(start, Some("first"), "e2").map(|seen| match seen {
        Seen::There(found) => Seen::There(Box::new(Found { content: content(notes, reply), ..*found })),
        other => other,
    })
}

#[tokio::test]
async fn an_undoing_is_done_while_nobody_changed_the_event_and_says_what_is_different_where_somebody_did() {
    let there = |start: &str| Some(Span::new(at(start), at(start) + SignedDuration::from_mins(30)));
    let cases = [
        (noted("2026-11-19T10:00", "", "needsAction"), vec![], there("2026-11-19T10:00")),
        (noted(TO, "bring the plan", "needsAction"), vec![Part::Notes], there(TO)),
        (noted(TO, "bring the plan", "accepted"), vec![Part::Notes], there(TO)),
        (shown(TO, Some("another"), "e2"), vec![], there(TO)),
        (Ok(OFF), vec![], None),
        (Ok(Seen::Absent), vec![], None),
    ];
    for way in [WriteKind::MoveBack, WriteKind::TakeOff] {
        for (look, parts, now) in cases.clone() {
            let mut bench = Bench::undoing(way, true).await;
            bench.script(vec![look], vec![]);
            assert_eq!(bench.act().await, stood_down(StandDownReason::TouchedSince));
            let touched = bench.journal().await.pop().unwrap().touched.unwrap();
            assert_eq!((touched.parts, touched.at), (parts, now));
            assert_eq!(bench.sent(), [""; 0]);
        }
        for reply in ["needsAction", "accepted"] {
            let mut bench = Bench::undoing(way, true).await;
            let after = if way == WriteKind::MoveBack { shown(FROM, Some("op"), "e3") } else { Ok(OFF) };
            bench.script(vec![noted(TO, "", reply), after], vec![Ok(())]);
            assert_eq!(bench.act().await, Some(State::Done), "a reply is no change: {reply}");
        }
        let mut unknown = Bench::undoing(way, false).await;
        unknown.script(vec![noted(TO, "", "needsAction")], vec![]);
        assert_eq!(unknown.act().await, stood_down(StandDownReason::TouchedSince), "nobody knows how it was");
    }
}

#[tokio::test]
async fn what_somebody_changed_while_it_was_taken_back_stays() {
    let mut bench = Bench::undoing(WriteKind::TakeOff, true).await;
    let changed = || noted(TO, "bring the plan", "needsAction");
    bench.script(vec![noted(TO, "", "needsAction"), changed(), changed()], vec![Err(WriteErrorKind::Changed)]);
    assert_eq!(bench.act().await, stood_down(StandDownReason::TouchedSince));
    assert_eq!(bench.sent().len(), 1);
}
