//! The instants at which a plan changes by itself: deadlines, digest, report, the end of quiet hours.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Span as Period, Timestamp};

use super::Action;
use super::reminders::next as soon;
use crate::domain::facts::week_id::WeekId;
use crate::domain::policy::Policy;
use crate::domain::session::{Evidence, Loss, Outcome};
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::Standing;

/// The report that is due and was not written yet: of the week before the last due time. Earlier ones that were slept
/// through are not made up for.
pub(super) fn report_due(standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> Option<Action> {
    let week = due_week(standing.now, policy);
    let key = written_key(week);
    let was_read = standing.sources.iter().any(|source| source.last_success.is_some());
    (was_read && !snapshot.told.contains(&key)).then_some(Action::Report { week, key })
}

/// Names the fact that the report of a week was written.
pub(super) fn written_key(week: WeekId) -> String {
    format!("report-written:{week}")
}

/// The week that the last due report is about.
pub(super) fn due_week(now: Timestamp, policy: &Policy) -> WeekId {
    let (weekday, time) = policy.report_on;
    let today = policy.zone.to_datetime(now).date();
    let due = (0..8)
        .filter_map(|back| today.checked_sub(Period::new().days(back)).ok())
        .find(|day| day.weekday() == weekday && at(*day, time, policy) <= now)
        .unwrap_or(today);
    WeekId::of(due, policy.first_weekday).back(1, policy.first_weekday)
}

/// A wall-clock time of the owner as an instant.
pub(super) fn at(day: Date, time: Time, policy: &Policy) -> Timestamp {
    let local = policy.zone.to_ambiguous_zoned(day.to_datetime(time)).compatible();
    local.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// The instant at which the owner's day began.
#[must_use]
pub fn day_start(now: Timestamp, policy: &Policy) -> Timestamp {
    midnight(policy.zone.to_datetime(now).date(), policy)
}

/// The instant at which a day of the owner begins.
pub(super) fn midnight(day: Date, policy: &Policy) -> Timestamp {
    at(day, Time::midnight(), policy)
}

/// Whether notices rest now.
#[must_use]
pub fn is_quiet(now: Timestamp, policy: &Policy) -> bool {
    let time = policy.zone.to_datetime(now).time();
    !planted!("loud-at-night")
        && policy.quiet.is_some_and(
            |(from, to)| {
                if from <= to { from <= time && time < to } else { from <= time || time < to }
            },
        )
}

/// The digest's instant of today, if one is told today.
pub(super) fn digest_today(now: Timestamp, policy: &Policy) -> Option<Timestamp> {
    let today = policy.zone.to_datetime(now).date();
    digest_on(today, policy)
}

fn digest_on(day: Date, policy: &Policy) -> Option<Timestamp> {
    let time = policy.digest_at.filter(|_| policy.working_days.contains(&day.weekday()))?;
    Some(at(day, time, policy))
}

/// The next instant at which the plan may change though no calendar did.
#[must_use]
pub fn next_change(standing: &Standing, policy: &Policy) -> Timestamp {
    let now = standing.now;
    let days = (0..8).filter_map(|ahead| {
        let today = policy.zone.to_datetime(now).date();
        today.checked_add(Period::new().days(ahead)).ok()
    });
    let daily = days.flat_map(|day| {
        let report = (day.weekday() == policy.report_on.0).then(|| at(day, policy.report_on.1, policy));
        let quiet_ends = policy.quiet.map(|(_, to)| at(day, to, policy));
        report.into_iter().chain(quiet_ends).chain(digest_on(day, policy))
    });
    let sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
    let own = sessions.flat_map(|session| {
        let ends = (session.outcome == Outcome::Upcoming).then_some(session.span.end);
        let deadline = session.outcome.is_lost().then_some(session.deadline);
        let replaced = session.made_up_by.as_ref().map(|made| made.span.end);
        ends.into_iter().chain(deadline).chain(replaced)
    });
    let stale = standing
        .sources
        .iter()
        .filter_map(|source| source.stale_since)
        .filter_map(|since| since.checked_add(policy.stale_after).ok());
    let a_day = now.checked_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
    daily
        .chain(own)
        .chain(soon(standing, policy).filter(|_| !planted!("the-wake-forgets-reminders")))
        .chain(stale)
        .filter(|&instant| instant > now)
        .min()
        .map_or(a_day, |next| next.min(a_day))
}

/// The earliest instant from which on a good read changes an outcome, though it finds nothing new: a session waits to be
/// believed, or a lost one to be called missed.
#[must_use]
pub fn awaited_read(standing: &Standing) -> Option<Timestamp> {
    let sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
    let awaited = sessions.flat_map(|session| {
        let believed = session.evidence.iter().find_map(|evidence| match evidence {
            Evidence::NotReadSince { needed, .. } if session.outcome == Outcome::Unknown => Some(*needed),
            _ => None,
        });
        let is_open = session.state == Some(Loss::Open) && session.deadline <= standing.now;
        let replaced = session.made_up_by.as_ref().filter(|made| !made.held && made.span.end <= standing.now);
        let vanished = session.evidence.iter().find_map(|evidence| match evidence {
            Evidence::Vanished { since, confirmed: false } => Some(*since),
            _ => None,
        });
        let lost = is_open.then_some(session.deadline);
        believed.into_iter().chain(lost).chain(replaced.map(|made| made.span.end)).chain(vanished)
    });
    awaited.min()
}
