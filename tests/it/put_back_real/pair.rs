//! Both people of a pair make the same session up, each on their own machine: one make-up stands.

use std::collections::BTreeSet;
use std::process::Child;
use std::time::Duration;

use cadenced::clock::Clock;
use cadenced::domain::operation::{State, WriteKind};
use jiff::ToSpan;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::desk::{Machine, SLOTS, kill, read_again, series};
use crate::caldav_side::{Side, env};
use crate::caldav_story::object;

/// Every two weeks; the session of three days ago was called off.
fn called_off(uid: &str, original: DateTime) -> String {
    let first = original.checked_sub(56.days()).unwrap();
    let text = series(uid, first, Some(original)).replace("FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2");
    let at = text.rfind("SUMMARY:").unwrap();
    format!("{}STATUS:CANCELLED\r\n{}", &text[..at], &text[at..]).replace("DECLINED", "ACCEPTED")
}

/// The make-ups that stand in a calendar: their paths and texts.
async fn make_ups(side: &Side) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in side.paths().await {
        let text = side.text(&path).await.replace("\r\n ", "");
        if text.contains("UID:cadenced-") && !text.contains("STATUS:CANCELLED") {
            found.push((path, text));
        }
    }
    found
}

/// Carries what each calendar has to the other, where the server does not; each make-up once, as an invitation comes once.
async fn deliver(sides: [&Side; 2], carried: &mut BTreeSet<String>) {
    if env("CADENCED_CALDAV_SCHEDULES") == "yes" {
        return;
    }
    for (from, to) in [(sides[0], sides[1]), (sides[1], sides[0])] {
        let there: Vec<String> = to.paths().await;
        for (path, text) in make_ups(from).await {
            let name = path.rsplit('/').next().unwrap();
            if !there.iter().any(|other| other.ends_with(name)) && carried.insert(name.to_owned()) {
                to.put(name, &text).await;
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn of_two_make_ups_for_one_session_the_organisers_stands() {
    let (manager, report) = (Side::new("manager").await, Side::new("report").await);
    for side in [&manager, &report] {
        side.empty().await;
    }
    let uid = format!("pair-{}", std::process::id());
    let today = Clock::System.now().to_zoned(TimeZone::get("Europe/Berlin").unwrap()).date();
    let text = called_off(&uid, today.checked_sub(3.days()).unwrap().at(10, 0, 0, 0));
    manager.put(&format!("{uid}.ics"), &text).await;
    if env("CADENCED_CALDAV_SCHEDULES") == "yes" {
        object(&report, &uid, "RECURRENCE-ID").await;
    } else {
        report.put(&format!("{uid}.ics"), &text).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = env("CADENCED_CALDAV_SERVER");
    let slots = format!("{SLOTS}make_up_as_guest = true\n");
    let machines =
        ["manager", "report"].map(|user| Machine::new(folder.path(), user, (user, &server), ("ask", &slots)));
    for machine in &machines {
        machine.run(&["sync"]);
    }
    for machine in &machines {
        machine.say_yes().await;
    }
    let daemons: [Child; 2] = [machines[0].daemon(), machines[1].daemon()];
    for machine in &machines {
        machine.settled().await;
    }
    let at_first = (make_ups(&manager).await.len(), make_ups(&report).await.len());
    let (mut stable, mut carried) = (0, BTreeSet::new());
    for _ in 0..40 {
        deliver([&manager, &report], &mut carried).await;
        daemons.iter().for_each(read_again);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        // On a server that tells nobody, what the guest withdrew stays in the manager's calendar until somebody carries it there.
        stable = if make_ups(&report).await.len() == 1 { stable + 1 } else { 0 };
        if stable == 3 {
            break;
        }
    }
    daemons.into_iter().for_each(kill);
    let standing = make_ups(&report).await;
    assert_eq!(standing.len(), 1, "{standing:#?}");
    let all = [machines[0].operations().await, machines[1].operations().await];
    let is_done = |way: WriteKind| {
        move |one: &&cadenced::domain::operation::Operation| one.intent.way == way && one.state == State::Done
    };
    let made = [&all[0], &all[1]].map(|of| of.iter().filter(is_done(WriteKind::MakeUp)).count());
    let withdrawn = [&all[0], &all[1]].map(|of| of.iter().filter(is_done(WriteKind::TakeOff)).count());
    // The organiser's stands wherever they made one; of the guest's, none but one that is alone.
    assert!(made[0] <= 1 && made[1] <= 1 && withdrawn[0] == 0, "{all:#?}");
    assert_eq!(made[0] + made[1] - withdrawn[1], 1, "{all:#?}");
    let by_organiser = |line: &str| line.starts_with("ORGANIZER") && line.contains("manager@");
    assert_eq!(standing[0].1.lines().any(by_organiser), made[0] == 1, "{standing:#?}");
    println!(
        "{:10} | both made it up ({at_first:?} on the two calendars at first): made {made:?}, withdrawn {withdrawn:?}, one stands",
        env("CADENCED_CALDAV_NAME")
    );
}
