//! Owns one person's way to the made-up server: the three interfaces of a calendar, with the faults of the way.

use std::pin::Pin;
use std::time::Duration;

use cadenced::calendar::write::{
    CalendarWriter, Found, MakeUp, NewTime, Pending, Seen, Target, Version, WriteError, WriteErrorKind,
};
use cadenced::calendar::{Calendar, Cursor, Effort, Error, ErrorKind, FreeBusy, Hints, Reading, Snapshot};
use cadenced::domain::availability::{Availability, BusySpan};
use cadenced::domain::event::{Reply, Status};
use cadenced::domain::person::Address;
use cadenced::domain::source::{Item, SourceId};
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};

use super::world::{Entry, Fault, Server, Written, single, span, takes_part, zone};

/// One person's way to the server, from one machine.
#[derive(Clone)]
pub struct Way {
    pub server: Server,
    pub whose: String,
    pub source: SourceId,
    pub skew: SignedDuration,
}

fn error(kind: WriteErrorKind) -> WriteError {
    WriteError::new(kind, "a fault of the made-up server")
}

impl Calendar for Way {
    fn read<'a>(
        &'a mut self,
        _: Option<&'a Cursor>,
        _: Effort,
    ) -> Pin<Box<dyn Future<Output = Result<Reading, Error>> + Send + 'a>> {
        Box::pin(async move {
            let world = self.server.lock();
            if world.unreadable {
                let detail = "a fault of the made-up server".to_owned();
                return Err(Error { kind: ErrorKind::Offline, source_id: self.source.clone(), detail });
            }
            let gone = |name: &str| {
                name.split_once('/')
                    .is_some_and(|(series, _)| world.entries.get(series).is_none_or(|series| series.deleted))
            };
            let shown = world.entries.iter().filter(|(name, entry)| {
                let set_apart = name.contains('/');
                takes_part(&entry.event, &self.whose) && !gone(name) && (set_apart || !entry.deleted)
            });
            let items: Vec<Item> = shown
                .map(|(name, entry)| {
                    let mut event = entry.event.clone();
                    if entry.deleted {
                        event.status = Status::Cancelled;
                    }
                    Item::Kept { resource: name.clone(), event: Box::new(event) }
                })
                .collect();
            let events = items.len() as u64;
            let items = Box::new(items.into_iter().map(Ok));
            let (cursor, hints) = (Cursor::default(), Hints::default());
            Ok(Reading::Snapshot(Snapshot { items, events, restarted: false, cursor, hints }))
        })
    }
}

impl FreeBusy for Way {
    fn busy<'a>(
        &'a mut self,
        who: &'a [Address],
        window: Span,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Availability>, Error>> + Send + 'a>> {
        Box::pin(async move {
            let world = self.server.lock();
            let of = |who: &Address| {
                let spans = world.busy(who.as_str(), window).into_iter();
                let busy =
                    (!world.unknown_busy).then(|| spans.map(|(_, span)| BusySpan { span, tentative: false }).collect());
                Availability { who: who.clone(), window, asked: now, busy }
            };
            Ok(who.iter().map(of).collect())
        })
    }
}

impl Way {
    /// What happens to a request on its way; dying is never coming back.
    async fn before(&self, write: bool) -> Result<Option<Fault>, WriteError> {
        let fault = self.server.lock().fault();
        match fault {
            Some(Fault::KillBefore) => self.die().await,
            Some(Fault::Refuse) => Err(error(WriteErrorKind::NotSent)),
            Some(Fault::Wait) => Err(error(WriteErrorKind::Wait { after: Some(Duration::from_mins(1)) })),
            Some(Fault::LoseRequest) if write => Err(error(WriteErrorKind::FateUnknown)),
            Some(Fault::LoseReply | Fault::LoseRequest | Fault::KillAfter) if !write => {
                Err(error(WriteErrorKind::NotSent))
            }
            fault => Ok(fault),
        }
    }

    async fn after(&self, fault: Option<Fault>) -> Result<(), WriteError> {
        match fault {
            Some(Fault::KillAfter) => self.die().await,
            Some(Fault::LoseReply) => Err(error(WriteErrorKind::FateUnknown)),
            _ => Ok(()),
        }
    }

    async fn die<T>(&self) -> T {
        self.server.kill.notify_one();
        std::future::pending().await
    }

    fn name(target: &Target) -> (String, Option<Timestamp>) {
        match target {
            Target::Session { resource, original, .. } => {
                (resource.clone(), original.as_ref().map(|original| original.instant(zone().rules())))
            }
            Target::MakeUp(key) => (key.0.clone(), None),
        }
    }

    fn entry(&self, target: &Target) -> Option<Entry> {
        let world = self.server.lock();
        match Self::name(target) {
            (resource, Some(original)) => world.instance(&resource, original),
            (resource, None) => world.entries.get(&resource).cloned(),
        }
    }

