//! A naive slot search that checks every minute and shares no code with the real one.

use cadenced::domain::hours::WeeklyHours;
use cadenced::domain::slot::{BusyKind, Search, evaluate};
use cadenced::domain::span::Span;
use jiff::civil::{Time, Weekday};
use jiff::{SignedDuration, Timestamp};

use super::world::Searched;

/// The best slot and its penalty, by trying every minute.
pub fn best(world: &Searched) -> Option<(Span, i64)> {
    let search = world.search();
    let mut length = world.length;
    loop {
        let slots = starts(world).map(|start| Span::new(start, start + SignedDuration::from_mins(length)));
        let allowed = slots.filter(|slot| is_allowed(world, *slot));
        let scored = allowed.map(|slot| (evaluate(&search, slot).penalty, slot.start, slot));
        if let Some((penalty, _, slot)) = scored.min() {
            return Some((slot, penalty));
        }
        let shortest = world.shorter.filter(|shorter| *shorter < length)?;
        length = shortest.max(length - 5);
    }
}

/// Every whole minute of the window at which a slot may start, as far as the grid goes.
fn starts(world: &Searched) -> impl Iterator<Item = Timestamp> {
    let first = Timestamp::from_second(world.now.as_second().div_euclid(60) * 60).unwrap();
    let minutes = (0..).map(move |minute| first + SignedDuration::from_mins(minute));
    minutes.take_while(|start| *start < world.latest).filter(|start| is_on_grid(&world.search(), *start))
}

fn is_on_grid(search: &Search<'_>, start: Timestamp) -> bool {
    let shown = search.owner.hours.zone.to_datetime(start).time();
    let minute = i64::from(shown.hour()) * 60 + i64::from(shown.minute());
    minute * 60 % search.rules.step.as_secs() == 0 || search.usual.zone.to_datetime(start).time() == search.usual.time
}

/// Whether all rules allow a span. An unknown diary counts as empty here.
pub fn is_allowed(world: &Searched, slot: Span) -> bool {
    let in_window = slot.start >= world.now + world.rules.notice
        && slot.start > world.after
        && slot.end < world.before
        && slot.end <= world.latest
        && slot.shared(&world.original).is_zero();
    in_window && is_free(world, slot) && is_in_hours(world, slot)
}

fn is_in_hours(world: &Searched, slot: Span) -> bool {
    let rules = &world.rules;
    let protected = WeeklyHours { zone: world.hours[0].zone.clone(), days: rules.protected_times.clone() };
    let length = slot.end.duration_since(slot.start).as_secs();
    // Nothing of hours or of clocks happens but at whole minutes; a slot that starts inside of one ends inside of one.
    let last = slot.end - SignedDuration::from_nanos(1);
    (0..length).step_by(60).map(|second| slot.start + SignedDuration::from_secs(second)).chain([last]).all(|now| {
        let weekday = protected.zone.to_datetime(now).weekday();
        world.hours.iter().all(|hours| shows(hours, now))
            && !shows(&protected, now)
            && !rules.protected_days.contains(&weekday)
    })
}

/// Whether the clocks show a time within these hours.
fn shows(hours: &WeeklyHours, now: Timestamp) -> bool {
    let shown = hours.zone.to_datetime(now);
    let parts = |day: Weekday| hours.days[usize::try_from(day.to_monday_zero_offset()).unwrap()].iter();
    let time: Time = shown.time();
    let today = parts(shown.weekday()).any(|(start, end)| *start <= time && (time < *end || end <= start));
    let since_yesterday = parts(shown.weekday().previous()).any(|(start, end)| end <= start && time < *end);
    today || since_yesterday
}

fn is_free(world: &Searched, slot: Span) -> bool {
    let blocks = |what| match what {
        BusyKind::Busy | BusyKind::OutOfOffice | BusyKind::OtherSession => true,
        BusyKind::Tentative => world.rules.tentative_is_busy,
        BusyKind::AllDay => world.rules.all_day_is_busy,
        BusyKind::FocusTime => false,
    };
    let known = [true, world.other_known];
    let buffers = [world.rules.buffer, SignedDuration::ZERO];
    (0..2).filter(|side| known[*side]).all(|side| {
        let taking = world.busy[side].iter().filter(|busy| blocks(busy.what) && busy.span.start < busy.span.end);
        let mut taken = taking.map(|busy| (busy.span.start - buffers[side], busy.span.end + buffers[side]));
        taken.all(|(start, end)| end <= slot.start || slot.end <= start)
    })
}
