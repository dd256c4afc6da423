//! Nothing nags where nothing can be done: the digest, reminders of make-ups, distinct offers, and useful choices.

use std::collections::BTreeSet;

use cadenced::domain::event::{Event, Reply};
use cadenced::domain::inbox::{Item, find, items};
use cadenced::domain::one_on_one::OneOnOneId;
use cadenced::domain::operation::{Intent, Operation, OperationId, State, WriteKind};
use cadenced::domain::plan::{
    Notice, Proposal, ProposalKind, ProposalReason, Subject, is_true, next_change, proposals,
};
use cadenced::domain::policy::Mode;
use cadenced::domain::session::{Choice, Decision, SessionId};
use cadenced::domain::snapshot::Mirrored;
use cadenced::domain::source::{Source, SourceKind, Whose};
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::support::*;

const CY: &str = "cy@example.com";

fn weekly(uid: &str, start: &str, other: &str) -> Event {
    series(uid, start, "FREQ=WEEKLY", other)
}

/// A calendar that can be written, with these series; everything before 17 November was told.
fn writable(series: impl IntoIterator<Item = Event>) -> World {
    let mut world = World::new("2026-11-01T08:00");
    for event in series {
        world.add(event);
    }
    world.snapshot.sources[0].kind = SourceKind::Api;
    world.snapshot.sources[0].read_only = false;
    world.act("2026-11-01T08:01");
    world.read("2026-11-17T08:00");
    world.act("2026-11-17T08:01");
    world
}

fn kinds(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.key.split(':').next().unwrap_or_default()).collect()
}

fn proposed(world: &World, now: &str) -> Vec<Proposal> {
    proposals(&world.standing(now), &world.snapshot, &world.policy)
}

fn waiting(world: &World, now: &str) -> Vec<Item> {
    items(&world.standing(now), &world.snapshot, &world.policy, &proposed(world, now))
}

fn words(item: &Item) -> Vec<&str> {
    item.choices.iter().map(|offer| offer.word.as_str()).collect()
}

/// Every time that is offered somewhere: on a notice, or in the inbox.
fn offered(world: &World, now: &str) -> Vec<(String, Span)> {
    let all = waiting(world, now).into_iter();
    all.flat_map(|item| item.slots().chain(item.draft).map(|slot| (item.id.clone(), slot)).collect::<Vec<_>>())
        .collect()
}

fn assert_apart(offers: &[(String, Span)]) {
    for (place, (id, slot)) in offers.iter().enumerate() {
        for (other, taken) in &offers[place + 1..] {
            assert!(!slot.overlaps(taken), "{slot:?} is offered for {id} and {other}");
        }
    }
}

/// One digest a day is all there can be; these are the days of a stretch that had one.
fn digests(world: &mut World, from: &str, days: i64) -> Vec<String> {
    let mut found = Vec::new();
    let first: jiff::civil::Date = from.parse().unwrap();
    for day in 0..days {
        let day = first + day.days();
        for hour in ["08:30", "09:00", "12:00", "17:00"] {
            let now = format!("{day}T{hour}");
            world.read(&now);
            for notice in world.act(&now) {
                if matches!(notice.subject, Subject::Digest { .. }) {
                    found.push(day.to_string());
                }
            }
        }
    }
    found
}

/// Monthly with Ann, and the one of 3 November was lost; every later time is taken, so that nothing can be done.
fn nothing_to_be_done() -> World {
    let mut world = World::new("2026-10-01T08:00");
    world.add(series("ann", "2026-09-01T10:00", "FREQ=MONTHLY", ANN));
    world.read("2026-10-30T08:00");
    world.act("2026-10-30T08:01");
    let lost = series("ann", "2026-09-01T10:00", "FREQ=MONTHLY", ANN).changed(|event| {
        event.recurrence.as_mut().unwrap().rules = vec!["FREQ=MONTHLY".parse().unwrap()];
        except(event, "2026-11-01T10:00");
    });
    world.add(lost);
    for day in 0..60 {
        let day = jiff::civil::date(2026, 10, 30) + day.days();
        world.add(alone(&format!("busy-{day}"), "Deep in something", &format!("{day}T00:00"), 24 * 60));
    }
    world
}

