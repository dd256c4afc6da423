//! Reads of a Google calendar: everything, changes, deletions, and what cannot be read.

use std::time::Duration;

use cadenced::calendar::{Effort, ErrorKind};
use cadenced::domain::event::{EventKind, GuestList, ParticipantKind, Reply, Status};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::google_account::{ANN, Account, OWNER, Told, failure, fake, read, try_read};
use crate::google_fake::{Fake, Fault, Role};

/// Ann's Tuesdays at ten, five of them.
pub fn tuesdays() -> Value {
    json!({
        "summary": "Owner / Ann",
        "description": "whispered notes",
        "location": "whispered place",
        "attachments": [{"fileUrl": "https://example.com/whispered"}],
        "start": {"dateTime": "2026-11-03T10:00:00+01:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2026-11-03T10:30:00+01:00", "timeZone": "Europe/Berlin"},
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=5"],
        "attendees": [{"email": OWNER, "responseStatus": "accepted"}, {"email": ANN, "displayName": "Ann Ash"}],
    })
}

/// An event of the owner's with these fields besides.
fn event(more: &Value) -> Value {
    let mut event = json!({
        "summary": "Talk",
        "start": {"dateTime": "2026-11-04T10:00:00+01:00"},
        "end": {"dateTime": "2026-11-04T10:30:00+01:00"},
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

async fn started() -> (Fake, Account, String) {
    let fake = fake().await;
    let series = fake.as_user(OWNER).insert(tuesdays());
    let account = Account::at(&fake, "", "");
    (fake, account, series)
}

/// The event that the owner's calendar shows after this was put there as it is.
async fn placed(fields: &Value) -> (Told, String) {
    let fake = fake().await;
    let id = fake.as_user(OWNER).place(event(fields));
    let account = Account::at(&fake, "", "");
    (read(&mut account.calendar(), None).await, id)
}

#[tokio::test]
async fn the_first_read_brings_masters_with_their_rules_and_exceptions_with_their_original_starts() {
    let (fake, account, series) = started().await;
    fake.as_user(OWNER).patch_instance(
        &series,
        "2026-11-10T10:00:00+01:00",
        json!({"start": {"dateTime": "2026-11-11T15:00:00+01:00"}, "end": {"dateTime": "2026-11-11T15:30:00+01:00"}}),
    );
    fake.as_user(OWNER).cancel_instance(&series, "2026-11-17T10:00:00+01:00");
    let told = read(&mut account.calendar(), None).await;
    assert_eq!((told.how, told.events.len(), told.problems.as_slice()), ("snapshot", 2, [].as_slice()));
    let master = told.event(&series);
    assert_eq!(master.recurrence.as_ref().unwrap().rules[0].to_string(), "FREQ=WEEKLY;COUNT=5");
    assert_eq!(master.start.local().to_string(), "2026-11-03T10:00:00");
    assert_eq!((master.guest_list, master.guests.len()), (GuestList::Complete, 2));
    assert_eq!(master.guests[1].who.name.as_deref(), Some("Ann Ash"));
    let (_, moved) = told.events.iter().find(|(id, _)| *id != series).unwrap();
    assert_eq!((&moved.uid, moved.recurrence.is_none()), (&master.uid, true));
    assert_eq!(moved.overrides.as_ref().unwrap().original.local().to_string(), "2026-11-10T10:00:00");
    assert_eq!(moved.start.local().to_string(), "2026-11-11T15:00:00");
    let [(_, of, original)] = told.called_off.as_slice() else { panic!("{told:#?}") };
    assert_eq!((of, original.as_str()), (&series, "2026-11-17T10:00:00"));
}

#[tokio::test]
async fn nothing_that_is_not_needed_is_even_asked_for() {
    let (fake, account, _) = started().await;
    fake.forget_requests();
    read(&mut account.calendar(), None).await;
    let asked: Vec<_> = fake.requests().into_iter().filter(|one| one.path.ends_with("/events")).collect();
    let [list] = asked.as_slice() else { panic!("one page is one request") };
    assert_eq!(list.parameter("singleEvents"), Some("false"));
    assert_eq!((list.parameter("timeMin"), list.parameter("showDeleted")), (None, None));
    for header in ["accept-encoding", "user-agent"] {
        assert!(list.header(header).unwrap().contains("gzip"), "Google packs its answers only for both: {list:?}");
    }
    let fields = list.parameter("fields").unwrap();
    for hidden in ["description", "location", "attachments", "hangoutLink", "comment"] {
        assert!(!fields.contains(hidden), "{fields}");
    }
}

#[tokio::test]
async fn a_poll_that_finds_nothing_new_is_one_request() {
    let (fake, account, _) = started().await;
    let mut calendar = account.calendar();
    let first = read(&mut calendar, None).await;
    fake.forget_requests();
    let second = read(&mut calendar, Some(&first.cursor)).await;
    assert_eq!((second.how, fake.requests().len()), ("unchanged", 1));
}

#[tokio::test]
async fn a_poll_tells_what_changed_and_what_is_gone_and_nothing_else() {
    let (fake, account, series) = started().await;
    let owner = fake.as_user(OWNER);
    let lunch = owner.insert(event(&json!({"summary": "Lunch"})));
    owner.insert(event(&json!({"summary": "Stays"})));
    let mut calendar = account.calendar();
    let first = read(&mut calendar, None).await;
    owner.delete(&lunch);
    owner.cancel_instance(&series, "2026-11-17T10:00:00+01:00");
    fake.as_user(ANN).reply(&series, Some("2026-11-24T10:00:00+01:00"), "declined");
    let told = read(&mut calendar, Some(&first.cursor)).await;
    assert_eq!((told.how, told.gone.as_slice()), ("delta", [lunch].as_slice()));
    assert_eq!(told.called_off.len(), 1, "{told:#?}");
    assert!(!told.titles().contains(&"Stays") && !told.titles().contains(&"Lunch"), "{told:#?}");
    let declined = told.events.iter().find(|(_, event)| event.overrides.is_some()).map(|(_, event)| event).unwrap();
    let ann = declined.guests.iter().find(|guest| guest.who.address.as_ref().unwrap().as_str() == ANN).unwrap();
    assert_eq!(ann.reply, Reply::Declined);
    assert_eq!(read(&mut calendar, Some(&told.cursor)).await.how, "unchanged");
}

#[tokio::test]
async fn a_split_brings_a_series_of_its_own_and_the_end_of_the_old_one() {
    let (fake, account, series) = started().await;
    let mut calendar = account.calendar();
    let first = read(&mut calendar, None).await;
    let new = fake.as_user(OWNER).split(
        &series,
        "2026-11-17T10:00:00+01:00",
        json!({"start": {"dateTime": "2026-11-17T14:00:00+01:00", "timeZone": "Europe/Berlin"},
               "end": {"dateTime": "2026-11-17T14:30:00+01:00", "timeZone": "Europe/Berlin"}}),
    );
    let told = read(&mut calendar, Some(&first.cursor)).await;
    assert!(told.event(&series).recurrence.as_ref().unwrap().rules[0].to_string().contains("UNTIL"), "{told:#?}");
    assert_eq!(told.event(&new).start.local().to_string(), "2026-11-17T14:00:00");
    assert_ne!(told.event(&new).uid, told.event(&series).uid);
}

#[tokio::test]
async fn every_page_is_read_an_empty_first_one_too() {
    let (fake, account, _) = started().await;
    for number in 0..7 {
        fake.as_user(OWNER).insert(event(&json!({"summary": format!("Talk {number}")})));
    }
    fake.settings(|settings| (settings.page_limit, settings.empty_first_page) = (Some(3), true));
    let mut calendar = account.calendar();
    let told = read(&mut calendar, None).await;
    assert_eq!((told.events.len(), told.how), (8, "snapshot"));
    fake.as_user(OWNER).insert(event(&json!({"summary": "Another"})));
    assert_eq!(read(&mut calendar, Some(&told.cursor)).await.titles(), ["Another"]);
}

#[tokio::test]
async fn a_list_that_breaks_off_teaches_nothing() {
    let (fake, account, _) = started().await;
    for _ in 0..3 {
        fake.as_user(OWNER).insert(event(&json!({})));
    }
    fake.settings(|settings| settings.page_limit = Some(2));
    fake.fail(Fault::on("GET", "pageToken=").cut());
    assert_eq!(read(&mut account.calendar(), None).await.events.len(), 4, "one lost page is asked for again");
    fake.fail(Fault::on("GET", "pageToken=").cut().times(2));
    assert_eq!(failure(&mut account.calendar(), None).await.kind, ErrorKind::Truncated);
    fake.fail(Fault::on("GET", "pageToken=").refused(503, "backendError").retry_after("30"));
    let wait = ErrorKind::Wait { after: Some(Duration::from_secs(30)) };
    assert_eq!(failure(&mut account.calendar(), None).await.kind, wait);
}

#[tokio::test]
async fn a_list_that_runs_in_circles_ends_when_a_page_comes_again() {
    let (fake, account, _) = started().await;
    for (name, next) in [("", "a"), ("=a", "b"), ("=b", "a")] {
        let part = if name.is_empty() { "/events".to_owned() } else { format!("pageToken{name}") };
        let page = json!({"items": [], "nextPageToken": next});
        fake.fail(Fault::on("GET", &part).times(if name.is_empty() { 1 } else { 9 }).answered(page));
    }
    fake.forget_requests();
    assert_eq!(failure(&mut account.calendar(), None).await.kind, ErrorKind::Server);
    let asked = fake.requests().iter().filter(|request| request.path.ends_with("/events")).count();
    assert_eq!(asked, 3);
}

#[tokio::test]
async fn a_dead_token_is_a_full_read_for_whichever_reason_and_says_so() {
    for reason in ["fullSyncRequired", "updatedMinTooLongAgo", "somethingNew"] {
        let (fake, account, series) = started().await;
        let lunch = fake.as_user(OWNER).insert(event(&json!({"summary": "Lunch"})));
        let mut calendar = account.calendar();
        let first = read(&mut calendar, None).await;
        fake.kill_sync_tokens(reason);
        fake.as_user(OWNER).delete(&lunch);
        let told = read(&mut calendar, Some(&first.cursor)).await;
        // What was deleted while the token was dead is missing from a list that is complete, and so can be deleted here.
        assert_eq!((told.how, told.titles()), ("restarted", vec!["Owner / Ann"]), "{reason}");
        assert_eq!(told.event(&series).status, Status::Confirmed);
        assert_eq!(read(&mut calendar, Some(&told.cursor)).await.how, "unchanged");
    }
}

#[tokio::test]
async fn a_change_of_who_may_see_the_calendar_ends_its_token_too() {
    let (fake, account, _) = started().await;
    let mut calendar = account.calendar();
    let first = read(&mut calendar, None).await;
    fake.share(OWNER, ANN, Some(Role::Reader));
    assert_eq!(read(&mut calendar, Some(&first.cursor)).await.how, "restarted");
}

#[tokio::test]
async fn a_full_read_does_not_believe_its_token() {
    let (_fake, account, _) = started().await;
    let mut calendar = account.calendar();
    let first = read(&mut calendar, None).await;
    let full = try_read(&mut calendar, Some(&first.cursor), Effort::Full).await.unwrap();
    assert_eq!((full.how, full.events.len()), ("snapshot", 1));
}

#[tokio::test]
async fn one_odd_event_is_a_problem_and_not_a_lost_page() {
    let odd = [
        json!({"id": "odd1", "iCalUID": "odd@example.com", "summary": "Quiet title", "start": {"date": "someday"}}),
        json!({"id": "odd2", "iCalUID": "odd@example.com", "summary": "Quiet title", "start": "Quiet title"}),
        json!({"id": "odd3", "iCalUID": "odd@example.com", "summary": "Quiet title"}),
        json!({"id": "odd4", "iCalUID": "odd@example.com", "start": {"dateTime": "2026-11-03T10:00:00Z"},
               "recurrence": ["RRULE:FREQ=SOMETIMES"]}),
        json!("Quiet title"),
        json!(null),
    ];
    for event in odd {
        let (fake, account, _) = started().await;
        fake.fail(Fault::on("GET", "/events").odd_event(event.clone()));
        let told = read(&mut account.calendar(), None).await;
        assert_eq!(told.titles(), ["Owner / Ann"], "{event}");
        let [problem] = told.problems.as_slice() else { panic!("{event}: {told:#?}") };
        assert!(problem.skipped && problem.place.starts_with("event 1"), "{problem:?}");
        assert_eq!(problem.place.contains("uid odd@example.com"), event.is_object(), "{problem:?}");
        assert!(!format!("{problem:?}").contains("Quiet"), "{problem:?}");
    }
}

#[tokio::test]
async fn hidden_and_shortened_lists_of_guests_are_never_taken_for_whole() {
    let two = json!([{"email": OWNER, "self": true}, {"email": ANN}]);
    let of_ann = json!({"email": ANN});
    let hidden = [
        json!({"attendees": two, "attendeesOmitted": true}),
        json!({"attendees": two, "organizer": of_ann, "guestsCanSeeOtherGuests": false}),
        json!({"attendees": [{"email": OWNER}, {"email": ANN, "additionalGuests": 2}]}),
        json!({"attendees": [{"email": OWNER}, {}]}),
    ];
    for fields in hidden {
        let (told, id) = placed(&fields).await;
        assert_eq!(told.event(&id).guest_list, GuestList::Hidden, "{fields}");
    }
    let shown = [
        json!({"attendees": two}),
        // Whoever called it sees everybody.
        json!({"attendees": two, "guestsCanSeeOtherGuests": false}),
        json!({}),
    ];
    for fields in shown {
        let (told, id) = placed(&fields).await;
        assert_eq!(told.event(&id).guest_list, GuestList::Complete, "{fields}");
    }
}

#[tokio::test]
async fn rooms_are_no_people_and_calendars_that_organise_are_kept_by_their_address() {
    let room = "room@resource.calendar.google.com";
    let (told, id) = placed(&json!({
        "organizer": {"email": "team@group.calendar.google.com", "displayName": "Team"},
        "attendees": [{"email": OWNER, "responseStatus": "tentative"}, {"email": ANN}, {"email": room, "resource": true}],
    }))
    .await;
    let event = told.event(&id);
    let kinds: Vec<_> = event.guests.iter().map(|guest| guest.who.kind).collect();
    assert_eq!(kinds, [ParticipantKind::Individual, ParticipantKind::Individual, ParticipantKind::Resource]);
    assert_eq!(event.guests[0].reply, Reply::Tentative);
    let organiser = event.organiser.as_ref().unwrap();
    assert_eq!(organiser.address.as_ref().unwrap().as_str(), "team@group.calendar.google.com");
}

#[tokio::test]
async fn what_somebody_makes_on_a_second_calendar_is_theirs_and_not_the_calendars() {
    for (creator, address) in [(OWNER, OWNER), (ANN, ANN)] {
        let (told, id) = placed(&json!({
            "organizer": {"email": "second@group.calendar.google.com", "displayName": "Second", "self": true},
            "creator": {"email": creator},
            "attendees": [{"email": ANN, "responseStatus": "accepted"}],
        }))
        .await;
        let organiser = told.event(&id).organiser.as_ref().unwrap();
        assert_eq!(organiser.address.as_ref().unwrap().as_str(), address);
    }
}

#[tokio::test]
async fn kinds_free_time_and_drafts_are_told_apart() {
    let kinds = [
        ("outOfOffice", EventKind::OutOfOffice),
        ("focusTime", EventKind::FocusTime),
        ("workingLocation", EventKind::WorkingLocation),
        ("birthday", EventKind::Birthday),
        ("fromGmail", EventKind::Ordinary),
        ("somethingNew", EventKind::Ordinary),
    ];
    for (name, kind) in kinds {
        let (told, id) = placed(&json!({"eventType": name})).await;
        assert_eq!(told.event(&id).kind, kind, "{name}");
    }
    let (told, id) = placed(&json!({"transparency": "transparent", "status": "tentative", "sequence": 3})).await;
    let event = told.event(&id);
    assert_eq!((event.busy, event.status, event.sequence), (false, Status::Tentative, 3));
    assert!(event.modified.is_some());
}

#[tokio::test]
async fn all_day_events_have_dates_and_unknown_zones_are_told_once() {
    let (told, id) = placed(&json!({"start": {"date": "2026-11-04"}, "end": {"date": "2026-11-06"}})).await;
    let event = told.event(&id);
    assert!(event.start.is_date() && event.end.local().to_string() == "2026-11-06T00:00:00", "{event:?}");
    let fake = fake().await;
    for _ in 0..2 {
        fake.as_user(OWNER).place(event_in("Mars/Olympus"));
    }
    let told = read(&mut Account::at(&fake, "", "").calendar(), None).await;
    let [problem] = told.problems.as_slice() else { panic!("{told:#?}") };
    assert!(problem.what.contains("Mars/Olympus") && !problem.skipped, "{problem:?}");
    assert_eq!(told.events[0].1.start.local().to_string(), "2026-11-04T10:00:00");
}

fn event_in(zone: &str) -> Value {
    event(&json!({"start": {"dateTime": "2026-11-04T10:00:00+01:00", "timeZone": zone},
                 "end": {"dateTime": "2026-11-04T10:30:00+01:00", "timeZone": zone}}))
}

#[tokio::test]
async fn each_refusal_has_its_kind() {
    let rows = [
        (403, "rateLimitExceeded", ErrorKind::Wait { after: None }),
        (403, "userRateLimitExceeded", ErrorKind::Wait { after: None }),
        (429, "rateLimitExceeded", ErrorKind::Wait { after: None }),
        (403, "quotaExceeded", ErrorKind::Wait { after: None }),
        (403, "insufficientPermissions", ErrorKind::SignIn),
        (403, "accessNotConfigured", ErrorKind::Config),
        (403, "forbidden", ErrorKind::NotFound),
        (404, "notFound", ErrorKind::NotFound),
        (500, "backendError", ErrorKind::Server),
        (410, "fullSyncRequired", ErrorKind::Server),
    ];
    for (code, reason, kind) in rows {
        let (fake, account, _) = started().await;
        fake.fail(Fault::on("GET", "/events").refused(code, reason));
        assert_eq!(failure(&mut account.calendar(), None).await.kind, kind, "{code} {reason}");
    }
    let (fake, account, _) = started().await;
    fake.fail(Fault::on("GET", "/events").not_json());
    assert_eq!(failure(&mut account.calendar(), None).await.kind, ErrorKind::NotACalendar);
}

#[tokio::test]
async fn a_404_that_passes_leaves_the_token_as_it_was() {
    let (fake, account, _) = started().await;
    let mut calendar = account.calendar();
    let first = read(&mut calendar, None).await;
    fake.fail(Fault::on("GET", "/events").refused(404, "notFound"));
    assert_eq!(failure(&mut calendar, Some(&first.cursor)).await.kind, ErrorKind::NotFound);
    assert_eq!(read(&mut calendar, Some(&first.cursor)).await.how, "unchanged");
}

#[tokio::test]
async fn a_calendar_that_shows_busy_time_only_names_nobody() {
    let fake = fake().await;
    fake.as_user(ANN).insert(event(&json!({"summary": "Secret talk"})));
    fake.share(ANN, OWNER, Some(Role::Reader));
    let account = Account::at(&fake, "", &format!("calendar = \"{ANN}\"\nwhose = \"{ANN}\""));
    let told = read(&mut account.calendar(), None).await;
    assert_eq!((told.titles(), told.events[0].1.guest_list), (vec!["Secret talk"], GuestList::Complete));
    assert!(told.hints.clock_skew.is_none_or(|skew| skew.abs() < SignedDuration::from_hours(24 * 365 * 50)));
}
