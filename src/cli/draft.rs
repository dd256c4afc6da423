//! `cadenced draft SESSION`: prints a message that proposes a new time, and writes an invitation file on request.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use icalendar::{Calendar, Component, Event, Property};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::context::{Context, Found};
use super::exit::{Ended, Exit};
use super::{Globals, output};
use crate::domain::detection::title::of_make_up;
use crate::domain::operation::{Operation, State, WriteKind};
use crate::domain::person::{Address, Person};
use crate::domain::plan::{Proposal, proposals};
use crate::domain::sanitize;
use crate::domain::session::SessionId;
use crate::domain::span::Span;
use crate::wording::local_time::LocalTime;

/// How many times the message offers besides the best.
const OTHERS: usize = 3;

/// The arguments of `draft`.
#[derive(Debug, clap::Args)]
pub struct DraftArgs {
    /// The ID of the session, as `cadenced inbox` and `cadenced sessions` show it
    #[arg(value_name = "SESSION")]
    pub session: SessionId,
    /// Also write an invitation to the proposed time into this file, to attach or import
    #[arg(long, value_name = "FILE")]
    pub ics: Option<PathBuf>,
}

/// Prints the message, and writes the invitation where one was asked for. Nothing is sent.
///
/// # Errors
/// The config's, the store's, and those of [`write()`].
pub fn run(args: &DraftArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    write(&args.session, args.ics.as_deref(), &context, &found)
}

/// The same for a session of what was found: a proposal where it is owed, the new time where cadenced put it back already.
///
/// # Errors
/// A session that is neither, or that there is no time for (exit code 1); a file that is there or cannot be written.
pub fn write(session: &SessionId, ics: Option<&Path>, context: &Context, found: &Found) -> anyhow::Result<Exit> {
    if let Some(done) = put_back(session, found) {
        let person = person_of(session, found);
        let to = done.intent.to.span(&context.policy.zone);
        output::print(&announcement(done, person.as_ref(), to, &context.wall()))?;
        anyhow::ensure!(
            ics.is_none(),
            "the session has its new time on the calendar already; an invitation is not written"
        );
        return Ok(Exit::Fine);
    }
    let all = proposals(&found.standing, &found.snapshot, &context.policy);
    let proposal = all
        .iter()
        .find(|proposal| proposal.session == *session)
        .ok_or_else(|| Ended::new(Exit::LookHere, format!("{session} is not owed; `cadenced plan` shows what is")))?;
    let to = proposal.to.ok_or_else(|| {
        let words = format!("no time was found for {session}; `cadenced explain {session}` says why");
        Ended::new(Exit::LookHere, words)
    })?;
    output::print(&message(proposal, to, &context.wall()))?;
    if let Some(path) = ics {
        let organiser = context.policy.owner.first().context("the config has no address of yours")?;
        let owner = context.policy.owner_names.first().map(String::as_str);
        let text = invitation(proposal, to, (organiser, owner), &context.wall());
        write_new(path, &text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(Exit::Fine)
}

/// What cadenced did last to put a session back, if it stands.
fn put_back<'f>(session: &SessionId, found: &'f Found) -> Option<&'f Operation> {
    let operations = &found.snapshot.operations;
    let last = operations.iter().rfind(|one| one.intent.session == *session && one.state == State::Done)?;
    let is_ahead = last.intent.to.start.instant(&TimeZone::UTC) > found.standing.now;
    (matches!(last.intent.way, WriteKind::Move | WriteKind::MakeUp) && is_ahead).then_some(last)
}

fn person_of(session: &SessionId, found: &Found) -> Option<Person> {
    let one = found.standing.one_on_ones.iter().find(|one| one.id == session.one_on_one)?;
    Some(one.person.clone())
}