#[test]
fn where_nothing_can_be_done_there_is_one_digest_a_week() {
    let mut world = nothing_to_be_done();
    let told = digests(&mut world, "2026-11-02", 28);
    let weeks: BTreeSet<String> = told
        .iter()
        .map(|day| {
            let day: jiff::civil::Date = day.parse().unwrap();
            format!("{:?}", day.iso_week_date().week())
        })
        .collect();
    assert!(!told.is_empty(), "it is said at all");
    // The first week has the loss itself, and on another day that it is missed.
    assert!(told.len() <= weeks.len() + 1, "{told:?}");
    assert!(
        told.iter()
            .skip(2)
            .all(|day| day.parse::<jiff::civil::Date>().unwrap().weekday() == jiff::civil::Weekday::Monday),
        "{told:?}"
    );
}

#[test]
fn no_digest_comes_on_a_day_of_leave_or_a_holiday() {
    let mut world = World::new("2026-11-01T08:00").with(weekly("ann", "2026-09-07T10:00", ANN));
    world.act("2026-11-01T08:01");
    world.read("2026-11-17T08:00");
    world.act("2026-11-17T08:01");
    world.add(weekly("ann", "2026-09-07T10:00", ANN).changed(|event| except(event, "2026-11-30T10:00")));
    let before = digests(&mut world.clone(), "2026-11-17", 4);
    assert_eq!(
        before,
        ["2026-11-18", "2026-11-19", "2026-11-20"],
        "the 17th has the notice itself; a time can be taken on the others"
    );
    world.add(days("leave", "Vacation", "2026-11-19", "2026-11-20"));
    assert_eq!(digests(&mut world.clone(), "2026-11-17", 4), ["2026-11-18", "2026-11-20"]);
    let mut half = world.clone();
    half.add(alone("noon", "OOO", "2026-11-18T14:00", 240));
    assert_eq!(digests(&mut half, "2026-11-17", 4), ["2026-11-18", "2026-11-20"], "an afternoon off is no day off");
}

#[test]
fn what_was_lost_today_is_told_once_today() {
    use cadenced::domain::hours::WeeklyHours;
    use jiff::civil::time;
    let mut world = writable([weekly("ann", "2026-09-07T10:00", ANN), weekly("bob", "2026-09-09T11:00", BOB)]);
    // Too short for any session: nothing can be done about a loss.
    world.policy.hours = WeeklyHours::on_workdays(zone(), &[(time(3, 0, 0, 0), time(3, 5, 0, 0))]);
    let mut told = |change: Option<Event>, now: &str| {
        world.snapshot.events.retain(|held| change.as_ref().is_none_or(|event| held.event.uid != event.uid));
        if let Some(event) = change {
            world.add(event);
        }
        world.read(now);
        kinds(&world.act(now)).join(" ")
    };
    let ann = weekly("ann", "2026-09-07T10:00", ANN).changed(|event| except(event, "2026-11-23T10:00"));
    let bob = weekly("bob", "2026-09-09T11:00", BOB).changed(|event| except(event, "2026-11-25T11:00"));
    assert_eq!(told(Some(ann), "2026-11-17T10:00"), "lost");
    assert_eq!(told(None, "2026-11-18T09:00"), "digest");
    assert_eq!(told(None, "2026-11-19T09:00"), "");
    assert_eq!(told(Some(bob), "2026-11-19T12:00"), "lost", "and no digest that says it again");
}

