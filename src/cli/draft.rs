//! Owns `cadenced draft SESSION`: a message that proposes a new time, to copy or to mail, and an invitation as a file.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use icalendar::{Calendar, Component, Event, Property};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::context::Context;
use super::exit::{Ended, Exit};
use super::{Globals, screen};
use crate::domain::person::Address;
use crate::domain::plan::{Proposal, proposals};
use crate::domain::session::SessionId;
use crate::domain::shown;
use crate::domain::span::Span;
use crate::report::wall::Wall;

/// How many times the message offers besides the best.
const OTHERS: usize = 3;

/// The arguments of `draft`.
#[derive(Debug, clap::Args)]
pub struct DraftArgs {
    /// The session that is owed, as `cadenced plan --format json` and `cadenced sessions` name it
    #[arg(value_name = "SESSION")]
    pub session: SessionId,
    /// Write an invitation to the proposed time into this file as well, to attach or to import
    #[arg(long, value_name = "FILE")]
    pub ics: Option<PathBuf>,
}

/// Prints the message, and writes the invitation where one was asked for. Nothing is sent.
///
/// # Errors
/// A session that nothing is owed of or that has no free time (exit code 1); a file that is there or cannot be written.
pub fn run(args: &DraftArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let all = proposals(&found.standing, &found.snapshot, &context.policy);
    let proposal = all.iter().find(|proposal| proposal.session == args.session).ok_or_else(|| {
        Ended::new(Exit::LookHere, format!("nothing is owed of {}; `cadenced plan` shows what is", args.session))
    })?;
    let to = proposal.to.ok_or_else(|| {
        let words = format!("no time was found for {}; `cadenced explain {0}` says why", args.session);
        Ended::new(Exit::LookHere, words)
    })?;
    screen::print(&message(proposal, to, &context.wall()))?;
    if let Some(path) = &args.ics {
        let organiser = context.policy.owner.first().context("the config names no address of yours")?;
        let text = invitation(proposal, to, organiser, context.now());
        write_new(path, &text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(Exit::Fine)
}

/// The message: what was lost, the time proposed, and what else would do.
pub fn message(proposal: &Proposal, to: Span, wall: &Wall) -> String {
    let name = shown::name(&proposal.person, 60);
    let was = wall.long(proposal.from.start);
    let head = proposal.person.addresses.first().map(|address| format!("To: {address}\n")).unwrap_or_default();
    let first_name = name.split(' ').next().unwrap_or(&name);
    let others: Vec<String> = proposal
        .choice
        .iter()
        .flat_map(|choice| &choice.runners_up)
        .take(OTHERS)
        .map(|other| format!("    {}\n", wall.long(other.span.start)))
        .collect();
    let also = if others.is_empty() {
        String::new()
    } else {
        format!("\nThese would do for me as well:\n\n{}", others.concat())
    };
    format!(
        "{head}Subject: Our 1:1 of {}\n\nHi {first_name},\n\nour 1:1 of {was} did not work out. Shall we meet instead on\n\n    \
         {}?\n{also}\n(All times are in {}.)\n",
        wall.day(proposal.from.start),
        wall.long(to.start),
        wall.name
    )
}

/// An invitation of the owner's to the proposed time (RFC 5546 3.2.2 `REQUEST`).
pub fn invitation(proposal: &Proposal, to: Span, organiser: &Address, now: Timestamp) -> String {
    let utc = |at: Timestamp| TimeZone::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut event = Event::with_uid(&format!("{}-draft@cadenced.invalid", proposal.session));
    event.summary("1:1");
    for (key, at) in [("DTSTAMP", now), ("DTSTART", to.start), ("DTEND", to.end)] {
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
        }
    }

    #[test]
    fn the_message_offers_the_best_time_and_the_next_ones() {
        let wall = Wall::new("Europe/Berlin", "2026-11-16T08:00:00Z".parse().unwrap());
        insta::assert_snapshot!(message(&proposal(), proposal().to.unwrap(), &wall), @r"
        To: ann@example.com
        Subject: Our 1:1 of Tue 17 Nov

        Hi Ann,

        our 1:1 of Tuesday 17 November 2026, 10:00 did not work out. Shall we meet instead on

            Wednesday 18 November 2026, 10:00?

        These would do for me as well:

            Thursday 19 November 2026, 14:00

        (All times are in Europe/Berlin.)
        ");
    }

    #[test]
    fn the_invitation_is_a_request_that_cadenced_itself_reads_back() {
        let owner = Address::parse("owner@example.com").unwrap();
        let text = invitation(&proposal(), proposal().to.unwrap(), &owner, "2026-11-16T08:00:00Z".parse().unwrap());
        assert!(text.contains("METHOD:REQUEST"), "{text}");
        let read = crate::calendar::ics::read::read_calendar(text.as_bytes()).unwrap();
        assert_eq!(read.problems, []);
        let event = &read.events[0];
        assert_eq!(event.start.instant(&TimeZone::UTC), span("2026-11-18T09:00:00Z").start);
        assert_eq!(event.organiser.as_ref().unwrap().address, Some(owner));
        assert_eq!(event.guests[0].who.address, Address::parse("ann@example.com"));
    }
}
