//! A daemon that cannot write its database reports that once, does what it can, can be stopped, and recovers by itself.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use crate::daemon::{Answer, CYCLE, Home, NOW, Server, feed};
use crate::notify_dbus::{Bus, Mock, Seen, serve_on};
use crate::waiting::{AT_ONCE, until, wait_for};

/// The daemon with a limit on the size of files that can be lifted while it runs: beyond it every write fails as on a full disk.
struct Limited(Child);

impl Limited {
    fn start(home: &Home, now: &str) -> Self {
        let inner = home.command(&["--now", now, "run"]);
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("NOTIFY_SOCKET", home.path("notify")).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    fn limit(&self, bytes: &str) -> bool {
        let words = ["--pid", &self.0.id().to_string(), &format!("--fsize={bytes}:unlimited")];
        Command::new("prlimit").args(words).status().is_ok_and(|status| status.success())
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap().success());
    }

    fn end(self, signal: &str) -> String {
        self.signal(signal);
        String::from_utf8_lossy(&self.0.wait_with_output().unwrap().stderr).into_owned()
    }
}

fn count(seen: &Mutex<Seen>, what: &str) -> usize {
    seen.lock().unwrap().shown.iter().filter(|one| one.summary.contains(what)).count()
}

/// A daemon whose disk is full since its first cycle, seconds before the word on Monday's session of ten o'clock is due. Where a busy
/// machine took too long for that, another one is started earlier.
fn full_before_the_word(server: &Server, bus: &Bus, seen: &Mutex<Seen>) -> Option<(Home, Limited)> {
    let due: Timestamp = "2026-11-23T08:55:00Z".parse().unwrap();
    for early in [3, 12, 40] {
        let mut home = Home::new(server);
        home.bus.clone_from(&bus.address);
        let daemon = Limited::start(&home, &(due - SignedDuration::from_secs(early)).to_string());
        home.told(CYCLE);
        if !daemon.limit("0") {
            return None;
        }
        if count(seen, "Ann") == 0 {
            return Some((home, daemon));
        }
        daemon.end("-KILL");
        seen.lock().unwrap().shown.clear();
    }
    panic!("its first cycle takes longer than 40 seconds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_what_is_known_is_told_once_and_kept_in_mind_until_there_is_space() {
    let Some(bus) = Bus::start() else { return };
    let builder = zbus::connection::Builder::address(bus.address.as_str()).unwrap();
    let (seen, _server) = serve_on(builder, Mock::new(&["body"])).await;
    let shown = |what: &str| count(&seen, what);
    let server = Server::start(Answer::Feed(feed("", "")));
    let Some((home, daemon)) = full_before_the_word(&server, &bus, &seen) else {
        println!("skipped: prlimit is not installed");
        return;
    };
    until("the trouble", || shown("cannot store") == 1).await;
    until("the word before the session", || shown("Ann") == 1).await;
    assert!(home.told("no space").contains("STATUS="));
    daemon.signal("-HUP");
    home.told("READY=1");
    home.told("no space");
    assert_eq!((shown("Ann"), shown("cannot store")), (1, 1), "told once");

    assert!(daemon.limit("unlimited"));
    home.forget();
    daemon.signal("-HUP");
    home.told(CYCLE);
    until("the end of the trouble", || !seen.lock().unwrap().closed.is_empty()).await;
    let log = daemon.end("-KILL");
    assert_eq!(log.matches("no space is left").count(), 1, "{log}");
    assert!(log.contains("can be written again"), "{log}");
    home.forget();
    let again = home.daemon("2026-11-23T08:55:30Z");
    home.told(CYCLE);
    again.stop();
    assert_eq!((shown("Ann"), shown("cannot store")), (1, 1), "it was noted as told once there was space");
}

#[test]
fn a_data_folder_that_cannot_be_used_is_waited_for() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    fs::write(home.path("data"), "a file where a folder is to be").unwrap();
    let daemon = home.daemon(NOW);
    home.told("READY=1");
    let status = home.told("STATUS=");
    assert!(status.contains("data/cadenced") && status.contains("move it away"), "{status}");
    fs::remove_file(home.path("data")).unwrap();
    home.told(CYCLE);
    let (_, log) = daemon.stop();
    assert_eq!(log.matches("move it away").count(), 1, "{log}");
}

#[test]
fn a_daemon_that_waits_for_its_data_folder_ends_when_it_is_told_to() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    fs::write(home.path("data"), "a file where a folder is to be").unwrap();
    let daemon = home.daemon(NOW);
    home.told("STATUS=");
    daemon.signal("-HUP");
    home.told("RELOADING=1");
    home.told("READY=1");
    let (took, _) = daemon.stop();
    assert!(took < AT_ONCE, "{took:?}");
}

#[test]
fn it_ends_at_once_while_another_process_keeps_the_database_locked() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let daemon = home.daemon(NOW);
    home.told(CYCLE);
    let other = rusqlite::Connection::open(home.path("data/cadenced/cadenced.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = server.asked().len();
    daemon.signal("-HUP");
    wait_for("the read that it cannot store", || (server.asked().len() > before).then_some(()));
    let (took, _) = daemon.stop();
    assert!(took < AT_ONCE, "{took:?}");
}

#[test]
fn a_newer_database_ends_the_daemon_for_good_and_is_not_touched() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let daemon = home.daemon(NOW);
    home.told(CYCLE);
    daemon.stop();
    let database = home.path("data/cadenced/cadenced.db");
    rusqlite::Connection::open(&database).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&database).unwrap();
    let ended = home.command(&["run"]).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(78), "{said}");
    assert!(said.contains("a newer version of cadenced wrote this database"), "{said}");
    assert!(before == fs::read(&database).unwrap());
}

#[test]
fn what_a_dead_daemon_left_is_no_hindrance() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let daemon = home.daemon(NOW);
    home.told(CYCLE);
    daemon.signal("-KILL");
    drop(daemon);
    // Whatever a crash made of it: half a word, and a process number that somebody else has by now.
    fs::write(home.path("data/cadenced/daemon.json"), "{\"pid\": 1, \"sin").unwrap();
    fs::write(home.path("data/cadenced/shown.json"), "{").unwrap();
    home.forget();
    let again = home.daemon(NOW);
    home.told(CYCLE);
    assert!(home.json(&["status"])["daemon"]["pid"].is_u64());
    again.stop();
}

#[test]
fn a_database_that_is_damaged_under_it_is_mended_by_the_next_start() {
    let server = Server::start(Answer::Feed(feed("", "")));
    let home = Home::new(&server);
    let mut daemon = Limited::start(&home, NOW);
    home.told(CYCLE);
    let database = home.path("data/cadenced/cadenced.db");
    rusqlite::Connection::open(&database).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let length = usize::try_from(fs::metadata(&database).unwrap().len()).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&database).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0xA5; length], 0).unwrap();
    daemon.signal("-HUP");
    assert_eq!(daemon.0.wait().unwrap().code(), Some(1), "systemd starts one that failed again");
    home.forget();
    let again = home.daemon(NOW);
    home.told(CYCLE);
    let (_, log) = again.stop();
    assert!(log.contains("restored the newest copy") || log.contains("restored from the newest copy"), "{log}");
}