#[test]
fn a_make_up_is_reminded_of_like_any_session() {
    let mut world = writable([weekly("ann", "2026-09-07T10:00", ANN)]);
    world.policy.remind = Some(SignedDuration::from_mins(5));
    world.add(weekly("ann", "2026-09-07T10:00", ANN).changed(|event| except(event, "2026-11-23T10:00")));
    world.add(pair("instead", "2026-11-25T14:00", ANN));
    world.read("2026-11-25T13:00");
    world.act("2026-11-25T13:01");
    assert_eq!(next_change(&world.standing("2026-11-25T13:01"), &world.policy), at("2026-11-25T13:55"));
    let told = world.act("2026-11-25T13:55");
    assert_eq!(kinds(&told), ["soon"]);
    let Subject::Soon { makes_up, span, .. } = &told[0].subject else { panic!("{told:?}") };
    assert_eq!((*makes_up, span.start), (Some(at("2026-11-23T10:00")), at("2026-11-25T14:00")));
    assert_eq!(kinds(&world.act("2026-11-25T13:56")), [""; 0]);
    let still = |world: &World| {
        let standing = world.standing("2026-11-25T13:57");
        is_true(&told[0], &standing, &world.snapshot, &proposals(&standing, &world.snapshot, &world.policy))
    };
    assert!(still(&world));
    world.vanish("instead", "2026-11-25T13:56");
    world.read("2026-11-25T13:57");
    assert!(!still(&world), "what was taken off is not announced");
}

#[test]
fn one_time_is_never_offered_twice() {
    let people = [("ann", "10:00", ANN), ("bob", "10:30", BOB), ("cy", "11:00", CY)];
    let of = |(uid, clock, who): (&str, &str, &str)| weekly(uid, &format!("2026-09-07T{clock}"), who);
    let mut world = writable(people.map(of));
    // Little is free, so that all three would get the same time.
    for day in 17..29 {
        let morning = alone(&format!("m{day}"), "Busy", &format!("2026-11-{day}T09:00"), 5 * 60);
        world.add(morning);
        world.add(alone(&format!("a{day}"), "Busy", &format!("2026-11-{day}T16:00"), 2 * 60));
    }
    for (uid, clock, who) in people {
        world.add(of((uid, clock, who)).changed(|event| except(event, &format!("2026-11-23T{clock}"))));
    }
    world.read("2026-11-17T10:00");
    let offers = offered(&world, "2026-11-17T10:01");
    assert!(offers.len() >= 3, "{offers:?}");
    assert_apart(&offers);
    let bests: Vec<Proposal> = proposed(&world, "2026-11-17T10:01");
    assert!(bests.iter().all(|proposal| proposal.to.is_some()), "{bests:#?}");
}

#[test]
fn two_sessions_of_one_person_get_two_times() {
    let mut world = writable([weekly("ann", "2026-09-07T10:00", ANN)]);
    world.add(weekly("ann", "2026-09-07T10:00", ANN).changed(|event| {
        except(event, "2026-11-16T10:00");
        except(event, "2026-11-23T10:00");
    }));
    world.read("2026-11-17T10:00");
    assert_apart(&offered(&world, "2026-11-17T10:01"));
}

#[test]
fn what_an_open_notice_offers_stays_with_its_session() {
    let mut world = writable([weekly("ann", "2026-09-07T10:00", ANN), weekly("bob", "2026-09-07T11:00", BOB)]);
    world.add(weekly("bob", "2026-09-07T11:00", BOB).changed(|event| except(event, "2026-11-23T11:00")));
    world.read("2026-11-17T10:00");
    let told = world.act("2026-11-17T10:01");
    let Subject::Lost { offer: Some(first), .. } = &told[0].subject else { panic!("{told:#?}") };
    // Ann comes before Bob in every list, and would like that time as well.
    world.add(weekly("ann", "2026-09-07T10:00", ANN).changed(|event| except(event, "2026-11-23T10:00")));
    world.read("2026-11-17T11:00");
    let second = world.act("2026-11-17T11:01");
    let Subject::Lost { offer: Some(second), .. } = &second[0].subject else { panic!("{second:#?}") };
    assert!(!first.span.overlaps(&second.span), "{first:?} {second:?}");
    assert_apart(&offered(&world, "2026-11-17T11:02"));
    let standing = world.standing("2026-11-17T11:02");
    assert!(is_true(&told[0], &standing, &world.snapshot, &proposed(&world, "2026-11-17T11:02")));
    // Once the time is taken by something else, the notice is withdrawn and both have times of their own.
    let clock = |at: Timestamp| zone().to_datetime(at).to_string()[..16].to_owned();
    world.add(alone("dentist", "Dentist", &clock(first.span.start), 30));
    world.read("2026-11-17T12:00");
    let standing = world.standing("2026-11-17T12:01");
    assert!(!is_true(&told[0], &standing, &world.snapshot, &proposed(&world, "2026-11-17T12:01")));
    assert_apart(&offered(&world, "2026-11-17T12:01"));
}

