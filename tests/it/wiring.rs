//! Facts that take two steps, and the joints between modules that are each tested alone.

use cadenced::config::{Surroundings, check};
use cadenced::domain::event::{Reply, Status};
use cadenced::domain::operation::Intent;
use cadenced::domain::plan::{Action, next_change, plan};
use cadenced::domain::policy::{Mode, Policy};
use cadenced::domain::reschedule::proposals;
use cadenced::domain::session::Outcome;
use cadenced::domain::snapshot::Mirrored;
use cadenced::domain::source::{Source, SourceKind, Whose};
use cadenced::domain::span::Span;
use jiff::Timestamp;

use super::support::{
    ANN, BOB, Changed, OWNER, World, address, at, days, except, guest, instance, move_to, pair, series, source_id, who,
    zone,
};

const NOW: &str = "2026-11-16T08:00";

/// A weekly 1:1 with Ann on Tuesdays at 10, known for weeks.
fn weekly() -> World {
    let mut world = World::new("2026-10-01T08:00").with(series("w", "2026-10-06T10:00", "FREQ=WEEKLY", ANN));
    world.read("2026-11-10T12:00");
    world.act("2026-11-10T12:01");
    world
}

/// The same in a calendar that may be written, by an owner who wants lost sessions put back.
fn written_by_itself(world: World) -> World {
    let mut world = world;
    let source = &mut world.snapshot.sources[0];
    (source.kind, source.read_only) = (SourceKind::Api, false);
    world.policy.hours.zone = zone();
    world.policy.mode = Mode::Auto;
    world.policy.ask_when_other_lost = false;
    world
}

/// Everybody is known to be free, and it is long past every grace.
fn everybody_is_free(world: &mut World, now: &str) {
    world.read(now);
    world.act(now);
    world.snapshot.told.clear();
    for said in &mut world.snapshot.availability {
        (said.asked, said.busy) = (at(now), Some(Vec::new()));
    }
}

fn upcoming(world: &World, now: &str) -> Vec<Timestamp> {
    let one = world.only(now);
    let to_come = one.sessions.iter().filter(|session| session.outcome == Outcome::Upcoming);
    to_come.take(3).map(|session| session.id.original).collect()
}

fn next_three() -> [Timestamp; 3] {
    ["2026-11-17T10:00", "2026-11-24T10:00", "2026-12-01T10:00"].map(at)
}

#[test]
fn a_series_that_one_read_does_not_show_keeps_its_sessions_to_come_and_the_next_one() {
    let mut world = weekly();
    world.vanish("w", "2026-11-11T08:00");
    assert_eq!(upcoming(&world, "2026-11-11T08:01"), next_three());
    assert_eq!(world.only("2026-11-11T08:01").next.map(|span| span.start), Some(at("2026-11-17T10:00")));
    world.act("2026-11-11T08:01");
    assert_eq!(upcoming(&world, "2026-11-11T08:02"), next_three(), "and after that is recorded");
    world.read("2026-11-11T09:00");
    assert_eq!(upcoming(&world, "2026-11-11T09:01"), [], "a second read agrees: it was deleted");
}

#[test]
fn a_session_booked_by_hand_that_one_read_does_not_show_is_not_called_off() {
    let mut world = World::new("2026-10-01T08:00");
    let days = ["10-06", "10-13", "10-20", "10-27", "11-03", "11-10", "11-17"];
    for day in days {
        world.add(pair(day, &format!("2026-{day}T10:00"), ANN));
    }
    world.read("2026-11-10T12:00");
    world.act("2026-11-10T12:01");
    world.vanish("11-17", "2026-11-11T08:00");
    let outcome = |world: &World, now: &str| world.session(now, "2026-11-17T10:00").outcome;
    assert_eq!(outcome(&world, "2026-11-11T08:01"), Outcome::Upcoming);
    world.read("2026-11-11T09:00");
    assert_eq!(outcome(&world, "2026-11-11T09:01"), Outcome::Cancelled, "a second read agrees");
}