/// A message about a time that is on the calendar already.
pub fn announcement(done: &Operation, person: Option<&Person>, to: Span, wall: &LocalTime) -> String {
    let was = wall.long(done.intent.from.start);
    let what = if done.intent.way == WriteKind::Move { "has moved to" } else { "is made up on" };
    let (head, hello) = head(person);
    format!(
        "{head}Subject: Our 1:1 of {}\n\n{hello}\n\nOur 1:1 of {was} {what}\n\n    {}\n\nPlease say if that does not suit you.\n\n{}",
        wall.day(done.intent.from.start),
        wall.long(to.start),
        zone_line(wall)
    )
}

/// A message that proposes a time: what was lost, the time, and what else would do.
pub fn message(proposal: &Proposal, to: Span, wall: &LocalTime) -> String {
    let was = wall.long(proposal.from.start);
    let lost = if proposal.from.start > wall.now { "does not work out" } else { "did not take place" };
    let others: Vec<String> = proposal
        .choice
        .iter()
        .flat_map(|choice| &choice.runners_up)
        .take(OTHERS)
        .map(|other| format!("    {}\n", wall.long(other.span.start)))
        .collect();
    let also = match others.len() {
        0 => String::new(),
        1 => format!("\nThis would suit me too:\n\n{}", others.concat()),
        _ => format!("\nThese would suit me too:\n\n{}", others.concat()),
    };
    let (head, hello) = head(Some(&proposal.person));
    format!(
        "{head}Subject: Our 1:1 of {}\n\n{hello}\n\nOur 1:1 of {was} {lost}. Could we meet at this time instead?\n\n    {}\n{also}\n{}",
        wall.day(proposal.from.start),
        wall.long(to.start),
        zone_line(wall)
    )
}

/// Whom it goes to, and how it begins.
fn head(person: Option<&Person>) -> (String, String) {
    let to = person.and_then(|person| person.addresses.first()).map(|address| format!("To: {address}\n"));
    let name = person.map(|person| sanitize::name(person, 60)).unwrap_or_default();
    // An address is no name to greet somebody by.
    let hello = match name.split(' ').next().filter(|first| !first.is_empty() && !first.contains('@')) {
        Some(first) => format!("Hi {first},"),
        None => "Hi,".to_owned(),
    };
    (to.unwrap_or_default(), hello)
}

fn zone_line(wall: &LocalTime) -> String {
    format!("(Times are in {}.)\n", wall.name)
}

/// An invitation of the owner's to the proposed time (RFC 5546 3.2.2 `REQUEST`), with what it stands in for in its title; `owner` is an address, and a name where one is known.
pub fn invitation(proposal: &Proposal, to: Span, owner: (&Address, Option<&str>), wall: &LocalTime) -> String {
    let utc = |at: Timestamp| TimeZone::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ").to_string();
    let (organiser, name) = owner;
    let mut event = Event::with_uid(&format!("{}-draft@cadenced.invalid", proposal.session));
    let names = format!("{} / {}", name.unwrap_or_else(|| organiser.as_str()), sanitize::name(&proposal.person, 60));
    event.summary(&of_make_up(&names, wall.date(proposal.from.start)));
    for (key, at) in [("DTSTAMP", wall.now), ("DTSTART", to.start), ("DTEND", to.end)] {
        event.append_property(Property::new(key, utc(at)));
    }
    event.append_property(Property::new("ORGANIZER", format!("mailto:{organiser}")));
    if let Some(address) = proposal.person.addresses.first() {
        let guest = Property::new("ATTENDEE", format!("mailto:{address}"))
            .add_parameter("PARTSTAT", "NEEDS-ACTION")
            .add_parameter("RSVP", "TRUE")
            .done();
        event.append_multi_property(guest);
    }
    let mut calendar = Calendar::new();
    calendar.append_property(Property::new("METHOD", "REQUEST"));
    calendar.push(event);
    calendar.to_string()
}

