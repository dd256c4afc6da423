//! No address, password or title appears in logs, errors or cursors, at any level.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io;
use std::sync::{Arc, Mutex};

use cadenced::calendar::{Effort, Reading};
use cadenced::config::{Secret, SecretSource};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::feed_reads::{Reader, calendar};
use crate::feed_server::{Reply, Server};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What must not be seen anywhere.
const HIDDEN: [&str; 6] =
    ["token-in-path", "token-in-query", "hunter2", "aHVudGVyMg", "bWFyYTpodW50ZXIy", "Quiet Title"];

fn assert_silent(text: &str) {
    for hidden in HIDDEN {
        assert!(!text.contains(hidden), "{hidden} shows in: {text}");
    }
}

#[tokio::test]
async fn nothing_secret_is_logged_returned_or_remembered() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start(vec![
        Reply::ok(calendar(&["Quiet Title"])),
        Reply::ok(calendar(&["Quiet Title"]).replacen("DTSTART:20260302T100000Z", "DTSTART:rubbish", 1)),
        Reply::ok(&calendar(&["Quiet Title"])[..150]),
        Reply::new("401 Unauthorized", &[], "Quiet Title"),
        Reply::new("302 Found", &[("Location", "http://elsewhere.example/token-in-path")], ""),
        Reply::ok("x").without_last(1).then_reset(),
        Reply::default(),
    ])
    .await;
    let address = SecretSource::Literal(Secret::new(server.url("/token-in-path/f.ics?key=token-in-query")));
    let password = SecretSource::Command(vec!["echo".into(), "hunter2".into()]);
    let mut reader = Reader::with(address, Some(("mara".into(), password)));
    let mut failures = 0;
    for _ in 0..7 {
        match reader.read(None, Effort::Full).await {
            Ok(Reading::Snapshot(snapshot)) => {
                assert_silent(&format!("{:?}", snapshot.cursor));
                // Titles belong to the events; problems must not name them.
                let problems =
                    snapshot.items.map(Result::unwrap).filter(|item| format!("{item:?}").starts_with("Problem"));
                problems.for_each(|problem| assert_silent(&format!("{problem:?}")));
            }
            Ok(Reading::Unchanged { .. } | Reading::Delta(_)) => panic!("no cursor was given"),
            Err(error) => {
                failures += 1;
                assert_silent(&format!("{error} {error:?}"));
                assert!(
                    !error.to_string().contains("127.0.0.1") && !error.to_string().contains("elsewhere"),
                    "{error}"
                );
            }
        }
    }
    drop(guard);
    assert_eq!(failures, 5);
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("cadenced::calendar"), "our own lines were captured: {logged}");
    assert!(server.requests()[0].contains("token-in-path") && server.requests()[0].contains("bWFyYTpodW50ZXIy"));
    assert_silent(&logged);
}
