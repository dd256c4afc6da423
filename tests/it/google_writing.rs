//! Writes to a Google calendar: the requests, their conditions, and what each answer means.

use std::time::Duration;

use cadenced::calendar::google::wire;
use cadenced::calendar::write::{
    CalendarWriter, Found, MakeUp, NewTime, Seen, Target, Version, WriteError, WriteErrorKind,
};
use cadenced::domain::availability::Availability;
use cadenced::domain::event::{Participant, ParticipantKind};
use cadenced::domain::make_up::MakeUpName;
use cadenced::domain::person::Address;
use cadenced::domain::recurrence::{Moment, Zone};
use cadenced::domain::span::Span;
use serde_json::{Value, json};

use crate::feed_server;
use crate::google_account::{ANN, Account, OWNER, fake, kept, now};
use crate::google_fake::{FULL, Fake, Fault, Request, Role};
use crate::google_reading::tuesdays;

const WRITE: &str = "access = \"write\"";
const TENTH: &str = "2026-11-10T10:00:00+01:00";

fn berlin(local: &str) -> Moment {
    Moment::Zoned(local.parse().unwrap(), Zone::iana("Europe/Berlin").unwrap())
}

fn tenth(series: &str) -> Target {
    Target::Session {
        resource: series.to_owned(),
        uid: format!("{series}@google.com"),
        original: Some(berlin("2026-11-10T10:00:00")),
    }
}

fn eleventh(operation: &str) -> NewTime {
    NewTime {
        start: berlin("2026-11-11T15:00:00"),
        end: berlin("2026-11-11T15:30:00"),
        operation: operation.to_owned(),
    }
}

fn make_up() -> MakeUp {
    MakeUp {
        name: MakeUpName::of("w", "2026-11-10T09:00:00Z".parse().unwrap(), false),
        title: "Owner / Ann".to_owned(),
        start: berlin("2026-11-12T09:00:00"),
        end: berlin("2026-11-12T09:30:00"),
        organiser: Address::parse(OWNER).unwrap(),
        guest: Participant { address: Address::parse(ANN), name: None, kind: ParticipantKind::Individual },
        operation: "op-1".to_owned(),
    }
}

/// A fake with a series, a writer with the account that it belongs to, and the id of the series.
async fn started() -> (Fake, (Box<dyn CalendarWriter>, Account), String) {
    let fake = fake().await;
    let series = fake.as_user(OWNER).insert(tuesdays());
    let account = Account::at(&fake, WRITE, "");
    (fake, (account.writer(), account), series)
}

async fn found(writer: &mut dyn CalendarWriter, target: &Target) -> Found {
    match writer.look(target).await.unwrap() {
        Seen::There(found) => *found,
        other => panic!("{other:?}"),
    }
}

fn kind<T>(result: Result<T, WriteError>) -> WriteErrorKind {
    result.err().map_or_else(|| panic!("it must fail"), |error| error.kind)
}

/// The last request with this method.
fn sent(fake: &Fake, method: &str) -> Request {
    fake.requests().into_iter().rfind(|request| request.method == method).unwrap()
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[tokio::test]
async fn an_account_that_is_only_read_has_nothing_to_write_with() {
    let fake = fake().await;
    let reading = Account::at(&fake, "", "").calendar();
    assert!(reading.writer.is_none() && reading.free_busy.is_none());
    let theirs = Account::at(&fake, WRITE, &format!("whose = \"{ANN}\"")).calendar();
    assert!(theirs.writer.is_none() && theirs.free_busy.is_some(), "another's calendar is theirs to write to");
}

#[tokio::test]
async fn one_session_is_moved_for_everybody_and_nothing_else_is_sent_or_changed() {
    let (fake, (mut writer, _account), series) = started().await;
    let target = tenth(&series);
    let before = found(writer.as_mut(), &target).await;
    assert!(before.may_write && before.operation.is_none());
    assert_eq!(before.event.overrides.as_ref().unwrap().original.local().to_string(), "2026-11-10T10:00:00");
    writer.move_to(&target, &before.version, &eleventh("op-1")).await.unwrap();
    let patch = sent(&fake, "PATCH");
    assert_eq!(
        (patch.parameter("sendUpdates"), patch.header("if-match")),
        (Some("all"), Some(before.version.0.as_str()))
    );
    let keys: Vec<String> = body(&patch).as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["end", "extendedProperties", "start"]);
    assert_eq!(body(&patch)["extendedProperties"], json!({"private": {"cadenced.operation": "op-1"}}));
    let after = found(writer.as_mut(), &target).await;
    assert_eq!((after.event.start.clone(), after.operation.as_deref()), (berlin("2026-11-11T15:00:00"), Some("op-1")));
    assert_eq!(after.event.guests.len(), 2);
    let anns = fake.as_user(ANN).instance(&series, TENTH).unwrap();
    assert_eq!(anns["start"]["dateTime"], "2026-11-11T15:00:00+01:00");
    assert_eq!(anns["summary"], "Owner / Ann");
    let master = fake.as_user(OWNER).event(&series).unwrap();
    assert_eq!(master["start"]["dateTime"], "2026-11-03T10:00:00+01:00", "the series stays where it was");
    assert!(fake.mails().iter().any(|mail| mail.recipients.contains(&ANN.to_owned())));
}