#[test]
fn a_deleted_weekly_leaves_a_four_weekly_with_the_same_person_its_own() {
    let mut world = World::new("2026-11-08T08:00")
        .with(series("weekly", "2026-10-06T10:00", "FREQ=WEEKLY", ANN))
        .with(series("career", "2026-10-07T15:00", "FREQ=WEEKLY;INTERVAL=4", ANN));
    world.act("2026-11-08T08:01");
    let names = |world: &World, now: &str| -> Vec<(String, String)> {
        let standing = world.standing(now);
        let mut names: Vec<_> = standing.all().map(|one| (one.series[0].uid.clone(), one.id.0.clone())).collect();
        names.sort();
        names
    };
    let before = names(&world, "2026-11-08T08:02");
    assert_eq!(before.len(), 2, "{before:?}");
    world.vanish("weekly", "2026-11-11T08:00");
    world.act("2026-11-11T08:01");
    world.read("2026-11-11T20:00");
    world.act("2026-11-11T20:01");
    assert_eq!(names(&world, "2026-11-11T20:02"), before);
}

#[test]
fn a_loss_that_is_read_again_keeps_its_time_and_is_no_news_to_the_ledger() {
    let mut world = weekly();
    except(&mut world.snapshot.events[0].event, "2026-11-17T10:00");
    world.read("2026-11-12T08:00");
    let lost = world.session("2026-11-12T08:01", "2026-11-17T10:00").lost;
    assert_eq!(lost.map(|lost| (lost.after, lost.before)), Some((at("2026-11-10T12:00"), at("2026-11-12T08:00"))));
    world.act("2026-11-12T08:01");
    for (read, now) in [
        ("2026-11-12T12:00", "2026-11-12T12:01"),
        ("2026-11-17T12:00", "2026-11-17T12:01"),
        ("2026-11-19T12:00", "2026-11-19T12:01"),
    ] {
        world.read(read);
        assert_eq!(world.session(now, "2026-11-17T10:00").lost, lost, "read at {read}");
        let snapshot = world.snapshot.clone().known_at(at(now));
        let recorded = plan(&world.standing(now), &snapshot, &world.policy).into_iter().filter(|action| {
            let line = if let Action::Record(line) = action { Some(line) } else { None };
            line.is_some_and(|line| {
                line.session.id.original == at("2026-11-17T10:00") && line.session.span.end > at(now)
            })
        });
        assert_eq!(recorded.count(), 0, "read at {read}");
        world.act(now);
    }
}

/// Every session that the ledger has, read once more while nothing changed.
#[test]
fn a_read_that_shows_nothing_new_writes_nothing_into_the_ledger() {
    let mut world = weekly();
    except(&mut world.snapshot.events[0].event, "2026-11-03T10:00");
    world.add(pair("clash", "2026-10-27T10:00", BOB));
    world.read("2026-11-11T08:00");
    world.act("2026-11-11T08:01");
    world.read("2026-11-11T12:00");
    let snapshot = world.snapshot.clone().known_at(at("2026-11-11T12:01"));
    let actions = plan(&world.standing("2026-11-11T12:01"), &snapshot, &world.policy);
    let recorded: Vec<&Action> = actions.iter().filter(|action| matches!(action, Action::Record(_))).collect();
    assert_eq!(recorded, Vec::<&Action>::new());
}

#[test]
fn a_lost_session_stays_lost_when_its_calendar_forgets_why() {
    let mut world = World::new("2026-10-01T08:00").with(series("w", "2026-10-06T10:00", "FREQ=WEEKLY", ANN));
    world.act("2026-10-01T08:01");
    except(&mut world.snapshot.events[0].event, "2026-11-03T10:00");
    for (read, now) in [("2026-11-02T08:00", "2026-11-02T08:01"), ("2026-11-10T12:00", "2026-11-10T12:01")] {
        world.read(read);
        world.act(now);
    }
    if let Some(recurrence) = &mut world.snapshot.events[0].event.recurrence {
        recurrence.excluded.clear();
    }
    world.read("2026-11-11T12:00");
    assert_eq!(world.session("2026-11-11T12:01", "2026-11-03T10:00").outcome, Outcome::Cancelled);
}

#[test]
fn nobody_is_excused_by_the_absence_of_somebody_else() {
    for (whose, outcome) in [(BOB, Outcome::Cancelled), (ANN, Outcome::Excused)] {
        let mut world = weekly();
        except(&mut world.snapshot.events[0].event, "2026-11-17T10:00");
        let away =
            Source { id: source_id("away"), whose: Whose::Person(address(whose)), ..world.snapshot.sources[0].clone() };
        world.snapshot.events.push(Mirrored {
            source: away.id.clone(),
            event: days("away", "Vacation", "2026-11-16", "2026-11-21"),
            first_seen: at("2026-11-10T12:00"),
            vanished: None,
        });
        world.snapshot.sources.push(away);
        world.read("2026-11-16T07:50");
        assert_eq!(world.session(NOW, "2026-11-17T10:00").outcome, outcome, "{whose} is away");
    }
}

