//! Writes to a `CalDAV` calendar: one conditional request, verified by reading back (RFC 4791 5.3.2, RFC 6638 3.2).
//!
//! The server tells the guests: the objects that are written name them, and no mail is sent from here. Servers take no
//! COUNTER (RFC 5546 3.2.7; Cyrus answers 400): the outbox of RFC 6638 is for free/busy, so that [`CalendarWriter::counter`] stays refused.

use std::sync::Arc;

use http::Method;
use http::header::{HeaderName, IF_NONE_MATCH};
use url::Url;

use super::account::Account;
use super::compose;
use super::content;
use super::edit::{self, Family};
use super::fetch::{Fetched, Lookup, RequestKind, get, refusal, unanswered, unsent};
use super::href;
use super::session;
use super::text::Object;
use crate::calendar::http::request::Request;
use crate::calendar::write::{
    CalendarWriter, Found, MakeUp, NewTime, Pending, Seen, Target, Version, WriteError, WriteErrorKind,
};
use crate::domain::event::Event;
use crate::domain::recurrence::Moment;

const CALENDAR: &str = "text/calendar; charset=utf-8";

/// Writes to one calendar at a server.
pub struct Writer {
    /// The login.
    pub account: Arc<Account>,
    /// What the config calls the calendar at the server.
    pub name: Option<String>,
}

/// A target by its place: where its object is, its uid, and which session of it is meant.
struct ResolvedTarget {
    url: Url,
    uid: String,
    original: Option<Moment>,
}

impl CalendarWriter for Writer {
    fn look<'a>(&'a mut self, target: &'a Target) -> Pending<'a, Seen> {
        Box::pin(async move {
            let aim = self.aim(target).await?;
            match get(&self.account, &aim.url).await? {
                Lookup::Nothing { .. } => Ok(Seen::Absent),
                Lookup::Object(fetched) => self.seen(&aim, &fetched).await,
            }
        })
    }

    fn move_to<'a>(&'a mut self, target: &'a Target, version: &'a Version, to: &'a NewTime) -> Pending<'a, ()> {
        Box::pin(async move {
            let aim = self.aim(target).await?;
            let fetched = self.current(&aim, version).await?;
            let text = {
                let (object, family) = read(&aim, &fetched)?;
                edit::moved(&object, &family, aim.original.as_ref(), to, fetched.at).ok_or_else(odd)?
            };
            self.put(&aim, &fetched, &text).await?;
            let stands =
                |found: &Found| edit::same(&found.event.start, &to.start) && edit::same(&found.event.end, &to.end);
            self.check(&aim, |seen| matches!(seen, Seen::There(found) if stands(found))).await
        })
    }

    fn create<'a>(&'a mut self, make_up: &'a MakeUp) -> Pending<'a, ()> {
        Box::pin(async move {
            let aim = self.aim(&Target::MakeUp(make_up.name.clone())).await?;
            // Some servers replace what is there whatever the condition says.
            let at = match get(&self.account, &aim.url).await? {
                Lookup::Nothing { at } => at,
                Lookup::Object(_) => {
                    return Err(WriteError::new(WriteErrorKind::Taken, "an event with that name already exists"));
                }
            };
            let text = compose::make_up(make_up, at);
            let conditions = [(IF_NONE_MATCH, "*".to_owned())];
            self.send(Method::PUT, &aim.url, &conditions, Some(&text), RequestKind::Create).await?;
            let stands = |found: &Found| edit::same(&found.event.start, &make_up.start);
            self.check(&aim, |seen| matches!(seen, Seen::There(found) if stands(found))).await
        })
    }

    fn remove<'a>(&'a mut self, target: &'a Target, version: &'a Version) -> Pending<'a, ()> {
        Box::pin(async move {
            let aim = self.aim(target).await?;
            let fetched = self.current(&aim, version).await?;
            let text = match &aim.original {
                None => None,
                Some(original) => {
                    let (object, family) = read(&aim, &fetched)?;
                    Some(edit::removed(&object, &family, original, fetched.at).ok_or_else(odd)?)
                }
            };
            match text {
                Some(text) => self.put(&aim, &fetched, &text).await?,
                None => self.delete(&aim, &fetched).await?,
            }
            self.check(&aim, |seen| !matches!(seen, Seen::There(_))).await
        })
    }
}

impl Writer {
    async fn aim(&self, target: &Target) -> Result<ResolvedTarget, WriteError> {
        let principal = self.account.principal().await.map_err(|failure| unsent(&failure))?;
        let collection = &principal.choose(self.name.as_deref()).map_err(|failure| unsent(&failure))?.url;
        Ok(match target {
            Target::Session { resource, uid, original } => {
                ResolvedTarget { url: href::at(collection, resource), uid: uid.clone(), original: original.clone() }
            }
            Target::MakeUp(name) => ResolvedTarget {
                url: href::at(collection, &compose::path(collection.path(), name)),
                uid: compose::uid(name),
                original: None,
            },
        })
    }