fn done(id: &str, intent: Intent, when: &str) -> Operation {
    Operation { state: State::Done, tries: 1, ..Operation::new(OperationId(id.to_owned()), intent, at(when)) }
}

#[test]
fn after_undo_another_time_can_be_taken() {
    let mut world = writable([weekly("ann", "2026-09-07T10:00", ANN)]);
    world.policy.mode = Mode::Auto;
    world.policy.ask_when_other_lost = false;
    world.add(weekly("ann", "2026-09-07T10:00", ANN).changed(|event| except(event, "2026-11-23T10:00")));
    world.read("2026-11-17T10:00");
    let intent = proposed(&world, "2026-11-17T10:01")[0].intent.clone().unwrap();
    assert_eq!(intent.way, WriteKind::MakeUp);
    let taken = intent.to.span(&zone());
    world.snapshot.operations.push(done("1", intent.clone(), "2026-11-17T10:02"));
    let operation = OperationId("1".to_owned());
    let off = Intent { way: WriteKind::TakeOff, undoes: Some(operation.clone()), automatic: false, ..intent };
    world.snapshot.decisions.push(Decision { choice: Choice::Undo { operation }, at: at("2026-11-17T10:30") });
    world.snapshot.operations.push(done("2", off, "2026-11-17T10:31"));
    world.read("2026-11-17T11:00");
    let proposal = proposed(&world, "2026-11-17T11:01").remove(0);
    assert_eq!(proposal.kind, ProposalKind::Ask, "{proposal:#?}");
    assert!(proposal.why.contains(&ProposalReason::Undone), "nothing is done without asking any more");
    let item = waiting(&world, "2026-11-17T11:01").into_iter().find(|item| words(item).contains(&"take")).unwrap();
    assert!(item.slots().all(|slot| !slot.overlaps(&taken)), "the time that was undone is not offered again");
}

#[test]
fn the_inbox_offers_what_helps_and_nothing_else() {
    // Read-only: a message.
    let mut feed = World::new("2026-11-01T08:00").with(weekly("ann", "2026-09-07T10:00", ANN));
    feed.act("2026-11-01T08:01");
    feed.add(weekly("ann", "2026-09-07T10:00", ANN).changed(|event| except(event, "2026-11-16T10:00")));
    feed.read("2026-11-17T10:00");
    let item = waiting(&feed, "2026-11-17T10:01").remove(0);
    assert_eq!((words(&item), item.draft.is_some()), (vec!["waive"], true));
    // Writable and cancelled: a time, and nobody is asked whether it was held.
    let mut world = writable([weekly("ann", "2026-09-07T10:00", ANN)]);
    world.add(weekly("ann", "2026-09-07T10:00", ANN).changed(|event| except(event, "2026-11-16T10:00")));
    world.read("2026-11-17T10:00");
    let item = waiting(&world, "2026-11-17T10:01").remove(0);
    assert!(words(&item).contains(&"take") && !words(&item).contains(&"held"), "{item:?}");
    assert_eq!(item.draft, None);
    // Whoever names it can say so anyway.
    let now = "2026-11-17T10:01";
    let named = find(&item.id, &world.standing(now), &world.snapshot, &world.policy, &proposed(&world, now)).unwrap();
    for word in ["held", "no-show", "excuse", "clear"] {
        assert_eq!(named.choices.iter().filter(|offer| offer.word == word).count(), 1, "{word}");
    }
    // A conflict that is over: the question comes first.
    let mut clash = writable([weekly("ann", "2026-09-07T10:00", ANN)]);
    clash.add(pair("clash", "2026-11-16T10:00", BOB));
    clash.read("2026-11-17T10:00");
    let item = waiting(&clash, "2026-11-17T10:01").remove(0);
    assert_eq!(words(&item)[..2], ["held", "no-show"], "{item:?}");
}

