//! A walk through the fake of Google Calendar that compares each answer with Google's documentation.

use serde_json::{Value, json};

use crate::google_asking::Asking;
use crate::google_fake::state::MailKind;
use crate::google_fake::{Fake, Role};

const OWNER: &str = "owner@example.com";
const ANN: &str = "ann@example.com";
const EVENTS: &str = "/calendars/primary/events";

async fn two() -> (Fake, Asking, Asking) {
    let fake = Fake::start().await;
    fake.add_user(OWNER, "Europe/Berlin");
    fake.add_user(ANN, "Europe/Berlin");
    let asking = |user: &str| Asking::new(&fake.url(), &fake.token(user));
    let (owner, ann) = (asking(OWNER), asking(ANN));
    (fake, owner, ann)
}

fn series() -> Value {
    json!({
        "summary": "1:1", "description": "secret",
        "start": {"dateTime": "2026-12-01T10:00:00+01:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2026-12-01T10:30:00+01:00", "timeZone": "Europe/Berlin"},
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"],
        "attendees": [{"email": OWNER, "responseStatus": "accepted"}, {"email": ANN}],
    })
}

fn at(path: &str) -> String {
    format!("{EVENTS}/{path}")
}

#[tokio::test]
async fn the_documented_walk_has_the_documented_answers() {
    let (fake, owner, _) = two().await;
    let bad = Asking::new(&fake.url(), "nonsense").get("/users/me/calendarList").await;
    assert_eq!((bad.code, bad.reason()), (401, "authError"));
    let list = owner.get("/users/me/calendarList").await;
    assert!(!list.text("nextSyncToken").is_empty());
    let master = owner.send("POST", &format!("{EVENTS}?sendUpdates=all"), &series()).await;
    assert_eq!(master.body["recurrence"], series()["recurrence"]);
    assert_eq!(master.body["organizer"]["self"], true);
    let id = master.text("id");
    assert_eq!(master.text("iCalUID"), format!("{id}@google.com"));
    let single = owner.get(&format!("{EVENTS}?singleEvents=true&orderBy=startTime&timeMin=2026-11-30T00:00:00Z")).await;
    assert_eq!(single.items().len(), 4);
    let instances = owner.get(&at(&format!("{id}/instances"))).await;
    assert_eq!(instances.items().len(), 4);
    let token = owner.get(EVENTS).await.text("nextSyncToken");
    let stale = owner.send_if("PATCH", &at(&id), "\"stale\"", &json!({"summary": "stale"})).await;
    assert_eq!((stale.code, stale.reason()), (412, "conditionNotMet"));
    let fresh = owner.send_if("PATCH", &at(&id), &master.text("etag"), &json!({"summary": "p"})).await;
    assert_eq!(fresh.code, 200);
    assert_ne!(fresh.text("etag"), master.text("etag"));
    let second = instances.items()[1]["id"].as_str().unwrap();
    assert_eq!(owner.send("PATCH", &at(second), &json!({"status": "cancelled"})).await.code, 200);
    let delta = owner.get(&format!("{EVENTS}?syncToken={token}")).await;
    assert_eq!(delta.items().len(), 2);
    let bogus = owner.get(&format!("{EVENTS}?syncToken=bogus")).await;
    assert_eq!((bogus.code, bogus.reason()), (410, "fullSyncRequired"));
    assert_eq!(owner.get(&format!("{EVENTS}?syncToken={token}&timeMin=2026-01-01T00:00:00Z")).await.code, 400);
    let page = owner.get(&format!("{EVENTS}?maxResults=1&singleEvents=true")).await;
    assert!(!page.text("nextPageToken").is_empty() && page.text("nextSyncToken").is_empty());
    let single = json!({"id": "abc12345", "start": {"date": "2026-12-02"}, "end": {"date": "2026-12-03"}});
    assert_eq!(owner.send("POST", EVENTS, &single).await.code, 200);
    assert_eq!(owner.send("POST", EVENTS, &single).await.reason(), "duplicate");
    assert_eq!(owner.ask("DELETE", &at(&id), &[], None).await.unwrap().code, 204);
    let again = owner.ask("DELETE", &at(&id), &[], None).await.unwrap();
    assert_eq!((again.code, again.reason()), (410, "deleted"));
    assert_eq!(owner.get(&at(&id)).await.text("status"), "cancelled");
    let delta = owner.get(&format!("{EVENTS}?syncToken={token}")).await;
    let tombstone = delta.items().iter().find(|one| one["id"] == id.as_str()).unwrap();
    assert_eq!(tombstone.as_object().unwrap().len(), 4, "{tombstone}");
}

