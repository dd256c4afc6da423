//! Writes to a Google calendar: one conditional request per write, containing only what changes.

use std::sync::Arc;

use google_calendar3::api;
use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::content;
use super::convert::{Converter, ItemKind};
use super::errors::{Refusal, unanswered};
use super::session::Session;
use super::times::{Times, stamp, written};
use super::wire::{self, Call};
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::calendar::http::request::Reply;
use crate::calendar::write::{
    CalendarWriter, Found, MakeUp, NewTime, Pending, Seen, Target, Version, WriteError, WriteErrorKind,
};
use crate::domain::make_up::MakeUpName;
use crate::domain::recurrence::Moment;

/// The private property that holds the mark of an operation. Guests don't see it, and can't change it.
const MARK: &str = "cadenced.operation";

/// Writes to one calendar of an account.
pub struct Writer {
    /// What Google calls the calendar.
    pub calendar: String,
    /// The account's session.
    pub session: Arc<Session>,
}

impl Writer {
    fn api(&self) -> Result<Url, WriteError> {
        self.session.endpoints().map(|endpoints| endpoints.api).map_err(not_sent)
    }

    /// Asks; what does not succeed is an answer too.
    async fn ask(&self, call: &Call) -> Result<Result<Reply, Refusal>, WriteError> {
        let reply = self.session.call(call).await.map_err(unanswered)?;
        Ok(Refusal::of(&reply).map_or(Ok(reply), Err))
    }

    /// Asks without changing anything: without an answer, nothing is in doubt.
    async fn look_at(&self, call: &Call) -> Result<Result<Reply, Refusal>, WriteError> {
        self.ask(call).await.map_err(|error| match error.kind {
            WriteErrorKind::FateUnknown => WriteError { kind: WriteErrorKind::NotSent, ..error },
            _ => error,
        })
    }

    async fn write(&self, call: &Call) -> Result<Reply, WriteError> {
        self.ask(call).await?.map_err(|refusal| refusal.writing())
    }

    /// The id of the event that a target means; none where the server has none.
    async fn id_of(&self, target: &Target) -> Result<Option<String>, WriteError> {
        match target {
            Target::MakeUp(name) => Ok(Some(id_of_make_up(name))),
            Target::Session { resource, original: None, .. } => Ok(Some(resource.clone())),
            Target::Session { resource, original: Some(original), .. } => {
                let call = wire::session(&self.api()?, &self.calendar, resource, &stamp(original));
                match self.look_at(&call).await? {
                    Ok(reply) => found_in(&reply, original),
                    Err(refusal) if matches!(refusal.status, 400 | 404) => self.alone(resource, original).await,
                    Err(refusal) => Err(looking(&refusal)),
                }
            }
        }
    }

    /// The id of a session that is here without its series, as whoever was invited to it alone has it. It must say so itself: a
    /// series taken for one of its sessions would be moved as a whole.
    async fn alone(&self, id: &str, original: &Moment) -> Result<Option<String>, WriteError> {
        let reply = match self.look_at(&wire::event(&self.api()?, &self.calendar, id)).await? {
            Ok(reply) => reply,
            Err(refusal) if matches!(refusal.status, 404 | 410) => return Ok(None),
            Err(refusal) => return Err(looking(&refusal)),
        };
        let event: api::Event = wire::whole(&reply.body).map_err(not_sent)?;
        Ok(is_session(&event, original).then(|| id.to_owned()))
    }

    async fn seen(&self, target: &Target) -> Result<Seen, WriteError> {
        let Some(id) = self.id_of(target).await? else { return Ok(Seen::Absent) };
        let reply = match self.look_at(&wire::event(&self.api()?, &self.calendar, &id)).await? {
            Ok(reply) => reply,
            Err(refusal) if refusal.status == 404 => return Ok(Seen::Absent),
            Err(refusal) if refusal.status == 410 => return Ok(Seen::CalledOff { operation: None }),
            Err(refusal) => return Err(looking(&refusal)),
        };
        seen(&reply)
    }

    async fn known_id(&self, target: &Target) -> Result<String, WriteError> {
        let id = self.id_of(target).await?;
        id.ok_or_else(|| {
            WriteError::new(WriteErrorKind::NotThere, "the series has no session with this original start")
        })
    }

    async fn moved(&self, target: &Target, version: &Version, to: &NewTime) -> Result<(), WriteError> {
        let id = self.known_id(target).await?;
        let body = json!({
            "start": written(&to.start),
            "end": written(&to.end),
            "extendedProperties": marked(&to.operation),
        });
        let call = wire::patch(&self.api()?, &self.calendar, &id, &version.0, body);
        let reply = self.write(&call).await?;
        is_at(&reply, &to.start)
    }

    async fn created(&self, make_up: &MakeUp) -> Result<(), WriteError> {
        let body = body_of(make_up)?;
        let reply = self.write(&wire::insert(&self.api()?, &self.calendar, body)).await?;
        is_at(&reply, &make_up.start)
    }

