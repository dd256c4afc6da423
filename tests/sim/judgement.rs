//! The promises of judgement and of undoing, which are kept once all troubles are over and the deadlines have passed.

use cadenced::domain::operation::{State, WriteKind};
use cadenced::domain::session::{Loss, Session};
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};

use super::machine::POLL;
use super::promises::ensure;
use super::story::{Check, Story};
use super::world::{World, instance_in, instance_name, span, stands};

/// Longer than any session of a story can wait to be made up.
const PAST_ALL_DEADLINES: SignedDuration = SignedDuration::from_hours(9 * 24);

impl Story {
    /// All machines sleep until nothing can be made up any more, and read what there is.
    pub async fn sleep_over_the_deadlines(&mut self) -> Check {
        {
            let mut world = self.server.lock();
            let later = world.now + PAST_ALL_DEADLINES;
            world.set_now(later);
        }
        self.pass(POLL).await
    }

    /// No session is called missed that always stood, and none is called held that was lost before its end and still is.
    pub async fn check_judgement(&self) -> Check {
        let now = self.server.lock().now;
        for machine in &self.machines {
            let standing = machine.standing(now).await;
            let whose = machine.wishes.whose;
            let world = self.server.lock();
            for session in standing.one_on_ones.iter().flat_map(|one| &one.sessions) {
                let named = || format!("{} says of {} in {}", machine.name, session.id.original, session.series);
                let is_missed = session.state == Some(Loss::Missed);
                ensure(!is_missed || was_ever_lost(&world, whose, session), || {
                    format!("{} missed, and it always stood: {session:?}", named())
                })?;
                ensure(!session.outcome.is_held() || !is_lost(&world, whose, session), || {
                    format!("{} held, and it was lost: {session:?}", named())
                })?;
            }
        }
        Ok(())
    }

    /// Every undoing that was asked for was done or refused, and what nobody had touched is off the calendar.
    pub async fn check_undone(&self) -> Check {
        let journal = self.journal().await;
        let world = self.server.lock();
        for (index, operation) in &self.undone {
            let answers = journal.values().filter(|(_, other)| other.intent.undoes.as_ref() == Some(&operation.id));
            let is_answered = |state: State| matches!(state, State::Done | State::StoodDown { .. });
            ensure(answers.into_iter().any(|(_, answer)| is_answered(answer.state)), || {
                format!("nothing became of undoing {}", operation.id)
            })?;
            if operation.intent.way != WriteKind::MakeUp || operation.written.is_none() {
                continue;
            }
            let name = operation.intent.make_up_name().to_string();
            let made = instance_in(world.calendar(self.machines[*index].wishes.whose), &name);
            let still_there = made.is_some_and(|made| {
                let is_untouched = made.mark.as_ref() == Some(&operation.id.0) && !made.by_hand;
                is_untouched && stands(&made) && span(&made.event).start > world.now
            });
            ensure(!still_there, || format!("{} was to be undone, and stands untouched", operation.id))?;
        }
        Ok(())
    }
}

/// Whether a session did not stand at any time, or something else took its time.
fn was_ever_lost(world: &World, whose: &str, session: &Session) -> bool {
    let name = instance_name(&session.series, session.id.original);
    let was_called_off = world.lost.contains_key(&(whose.to_owned(), name.clone()));
    let is_series_gone = world.calendar(whose).get(&session.series).is_none_or(|series| series.deleted);
    let length = session.span.length();
    let times = [session.span, Span::new(session.id.original, session.id.original + length)];
    let covers = |at: &Span, other: &Span| {
        let (from, to) = (at.start.max(other.start), at.end.min(other.end));
        to.duration_since(from) * 2 >= at.length()
    };
    let is_covered = |at: &Span| world.busy(whose, *at).iter().any(|(other, span)| *other != name && covers(at, span));
    was_called_off || is_series_gone || times.iter().any(is_covered)
}

/// Whether a session was lost before its end and is to this day.
fn is_lost(world: &World, whose: &str, session: &Session) -> bool {
    let name = instance_name(&session.series, session.id.original);
    let since: Option<Timestamp> = world.lost.get(&(whose.to_owned(), name.clone())).copied().flatten();
    let series = world.calendar(whose).get(&session.series).filter(|series| !series.deleted);
    let (Some(since), Some(_), Some(entry)) = (since, series, instance_in(world.calendar(whose), &name)) else {
        return false;
    };
    since < span(&entry.event).end
}
