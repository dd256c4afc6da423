//! The events of the year: leave, holidays, outages, and what people do to their 1:1s each day.

use cadenced::domain::event::{Event, Reply};
use cadenced::domain::session::{Outcome, Session};
use cadenced::domain::source::ReadErrorKind;
use cadenced::domain::standing::OneOnOne;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use super::chance::Chance;
use super::office::{Change, Office, override_of};
use super::people::declined;
use crate::support::*;

/// The two weeks of leave in winter and in summer, from the first day to the day after.
pub const LEAVE: [(Date, Date); 2] = [(date(2026, 2, 9), date(2026, 2, 21)), (date(2026, 8, 3), date(2026, 8, 15))];

/// Public holidays.
pub const HOLIDAYS: [Date; 6] =
    [date(2026, 1, 6), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 25), date(2026, 12, 25)];

/// Whether the owner is off on a whole day.
pub fn is_off(day: Date) -> bool {
    HOLIDAYS.contains(&day) || LEAVE.iter().any(|(from, to)| *from <= day && day < *to)
}

/// What stands in the calendars from the first day on.
pub fn begin(office: &mut Office) {
    for day in HOLIDAYS {
        let event =
            days(&format!("holiday-{day}"), "Public holiday", &day.to_string(), &day.tomorrow().unwrap().to_string());
        office.change("holidays", Change::put(event));
    }
    let team = |uid: &str, start: &str, title: &str| {
        let mut event = series(uid, start, "FREQ=WEEKLY", "ann@example.com");
        title.clone_into(&mut event.title);
        event
            .guests
            .extend(["bo", "chi", "dana", "eli"].map(|who| guest(&format!("{who}@example.com"), Reply::Accepted)));
        event
    };
    office.change("work", Change::put(team("standup", "2026-01-05T10:00", "Team meeting")));
    office.change("work", Change::put(team("review", "2026-01-08T15:00", "Review")));
}

/// The changes of a day that is about to begin.
pub fn morning(office: &mut Office, day: Date) {
    leave(office, day);
    outages(office, day);
    people_come_and_go(office, day);
    if day.weekday() == Weekday::Saturday || day.weekday() == Weekday::Sunday {
        return;
    }
    meetings(office, day);
    sessions(office, day);
}

/// Leave is entered three weeks ahead. Half of the sessions in it are cancelled a few days before, the others are left standing.
fn leave(office: &mut Office, day: Date) {
    for (from, to) in LEAVE {
        if day == from - 21.days() {
            let event = days(&format!("leave-{from}"), "Vacation", &from.to_string(), &to.to_string());
            office.change("work", Change::put(event));
        }
    }
}

fn outages(office: &mut Office, day: Date) {
    let sign_in = (ReadErrorKind::SignIn, "the sign-in is no longer valid (invalid_grant)");
    let moved =
        (ReadErrorKind::NotFound, "the server answered 404: the calendar was moved, deleted or is no longer shared");
    let offline = (ReadErrorKind::Offline, "no network");
    for (calendar, from, to, problem) in [
        ("work", date(2026, 3, 10), date(2026, 3, 13), sign_in),
        ("side", date(2026, 1, 19), date(2026, 1, 28), moved),
        ("side", date(2026, 6, 8), date(2026, 6, 16), moved),
        ("work", date(2026, 9, 12), date(2026, 9, 14), offline),
    ] {
        if day == from {
            office.breaks(calendar, Some(problem));
        }
        if day == to {
            office.breaks(calendar, None);
        }
    }
}

/// Kim's series is replaced by one on another day, and Jo's ends for good.
fn people_come_and_go(office: &mut Office, day: Date) {
    if day == date(2026, 3, 2) {
        let mut old = office.event("kim").unwrap().clone();
        old.recurrence.as_mut().unwrap().rules = vec!["FREQ=WEEKLY;INTERVAL=2;UNTIL=20260308T230000Z".parse().unwrap()];
        office.change("work", Change::put(old.clone()));
        let mut new = series("kim-2", "2026-03-11T14:00", "FREQ=WEEKLY;INTERVAL=2", "kim@example.com");
        (new.title, new.guests) = (old.title, old.guests);
        office.change("work", Change::put(new));
    }
    if day == date(2026, 4, 20) {
        office.change("work", Change::Delete("jo".to_owned()));
    }
}