    async fn removed(&self, target: &Target, version: &Version) -> Result<(), WriteError> {
        let id = self.known_id(target).await?;
        match self.ask(&wire::delete(&self.api()?, &self.calendar, &id, &version.0)).await? {
            // Google answers 410 where it is deleted already.
            Err(refusal) if refusal.status != 410 => Err(refusal.writing()),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl CalendarWriter for Writer {
    fn look<'a>(&'a mut self, target: &'a Target) -> Pending<'a, Seen> {
        Box::pin(self.seen(target))
    }

    fn move_to<'a>(&'a mut self, target: &'a Target, version: &'a Version, to: &'a NewTime) -> Pending<'a, ()> {
        Box::pin(self.moved(target, version, to))
    }

    fn create<'a>(&'a mut self, make_up: &'a MakeUp) -> Pending<'a, ()> {
        Box::pin(self.created(make_up))
    }

    fn remove<'a>(&'a mut self, target: &'a Target, version: &'a Version) -> Pending<'a, ()> {
        Box::pin(self.removed(target, version))
    }
}

/// The one instance with this original start, in an answer that was asked for it.
fn found_in(reply: &Reply, original: &Moment) -> Result<Option<String>, WriteError> {
    let page = wire::page(&reply.body).map_err(not_sent)?;
    let mut events = page.items.iter().filter_map(|item| serde_json::from_str::<api::Event>(item.get()).ok());
    Ok(events.find(|event| has_original(event, original)).and_then(|event| event.id))
}

fn is_session(event: &api::Event, original: &Moment) -> bool {
    event.recurring_event_id.is_some() && has_original(event, original)
}

fn has_original(event: &api::Event, original: &Moment) -> bool {
    let own = event.original_start_time.as_ref().and_then(|given| Times::new(None).read(given));
    own.is_some_and(|own| same(&own.moment, original))
}

/// Whether two original starts are one, whatever zones they are written in.
fn same(one: &Moment, other: &Moment) -> bool {
    let utc = jiff::tz::TimeZone::UTC;
    one.is_date() == other.is_date() && one.instant(&utc) == other.instant(&utc)
}

/// What an event that was just read says to a writer.
fn seen(reply: &Reply) -> Result<Seen, WriteError> {
    let event: api::Event = wire::whole(&reply.body).map_err(not_sent)?;
    let version = event.etag.clone().or_else(|| reply.header(&http::header::ETAG).map(str::to_owned));
    let private = event.extended_properties.as_ref().and_then(|properties| properties.private.as_ref());
    let operation = private.and_then(|private| private.get(MARK)).cloned();
    match Converter::new(None, None).read(&event) {
        Ok(ItemKind::Event(read, _)) => Ok(Seen::There(Box::new(Found {
            may_write: may_write(&event),
            event: *read,
            version: Version(version.ok_or_else(|| unreadable("it has no etag"))?),
            operation,
            content: content::of(&wire::whole(&reply.body).map_err(not_sent)?),
            clock_skew: reply.clock_skew,
        }))),
        Ok(ItemKind::CalledOff { .. } | ItemKind::Gone) => Ok(Seen::CalledOff { operation }),
        Err(why) => Err(unreadable(&why)),
    }
}

/// Only whoever organises an event changes it for everybody: a guest's change of time stays in the guest's own copy.
fn may_write(event: &api::Event) -> bool {
    let organises = event
        .organizer
        .as_ref()
        .is_some_and(|organiser| organiser.self_ == Some(true) || planted!("guests-write-to-google"));
    organises && event.locked != Some(true) && event.private_copy != Some(true)
}

fn marked(operation: &str) -> Value {
    json!({ "private": { MARK: operation } })
}

fn body_of(make_up: &MakeUp) -> Result<Value, WriteError> {
    let no_address = || WriteError::new(WriteErrorKind::Refused, "the guest has no address to invite");
    let guest = make_up.guest.address.as_ref().ok_or_else(no_address)?;
    Ok(json!({
        "id": id_of_make_up(&make_up.name),
        "summary": make_up.title,
        "start": written(&make_up.start),
        "end": written(&make_up.end),
        "attendees": [
            { "email": make_up.organiser.as_str(), "responseStatus": "accepted" },
            { "email": guest.as_str() },
        ],
        "extendedProperties": marked(&make_up.operation),
    }))
}

/// The id of a make-up. Its digits and letters are among those that Google takes (base32hex, RFC 4648 7), and a deleted one stays taken
/// for ever.
fn id_of_make_up(name: &MakeUpName) -> String {
    format!("cdn{name}")
}

/// Whether an answer to a write shows the event at the new time.
fn is_at(reply: &Reply, start: &Moment) -> Result<(), WriteError> {
    if reply.status == StatusCode::NO_CONTENT {
        return Ok(());
    }
    let unread =
        |_| WriteError::new(WriteErrorKind::FateUnknown, "Google's answer to the write could not be understood");
    let event: api::Event = wire::whole(&reply.body).map_err(unread)?;
    let at = event.start.as_ref().and_then(|given| Times::new(None).read(given));
    if at.is_some_and(|at| same(&at.moment, start)) {
        return Ok(());
    }
    Err(WriteError::new(WriteErrorKind::NotDone, "Google reported success, but the event is not at the new time"))
}

/// A refusal of a look.
fn looking(refusal: &Refusal) -> WriteError {
    let error = refusal.writing();
    let kind = match error.kind {
        WriteErrorKind::FateUnknown => WriteErrorKind::Wait { after: refusal.wait },
        kind => kind,
    };
    WriteError { kind, ..error }
}

fn not_sent(failure: Failure) -> WriteError {
    let kind = if failure.kind == ErrorKind::SignIn { WriteErrorKind::SignIn } else { WriteErrorKind::NotSent };
    WriteError::new(kind, failure.detail)
}

fn unreadable(why: &str) -> WriteError {
    WriteError::new(WriteErrorKind::Refused, format!("the event cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_what_google_takes_and_names_the_make_up() {
        for by_guest in [false, true] {
            let name = MakeUpName::of("w", "2026-11-17T09:00:00Z".parse().unwrap(), by_guest);
            let id = id_of_make_up(&name);
            assert!(id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'v')) && id.len() <= 1024, "{id}");
            assert_eq!(MakeUpName::in_uid(&format!("{id}@google.com")), Some(name));
        }
    }
}
