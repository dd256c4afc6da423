//! The real program with a hostile calendar: it ends at once wherever its plan is, and `status` answers meanwhile.

use std::time::Duration;

use cadenced::clock::Stopwatch;

use super::feeds::hostile;
use crate::daemon::{Answer, Home, NOW, Server};

/// What is promised is a second; a machine that builds and tests other things beside is given five. What freezes takes ten and more.
const SOON: Duration = Duration::from_secs(5);

/// The hostile calendars whose plans take the longest, and the one that once froze the daemon.
const WORST: [&str; 3] = ["every second", "daily 1:1s with everybody", "daily 1:1s under daily events"];

#[test]
fn the_daemon_ends_at_once_during_a_hostile_plan_and_status_answers_meanwhile() {
    let all = hostile();
    for wanted in WORST {
        let (name, text) = all.iter().find(|(name, _)| name.contains(wanted)).unwrap_or_else(|| panic!("{wanted}"));
        // The home of these tests is the owner's, who is Ann there.
        let server = Server::start(Answer::Feed(text.replace("ann@corp.example", "owner@example.com")));
        let home = Home::new(&server);
        // It is asked to end earlier or later in its first read, its first plan and the cycles after it.
        for wait in [0, 30, 100, 200, 400] {
            let daemon = home.daemon(NOW);
            home.told("READY=1");
            std::thread::sleep(Duration::from_millis(wait));
            let watch = Stopwatch::start();
            let status = home.command(&["--now", NOW, "status"]).output().unwrap();
            assert!(status.status.success() && watch.elapsed() < SOON, "{name}: {:?} {status:?}", watch.elapsed());
            let (took, said) = daemon.stop();
            assert!(took < SOON, "{name}, after {wait} ms: {took:?}: {said}");
        }
    }
}