#[test]
fn what_the_owner_declined_is_no_conflict_and_what_they_accepted_is() {
    for (reply, outcome) in [(Reply::Declined, Outcome::HeldPresumed), (Reply::Accepted, Outcome::Conflicted)] {
        let mut world = weekly();
        world.add(pair("other", "2026-11-17T10:00", BOB).changed(|event| {
            event.organiser = Some(who(BOB));
            event.guests = vec![guest(OWNER, reply), guest(BOB, Reply::Accepted)];
        }));
        world.read("2026-11-18T08:00");
        assert_eq!(world.session("2026-11-18T08:01", "2026-11-17T10:00").outcome, outcome, "{reply:?}");
    }
}

#[test]
fn what_one_calendar_shows_as_declined_is_no_conflict_though_another_shows_it_as_accepted() {
    let other = |reply| {
        pair("other", "2026-11-17T10:00", BOB).changed(|event| {
            event.organiser = Some(who(BOB));
            event.guests = vec![guest(OWNER, reply), guest(BOB, Reply::Accepted)];
        })
    };
    for (reply, outcome) in [(Reply::Declined, Outcome::HeldPresumed), (Reply::Accepted, Outcome::Conflicted)] {
        let mut world = weekly().with(other(reply));
        world.read("2026-11-18T08:00");
        let mut second = world.snapshot.sources[0].clone();
        second.id = source_id("second");
        let first_seen = second.last_success.unwrap();
        let copy = Mirrored { source: second.id.clone(), event: other(Reply::Accepted), first_seen, vanished: None };
        world.snapshot.sources.push(second);
        world.snapshot.events.push(copy);
        assert_eq!(world.session("2026-11-18T08:01", "2026-11-17T10:00").outcome, outcome, "{reply:?}");
    }
}

fn writes(world: &World, now: &str) -> Vec<Intent> {
    let actions = plan(&world.standing(now), &world.snapshot.clone().known_at(at(now)), &world.policy);
    let intent = |action| if let Action::Write(intent) = action { Some(intent) } else { None };
    actions.into_iter().filter_map(intent).collect()
}

fn span(intent: &Intent) -> Span {
    intent.to.span(&zone())
}

#[test]
fn sessions_that_are_due_at_once_get_a_time_each() {
    let mut world = written_by_itself(weekly().with(series("v", "2026-10-06T11:00", "FREQ=WEEKLY", BOB)));
    for uid in ["w", "v"] {
        let held = world.snapshot.events.iter().find(|held| held.event.uid == uid).unwrap();
        let original = if uid == "w" { "2026-11-17T10:00" } else { "2026-11-17T11:00" };
        let lost = instance(&held.event, original).changed(|event| event.status = Status::Cancelled);
        world.add(lost);
    }
    // There is one hour in which all of them work.
    let hour = (jiff::civil::time(13, 0, 0, 0), jiff::civil::time(14, 0, 0, 0));
    world.policy.hours.days = std::array::from_fn(|day| if day == 2 { vec![hour] } else { Vec::new() });
    everybody_is_free(&mut world, "2026-11-16T07:30");
    let intents = writes(&world, NOW);
    assert_eq!(intents.len(), 2, "{:#?}", proposals(&world.standing(NOW), &world.snapshot, &world.policy));
    assert!(!span(&intents[0]).overlaps(&span(&intents[1])), "{intents:#?}");
}

#[test]
fn a_slot_lies_after_the_session_before_it_wherever_that_was_dragged() {
    let mut world = weekly();
    let master = world.snapshot.events[0].event.clone();
    let dragged = instance(&master, "2026-11-17T10:00").changed(|event| move_to(event, "2026-11-26T16:00"));
    world.add(dragged);
    let declined = |event: &mut cadenced::domain::event::Event| {
        event.guests = vec![guest(OWNER, Reply::Declined), guest(ANN, Reply::Accepted)];
    };
    world.add(instance(&master, "2026-11-24T10:00").changed(declined));
    world.read("2026-11-16T07:50");
    let all = proposals(&world.standing(NOW), &world.snapshot, &world.policy);
    let to = all.iter().find(|one| one.session.original == at("2026-11-24T10:00")).and_then(|one| one.to).unwrap();
    assert!(to.start > at("2026-11-26T16:30") && to.end < at("2026-12-01T10:00"), "{to:?}");
}

