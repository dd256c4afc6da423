//! What people do to an event around a write, on a real server: edits before an undo, two machines, a time beside the slot, a lost look.

use std::time::Duration;

use cadenced::clock::Clock;
use cadenced::domain::operation::{Operation, StandDownReason, State};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use super::desk::{Desk, Machine, SLOTS, kill, read_again, series, slot};
use super::proxy::Fault;
use crate::caldav_side::env;

/// Moves a session whose guest declined it, and gives back the operation.
async fn moved(desk: &Desk) -> Operation {
    desk.machine.say_yes().await;
    let daemon = desk.machine.daemon();
    let mut operations = desk.machine.settled().await;
    kill(daemon);
    assert_eq!((operations.len(), operations[0].state), (1, State::Done), "{operations:#?}");
    operations.remove(0)
}

/// The object with its override, the last event in it, changed by another calendar program.
fn edited(text: &str, change: impl Fn(&str) -> String) -> String {
    let at = text.rfind("BEGIN:VEVENT").unwrap();
    format!("{}{}", &text[..at], change(&text[at..]))
}

/// An override at another time, in a later revision.
fn at_hour(event: &str, hour: &str, sequence: u32) -> String {
    let line = |line: &str| {
        let (name, _) = line.split_once(':').unwrap_or((line, ""));
        match name.split(';').next() {
            Some("DTSTART" | "DTEND") => {
                let (head, time) = line.rsplit_once('T').unwrap();
                format!("{head}T{hour}{}", &time[2..])
            }
            Some("SEQUENCE") => format!("SEQUENCE:{sequence}"),
            Some("DTSTAMP") => "DTSTAMP:20301201T000000Z".to_owned(),
            _ => line.to_owned(),
        }
    };
    event.split("\r\n").map(line).collect::<Vec<_>>().join("\r\n")
}

fn with_line(event: &str, line: &str) -> String {
    event.replace("SUMMARY:", &format!("{line}\r\nSUMMARY:"))
}