#[tokio::test]
async fn a_session_is_found_by_its_original_start_alone_wherever_it_was_moved() {
    let (fake, (mut writer, _account), series) = started().await;
    let moved =
        json!({"start": {"dateTime": "2026-12-24T10:00:00+01:00"}, "end": {"dateTime": "2026-12-24T10:30:00+01:00"}});
    fake.as_user(OWNER).patch_instance(&series, TENTH, moved);
    let seen = found(writer.as_mut(), &tenth(&series)).await;
    assert_eq!(seen.event.start, berlin("2026-12-24T10:00:00"));
    fake.as_user(OWNER).cancel_instance(&series, TENTH);
    assert_eq!(writer.look(&tenth(&series)).await.unwrap(), Seen::CalledOff { operation: None });
    let never =
        Target::Session { resource: series.clone(), uid: String::new(), original: Some(berlin("2026-11-12T10:00:00")) };
    assert_eq!(writer.look(&never).await.unwrap(), Seen::Absent);
    assert_eq!(writer.look(&tenth("nosuchseries")).await.unwrap(), Seen::Absent);
}

#[tokio::test]
async fn a_series_is_never_taken_for_one_of_its_sessions() {
    let (fake, (mut writer, _account), series) = started().await;
    let target = tenth(&series);
    let seen = found(writer.as_mut(), &target).await;
    // The list of sessions is not to be had for a moment; the series itself is.
    for code in [400, 404] {
        fake.fail(Fault::on("GET", "/instances").refused(code, "notFound"));
        let result = writer.move_to(&target, &seen.version, &eleventh("op-1")).await;
        assert_eq!(kind(result), WriteErrorKind::NotThere);
    }
    assert!(fake.requests().iter().all(|request| request.method != "PATCH"));
}

#[tokio::test]
async fn what_changed_since_the_look_is_not_written_over() {
    let (fake, (mut writer, _account), series) = started().await;
    let target = tenth(&series);
    let seen = found(writer.as_mut(), &target).await;
    fake.as_user(OWNER).patch_instance(&series, TENTH, json!({"summary": "Another title"}));
    assert_eq!(kind(writer.move_to(&target, &seen.version, &eleventh("op-1")).await), WriteErrorKind::Changed);
    assert_eq!(kind(writer.remove(&target, &seen.version).await), WriteErrorKind::Changed);
    let left = fake.as_user(OWNER).instance(&series, TENTH).unwrap();
    assert_eq!((&left["start"]["dateTime"], &left["summary"]), (&json!(TENTH), &json!("Another title")));
}

#[tokio::test]
async fn a_guest_and_a_locked_event_may_not_be_written() {
    let fake = fake().await;
    let series = fake.as_user(ANN).insert(json!({
        "summary": "Ann / Owner", "guestsCanModify": true, "start": tuesdays()["start"], "end": tuesdays()["end"],
        "recurrence": tuesdays()["recurrence"], "attendees": [{"email": ANN}, {"email": OWNER}],
    }));
    let locked = fake.as_user(OWNER).place(json!({
        "summary": "Locked", "locked": true, "start": tuesdays()["start"], "end": tuesdays()["end"],
    }));
    let account = Account::at(&fake, WRITE, "");
    let mut writer = account.writer();
    assert!(!found(writer.as_mut(), &tenth(&series)).await.may_write);
    let single = Target::Session { resource: locked, uid: String::new(), original: None };
    assert!(!found(writer.as_mut(), &single).await.may_write);
}

