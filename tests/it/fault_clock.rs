//! Jumps of the machine's clock and a week-long suspend lose nothing, and nothing is announced or written twice. It needs libfaketime:
//! `make soak`.

use std::path::Path;

use crate::fault_desk::{Desk, Disk};

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// From the first start to the morning of the report, which the machine slept through.
const A_WEEK: &str = "+500520";

#[test]
#[ignore = "needs libfaketime: make soak"]
fn a_clock_that_jumps_and_a_week_of_sleep_lose_nothing() {
    if !Path::new(LIBRARY).exists() {
        println!("skipped: libfaketime is not installed (apt-get install faketime)");
        #[expect(clippy::disallowed_methods, reason = "a test that was skipped has not passed: 77 says so")]
        std::process::exit(77);
    }
    let desk = Desk::new(Disk::Plain);
    desk.begin();
    let before = desk.kept();
    let clock = desk.data().join("../clock");
    let set = |jump: &str| std::fs::write(&clock, jump).unwrap();
    set("+0");
    let through = [
        "env".to_owned(),
        format!("LD_PRELOAD={LIBRARY}"),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
        "FAKETIME_NO_CACHE=1".to_owned(),
        format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()),
    ];
    let running = desk.start(&through);
    assert!(desk.told(crate::daemon::CYCLE));
    for jump in ["+3h", "-5h", "+370d", "+0", "-18000d", "+0"] {
        set(jump);
        running.signal("-HUP");
        assert!(desk.told(crate::daemon::CYCLE), "after {jump}");
        println!("{jump:>8}: {:?}", desk.screen.shown());
    }
    desk.news();
    set(A_WEEK);
    running.signal("-HUP");
    desk.later();
    let seen = running.until_all_is_done(&desk);
    let log = running.stop(&desk);
    let wrong = seen.wrong(&desk, &before, 1);
    assert!(wrong.is_empty(), "{wrong:?}\n{log}");
}
