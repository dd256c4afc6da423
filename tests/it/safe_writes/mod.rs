//! Every way in which an automatic write could do harm, tested on a Google and on a `CalDAV` calendar.

mod collection;
mod desk;
mod office;

use cadenced::domain::operation::{StandDownReason, State, WriteKind};
use cadenced::domain::reschedule::ProposalReason;
use jiff::SignedDuration;

use desk::Desk;
use office::{EDITS, Edit, KINDS, Kind, Office, Trouble, berlin};

const TOUCHED: State = State::StoodDown { why: StandDownReason::TouchedSince };

/// A calendar, and a machine that knows it.
async fn known(kind: Kind) -> (Office, Desk) {
    known_with(kind, "").await
}

async fn known_with(kind: Kind, more: &str) -> (Office, Desk) {
    let office = Office::new(kind).await;
    let mut desk = office.desk_with(more);
    desk.poll().await;
    desk.turn().await;
    (office, desk)
}

/// A machine that knows of a loss, some minutes before it would act on it.
async fn lost(kind: Kind, how: WriteKind) -> (Office, Desk) {
    lost_with(kind, how, "").await
}

async fn lost_with(kind: Kind, how: WriteKind, more: &str) -> (Office, Desk) {
    let (office, mut desk) = known_with(kind, more).await;
    match how {
        WriteKind::Move | WriteKind::MoveBack => office.decline(),
        WriteKind::MakeUp | WriteKind::TakeOff => office.cancel(),
    }
    office.pass(5);
    desk.poll().await;
    desk.turn().await;
    assert_eq!(office.writes(), 0, "{kind:?}: somebody may be about to fix it");
    (office, desk)
}

/// A machine that put the session back and saw it there.
async fn put_back(kind: Kind, how: WriteKind) -> (Office, Desk) {
    let (office, mut desk) = lost(kind, how).await;
    office.pass(15);
    desk.turn().await;
    assert_eq!(desk.states().await, [State::Done], "{kind:?} {how:?}");
    office.pass(5);
    desk.poll().await;
    desk.turn().await;
    (office, desk)
}