#[test]
fn a_person_who_said_no_to_a_day_is_offered_others() {
    let declined = |world: &mut World| {
        let master = weekly("ann", "2026-09-08T10:00", ANN);
        let own = instance(&master, "2026-11-24T10:00").changed(|event| event.guests[1].reply = Reply::Declined);
        world.add(own);
        world.read("2026-11-17T10:00");
    };
    let mut feed = World::new("2026-11-01T08:00").with(weekly("ann", "2026-09-08T10:00", ANN));
    feed.act("2026-11-01T08:01");
    declined(&mut feed);
    let proposal = proposed(&feed, "2026-11-17T10:01").remove(0);
    let day = |at: Timestamp| zone().to_datetime(at).date();
    let refused = day(at("2026-11-24T10:00"));
    let further = proposal.choice.iter().flat_map(|choice| &choice.runners_up).map(|candidate| candidate.span);
    for slot in proposal.to.into_iter().chain(further) {
        assert_ne!(day(slot.start), refused, "{slot:?}");
    }
    assert!(proposal.to.is_some());
}

#[test]
fn no_time_is_offered_on_a_public_holiday() {
    let mut world = writable([weekly("ann", "2026-09-07T10:00", ANN)]);
    let lost = weekly("ann", "2026-09-07T10:00", ANN).changed(|event| except(event, "2026-11-16T10:00"));
    world.add(lost);
    world.read("2026-11-17T10:00");
    let day = |span: Span| zone().to_datetime(span.start).date();
    let first = day(proposed(&world, "2026-11-17T10:01")[0].to.unwrap());
    let source = Source { id: source_id("holidays"), whose: Whose::Holidays, ..world.snapshot.sources[0].clone() };
    let next = first.tomorrow().unwrap();
    let holiday = days("holiday", "Public holiday", &first.to_string(), &next.to_string());
    // As Google has them: the time is shown as free.
    let event = holiday.changed(|event| event.busy = false);
    let first_seen = at("2026-11-01T08:00");
    world.snapshot.events.push(Mirrored { source: source.id.clone(), event, first_seen, vanished: None });
    world.snapshot.sources.push(source);
    let offers = offered(&world, "2026-11-17T10:01");
    assert!(!offers.is_empty() && offers.iter().all(|(_, span)| day(*span) != first), "{first}: {offers:?}");
}

#[test]
fn what_nothing_can_be_done_about_is_one_line_for_each_person() {
    let mut world = World::new("2026-09-01T08:00").with(weekly("ann", "2026-09-07T10:00", ANN));
    world.act("2026-09-01T08:01");
    world.add(weekly("ann", "2026-09-07T10:00", ANN).changed(|event| {
        for monday in ["2026-11-02", "2026-11-09", "2026-11-16"] {
            except(event, &format!("{monday}T10:00"));
        }
    }));
    world.read("2026-11-17T10:00");
    world.policy.mode = Mode::Off;
    let wall = cadenced::wording::local_time::LocalTime::new("Europe/Berlin", at("2026-11-17T10:01"));
    let text = cadenced::cli::plan::text(&proposed(&world, "2026-11-17T10:01"), &wall);
    assert_eq!(text.matches("its mode is off").count(), 1, "{text}");
    assert!(text.contains("Mon 2 Nov, Mon 9 Nov, Mon 16 Nov"), "{text}");
}