#[tokio::test]
async fn an_organisers_move_shows_on_the_guests_copy_and_asks_again() {
    let (fake, owner, ann) = two().await;
    let id = fake.as_user(OWNER).insert(series());
    fake.as_user(ANN).reply(&id, None, "accepted");
    assert_eq!(reply(&fake, OWNER, &id, ANN), "accepted");
    let moved = json!({
        "start": {"dateTime": "2026-12-09T10:00:00+01:00"}, "end": {"dateTime": "2026-12-09T10:30:00+01:00"},
    });
    let instance =
        owner.get(&at(&format!("{id}/instances?originalStart=2026-12-08T09:00:00Z"))).await.items()[0].clone();
    assert!(!instance["id"].as_str().unwrap().contains(&id), "instance ids are opaque");
    let path = at(instance["id"].as_str().unwrap());
    let answer =
        owner.send_if("PATCH", &format!("{path}?sendUpdates=all"), instance["etag"].as_str().unwrap(), &moved).await;
    assert_eq!((answer.code, answer.body["sequence"].as_i64()), (200, Some(1)));
    let copy = ann.get(&path).await;
    assert_eq!(copy.body["start"]["dateTime"], "2026-12-09T10:00:00+01:00");
    assert_eq!(copy.body["originalStartTime"]["dateTime"], "2026-12-08T10:00:00+01:00");
    assert_eq!(copy.body["iCalUID"], answer.body["iCalUID"]);
    assert_eq!(copy.body["organizer"], json!({"email": OWNER, "displayName": OWNER}));
    assert_eq!(copy.body["attendees"][1]["responseStatus"], "needsAction");
    assert_eq!(copy.body["attendees"][1]["self"], true);
    let update = fake.mails().pop().unwrap();
    assert_eq!((update.kind, update.recipients), (MailKind::Update, vec![ANN.to_owned()]));
}

#[tokio::test]
async fn a_guests_own_change_stays_private_and_their_reply_does_not() {
    let (fake, owner, ann) = two().await;
    let id = fake.as_user(OWNER).insert(series());
    let answer = ann.send("PATCH", &at(&id), &json!({"summary": "mine"})).await;
    assert_eq!((answer.code, answer.text("summary")), (200, "mine".to_owned()));
    let later = json!({"start": {"dateTime": "2026-12-08T16:00:00Z"}, "end": {"dateTime": "2026-12-08T17:00:00Z"}});
    fake.as_user(ANN).patch_instance(&id, "2026-12-08T09:00:00Z", later);
    let seen = |user: &str| fake.as_user(user).instance(&id, "2026-12-08T09:00:00Z").unwrap()["start"].clone();
    assert_eq!(seen(ANN)["dateTime"], "2026-12-08T16:00:00Z");
    assert_eq!(seen(OWNER)["dateTime"], "2026-12-08T10:00:00+01:00");
    assert_eq!(owner.get(&at(&id)).await.text("summary"), "1:1");
    fake.as_user(ANN).reply(&id, Some("2026-12-15T10:00:00+01:00"), "declined");
    let declined = fake.as_user(OWNER).instance(&id, "2026-12-15T10:00:00+01:00").unwrap();
    assert_eq!(declined["attendees"][1]["responseStatus"], "declined");
    assert_eq!(declined["summary"], "1:1");
    assert_eq!(reply(&fake, OWNER, &id, ANN), "needsAction");
    fake.as_user(OWNER).patch(&id, json!({"location": "Room"}));
    let copy = fake.as_user(ANN).event(&id).unwrap();
    assert_eq!((&copy["summary"], &copy["location"]), (&json!("mine"), &json!("Room")));
    fake.as_user(ANN).delete(&id);
    assert_eq!(reply(&fake, OWNER, &id, ANN), "declined");
    assert_eq!(fake.as_user(OWNER).event(&id).unwrap()["status"], "confirmed");
}

