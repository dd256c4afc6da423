//! A session is put back exactly once on a real server, wherever the daemon is killed, whichever reply is lost, and whatever people do meanwhile.

mod desk;
mod pair;
mod proxy;
mod seven;

use std::time::Duration;

use cadenced::clock::Clock;
use cadenced::domain::operation::{StandDownReason, State};
use jiff::ToSpan;
use jiff::tz::TimeZone;

use crate::caldav_side::{Side, env};
use crate::caldav_story::{accept, accepted, decline, object};
use desk::{Desk, Machine, SLOTS, kill, read_again, series};
use proxy::Fault;

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn one_move_is_made_wherever_the_daemon_is_killed_and_whatever_is_lost() {
    let cases = [
        (2, "whole", Fault::None),
        (3, "request", Fault::HoldWrite),
        (4, "reply", Fault::HoldReply),
        (5, "lost", Fault::LoseReply),
    ];
    for (days_ahead, name, fault) in cases {
        let desk = Desk::new(name, days_ahead).await;
        desk.machine.say_yes().await;
        desk.proxy.set(fault);
        let first = desk.machine.daemon();
        desk.proxy.wait_for(1).await;
        if matches!(fault, Fault::HoldWrite | Fault::HoldReply) {
            // The write is on its way or done, and the daemon dies before it knows.
            tokio::time::sleep(Duration::from_millis(300)).await;
            kill(first);
            desk.proxy.set(Fault::None);
            let second = desk.machine.daemon();
            let operations = desk.machine.settled().await;
            kill(second);
            desk.check(&operations).await;
        } else {
            desk.proxy.set(Fault::None);
            let operations = desk.machine.settled().await;
            kill(first);
            desk.check(&operations).await;
        }
        let writes = desk.proxy.writes();
        println!(
            "{:10} | killed or cut off: {name:10} | {writes} writes sent, one move on the calendar",
            env("CADENCED_CALDAV_NAME")
        );
    }
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn a_replacement_that_was_booked_by_hand_since_the_last_read_is_not_doubled() {
    let desk = Desk::new("by-hand", 6).await;
    let daemon = desk.machine.daemon_that_has_read().await;
    let by_hand = desk.original.checked_add(1.day()).unwrap();
    let name = format!("{}-by-hand", desk.uid);
    let text = series(&name, by_hand, None).replace("RRULE:FREQ=WEEKLY\r\n", "");
    desk.side.put(&format!("{name}.ics"), &text).await;
    // What is said yes to is what was offered before.
    desk.machine.say_yes().await;
    let operations = desk.machine.settled().await;
    kill(daemon);
    let states: Vec<State> = operations.iter().map(|one| one.state).collect();
    assert_eq!(states, [State::StoodDown { why: StandDownReason::Replaced }]);
    assert_eq!(desk.proxy.writes(), 0);
    assert!(!desk.text().await.contains("X-CADENCED-OPERATION"));
    println!("{:10} | booked by hand since the last read: nothing was written", env("CADENCED_CALDAV_NAME"));
}

#[tokio::test]
#[ignore = "needs a CalDAV server that schedules: tests/rigs"]
async fn what_the_guest_declined_is_put_back_by_the_organisers_daemon_and_by_nobody_else() {
    let (manager, report) = (Side::new("manager").await, Side::new("report").await);
    for side in [&manager, &report] {
        side.empty().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let uid = format!("two-{}", std::process::id());
    let today = Clock::System.now().to_zoned(TimeZone::get("Europe/Berlin").unwrap()).date();
    let original = today.checked_add(6.days()).unwrap().at(15, 0, 0, 0);
    let first = original.checked_sub(28.days()).unwrap();
    manager.put(&format!("{uid}.ics"), &crate::caldav_story::series(&uid, first, None)).await;
    accept(&report, &uid).await;
    accepted(&manager, &uid).await;
    let server = env("CADENCED_CALDAV_SERVER");
    let slots = format!("{SLOTS}ask_when_other_lost = false\nmake_up_as_guest = true\n");
    let machines =
        ["manager", "report"].map(|user| Machine::new(folder.path(), user, (user, &server), ("auto", &slots)));
    for machine in &machines {
        machine.run(&["sync"]);
    }
    decline(&report, &uid, original).await;
    object(&manager, &uid, "PARTSTAT=DECLINED").await;
    let daemons = [machines[0].daemon(), machines[1].daemon()];
    for _ in 0..300 {
        if manager.text(&format!("{uid}.ics")).await.contains("X-CADENCED-OPERATION") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The report's calendar shows the new time, because the server took the invitation there.
    let (_, moved) = object(&manager, &uid, "X-CADENCED-OPERATION").await;
    let line = moved.lines().rfind(|line| line.starts_with("DTSTART;")).unwrap().to_owned();
    let (_, shown) = object(&report, &uid, &line).await;
    assert!(shown.contains("RECURRENCE-ID"), "{shown}");
    // Both daemons look again at what is there now.
    daemons.iter().for_each(read_again);
    tokio::time::sleep(Duration::from_secs(3)).await;
    daemons.into_iter().for_each(kill);
    let (of_manager, of_report) = (machines[0].operations().await, machines[1].operations().await);
    let done = of_manager.iter().filter(|one| one.state == State::Done).count();
    assert_eq!((done, of_manager.len(), of_report.len()), (1, 1, 0), "{of_manager:#?} {of_report:#?}");
    assert_eq!(moved.matches("X-CADENCED-OPERATION").count(), 1, "{moved}");
    println!(
        "{:10} | declined by the report: moved once, by the manager's daemon, and seen by the report",
        env("CADENCED_CALDAV_NAME")
    );
}