/// Writes a file that is not there yet, for nobody else to read.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::one_on_one::OneOnOneId;
    use crate::domain::person::{Person, Relation};
    use crate::domain::plan::ProposalKind;
    use crate::domain::policy::Mode;
    use crate::domain::slot::{Candidate, Choice};
    use jiff::SignedDuration;

    fn span(at: &str) -> Span {
        let start: Timestamp = at.parse().unwrap();
        Span::new(start, start + SignedDuration::from_mins(30))
    }

    fn proposal() -> Proposal {
        let candidate = |at| Candidate { span: span(at), penalty: 0, grounds: Vec::new() };
        let best = candidate("2026-11-18T09:00:00Z");
        Proposal {
            session: SessionId {
                one_on_one: OneOnOneId("annaaaaa".into()),
                original: span("2026-11-17T09:00:00Z").start,
            },
            person: Person {
                name: "Ann Example".into(),
                addresses: vec![Address::parse("ann@example.com").unwrap()],
                relation: Relation::Report,
            },
            kind: ProposalKind::Propose,
            from: span("2026-11-17T09:00:00Z"),
            to: Some(best.span),
            why: Vec::new(),
            mode: Mode::Ask,
            choice: Some(Choice { best, runners_up: vec![candidate("2026-11-19T13:00:00Z")], other_unknown: true }),
            intent: None,
            due: None,
            asks: None,
            turned_down: None,
            guest_notice: None,
        }
    }

    #[test]
    fn the_message_offers_the_best_time_and_the_next_ones() {
        let wall = LocalTime::new("Europe/Berlin", "2026-11-17T12:00:00Z".parse().unwrap());
        insta::assert_snapshot!(message(&proposal(), proposal().to.unwrap(), &wall), @r"
        To: ann@example.com
        Subject: Our 1:1 of Tue 17 Nov

        Hi Ann,

        Our 1:1 of Tuesday 17 November 2026, 10:00 did not take place. Could we meet at this time instead?

            Wednesday 18 November 2026, 10:00

        This would suit me too:

            Thursday 19 November 2026, 14:00

        (Times are in Europe/Berlin.)
        ");
    }

    #[test]
    fn of_a_session_that_is_still_to_come_it_speaks_as_such() {
        let wall = LocalTime::new("Europe/Berlin", "2026-11-16T08:00:00Z".parse().unwrap());
        let text = message(&proposal(), proposal().to.unwrap(), &wall);
        assert!(text.contains("Our 1:1 of Tuesday 17 November 2026, 10:00 does not work out."), "{text}");
        assert!(!text.contains("did not"), "{text}");
    }

    #[test]
    fn nobody_is_greeted_by_their_address() {
        let mut proposal = proposal();
        proposal.person.name = String::new();
        let wall = LocalTime::new("Europe/Berlin", "2026-11-16T08:00:00Z".parse().unwrap());
        assert!(message(&proposal, proposal.to.unwrap(), &wall).contains("\nHi,\n"));
    }

    #[test]
    fn the_invitation_is_a_request_with_both_names_that_cadenced_itself_reads_back() {
        let owner = Address::parse("owner@example.com").unwrap();
        let wall = LocalTime::new("Europe/Berlin", "2026-11-16T08:00:00Z".parse().unwrap());
        let text = invitation(&proposal(), proposal().to.unwrap(), (&owner, Some("Owner")), &wall);
        assert!(text.contains("METHOD:REQUEST"), "{text}");
        let read = crate::calendar::file::read_calendar(text.as_bytes()).unwrap();
        assert_eq!(read.problems, []);
        let event = &read.events[0];
        assert_eq!(event.title, "Owner / Ann Example (for 17 Nov)");
        assert_eq!(event.start.instant(&TimeZone::UTC), span("2026-11-18T09:00:00Z").start);
        assert_eq!(event.organiser.as_ref().unwrap().address, Some(owner));
        assert_eq!(event.guests[0].who.address, Address::parse("ann@example.com"));
    }
}