#[tokio::test]
async fn only_a_writer_reaches_the_organisers_event() {
    let (fake, _, ann) = two().await;
    let id = fake.as_user(OWNER).insert(series());
    let path = format!("/calendars/{OWNER}/events/{id}");
    let refused = ann.send("PATCH", &path, &json!({"summary": "moved"})).await;
    assert_eq!((refused.code, refused.reason()), (404, "notFound"));
    fake.share(OWNER, ANN, Some(Role::Reader));
    assert_eq!(ann.send("PATCH", &path, &json!({"summary": "moved"})).await.code, 403);
    fake.share(OWNER, ANN, Some(Role::Writer));
    assert_eq!(ann.send("PATCH", &path, &json!({"summary": "moved"})).await.code, 200);
    assert_eq!(fake.as_user(OWNER).event(&id).unwrap()["summary"], "moved");
}

#[tokio::test]
async fn cancelled_events_keep_no_more_than_their_ids() {
    let (fake, owner, ann) = two().await;
    let id = fake.as_user(OWNER).insert(series());
    let token = ann.get(EVENTS).await.text("nextSyncToken");
    fake.as_user(OWNER).cancel_instance(&id, "2026-12-08T09:00:00Z");
    let full = owner.get(EVENTS).await;
    let exception = full.items().iter().find(|one| one["status"] == "cancelled").unwrap();
    assert_eq!(names(exception), ["etag", "id", "kind", "originalStartTime", "recurringEventId", "status"]);
    assert_eq!(owner.get(&at(&format!("{id}/instances"))).await.items().len(), 3);
    fake.as_user(OWNER).delete(&id);
    let delta = ann.get(&format!("{EVENTS}?syncToken={token}")).await;
    assert_eq!(delta.items().len(), 2);
    for one in delta.items() {
        assert_eq!(names(one), ["etag", "id", "kind", "status"]);
    }
    assert_eq!(ann.get(EVENTS).await.items().len(), 0);
}

#[tokio::test]
async fn a_split_ends_the_old_series_and_begins_one_with_another_id() {
    let (fake, owner, ann) = two().await;
    let id = fake.as_user(OWNER).insert(series());
    fake.as_user(OWNER).cancel_instance(&id, "2026-12-22T10:00:00+01:00");
    let later = json!({
        "start": {"dateTime": "2026-12-15T14:00:00+01:00"}, "end": {"dateTime": "2026-12-15T14:30:00+01:00"},
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"],
    });
    let new = fake.as_user(OWNER).split(&id, "2026-12-15T10:00:00+01:00", later);
    assert_eq!(new, format!("{id}_R20261215T100000"));
    assert_eq!(owner.get(&at(&format!("{id}/instances"))).await.items().len(), 2);
    let copy = ann.get(&at(&new)).await;
    assert_eq!(copy.text("iCalUID"), format!("{new}@google.com"));
    assert_eq!(ann.get(&at(&format!("{new}/instances"))).await.items().len(), 2);
}

#[tokio::test]
async fn put_clears_what_is_left_out_and_a_guest_may_not_clear_what_is_shared() {
    let (fake, owner, ann) = two().await;
    let mut event = series();
    event["extendedProperties"] = json!({"shared": {"op": "1"}, "private": {"mine": "2"}});
    let id = fake.as_user(OWNER).insert(event);
    assert_eq!(ann.get(&at(&id)).await.body["extendedProperties"], json!({"shared": {"op": "1"}}));
    let refused = ann.send("PUT", &at(&id), &series()).await;
    assert_eq!((refused.code, refused.reason()), (403, "forbiddenForNonOrganizer"));
    let put = owner.send("PUT", &at(&id), &json!({"start": series()["start"], "end": series()["end"]})).await;
    assert_eq!(put.code, 200);
    assert!(put.body.get("recurrence").is_none() && put.body.get("summary").is_none());
}

#[tokio::test]
async fn pages_hold_together_and_a_dead_token_says_why() {
    let (fake, owner, _) = two().await;
    for day in 1..=5 {
        let date = |day| json!({"date": format!("2026-12-0{day}")});
        fake.as_user(OWNER).insert(json!({"start": date(day), "end": date(day + 1)}));
    }
    fake.settings(|settings| (settings.page_limit, settings.empty_first_page) = (Some(2), true));
    let mut page = owner.get(EVENTS).await;
    assert!(page.items().is_empty(), "a page may be empty and have a successor");
    let mut sizes = Vec::new();
    while !page.text("nextPageToken").is_empty() {
        page = owner.get(&format!("{EVENTS}?pageToken={}", page.text("nextPageToken"))).await;
        sizes.push(page.items().len());
    }
    assert_eq!(sizes, [2, 2, 1]);
    let token = page.text("nextSyncToken");
    fake.settings(|settings| settings.empty_first_page = false);
    assert_eq!(owner.get(&format!("{EVENTS}?syncToken={token}")).await.items().len(), 0);
    fake.kill_sync_tokens("updatedMinTooLongAgo");
    let gone = owner.get(&format!("{EVENTS}?syncToken={token}")).await;
    assert_eq!((gone.code, gone.reason()), (410, "updatedMinTooLongAgo"));
}

