//! The mailed report goes to the owner alone and never twice, through greylisting, failures and crashes.

use std::path::Path;

use cadenced::clock::Clock;
use cadenced::config::{Login, Mail, SecretSource, Security};
use cadenced::daemon::mailer::{Sent, deliver};
use cadenced::domain::email::{Email, Fate};
use cadenced::domain::person::Address;
use cadenced::store::Store;
use jiff::{SignedDuration, Timestamp};

use crate::mail_sink::{Sink, Turn};
use crate::store_given::{at, open};

const LATER: [&str; 4] = ["11-23T08:00", "11-23T08:30", "11-23T10:00", "11-23T18:00"];

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn mail(port: u16) -> Mail {
    let me = Address::parse("me@example.com").unwrap();
    Mail {
        server: "127.0.0.1".into(),
        port,
        security: Security::None,
        login: None,
        to: me.clone(),
        from: me,
        reports: true,
    }
}

fn letter(key: &str) -> Email {
    let me = Address::parse("me@example.com").unwrap();
    Email {
        key: key.into(),
        from: me.clone(),
        to: me,
        subject: "1:1s in week 2026-W47".into(),
        text: "5 of 6 held\n.\nnothing is owed\n".into(),
        page: Some(("week.html".into(), "<p>held</p>".into())),
        written: at("11-23T08:00"),
    }
}

fn sent_at(store: &Store, mail: &Mail, now: Timestamp) -> Vec<Sent> {
    wait(deliver(store, mail, Clock::Stopped(now))).unwrap()
}

fn state(store: &Store) -> String {
    wait(store.posted(1)).unwrap().remove(0).state
}

/// A store with one letter in its queue.
fn queued(dir: &Path) -> Store {
    let store = open(dir);
    assert!(wait(store.post(letter("report:2026-W47"), at(LATER[0]))).unwrap());
    store
}

#[test]
fn a_letter_goes_out_once_however_often_it_is_queued_and_delivered() {
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start(&[], None));
    let store = queued(dir.path());
    for now in LATER {
        sent_at(&store, &mail(sink.port), at(now));
        assert!(!wait(store.post(letter("report:2026-W47"), at(now))).unwrap(), "it is done with");
    }
    let taken = sink.taken();
    assert_eq!((taken.len(), state(&store).as_str()), (1, "sent"));
    assert!(taken[0].contains("To: me@example.com") && taken[0].contains("Message-ID: <cadenced."), "{}", taken[0]);
    assert_eq!(sink.heard.lock().unwrap().iter().filter(|line| line.starts_with("RCPT")).count(), 1);
}

#[test]
fn a_greylist_is_waited_out() {
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start(&[Turn::GreylistGuest, Turn::GreylistText], None));
    let store = queued(dir.path());
    let first = sent_at(&store, &mail(sink.port), at(LATER[0])).remove(0);
    let Some(Fate::Later { why, due }) = first.fate else { panic!("{first:?}") };
    assert!(why.contains("greylisted") && due == at("11-23T08:05"), "{why} {due}");
    assert!(sent_at(&store, &mail(sink.port), at("11-23T08:04")).is_empty(), "it is not tried before its time");
    assert_eq!(wait(store.next_letter()).unwrap(), Some(due));
    sent_at(&store, &mail(sink.port), at(LATER[1]));
    assert_eq!((sink.taken().len(), state(&store).as_str()), (0, "waiting"));
    sent_at(&store, &mail(sink.port), at(LATER[2]));
    assert_eq!((sink.taken().len(), state(&store).as_str()), (1, "sent"));
}

#[test]
fn what_is_cut_off_after_the_text_is_never_sent_again() {
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start(&[Turn::TakeAndHangUp], None));
    let store = queued(dir.path());
    for now in LATER {
        sent_at(&store, &mail(sink.port), at(now));
    }
    assert_eq!((sink.taken().len(), state(&store).as_str()), (1, "uncertain"));
}