#[test]
fn a_notice_says_that_there_is_time_only_of_times_before_the_deadline() {
    let mut world = writable([weekly("ann", "2026-09-09T10:00", ANN)]);
    // Everything until Sunday night is taken.
    for day in 17..23 {
        world.add(alone(&format!("b{day}"), "Busy", &format!("2026-11-{day}T00:00"), 24 * 60));
    }
    world.add(weekly("ann", "2026-09-09T10:00", ANN).changed(|event| except(event, "2026-11-18T10:00")));
    world.read("2026-11-17T10:00");
    let told = world.act("2026-11-17T10:01");
    let Subject::Lost { offer: Some(offer), deadline: Some(deadline), .. } = &told[0].subject else {
        panic!("{told:#?}")
    };
    assert!(offer.span.start >= *deadline && !offer.in_time, "{offer:?}");
    let message =
        cadenced::notify::text::message(&told[0], &[], world.policy.redaction, &zone(), at("2026-11-17T10:01"));
    let text = message.body.join(" ");
    assert!(text.contains("which is late") && !text.contains("still time"), "{text}");
}

#[test]
fn calendars_of_one_account_that_fail_together_are_one_notice() {
    let mut world = World::new("2026-11-16T08:00");
    let first = world.snapshot.sources[0].clone();
    for name in ["b", "c", "d"] {
        world.snapshot.sources.push(Source { id: source_id(name), ..first.clone() });
    }
    world.snapshot.sources[3].id.account = "away".to_owned();
    for source in &mut world.snapshot.sources[..3] {
        source.stale_since = Some(at("2026-11-16T08:00"));
    }
    let told = world.act("2026-11-17T10:00");
    let of_stale = |notice: &Notice| match &notice.subject {
        Subject::Stale { source, others, .. } => Some((source.to_string(), *others)),
        _ => None,
    };
    let found: Vec<_> = told.iter().filter_map(of_stale).collect();
    assert_eq!(found, [("home/work".to_owned(), 2)]);
    world.snapshot.sources[3].stale_since = Some(at("2026-11-16T08:00"));
    let told = world.act("2026-11-17T10:15");
    assert_eq!(told.iter().filter_map(of_stale).collect::<Vec<_>>(), [("away/d".to_owned(), 0)]);
}

#[test]
fn a_flood_of_losses_waits_while_the_owner_is_away() {
    let people = [("ann", ANN), ("bob", BOB), ("cy", CY), ("di", "di@example.com")];
    let starts = ["09:30", "10:00", "10:30", "11:00"];
    let all = people.iter().zip(starts).map(|((uid, who), clock)| weekly(uid, &format!("2026-09-07T{clock}"), who));
    let all: Vec<Event> = all.collect();
    let mut world = writable(all.clone());
    world.add(days("leave", "Vacation", "2026-11-17", "2026-11-19"));
    for (mut event, clock) in all.into_iter().zip(starts) {
        except(&mut event, &format!("2026-11-30T{clock}"));
        world.add(event);
    }
    assert_eq!(digests(&mut world.clone(), "2026-11-17", 2), [""; 0]);
    assert_eq!(digests(&mut world, "2026-11-17", 3), ["2026-11-19"]);
}

#[test]
fn what_was_offered_for_a_session_that_waits_no_more_is_free_again() {
    let mut world = writable([weekly("ann", "2026-09-07T10:00", ANN)]);
    world.add(weekly("ann", "2026-09-07T10:00", ANN).changed(|event| except(event, "2026-11-23T10:00")));
    world.read("2026-11-17T10:00");
    let slot = proposed(&world, "2026-11-17T10:01")[0].to.unwrap();
    let session = SessionId { one_on_one: OneOnOneId("other".to_owned()), original: at("2026-11-02T10:00") };
    world.snapshot.offers.push(cadenced::domain::snapshot::Offered { session, slot });
    assert_eq!(proposed(&world, "2026-11-17T10:01")[0].to, Some(slot));
}