    async fn seen(&self, aim: &ResolvedTarget, fetched: &Fetched) -> Result<Seen, WriteError> {
        let (found, operation, content) = {
            let (object, family) = read(aim, fetched)?;
            let found = session::find(&family, aim.original.as_ref());
            let own = family.part(aim.original.as_ref());
            let shown = own.or_else(|| family.base(aim.original.as_ref()?));
            let operation = own.and_then(|part| edit::operation(&object, part));
            (found, operation, shown.map(|part| content::of(&object, part.component(&object))))
        };
        match (found, content) {
            (Err(session::Missing::Absent), _) => Ok(Seen::Absent),
            (Err(session::Missing::CalledOff), _) => Ok(Seen::CalledOff { operation }),
            (Ok(event), Some(content)) => Ok(Seen::There(Box::new(Found {
                may_write: self.may_write(&event).await,
                event,
                version: fetched.version(),
                operation,
                content,
                clock_skew: fetched.clock_skew,
            }))),
            (Ok(_), None) => Err(odd()),
        }
    }

    /// Whether the owner called it, or it has no organiser at all.
    async fn may_write(&self, event: &Event) -> bool {
        match event.organiser.as_ref() {
            None => true,
            Some(organiser) => match &organiser.address {
                Some(address) => self.account.is_owner(address).await,
                None => false,
            },
        }
    }

    /// The object as it is now, if it is still as it was decided on and may be written.
    async fn current(&self, aim: &ResolvedTarget, version: &Version) -> Result<Fetched, WriteError> {
        let Lookup::Object(fetched) = get(&self.account, &aim.url).await? else {
            return Err(WriteError::new(WriteErrorKind::NotThere, "the event is no longer there"));
        };
        if !fetched.is(version) {
            return Err(WriteError::new(WriteErrorKind::Changed, "the event has changed"));
        }
        match self.seen(aim, &fetched).await? {
            Seen::There(found) if found.may_write => Ok(*fetched),
            Seen::There(_) => Err(WriteError::new(WriteErrorKind::NotAllowed, "somebody else organises it")),
            Seen::Absent | Seen::CalledOff { .. } => {
                Err(WriteError::new(WriteErrorKind::Changed, "it was cancelled in the meantime"))
            }
        }
    }

    async fn put(&self, aim: &ResolvedTarget, fetched: &Fetched, text: &str) -> Result<(), WriteError> {
        self.at_version(aim, fetched, Method::PUT, Some(text)).await
    }

    async fn delete(&self, aim: &ResolvedTarget, fetched: &Fetched) -> Result<(), WriteError> {
        self.at_version(aim, fetched, Method::DELETE, None).await
    }

    /// Sends a write that is conditional on what was fetched.
    async fn at_version(
        &self,
        aim: &ResolvedTarget,
        fetched: &Fetched,
        method: Method,
        text: Option<&str>,
    ) -> Result<(), WriteError> {
        self.send(method, &aim.url, &fetched.condition()?, text, RequestKind::Change).await
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        conditions: &[(HeaderName, String)],
        text: Option<&str>,
        asked: RequestKind,
    ) -> Result<(), WriteError> {
        let mut request = Request::new(method, url);
        if let Some(text) = text {
            request = request.with_body(CALENDAR, text).map_err(|failure| unsent(&failure))?;
        }
        for (name, value) in conditions.iter().filter(|_| !planted!("caldav-writes-unconditionally")) {
            request = request.with(name.clone(), value).map_err(|failure| unsent(&failure))?;
        }
        let reply = self.account.send(request).await.map_err(|error| unanswered(&error))?;
        if reply.status.is_success() { Ok(()) } else { Err(refusal(&reply, asked)) }
    }

    /// Reads back what was written, and holds it against what it should be by its meaning, as servers rewrite objects.
    async fn check(&self, aim: &ResolvedTarget, stands: impl FnOnce(&Seen) -> bool) -> Result<(), WriteError> {
        let seen = match get(&self.account, &aim.url).await {
            Ok(Lookup::Object(fetched)) => self.seen(aim, &fetched).await?,
            // The server said that it did it, and nothing says otherwise: a replica that lags knows nothing of it yet.
            Ok(Lookup::Nothing { .. }) | Err(_) => return Ok(()),
        };
        if stands(&seen) {
            return Ok(());
        }
        Err(WriteError::new(
            WriteErrorKind::NotDone,
            "the server reported success, but the event is not what was written",
        ))
    }
}

/// The text of an object and the events of its uid.
fn read<'a>(aim: &ResolvedTarget, fetched: &'a Fetched) -> Result<(Object<'a>, Family), WriteError> {
    let object = Object::parse(&fetched.text).ok_or_else(odd)?;
    let family = Family::of(&object, &aim.uid);
    Ok((object, family))
}

fn odd() -> WriteError {
    WriteError::new(WriteErrorKind::Refused, "the event's text cannot be edited safely")
}