#[tokio::test]
async fn a_replacement_that_was_booked_by_hand_is_not_doubled() {
    for kind in KINDS {
        let (office, mut desk) = lost(kind, WriteKind::MakeUp).await;
        office.book("by-hand", berlin("2026-11-19T14:00"), true);
        office.pass(15);
        desk.turn().await;
        assert_eq!((office.writes(), desk.states().await.len()), (0, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn what_the_user_said_yes_to_is_not_done_where_a_replacement_came_first() {
    for kind in KINDS {
        let (office, mut desk) = known(kind).await;
        office.cancel();
        office.pass(5);
        desk.poll().await;
        let slot = desk.proposals().await[0].to.unwrap();
        desk.take_slot(slot).await;
        office.book("by-hand", berlin("2026-11-19T14:00"), true);
        desk.turn().await;
        assert_eq!(office.writes(), 0, "{kind:?}");
        assert_eq!(
            desk.states().await,
            [State::StoodDown { why: StandDownReason::Replaced }],
            "{kind:?}: and the user is told"
        );
    }
}

#[tokio::test]
async fn nothing_is_written_where_the_fresh_read_fails_and_one_small_request_is_enough_where_it_does_not() {
    for kind in KINDS {
        let (office, mut desk) = lost(kind, WriteKind::MakeUp).await;
        office.trouble(Trouble::Unreadable);
        office.pass(15);
        desk.turn().await;
        assert_eq!((office.writes(), desk.states().await.len()), (0, 0), "{kind:?}");
        office.heal();
        office.pass(6);
        desk.poll().await;
        let before = office.requests();
        desk.turn().await;
        assert_eq!(desk.states().await, [State::Done], "{kind:?}");
        // The calendar, whether both are free, the session, its make-up, the write, and the look after it.
        let asked = office.requests() - before;
        assert!(asked <= 10, "{kind:?}: {asked} requests");
    }
}

#[tokio::test]
async fn a_cycle_wants_the_next_one_when_the_grace_is_over() {
    for kind in KINDS {
        let (_office, mut desk) = lost(kind, WriteKind::MakeUp).await;
        let wake = desk.turn().await;
        let grace = SignedDuration::from_mins(10);
        assert!(desk::now() < wake && wake <= desk::now() + grace, "{kind:?}: {wake}");
    }
}

#[tokio::test]
async fn what_was_cut_off_before_it_was_sent_is_done_by_the_next_start() {
    for kind in KINDS {
        let (office, mut desk) = lost(kind, WriteKind::MakeUp).await;
        office.pass(15);
        desk.cut_off().await;
        desk.restart();
        desk.turn().await;
        assert_eq!((desk.states().await, office.writes()), (vec![State::Done], 1), "{kind:?}");
    }
}

#[tokio::test]
async fn nothing_is_written_while_another_calendar_of_the_owner_cannot_be_read() {
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let private = folder.path().join("private.ics");
        let show = || std::fs::write(&private, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n").unwrap();
        let calendar = format!("[[account.calendar]]\nname = \"main\"\nurl = \"file://{}\"\n", private.display());
        show();
        let more = format!("[[account]]\nname = \"private\"\n{calendar}");
        let (office, mut desk) = lost_with(kind, WriteKind::MakeUp, &more).await;
        std::fs::remove_file(&private).unwrap();
        office.pass(15);
        desk.turn().await;
        assert_eq!((office.writes(), desk.states().await.len()), (0, 0), "{kind:?}");
        show();
        office.pass(6);
        desk.poll().await;
        desk.turn().await;
        assert_eq!(desk.states().await, [State::Done], "{kind:?}");
    }
}

#[tokio::test]
async fn what_the_organiser_made_up_as_well_makes_the_guests_make_up_withdraw() {
    let office = Office::new(Kind::Google).await;
    let mut desk = office.anns_desk();
    desk.poll().await;
    desk.turn().await;
    office.cancel();
    office.pass(5);
    desk.poll().await;
    desk.turn().await;
    office.pass(23 * 60);
    desk.poll().await;
    desk.turn().await;
    assert_eq!(office.writes(), 0, "the organiser has a day");
    office.pass(70);
    desk.poll().await;
    desk.turn().await;
    assert_eq!(desk.states().await, [State::Done]);
    let operation = desk.operations().await.remove(0);
    assert!(operation.intent.as_guest && operation.intent.way == WriteKind::MakeUp);
    office.organisers_make_up(&operation.intent.uid, berlin("2026-11-20T11:00"));
    office.pass(5);
    desk.poll().await;
    desk.turn().await;
    let withdrawal = desk.operations().await.pop().unwrap();
    assert_eq!((withdrawal.intent.way, withdrawal.state), (WriteKind::TakeOff, State::Done));
    assert_eq!(withdrawal.intent.yields_to.unwrap().start, berlin("2026-11-20T11:00"));
    assert_eq!((office.ours(), office.writes()), (None, 2));
    office.pass(60);
    desk.poll().await;
    desk.turn().await;
    assert_eq!(office.writes(), 2);
}

#[tokio::test]
async fn an_event_that_somebody_changed_is_not_taken_back() {
    for kind in KINDS {
        for way in [WriteKind::MakeUp, WriteKind::Move] {
            for edit in EDITS {
                let (office, mut desk) = Box::pin(put_back(kind, way)).await;
                office.edit(edit);
                let before = (office.ours(), office.writes());
                desk.undo().await;
                office.pass(1);
                desk.turn().await;
                assert_eq!(desk.states().await, [State::Done, TOUCHED], "{kind:?} {way:?} {edit:?}");
                assert_eq!((office.ours(), office.writes()), before, "{kind:?} {way:?} {edit:?}");
                let touched = desk.operations().await.pop().unwrap().touched.unwrap();
                assert!(!touched.parts.is_empty() && touched.at.is_some(), "{kind:?} {way:?} {edit:?}: {touched:?}");
                assert_eq!(desk.offered().await, [""; 0], "{kind:?} {way:?} {edit:?}: it is offered no more");
                office.pass(60);
                desk.poll().await;
                desk.turn().await;
                assert_eq!(office.writes(), before.1, "{kind:?} {way:?} {edit:?}: it is tried once");
            }
        }
    }
}

#[tokio::test]
async fn a_refused_undo_ends_with_a_code_of_its_own_and_says_what_is_different_and_when_it_is_now() {
    for kind in KINDS {
        let (office, mut desk) = Box::pin(put_back(kind, WriteKind::MakeUp)).await;
        let id = desk.operations().await[0].id.0.clone();
        office.edit(Edit::Notes);
        desk.undo().await;
        office.pass(1);
        desk.turn().await;
        let (code, said) = desk.program(&["undo", &id]);
        assert_eq!(code, 3, "{kind:?}: {said}");
        assert!(said.contains("somebody has changed its notes since; it is ") && said.contains(" now"), "{said}");
        let (code, said) = desk.program(&["inbox"]);
        assert!(code == 0 && !said.contains("undo"), "{kind:?}: {said}");
    }
}

#[tokio::test]
async fn an_event_that_nobody_changed_is_taken_back() {
    for kind in KINDS {
        for way in [WriteKind::MakeUp, WriteKind::Move] {
            let (office, mut desk) = Box::pin(put_back(kind, way)).await;
            let writes = office.writes();
            desk.undo().await;
            office.pass(1);
            desk.turn().await;
            assert_eq!(desk.states().await, [State::Done, State::Done], "{kind:?} {way:?}");
            assert_eq!(office.writes(), writes + 1, "{kind:?} {way:?}");
            let undone = desk.operations().await.pop().unwrap();
            assert_eq!(undone.intent.to.start.local().to_string(), "2026-11-18T10:00:00", "{kind:?} {way:?}");
        }
    }
}

#[tokio::test]
async fn another_time_can_be_taken_after_a_make_up_was_undone() {
    for kind in KINDS {
        let (office, mut desk) = Box::pin(put_back(kind, WriteKind::MakeUp)).await;
        desk.undo().await;
        office.pass(1);
        desk.turn().await;
        office.pass(5);
        desk.poll().await;
        desk.turn().await;
        assert_eq!(office.writes(), 2, "{kind:?}: it is not done again without asking");
        let slot = desk.proposals().await[0].to.unwrap();
        desk.take_slot(slot).await;
        desk.turn().await;
        assert_eq!(desk.states().await, [State::Done; 3], "{kind:?}");
        assert!(office.ours().is_some(), "{kind:?}");
    }
}

#[tokio::test]
async fn what_one_machine_moved_is_not_made_up_by_another_once_the_user_cancelled_it() {
    for kind in KINDS {
        let (office, mut awake) = known(kind).await;
        let mut asleep = office.desk();
        asleep.poll().await;
        asleep.turn().await;
        office.decline();
        office.pass(5);
        awake.poll().await;
        awake.turn().await;
        office.pass(15);
        awake.turn().await;
        assert_eq!((awake.states().await, office.writes()), (vec![State::Done], 1), "{kind:?}");
        office.pass(5);
        office.cancel();
        office.pass(5);
        for _ in 0..3 {
            for desk in [&mut awake, &mut asleep] {
                desk.poll().await;
                desk.turn().await;
            }
            office.pass(30);
        }
        assert_eq!(office.writes(), 1, "{kind:?}: {:#?}", asleep.operations().await);
        let why = asleep.proposals().await.remove(0).why;
        assert!(why.contains(&ProposalReason::OnceAlready), "{kind:?}: {why:?}");
    }
}

#[tokio::test]
async fn a_server_that_wants_no_writes_for_hours_gets_none_whoever_restarts() {
    for (kind, hours) in [(Kind::Google, 12), (Kind::CalDav, 2)] {
        let (office, mut desk) = lost(kind, WriteKind::MakeUp).await;
        office.trouble(Trouble::NoWrites);
        office.pass(15);
        desk.turn().await;
        assert_eq!(
            (office.writes(), desk.states().await),
            (1, vec![State::StoodDown { why: StandDownReason::Wait }]),
            "{kind:?}"
        );
        let until = desk::now() + SignedDuration::from_hours(hours);
        desk.restart();
        while desk::now() + SignedDuration::from_mins(40) < until {
            office.pass(40);
            desk.poll().await;
            desk.turn().await;
            let why = desk.proposals().await.remove(0).why;
            assert!(why.contains(&ProposalReason::ServerAskedToWait), "{kind:?}: {why:?}");
        }
        assert_eq!(office.writes(), 1, "{kind:?}");
        let (_, status) = desk.program(&["status"]);
        assert!(status.contains("work: not written to before "), "{kind:?}: {status}");
        let session = desk.proposals().await.remove(0).session.to_string();
        let (_, explained) = desk.program(&["explain", &session]);
        assert!(explained.contains("the server asked cadenced not to write to it before "), "{kind:?}: {explained}");
        office.heal();
        office.pass(60);
        desk.poll().await;
        desk.turn().await;
        assert_eq!((office.writes(), desk.states().await.pop()), (2, Some(State::Done)), "{kind:?}");
    }
}

#[tokio::test]
async fn what_was_booked_at_the_slot_or_right_beside_it_sends_the_session_elsewhere() {
    for kind in KINDS {
        for after_end in [-30, -10, 0, 5] {
            let (office, mut desk) = lost(kind, WriteKind::MakeUp).await;
            let slot = desk.proposals().await[0].to.unwrap();
            let start = slot.end + SignedDuration::from_mins(after_end);
            office.book("dentist", start, false);
            office.pass(15);
            desk.turn().await;
            assert_eq!(desk.states().await, [State::Done], "{kind:?} {after_end}");
            let went = desk.operations().await[0].intent.to.span(&desk.settings.policy().zone);
            let buffer = SignedDuration::from_mins(10);
            let keeps = went.end + buffer <= start || start + SignedDuration::from_mins(30) + buffer <= went.start;
            assert!(keeps, "{kind:?}: at {} beside {start}", went.start);
        }
    }
}

#[tokio::test]
async fn a_write_that_was_acknowledged_is_done_though_no_look_shows_it_at_first() {
    for kind in KINDS {
        for looks in [1, 2, 3] {
            let (office, mut desk) = lost(kind, WriteKind::MakeUp).await;
            office.trouble(Trouble::Blind(looks));
            office.pass(15);
            desk.turn().await;
            let operation = desk.operations().await.remove(0);
            assert_eq!(operation.state, State::Done, "{kind:?} {looks}");
            assert!(office.ours().is_some());
            assert_eq!(
                desk.offered().await,
                std::slice::from_ref(&operation.id.0),
                "{kind:?} {looks}: it can be undone"
            );
            for _ in 0..3 {
                office.pass(2);
                desk.poll().await;
                desk.turn().await;
            }
            assert_eq!(office.writes(), 1, "{kind:?} {looks}: nothing is sent again");
            let operation = desk.operations().await.remove(0);
            assert!(!operation.is_unseen() && operation.written.is_some(), "{kind:?} {looks}: {operation:#?}");
            desk.undo().await;
            desk.turn().await;
            assert_eq!(desk.states().await, [State::Done, State::Done], "{kind:?} {looks}");
            assert!(office.ours().is_none(), "{kind:?} {looks}");
        }
    }
}