#[tokio::test]
async fn a_make_up_has_a_name_for_ever_and_is_made_once() {
    let (fake, (mut writer, _account), _) = started().await;
    let target = Target::MakeUp(make_up().name);
    assert_eq!(writer.look(&target).await.unwrap(), Seen::Absent);
    writer.create(&make_up()).await.unwrap();
    let post = sent(&fake, "POST");
    assert_eq!(post.parameter("sendUpdates"), Some("all"));
    assert_eq!(body(&post)["id"], format!("cdn{}", make_up().name));
    assert!(fake.as_user(ANN).event(body(&post)["id"].as_str().unwrap()).is_some(), "Ann is invited");
    let seen = found(writer.as_mut(), &target).await;
    assert_eq!((seen.operation.as_deref(), seen.may_write, seen.event.guests.len()), (Some("op-1"), true, 2));
    assert_eq!(kind(writer.create(&make_up()).await), WriteErrorKind::Taken);
    writer.remove(&target, &seen.version).await.unwrap();
    let mark = Some("op-1".to_owned());
    assert_eq!(writer.look(&target).await.unwrap(), Seen::CalledOff { operation: mark }, "its mark still shows");
    // The user said no: the name stays taken, so that it is never made again.
    assert_eq!(kind(writer.create(&make_up()).await), WriteErrorKind::Taken);
    writer.remove(&target, &seen.version).await.unwrap();
}

