//! One machine's way to the made-up server: the three interfaces of a calendar, with the faults of the way.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cadenced::calendar::content::{Aspect, Content};
use cadenced::calendar::write::{
    CalendarWriter, Found, MakeUp, NewTime, Pending, Seen, Target, Version, WriteError, WriteErrorKind,
};
use cadenced::calendar::{Calendar, Cursor, Effort, Error, ErrorKind, FreeBusy, Hints, Reading, Snapshot};
use cadenced::domain::availability::{Availability, BusySpan};
use cadenced::domain::event::{Reply, Status};
use cadenced::domain::fingerprint::Part;
use cadenced::domain::person::Address;
use cadenced::domain::source::{Item, SourceId};
use cadenced::domain::span::Span;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::promises::circumstances;
use super::world::{
    Entry, Fault, Server, Written, instance_in, instance_name, organiser_of, set_reply, single, span, stands, zone,
};

/// The way of one machine to its owner's calendar.
#[derive(Clone)]
pub struct WriteKind {
    pub server: Server,
    pub machine: String,
    pub whose: String,
    pub source: SourceId,
    pub skew: SignedDuration,
    /// Told when the machine dies.
    pub kill: Arc<Notify>,
}

fn error(kind: WriteErrorKind) -> WriteError {
    WriteError::new(kind, "a fault of the made-up server")
}

impl Calendar for WriteKind {
    fn read<'a>(
        &'a mut self,
        _: Option<&'a Cursor>,
        _: Effort,
    ) -> Pin<Box<dyn Future<Output = Result<Reading, Error>> + Send + 'a>> {
        Box::pin(async move {
            self.server.gate.pass(&self.machine).await;
            let mut world = self.server.lock();
            let fails = world.failing_reads > 0;
            world.failing_reads = world.failing_reads.saturating_sub(1);
            if world.unreadable || fails {
                let detail = "a fault of the made-up server".to_owned();
                return Err(Error { kind: ErrorKind::Offline, source_id: self.source.clone(), detail });
            }
            let calendar = world.listed(&self.whose);
            let gone =
                |name: &str| name.split_once('/').is_some_and(|(of, _)| calendar.get(of).is_none_or(|of| of.deleted));
            let shown = calendar.iter().filter(|(name, entry)| !gone(name) && (name.contains('/') || !entry.deleted));
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
            let hints = Hints { clock_skew: Some(self.skew), ..Hints::default() };
            Ok(Reading::Snapshot(Snapshot { items, events, restarted: false, cursor: Cursor::default(), hints }))
        })
    }
}

impl FreeBusy for WriteKind {
    fn busy<'a>(
        &'a mut self,
        who: &'a [Address],
        window: Span,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Availability>, Error>> + Send + 'a>> {
        Box::pin(async move {
            self.server.gate.pass(&self.machine).await;
            let world = self.server.lock();
            let of = |who: &Address| {
                let spans = world.busy_as_listed(who.as_str(), window).into_iter();
                let busy = || spans.map(|(_, span)| BusySpan { span, tentative: false }).collect();
                Availability { who: who.clone(), window, asked: now, busy: (!world.unknown_busy).then(busy) }
            };
            Ok(who.iter().map(of).collect())
        })
    }
}