/// What another program makes of the object, one version after the other, and what is then said of it.
fn edits(text: &str) -> Vec<(&'static str, Vec<String>)> {
    let title = |event: &str| event.replace("SUMMARY:1:1 Mana / Rep", "SUMMARY:Planning instead");
    let guest = "ATTENDEE;CN=Third;PARTSTAT=NEEDS-ACTION:mailto:third@example.com";
    let starts = text.lines().rfind(|line| line.starts_with("DTSTART;")).unwrap();
    let hour = starts.rsplit_once('T').unwrap().1[..2].to_owned();
    vec![
        ("its title", vec![edited(text, title)]),
        ("its notes", vec![edited(text, |event| with_line(event, "DESCRIPTION:Bring the numbers"))]),
        ("its place", vec![edited(text, |event| with_line(event, "LOCATION:Room 4"))]),
        ("its guests", vec![edited(text, |event| with_line(event, guest))]),
        ("since", vec![edited(text, |event| at_hour(event, "19", 8)), edited(text, |event| at_hour(event, &hour, 9))]),
    ]
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn what_somebody_edited_after_a_move_is_not_undone_and_the_refusal_has_its_own_exit_code() {
    for (nth, days_ahead) in (3..8).enumerate() {
        let desk = Desk::new(&format!("edited-{nth}"), days_ahead).await;
        let done = moved(&desk).await;
        let (what, versions) = edits(&desk.text().await).swap_remove(nth);
        for version in &versions {
            desk.side.put(&desk.object(), version).await;
        }
        let before = desk.text().await;
        assert!(desk.machine.run(&["undo", &done.id.0]).contains("The daemon is not running"));
        let daemon = desk.machine.daemon();
        let operations = desk.machine.until("refused", |all| all.len() == 2 && all[1].state != State::Sending).await;
        kill(daemon);
        assert_eq!(
            operations[1].state,
            State::StoodDown { why: StandDownReason::TouchedSince },
            "{what}: {operations:#?}"
        );
        let (code, printed, said) = desk.machine.ended(&["undo", &done.id.0]);
        assert!(code == 3 && said.contains("not undone") && said.contains(what), "{what}: {code} {printed}{said}");
        assert!(!desk.machine.run(&["inbox"]).contains(&done.id.0[..8]), "what was refused is offered no more");
        assert_eq!(desk.text().await, before, "{what}");
        println!("{:10} | undo after an edit: exit code {code}, {said}", env("CADENCED_CALDAV_NAME"));
    }
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn a_machine_that_slept_does_not_act_on_what_another_one_moved_and_the_user_then_cancelled() {
    let slots = format!("{SLOTS}ask_when_other_lost = false\n");
    let desk = Desk::before("two-machines", 5, ("auto", &slots)).await;
    let server = format!("http://127.0.0.1:{}/", desk.proxy.port);
    let second = Machine::new(desk.folder.path(), "second", ("manager", &server), ("auto", &slots));
    second.run(&["sync"]);
    desk.decline().await;
    if env("CADENCED_CALDAV_SCHEDULES") != "yes" {
        // Whether the other is free is not known then, so that nothing is done without asking.
        desk.machine.run(&["sync"]);
        desk.machine.say_yes().await;
    }
    let daemon = desk.machine.daemon();
    let operations = desk.machine.settled().await;
    kill(daemon);
    desk.check(&operations).await;
    let writes = desk.proxy.writes();
    let called_off = edited(&desk.text().await, |event| with_line(event, "STATUS:CANCELLED"));
    desk.side.put(&desk.object(), &called_off).await;
    let before = desk.text().await;
    let daemons = [desk.machine.daemon_that_has_read().await, second.daemon_that_has_read().await];
    // The grace is a second.
    tokio::time::sleep(Duration::from_secs(4)).await;
    daemons.into_iter().for_each(kill);
    assert_eq!((desk.proxy.writes(), desk.text().await), (writes, before));
    for (name, machine) in [("first", &desk.machine), ("second", &second)] {
        let plan = machine.plan();
        // For two minutes after a write its calendar may lag, and nothing is said at all.
        assert!(["ask", "none"].contains(&plan[0]["kind"].as_str().unwrap()), "{name}: {plan:#?}");
        println!(
            "{:10} | cancelled after a move: the {name} machine writes nothing: {}",
            env("CADENCED_CALDAV_NAME"),
            plan[0]["why"]
        );
    }
    assert!(second.operations().await.iter().all(|one| one.state != State::Done));
}

#[tokio::test]
#[ignore = "needs a CalDAV server that says when the guest is busy: tests/rigs"]
async fn what_was_booked_beside_the_slot_since_the_last_read_keeps_its_buffer() {
    let slots = "grace = \"12s\"\nnotice = \"1h\"\nbuffer = \"20m\"\nask_when_other_lost = false\n";
    let desk = Desk::before("buffer", 4, ("auto", slots)).await;
    desk.decline().await;
    let daemon = desk.machine.daemon_that_has_read().await;
    let planned = desk.machine.plan().into_iter().find(|one| one["kind"] == "move").expect("a move");
    let planned = slot(&planned);
    assert_eq!(desk.machine.operations().await, [], "the grace is not over");
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let beside = zone.to_datetime(planned.end) + 5.minutes();
    let name = format!("{}-beside", desk.uid);
    let text = series(&name, beside, None).replace("RRULE:FREQ=WEEKLY\r\n", "").replace("report@", "somebody@");
    desk.side.put(&format!("{name}.ics"), &text).await;
    let has_moved = |all: &[Operation]| all.iter().any(|one| one.state == State::Done);
    let operations = desk.machine.until("moved", has_moved).await;
    kill(daemon);
    let buffer = SignedDuration::from_mins(20);
    let begins = beside.to_zoned(zone.clone()).unwrap().timestamp();
    for done in operations.iter().filter(|one| one.state == State::Done) {
        let to = done.intent.to.span(&zone);
        let apart = to.end + buffer <= begins || to.start >= begins + SignedDuration::from_mins(30) + buffer;
        assert!(apart && to != planned, "{to:?} is too close to {begins}: {operations:#?}");
        println!(
            "{:10} | booked 5 minutes after the slot of {}: moved to {} instead",
            env("CADENCED_CALDAV_NAME"),
            zone.to_datetime(planned.start).time(),
            zone.to_datetime(to.start)
        );
    }
    desk.check(&operations).await;
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn a_write_that_was_acknowledged_is_done_though_no_look_shows_it() {
    for (days_ahead, fault) in [(3, Fault::LoseLook), (6, Fault::NoSuchLook)] {
        let desk = Desk::new(&format!("{fault:?}").to_lowercase(), days_ahead).await;
        desk.machine.say_yes().await;
        desk.proxy.set(fault);
        let daemon = desk.machine.daemon();
        let operations = desk.machine.settled().await;
        assert!(operations.len() == 1 && operations[0].is_unseen(), "{operations:#?}");
        let inbox = desk.machine.run(&["inbox"]);
        assert!(inbox.contains(&operations[0].id.0[..8]), "{inbox}");
        desk.proxy.set(Fault::None);
        let before = desk.machine.last_read();
        while Clock::System.now().as_second() <= before.as_second() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        read_again(&daemon);
        let operations = desk.machine.until("seen", |all| !all[0].is_unseen()).await;
        desk.check(&operations).await;
        desk.machine.run(&["undo", &operations[0].id.0]);
        let operations = desk.machine.until("undone", |all| all.len() == 2 && all[1].state != State::Sending).await;
        kill(daemon);
        assert_eq!(operations[1].state, State::Done, "{operations:#?}");
        assert_eq!(desk.proxy.writes(), 2);
        println!(
            "{:10} | {fault:?} after a write: done, shown in the inbox, seen later, undone; {} writes in all",
            env("CADENCED_CALDAV_NAME"),
            desk.proxy.writes()
        );
    }
}