#[tokio::test]
async fn a_removal_tells_the_guests_and_is_held_to_what_was_looked_at() {
    let (fake, (mut writer, _account), _) = started().await;
    writer.create(&make_up()).await.unwrap();
    let target = Target::MakeUp(make_up().name);
    let before = found(writer.as_mut(), &target).await;
    let mails = fake.mails().len();
    writer.remove(&target, &before.version).await.unwrap();
    let delete = sent(&fake, "DELETE");
    assert_eq!(
        (delete.parameter("sendUpdates"), delete.header("if-match")),
        (Some("all"), Some(before.version.0.as_str()))
    );
    assert!(fake.mails()[mails..].iter().any(|mail| mail.recipients.contains(&ANN.to_owned())));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_of_unknown_fate_and_is_never_repeated_here() {
    let (fake, (mut writer, _account), series) = started().await;
    let target = tenth(&series);
    let seen = found(writer.as_mut(), &target).await;
    fake.forget_requests();
    fake.fail(Fault::on("PATCH", "/events/"));
    assert_eq!(kind(writer.move_to(&target, &seen.version, &eleventh("op-1")).await), WriteErrorKind::FateUnknown);
    assert_eq!(fake.requests().iter().filter(|request| request.method == "PATCH").count(), 1);
    let after = found(writer.as_mut(), &target).await;
    assert_eq!(after.operation.as_deref(), Some("op-1"), "a look tells that it was done");
    // A late success turns the same write into one for a version that is no more.
    assert_eq!(kind(writer.move_to(&target, &seen.version, &eleventh("op-1")).await), WriteErrorKind::Changed);
    fake.fail(Fault::on("PATCH", "/events/").refused(500, "backendError"));
    assert_eq!(kind(writer.move_to(&target, &after.version, &eleventh("op-2")).await), WriteErrorKind::FateUnknown);
    fake.fail(Fault::on("POST", "/events").cut());
    assert_eq!(kind(writer.create(&make_up()).await), WriteErrorKind::FateUnknown);
    assert_eq!(kind(writer.create(&make_up()).await), WriteErrorKind::Taken);
}

#[tokio::test]
async fn without_a_connection_a_write_was_not_sent() {
    let (fake, (mut writer, _account), series) = started().await;
    let target = tenth(&series);
    let seen = found(writer.as_mut(), &target).await;
    drop(fake);
    assert_eq!(kind(writer.look(&target).await), WriteErrorKind::NotSent);
    assert_eq!(kind(writer.move_to(&target, &seen.version, &eleventh("op-1")).await), WriteErrorKind::NotSent);
}

#[tokio::test]
async fn each_refusal_of_a_write_has_its_kind() {
    let rows = [
        (403, "forbiddenForNonOrganizer", WriteErrorKind::NotAllowed),
        (403, "insufficientPermissions", WriteErrorKind::NotAllowed),
        (403, "rateLimitExceeded", WriteErrorKind::Wait { after: None }),
        (429, "rateLimitExceeded", WriteErrorKind::Wait { after: None }),
        (404, "notFound", WriteErrorKind::NotThere),
        (400, "invalid", WriteErrorKind::Refused),
    ];
    let (fake, (mut writer, _account), series) = started().await;
    let target = tenth(&series);
    let seen = found(writer.as_mut(), &target).await;
    for (code, reason, expected) in rows {
        fake.fail(Fault::on("PATCH", "/events/").refused(code, reason));
        let result = writer.move_to(&target, &seen.version, &eleventh("op-1")).await;
        assert_eq!(kind(result), expected, "{code} {reason}");
    }
    fake.fail(Fault::on("DELETE", "/events/").refused(410, "deleted"));
    writer.remove(&target, &seen.version).await.unwrap();
    fake.revoke(OWNER);
    assert_eq!(kind(writer.move_to(&target, &seen.version, &eleventh("op-1")).await), WriteErrorKind::SignIn);
}

#[tokio::test]
async fn the_abuse_limit_asks_for_twelve_hours_without_writes() {
    let (fake, (mut writer, _account), _) = started().await;
    fake.fail(Fault::on("POST", "/events").refused(403, "quotaExceeded"));
    let error = writer.create(&make_up()).await.unwrap_err();
    assert_eq!(error.kind, WriteErrorKind::Wait { after: Some(Duration::from_hours(12)) });
    assert!(error.detail.contains("12 hours") && error.detail.contains("quotaExceeded"), "{error}");
    assert_eq!(writer.look(&Target::MakeUp(make_up().name)).await.unwrap(), Seen::Absent, "reads go on");
}

#[tokio::test]
async fn an_answer_that_shows_the_old_time_is_not_taken_for_done() {
    let json =
        |body: Value| feed_server::Reply::new("200 OK", &[("Content-Type", "application/json")], body.to_string());
    let original = json!({"dateTime": TENTH, "timeZone": "Europe/Berlin"});
    let server = feed_server::Server::start(vec![
        json(json!({"access_token": "ya29.a", "expires_in": 3599, "token_type": "Bearer"})),
        json(json!({"items": [{"id": "tenth", "originalStartTime": original}]})),
        json(json!({"id": "tenth", "start": original, "end": original})),
    ])
    .await;
    let account = Account::signed_out(&server.url(""), WRITE, "");
    account.keep(&kept("1//a", "2026-11-01T08:00:00Z"));
    let result = account.writer().move_to(&tenth("series"), &Version("\"1\"".to_owned()), &eleventh("op-1")).await;
    assert_eq!(kind(result), WriteErrorKind::NotDone);
    assert!(server.requests()[2].starts_with("PATCH "));
}

/// When these people are busy on the third of November.
async fn busy(account: &Account, who: &[&str]) -> Vec<Availability> {
    let who: Vec<Address> = who.iter().map(|who| Address::parse(who).unwrap()).collect();
    let at = |text: &str| text.parse().unwrap();
    let window = Span { start: at("2026-11-03T00:00:00+01:00"), end: at("2026-11-04T00:00:00+01:00") };
    account.calendar().free_busy.unwrap().busy(&who, window, now()).await.unwrap()
}

#[tokio::test]
async fn when_others_are_busy_is_asked_in_batches_and_an_error_is_unknown() {
    let fake = fake().await;
    fake.as_user(OWNER).insert(tuesdays());
    fake.share(ANN, OWNER, Some(Role::FreeBusyReader));
    let account = Account::at(&fake, WRITE, "");
    let told = busy(&account, &[OWNER, ANN, "stranger@example.com"]).await;
    let spans: Vec<Option<usize>> = told.iter().map(|one| one.busy.as_ref().map(Vec::len)).collect();
    assert_eq!(spans, [Some(1), Some(1), None]);
    assert_eq!(told[0].busy.as_ref().unwrap()[0].span.start.to_string(), "2026-11-03T09:00:00Z");
    fake.busy_error(ANN, Some("groupTooBig"));
    assert_eq!(busy(&account, &[ANN, OWNER]).await[0].busy, None);
    let crowd: Vec<String> = (0..120).map(|number| format!("person{number}@example.com")).collect();
    fake.forget_requests();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).chain([OWNER]).collect();
    let told = busy(&account, &crowd).await;
    assert_eq!((told.len(), told[120].busy.as_ref().map(Vec::len)), (121, Some(1)));
    let asked: Vec<usize> = fake
        .requests()
        .iter()
        .filter(|one| one.path.ends_with("/freeBusy"))
        .map(|one| body(one)["items"].as_array().unwrap().len())
        .collect();
    assert_eq!(asked, [50, 50, 21]);
    assert_eq!(wire::MAX_ASKED, 50);
}

#[tokio::test]
async fn when_nobody_can_be_learnt_about_that_is_an_error() {
    let fake = fake().await;
    let account = Account::at(&fake, WRITE, "");
    account.keep(&kept(&fake.refresh_token(OWNER, &[FULL]), "2026-11-01T08:00:00Z"));
    fake.fail(Fault::on("POST", "/freeBusy").refused(500, "backendError"));
    let window = Span { start: now(), end: "2026-11-04T00:00:00Z".parse().unwrap() };
    let who = [Address::parse(ANN).unwrap()];
    assert!(account.calendar().free_busy.unwrap().busy(&who, window, now()).await.is_err());
}
