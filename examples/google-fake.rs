//! Runs the fake of Google Calendar as a standalone server, for other clients: `google-fake [PORT]`.
//!
//! It prints its base address and the tokens of two users who have a weekly 1:1, as lines `name value`, and ends when
//! its standard input does.

#![expect(clippy::unwrap_used, reason = "a tool of the tests may end at the first surprise")]

#[path = "../tests/support/google/mod.rs"]
#[expect(dead_code, reason = "the tests use what is not used here")]
mod google_fake;

use google_fake::{CLIENT, FULL, Fake};
use serde_json::json;
use tokio::io::AsyncReadExt;

const USERS: [&str; 2] = ["owner@example.com", "ann@example.com"];

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().unwrap_or_else(|| "0".to_owned());
    let readable = arguments.next().is_some_and(|word| word == "readable-instance-ids");
    runtime.block_on(async {
        let fake = Fake::listening(&format!("127.0.0.1:{port}")).await;
        fake.settings(|settings| settings.readable_instance_ids = readable);
        seed(&fake);
        println!("base {}", fake.url());
        println!("client {} {}", CLIENT.0, CLIENT.1);
        for user in USERS {
            println!("token {user} {} {}", fake.token(user), fake.refresh_token(user, &[FULL]));
        }
        let mut rest = Vec::new();
        tokio::io::stdin().read_to_end(&mut rest).await.unwrap();
    });
}

/// Two users with a weekly 1:1 on Tuesdays.
fn seed(fake: &Fake) {
    for user in USERS {
        fake.add_user(user, "Europe/Berlin");
    }
    fake.as_user(USERS[0]).insert(json!({
        "summary": "Owner / Ann",
        "start": {"dateTime": "2026-11-03T10:00:00+01:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2026-11-03T10:30:00+01:00", "timeZone": "Europe/Berlin"},
        "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=TU"],
        "attendees": [{"email": USERS[0], "responseStatus": "accepted"}, {"email": USERS[1]}],
    }));
}