#[test]
fn what_is_cut_off_before_the_text_is_sent_again() {
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start(&[Turn::HangUp], None));
    let store = queued(dir.path());
    for now in LATER {
        sent_at(&store, &mail(sink.port), at(now));
    }
    assert_eq!((sink.taken().len(), state(&store).as_str()), (1, "sent"));
}

#[test]
fn a_sender_that_dies_between_the_servers_yes_and_its_note_leaves_an_uncertain_letter() {
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start(&[], None));
    let store = queued(dir.path());
    // What a killed process leaves behind: the mail is noted as on its way, and nothing after that.
    assert!(wait(store.take("report:2026-W47", at(LATER[0]))).unwrap());
    wait(store.close()).unwrap();
    let store = open(dir.path());
    assert!(sent_at(&store, &mail(sink.port), at("11-23T08:05")).is_empty(), "it may still be on its way");
    assert_eq!(state(&store), "sending");
    assert_eq!(wait(store.next_letter()).unwrap(), Some(at("11-23T08:10")));
    for now in &LATER[1..] {
        assert!(sent_at(&store, &mail(sink.port), at(now)).is_empty());
    }
    assert_eq!((sink.taken().len(), state(&store).as_str()), (0, "uncertain"));
}

#[test]
fn two_processes_never_send_the_same_letter() {
    let dir = tempfile::tempdir().unwrap();
    let store = queued(dir.path());
    assert!(wait(store.take("report:2026-W47", at(LATER[0]))).unwrap());
    assert!(!wait(store.take("report:2026-W47", at(LATER[0]))).unwrap());
}

#[test]
fn a_refusal_is_final_and_offline_is_not() {
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start(&[Turn::Refuse], None));
    let store = queued(dir.path());
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let offline = sent_at(&store, &mail(nowhere), at(LATER[0])).remove(0);
    assert!(matches!(offline.fate, Some(Fate::Later { .. })), "{offline:?}");
    let refused = sent_at(&store, &mail(sink.port), at(LATER[1])).remove(0);
    assert!(matches!(&refused.fate, Some(Fate::Refused { why }) if why.contains("not here")), "{refused:?}");
    assert!(sent_at(&store, &mail(sink.port), at(LATER[2])).is_empty());
}

#[test]
fn a_letter_that_nobody_takes_for_days_expires() {
    let dir = tempfile::tempdir().unwrap();
    let store = queued(dir.path());
    let late = at(LATER[0]) + SignedDuration::from_hours(6 * 24);
    assert!(wait(store.letters(late)).unwrap().is_empty());
    assert_eq!(state(&store), "expired");
}

#[test]
fn a_wrong_password_is_told_and_not_tried_again_soon() {
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start(&[], Some(("me", "right"))));
    let store = queued(dir.path());
    let with = |word: &str| Mail {
        login: Some(Login { username: "me".into(), password: SecretSource::Command(vec!["echo".into(), word.into()]) }),
        ..mail(sink.port)
    };
    let refused = sent_at(&store, &with("wrong"), at(LATER[0])).remove(0);
    let Some(Fate::Later { why, due }) = refused.fate else { panic!("{refused:?}") };
    assert!(refused.wants_sign_in && due == at("11-23T09:00"), "{due}");
    assert!(why.contains("name and password") && !why.contains("wrong"), "{why}");
    sent_at(&store, &with("right"), at(LATER[2]));
    assert_eq!((sink.taken().len(), state(&store).as_str()), (1, "sent"));
}

#[test]
fn without_starttls_nothing_is_said_in_the_open() {
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start(&[], None));
    let store = queued(dir.path());
    let strict = Mail { security: Security::StartTls, ..mail(sink.port) };
    let kept = sent_at(&store, &strict, at(LATER[0])).remove(0);
    assert!(matches!(&kept.fate, Some(Fate::Later { why, .. }) if why.contains("STARTTLS")), "{kept:?}");
    assert!(sink.heard.lock().unwrap().iter().all(|line| line.starts_with("EHLO") || line.starts_with("QUIT")));
}
