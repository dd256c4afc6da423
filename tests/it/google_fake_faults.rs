//! The deliberate faults of the fake of Google Calendar, and how it limits tokens.

use serde_json::{Value, json};

use crate::google_asking::Asking;
use crate::google_fake::{FULL, Fake, Fault, Role};

const OWNER: &str = "owner@example.com";
const EVENTS: &str = "/calendars/primary/events";

async fn one() -> (Fake, Asking) {
    let fake = Fake::start().await;
    fake.add_user(OWNER, "UTC");
    let asking = Asking::new(&fake.url(), &fake.token(OWNER));
    (fake, asking)
}

fn event(id: &str) -> Value {
    json!({"id": id, "start": {"date": "2026-12-02"}, "end": {"date": "2026-12-03"}})
}

#[tokio::test]
async fn a_lost_reply_leaves_what_was_written() {
    let (fake, owner) = one().await;
    fake.fail(Fault::on("POST", "/events"));
    assert!(owner.ask("POST", EVENTS, &[], Some(&event("lost1"))).await.is_err());
    assert_eq!(owner.send("POST", EVENTS, &event("lost1")).await.reason(), "duplicate");
    assert_eq!(fake.requests().iter().filter(|request| request.method == "POST").count(), 2);
}

#[tokio::test]
async fn every_reply_can_be_lost_once() {
    let (fake, owner) = one().await;
    fake.lose_every_reply_once();
    for id in ["first1", "second"] {
        assert!(owner.ask("POST", EVENTS, &[], Some(&event(id))).await.is_err());
        assert_eq!(owner.send("POST", EVENTS, &event(id)).await.code, 409);
    }
    assert!(owner.ask("GET", EVENTS, &[], None).await.is_err());
    assert_eq!(owner.get(EVENTS).await.items().len(), 2);
}

#[tokio::test]
async fn refusals_hit_the_requests_that_they_are_meant_for() {
    let (fake, owner) = one().await;
    fake.fail(Fault::on("GET", "/events").nth(2).times(2).refused(403, "rateLimitExceeded").retry_after("7"));
    assert_eq!(owner.get(EVENTS).await.code, 200);
    assert_eq!(owner.get("/users/me/calendarList").await.code, 200);
    for _ in 0..2 {
        let refused = owner.get(EVENTS).await;
        assert_eq!((refused.code, refused.reason()), (403, "rateLimitExceeded"));
        assert_eq!(refused.body["error"]["errors"][0]["domain"], "usageLimits");
        assert_eq!(refused.headers["retry-after"], "7");
    }
    assert_eq!(owner.get(EVENTS).await.code, 200);
}

#[tokio::test]
async fn an_answer_can_be_cut_foreign_or_odd() {
    let (fake, owner) = one().await;
    fake.fail(Fault::on("GET", "/events").cut());
    assert!(owner.ask("GET", EVENTS, &[], None).await.is_err());
    fake.fail(Fault::on("GET", "/events").not_json());
    let foreign = owner.get(EVENTS).await;
    assert_eq!((foreign.code, &foreign.body), (200, &Value::Null));
    fake.fail(Fault::on("GET", "/events").odd_event(json!({"id": "odd", "start": {"date": "never"}})));
    assert_eq!(owner.get(EVENTS).await.items()[0]["start"]["date"], "never");
}

#[tokio::test]
async fn silence_lasts_until_the_client_gives_up() {
    let (fake, owner) = one().await;
    fake.fail(Fault::on("GET", "/events").silent());
    tokio::select! {
        _ = owner.get(EVENTS) => panic!("there is no answer"),
        () = async { while fake.requests().is_empty() { tokio::task::yield_now().await } } => {}
    }
    assert_eq!(owner.get(EVENTS).await.code, 200);
}

#[tokio::test]
async fn a_token_allows_what_its_scopes_say() {
    let (fake, _) = one().await;
    let holidays = "en.german#holiday@group.v.calendar.google.com";
    fake.add_calendar(holidays, "Holidays", "Europe/Berlin", None);
    fake.share(holidays, OWNER, Some(Role::Reader));
    fake.list(OWNER, holidays, true);
    fake.as_user(OWNER)
        .in_calendar(holidays)
        .place(json!({"start": {"date": "2026-12-25"}, "end": {"date": "2026-12-26"}}));
    let reading = [format!("{FULL}.events.owned.readonly"), format!("{FULL}.calendarlist.readonly")];
    let token = fake.token_with(OWNER, &reading.each_ref().map(String::as_str));
    let owner = Asking::new(&fake.url(), &token);
    assert_eq!(owner.get("/users/me/calendarList").await.items().len(), 2);
    assert_eq!(owner.get(EVENTS).await.code, 200);
    let path = "/calendars/en.german%23holiday%40group.v.calendar.google.com/events";
    for refused in [owner.get(path).await, owner.send("POST", EVENTS, &event("denied")).await] {
        assert_eq!((refused.code, refused.reason()), (403, "insufficientPermissions"));
    }
    let wide = Asking::new(&fake.url(), &fake.token(OWNER));
    assert_eq!(wide.get(path).await.items().len(), 1);
    assert_eq!(wide.send("POST", path, &event("denied")).await.reason(), "requiredAccessLevel");
}

#[tokio::test]
async fn an_unchanged_event_need_not_be_sent_again() {
    let (fake, owner) = one().await;
    let id = fake.as_user(OWNER).insert(event("same1"));
    let path = format!("{EVENTS}/{id}");
    let etag = owner.get(&path).await.text("etag");
    assert_eq!(owner.ask("GET", &path, &[("if-none-match", &etag)], None).await.unwrap().code, 304);
    fake.as_user(OWNER).patch(&id, json!({"summary": "other"}));
    assert_eq!(owner.ask("GET", &path, &[("if-none-match", &etag)], None).await.unwrap().code, 200);
}

#[tokio::test]
async fn the_date_is_that_of_the_fakes_clock() {
    let (fake, owner) = one().await;
    fake.set_now("2027-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(fake.now().to_string(), "2027-01-01T00:00:00Z");
    assert_eq!(owner.get(EVENTS).await.code, 401, "tokens live by the same clock");
    let owner = Asking::new(&fake.url(), &fake.token(OWNER));
    assert_eq!(owner.get(EVENTS).await.headers["date"], "Fri, 01 Jan 2027 00:00:00 GMT");
    fake.forget_requests();
    assert_eq!(fake.requests().len(), 0);
}