/// Other meetings of the owner, entered on the day before.
fn meetings(office: &mut Office, day: Date) {
    let mut chance = Chance::new(11).of(&day.to_string());
    let next = day + if day.weekday() == Weekday::Friday { 3.days() } else { 1.days() };
    for place in 0..chance.below(4) {
        let start = format!("{next}T{:02}:{:02}", 9 + chance.below(8), 30 * chance.below(2));
        let mut event =
            alone(&format!("meeting-{next}-{place}"), "Planning", &start, 30 + 30 * i64::from(chance.below(3)));
        event.guests = ["fay", "gus", "x", "y"].map(|who| guest(&format!("{who}@example.com"), Reply::Accepted)).into();
        event.guests.push(guest(OWNER, Reply::Accepted));
        office.change("work", Change::put(event));
    }
}

/// What people do today to the sessions of the next seven days.
fn sessions(office: &mut Office, day: Date) {
    let standing = office.standing();
    for one in &standing.one_on_ones {
        let coming = |session: &&Session| {
            let ahead = zone().to_datetime(session.span.start).date();
            session.outcome == Outcome::Upcoming && day <= ahead && ahead <= day + 7.days()
        };
        for session in one.sessions.iter().filter(coming) {
            let chance = Chance::new(3).of(&format!("{} {day}", session.id));
            session_changes(office, one, session, chance);
        }
        for session in one.owed() {
            by_hand(office, one, session, Chance::new(5).of(&format!("{} {day}", session.id)), day);
        }
    }
}

fn session_changes(office: &mut Office, one: &OneOnOne, session: &Session, mut chance: Chance) {
    let Some(series) = office.event(&session.series).cloned() else { return };
    if series.recurrence.is_none() {
        return;
    }
    let calendar = one.series[0].source.calendar.clone();
    let original = {
        let local = zone().to_datetime(session.id.original);
        instance(&series, &local.strftime("%Y-%m-%dT%H:%M").to_string())
    };
    let mut own = override_of(&series, &original.start);
    let other = own.guests.iter().position(|guest| guest.who.address != Some(address(OWNER))).unwrap();
    let is_off = is_off(zone().to_datetime(session.span.start).date());
    match chance.below(1000) {
        0..12 => declined(&mut own, other),
        12..18 => declined(&mut own, 1 - other),
        18..30 => {
            let mut series = series;
            except(&mut series, &zone().to_datetime(session.id.original).strftime("%Y-%m-%dT%H:%M").to_string());
            office.change(&calendar, Change::put(series));
            return;
        }
        30..42 => {
            let day = zone().to_datetime(session.span.start).date() + 1.days();
            if day.weekday() != Weekday::Saturday {
                move_to(&mut own, &format!("{day}T{:02}:30", 9 + chance.below(7)));
            }
        }
        42..48 => return conflict(office, session),
        48..200 if is_off => own.status = cadenced::domain::event::Status::Cancelled,
        _ => return,
    }
    office.change(&calendar, Change::put(own));
}

/// A meeting of many that the owner takes instead.
fn conflict(office: &mut Office, session: &Session) {
    let start = zone().to_datetime(session.span.start).strftime("%Y-%m-%dT%H:%M").to_string();
    let mut event = pair(&format!("clash-{}", session.id), &start, "boss@example.com");
    "Budget round".clone_into(&mut event.title);
    event.guests.extend(["p", "q"].map(|who| guest(&format!("{who}@example.com"), Reply::Accepted)));
    office.change("work", Change::put(event));
}

/// Somebody books another time by themselves.
fn by_hand(office: &mut Office, one: &OneOnOne, session: &Session, mut chance: Chance, day: Date) {
    if !chance.is(4) {
        return;
    }
    let next = day + 1.days();
    let Some(other) = one.person.addresses.first() else { return };
    if is_off(next) || matches!(next.weekday(), Weekday::Saturday | Weekday::Sunday) {
        return;
    }
    let start = format!("{next}T{:02}:30", 9 + chance.below(8));
    let mut event: Event = pair(&format!("by-hand-{}", session.id), &start, &other.to_string());
    event.title = format!("{} / Owner", one.person.name);
    office.change(&one.series[0].source.calendar, Change::put(event));
}