    fn may_write(&self, entry: &Entry) -> bool {
        let organiser = entry.event.organiser.as_ref().and_then(|who| who.address.as_ref());
        organiser.is_none_or(|address| address.as_str() == self.whose)
    }

    /// Notes a write, and with what of either person's it clashes.
    fn note(&self, target: &Target, to: Option<Span>, operation: &str) {
        let (resource, original) = Self::name(target);
        let own = original.map_or_else(|| resource.clone(), |at| super::world::instance_name(&resource, at));
        let mut world = self.server.lock();
        let mut clash = None;
        if let Some(to) = to {
            for whose in [super::world::MANAGER, super::world::REPORT] {
                let taken = world.busy(whose, to).into_iter().find(|(name, _)| *name != own);
                clash = clash.or(taken.map(|(name, span)| format!("{whose} has {name} at {}", span.start)));
            }
        }
        world.mails += 1;
        let by = self.whose.clone();
        world.written.push(Written { by, operation: operation.to_owned(), resource, original, to, clash });
    }
}

impl CalendarWriter for Way {
    fn look<'a>(&'a mut self, target: &'a Target) -> Pending<'a, Seen> {
        Box::pin(async move {
            let _ = self.before(false).await?;
            Ok(match self.entry(target) {
                None => Seen::Absent,
                Some(entry) if entry.deleted || entry.event.status == Status::Cancelled => Seen::CalledOff,
                Some(entry) => Seen::There(Box::new(Found {
                    may_write: self.may_write(&entry),
                    version: Version(entry.version.to_string()),
                    operation: entry.mark.clone(),
                    clock_skew: Some(self.skew),
                    event: entry.event,
                })),
            })
        })
    }

    fn move_to<'a>(&'a mut self, target: &'a Target, version: &'a Version, to: &'a NewTime) -> Pending<'a, ()> {
        Box::pin(async move {
            let fault = self.before(true).await?;
            let entry = self.entry(target).ok_or_else(|| error(WriteErrorKind::NotThere))?;
            if entry.deleted || entry.version.to_string() != version.0 {
                return Err(error(WriteErrorKind::Changed));
            }
            if !self.may_write(&entry) {
                return Err(error(WriteErrorKind::NotAllowed));
            }
            let rules = zone();
            let at = Span::new(to.start.instant(rules.rules()), to.end.instant(rules.rules()));
            self.note(target, Some(at), &to.operation);
            let change = |entry: &mut Entry| {
                entry.event.start = to.start.clone();
                entry.event.end = to.end.clone();
                entry.mark = Some(to.operation.clone());
                for guest in &mut entry.event.guests {
                    guest.reply = if Some(&guest.who) == entry.event.organiser.as_ref() {
                        Reply::Accepted
                    } else {
                        Reply::NeedsAction
                    };
                }
            };
            match Self::name(target) {
                (resource, Some(original)) => self.server.lock().change_instance(&resource, original, change),
                (resource, None) => self.server.lock().change(&resource, change),
            }
            self.after(fault).await
        })
    }

    fn create<'a>(&'a mut self, make_up: &'a MakeUp) -> Pending<'a, ()> {
        Box::pin(async move {
            let fault = self.before(true).await?;
            let name = make_up.key.0.clone();
            if self.server.lock().entries.contains_key(&name) {
                return Err(error(WriteErrorKind::Taken));
            }
            let rules = zone();
            let at = Span::new(make_up.start.instant(rules.rules()), make_up.end.instant(rules.rules()));
            self.note(&Target::MakeUp(make_up.key.clone()), Some(at), &make_up.operation);
            let guest = make_up.guest.address.as_ref().map_or("", Address::as_str);
            let mut event = single(&name, make_up.organiser.as_str(), &[guest], at);
            event.title.clone_from(&make_up.title);
            assert_eq!(span(&event), at, "a make-up keeps its time");
            self.server.lock().put(&name, event);
            self.server.lock().change(&name, |entry| entry.mark = Some(make_up.operation.clone()));
            self.after(fault).await
        })
    }

    fn remove<'a>(&'a mut self, target: &'a Target, version: &'a Version) -> Pending<'a, ()> {
        Box::pin(async move {
            let fault = self.before(true).await?;
            let entry = self.entry(target).ok_or_else(|| error(WriteErrorKind::NotThere))?;
            if entry.deleted || entry.version.to_string() != version.0 {
                return Err(error(WriteErrorKind::Changed));
            }
            self.note(target, None, "");
            match Self::name(target) {
                (resource, Some(original)) => {
                    self.server.lock().change_instance(&resource, original, |entry| entry.deleted = true);
                }
                (resource, None) => self.server.lock().change(&resource, |entry| entry.deleted = true),
            }
            self.after(fault).await
        })
    }
}