#[tokio::test]
async fn busy_times_are_merged_and_an_error_stands_for_what_is_not_told() {
    let (fake, owner, _) = two().await;
    fake.add_user("eve@example.org", "UTC");
    fake.add_calendar("team@group.calendar.google.com", "Team", "UTC", Some(ANN));
    fake.busy_error("team@group.calendar.google.com", Some("groupTooBig"));
    let timed = |from: &str, to: &str| json!({"start": {"dateTime": from}, "end": {"dateTime": to}});
    let ann = fake.as_user(ANN);
    ann.insert(timed("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z"));
    ann.insert(timed("2026-12-01T09:30:00Z", "2026-12-01T10:30:00Z"));
    let mut free = timed("2026-12-01T12:00:00Z", "2026-12-01T13:00:00Z");
    free["transparency"] = "transparent".into();
    ann.insert(free);
    let ids = [ANN, "eve@example.org", "team@group.calendar.google.com"];
    let mut query = json!({
        "timeMin": "2026-12-01T00:00:00Z", "timeMax": "2026-12-02T00:00:00Z",
        "items": ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>(),
    });
    let answer = owner.send("POST", "/freeBusy", &query).await;
    let of = |id: &str| answer.body["calendars"][id].clone();
    assert_eq!(of(ANN)["busy"], json!([{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:30:00Z"}]));
    assert_eq!(of(ids[1])["errors"][0]["reason"], "notFound");
    assert_eq!(of(ids[2])["errors"][0]["reason"], "groupTooBig");
    query["items"] = (0..51).map(|_| json!({"id": ANN})).collect();
    assert_eq!(owner.send("POST", "/freeBusy", &query).await.code, 400);
}

#[tokio::test]
async fn guests_can_be_hidden_or_left_out_and_locked_copies_hold() {
    let (fake, owner, ann) = two().await;
    let mut event = series();
    event["guestsCanSeeOtherGuests"] = false.into();
    event["attendees"]
        .as_array_mut()
        .unwrap()
        .push(json!({"email": "room@resource.calendar.google.com", "resource": true}));
    event["attendees"].as_array_mut().unwrap().push(json!({"email": "eve@example.org"}));
    let id = owner.send("POST", &format!("{EVENTS}?sendUpdates=externalOnly"), &event).await.text("id");
    assert_eq!(fake.mails()[0].recipients, ["eve@example.org"]);
    let hidden = ann.get(&at(&id)).await.body["attendees"].clone();
    assert_eq!(hidden, json!([{"email": ANN, "responseStatus": "needsAction", "self": true}]));
    let cut = owner.get(&format!("{EVENTS}/{id}?maxAttendees=1")).await;
    assert_eq!((&cut.body["attendeesOmitted"], cut.body["attendees"].as_array().unwrap().len()), (&json!(true), 1));
    let mut foreign = series();
    foreign["locked"] = true.into();
    foreign["organizer"] = json!({"email": "boss@example.org"});
    let id = fake.as_user(ANN).place(foreign);
    let refused = ann.send("PATCH", &at(&id), &json!({"summary": "x"})).await;
    assert_eq!((refused.code, refused.reason()), (403, "forbidden"));
    fake.as_user(ANN).reply(&id, None, "accepted");
    assert_eq!(reply(&fake, ANN, &id, ANN), "accepted");
    let answer = ann.get(&format!("{EVENTS}?maxResults=1")).await;
    assert_eq!(answer.items()[0]["description"], "secret", "what a reader must not keep is there to be kept");
}

fn reply(fake: &Fake, user: &str, id: &str, of: &str) -> String {
    let event = fake.as_user(user).event(id).unwrap();
    let all = event["attendees"].as_array().unwrap();
    all.iter().find(|one| one["email"] == of).unwrap()["responseStatus"].as_str().unwrap().to_owned()
}

fn names(event: &Value) -> Vec<&str> {
    event.as_object().unwrap().keys().map(String::as_str).collect()
}