/// Where the lost session of the 17th would go.
fn slot(world: &World) -> Span {
    let all = proposals(&world.standing(NOW), &world.snapshot, &world.policy);
    all.iter().find_map(|one| one.to).unwrap_or_else(|| panic!("{all:#?}"))
}

#[test]
fn what_the_owner_declined_takes_none_of_their_time_and_what_they_accepted_does() {
    let mut world = weekly();
    except(&mut world.snapshot.events[0].event, "2026-11-17T10:00");
    world.read("2026-11-16T07:50");
    let before = slot(&world);
    let start = zone().to_datetime(before.start).strftime("%Y-%m-%dT%H:%M").to_string();
    for (reply, is_free) in [(Reply::Declined, true), (Reply::Accepted, false)] {
        let mut world = world.clone();
        world.add(pair("other", &start, BOB).changed(|event| {
            event.organiser = Some(who(BOB));
            event.guests = vec![guest(OWNER, reply), guest(BOB, Reply::Accepted)];
        }));
        assert_eq!(slot(&world) == before, is_free, "{reply:?}");
    }
}

#[test]
fn the_day_on_which_the_other_could_not_come_is_not_offered_while_nothing_else_is_known_of_their_time() {
    let mut world = weekly();
    let master = world.snapshot.events[0].event.clone();
    let declined = |who| {
        let reply = move |one: &str| guest(one, if one == who { Reply::Declined } else { Reply::Accepted });
        instance(&master, "2026-11-17T10:00").changed(|event| event.guests = vec![reply(OWNER), reply(ANN)])
    };
    world.add(declined(OWNER));
    world.read("2026-11-16T07:50");
    let day = |world: &World| zone().to_datetime(slot(world).start).date();
    assert_eq!(day(&world), jiff::civil::date(2026, 11, 17), "the owner may be free an hour later");
    world.add(declined(ANN));
    world.read("2026-11-16T07:55");
    assert_ne!(day(&world), jiff::civil::date(2026, 11, 17));
}

#[test]
fn the_daemon_wakes_when_a_reminder_is_due() {
    let mut world = weekly();
    world.policy.remind = Some(jiff::SignedDuration::from_mins(15));
    let now = "2026-11-17T09:10";
    assert!(next_change(&world.standing(now), &world.policy) <= at("2026-11-17T09:45"));
}

/// The policy of a config, as the daemon has it.
fn configured(more: &str) -> Policy {
    let text = format!(
        "[owner]\naddresses = [\"{OWNER}\"]\nzone = \"Europe/Berlin\"\n\
         [[account]]\nname = \"home\"\n[[account.calendar]]\nname = \"work\"\nurl = \"https://example.com/c.ics\"\n{more}"
    );
    let around = Surroundings { zone: jiff::tz::TimeZone::UTC, folder: "/".into(), home: None, exposed: false };
    check(&text, &around).settings.unwrap().policy()
}

#[test]
fn somebody_who_works_in_another_zone_is_offered_a_time_inside_their_hours() {
    let mut world = weekly();
    let hours =
        |days: &str| ["monday", "tuesday", "wednesday", "thursday", "friday"].map(|day| format!("{day} = [{days}]\n"));
    world.policy = configured(&format!(
        "[hours]\n{}[[person]]\nname = \"Ann\"\naddresses = [\"{ANN}\"]\nzone = \"Asia/Tokyo\"\n[person.hours]\n{}",
        hours("\"06:00-20:00\"").concat(),
        hours("\"13:00-17:00\"").concat(),
    ));
    except(&mut world.snapshot.events[0].event, "2026-11-17T10:00");
    world.read("2026-11-16T07:50");
    let all = proposals(&world.standing(NOW), &world.snapshot, &world.policy);
    let to = all[0].to.unwrap_or_else(|| panic!("{all:#?}"));
    let tokyo = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    let (start, end) = (tokyo.to_datetime(to.start), tokyo.to_datetime(to.end));
    assert!(
        (13..17).contains(&start.hour()) && end.time() <= jiff::civil::time(17, 0, 0, 0),
        "{start} to {end} in Tokyo"
    );
}