impl WriteKind {
    /// What happens to a request on its way; dying is never coming back.
    async fn before(&self, writes: bool) -> Result<Option<Fault>, WriteError> {
        self.server.gate.pass(&self.machine).await;
        let fault = self.server.lock().fault();
        match fault {
            Some(Fault::KillBefore) => self.die().await,
            Some(Fault::Refuse) => Err(error(WriteErrorKind::NotSent)),
            Some(Fault::Wait) => Err(error(WriteErrorKind::Wait { after: Some(Duration::from_hours(1)) })),
            Some(Fault::LoseRequest) if writes => Err(error(WriteErrorKind::FateUnknown)),
            Some(Fault::LoseReply | Fault::LoseRequest | Fault::KillAfter) if !writes => {
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
        self.kill.notify_one();
        std::future::pending().await
    }

    fn name(target: &Target) -> String {
        match target {
            Target::Session { resource, original: Some(original), .. } => {
                instance_name(resource, original.instant(zone().rules()))
            }
            Target::Session { resource, original: None, .. } => resource.clone(),
            Target::MakeUp(name) => name.to_string(),
        }
    }

    fn entry(&self, target: &Target) -> Option<Entry> {
        instance_in(self.server.lock().calendar(&self.whose), &Self::name(target))
    }

    fn may_write(&self, entry: &Entry) -> bool {
        organiser_of(&entry.event).is_none_or(|organiser| organiser == self.whose)
    }

    /// The event that a write may change: it is at the version that was looked at, and the owner's to change.
    fn current(&self, target: &Target, version: &Version, fault: Option<Fault>) -> Result<Entry, WriteError> {
        if fault == Some(Fault::Touch) {
            // What guests see and what alarms do means nothing to anybody else.
            self.server.lock().change(&self.whose, &Self::name(target), |_| {});
        }
        let entry = self.entry(target).ok_or_else(|| error(WriteErrorKind::NotThere))?;
        if !stands(&entry) || entry.version.to_string() != version.0 {
            return Err(error(WriteErrorKind::Changed));
        }
        if !self.may_write(&entry) {
            return Err(error(WriteErrorKind::NotAllowed));
        }
        Ok(entry)
    }

    /// Notes a write right before it is done.
    fn note(&self, target: &Target, to: Option<Span>, operation: &str) {
        let resource = Self::name(target);
        let mut world = self.server.lock();
        let was = circumstances(&world, &self.whose, &resource, to);
        let (operation, whose) = (operation.to_owned(), self.whose.clone());
        world.written.push(Written { operation, whose, resource, was });
    }
}

/// What the server shows of an event besides what the mirror keeps.
fn content(entry: &Entry) -> Content {
    let event = &entry.event;
    let mut shown = vec![
        (Aspect::Part(Part::Time), format!("{} {} {}", span(event).start, span(event).end, event.sequence)),
        (Aspect::Part(Part::Title), event.title.clone()),
        (Aspect::Part(Part::Notes), entry.notes.clone()),
        (Aspect::Part(Part::Place), entry.place.clone()),
    ];
    for guest in &event.guests {
        let who = guest.who.address.as_ref().map_or("", Address::as_str);
        shown.push((Aspect::Part(Part::Guests), who.to_owned()));
        shown.push((Aspect::Reply, format!("{who} {:?}", guest.reply)));
    }
    Content::of(shown)
}

impl CalendarWriter for WriteKind {
    fn look<'a>(&'a mut self, target: &'a Target) -> Pending<'a, Seen> {
        Box::pin(async move {
            let fault = self.before(false).await?;
            Ok(match self.entry(target) {
                _ if fault == Some(Fault::Blind) => Seen::Absent,
                None => Seen::Absent,
                Some(entry) if !stands(&entry) => Seen::CalledOff { operation: entry.mark },
                Some(entry) => Seen::There(Box::new(Found {
                    may_write: self.may_write(&entry),
                    version: Version(entry.version.to_string()),
                    operation: entry.mark.clone(),
                    content: content(&entry),
                    clock_skew: Some(self.skew),
                    event: entry.event,
                })),
            })
        })
    }

    fn move_to<'a>(&'a mut self, target: &'a Target, version: &'a Version, to: &'a NewTime) -> Pending<'a, ()> {
        Box::pin(async move {
            let fault = self.before(true).await?;
            self.current(target, version, fault)?;
            let rules = zone();
            let at = Span::new(to.start.instant(rules.rules()), to.end.instant(rules.rules()));
            self.note(target, Some(at), &to.operation);
            self.server.lock().change(&self.whose, &Self::name(target), |entry| {
                entry.event.start = to.start.clone();
                entry.event.end = to.end.clone();
                entry.event.sequence += 1;
                entry.mark = Some(to.operation.clone());
                entry.by_hand = false;
                let guests: Vec<String> =
                    entry.event.guests.iter().filter_map(|one| Some(one.who.address.as_ref()?.to_string())).collect();
                for guest in guests {
                    let reply = if guest == self.whose { Reply::Accepted } else { Reply::NeedsAction };
                    set_reply(&mut entry.event, &guest, reply);
                }
            });
            self.after(fault).await
        })
    }

    fn create<'a>(&'a mut self, make_up: &'a MakeUp) -> Pending<'a, ()> {
        Box::pin(async move {
            let fault = self.before(true).await?;
            let name = make_up.name.to_string();
            if self.server.lock().calendar(&self.whose).contains_key(&name) {
                return Err(error(WriteErrorKind::Taken));
            }
            let rules = zone();
            let at = Span::new(make_up.start.instant(rules.rules()), make_up.end.instant(rules.rules()));
            self.note(&Target::MakeUp(make_up.name.clone()), Some(at), &make_up.operation);
            let guest = make_up.guest.address.as_ref().map_or("", Address::as_str);
            let uid = format!("cadenced-{name}");
            let mut event = single(&uid, make_up.organiser.as_str(), &[guest], at);
            event.title.clone_from(&make_up.title);
            set_reply(&mut event, guest, Reply::NeedsAction);
            self.server.lock().put(&self.whose, &name, event, Some(make_up.operation.clone()));
            self.after(fault).await
        })
    }

    fn remove<'a>(&'a mut self, target: &'a Target, version: &'a Version) -> Pending<'a, ()> {
        Box::pin(async move {
            let fault = self.before(true).await?;
            self.current(target, version, fault)?;
            self.note(target, None, "");
            self.server.lock().change(&self.whose, &Self::name(target), |entry| entry.deleted = true);
            self.after(fault).await
        })
    }
}
