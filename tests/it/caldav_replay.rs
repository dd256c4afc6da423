//! A write whose reply was lost is retried, applied once and announced once, however late the first copy arrives. The rigs start the real
//! server that it needs.

use std::time::Duration;

use cadenced::calendar::caldav::{replies, requests};
use cadenced::calendar::write::{CalendarWriter, MakeUp, NewTime, Seen, Target, Version, WriteError, WriteErrorKind};
use cadenced::domain::event::{Participant, ParticipantKind};
use cadenced::domain::make_up::MakeUpName;
use cadenced::domain::person::Address;
use reqwest::Method;
use reqwest::header::HeaderName;

use crate::caldav_gate::Gate;
use crate::caldav_side::{Side, env, moment};
use crate::caldav_story::series;

/// What is sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Move,
    TakeOff,
    MakeUp,
    RemoveMakeUp,
}

/// What becomes of its first copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It arrives after the second one.
    Delayed,
    /// It is done, and its answer is lost.
    AnswerLost,
    /// Something on the way sends it twice.
    Replayed,
}

/// One story: a write of its own object.
struct Story<'a> {
    ours: &'a Side,
    write: Write,
    name: String,
    uid: String,
    make_up: MakeUpName,
}

impl<'a> Story<'a> {
    fn new(ours: &'a Side, write: Write, run: &str) -> Self {
        let make_up = MakeUpName::of(run, "2035-12-20T09:00:00Z".parse().unwrap(), false);
        let uid = format!("replay-{run}");
        let name = match write {
            Write::Move | Write::TakeOff => format!("{uid}.ics"),
            Write::MakeUp | Write::RemoveMakeUp => format!("cadenced-{make_up}.ics"),
        };
        Self { ours, write, name, uid, make_up }
    }

    fn target(&self) -> Target {
        match self.write {
            Write::Move | Write::TakeOff => Target::Session {
                resource: self.ours.calendar.join(&self.name).unwrap().path().to_owned(),
                uid: self.uid.clone(),
                original: Some(moment("2035-11-19T10:00")),
            },
            Write::MakeUp | Write::RemoveMakeUp => Target::MakeUp(self.make_up.clone()),
        }
    }

    fn make_up(&self) -> MakeUp {
        let guest = Participant {
            address: Address::parse("report@example.com"),
            name: Some("Rep".into()),
            kind: ParticipantKind::Individual,
        };
        MakeUp {
            name: self.make_up.clone(),
            title: "1:1 Mana / Rep".into(),
            start: moment("2035-12-20T11:00"),
            end: moment("2035-12-20T11:30"),
            organiser: self.ours.address.clone(),
            guest,
            operation: "op-2".into(),
        }
    }

    /// What is there before, and the version that the write is decided on.
    async fn prepare(&self, writer: &mut dyn CalendarWriter) -> Version {
        match self.write {
            Write::Move | Write::TakeOff => {
                let text = series(&self.uid, "2035-11-12T10:00".parse().unwrap(), None);
                // Twice, as events do change: Cyrus leaves its schedule tag as it is from the second time on.
                for text in [text.replace("1:1 Mana / Rep", "1:1"), text] {
                    self.ours.put(&self.name, &text).await;
                }
            }
            Write::RemoveMakeUp => writer.create(&self.make_up()).await.unwrap(),
            Write::MakeUp => {}
        }
        match writer.look(&self.target()).await.unwrap() {
            Seen::There(found) => found.version,
            Seen::Absent | Seen::CalledOff { .. } => Version(String::new()),
        }
    }

    async fn send(&self, writer: &mut dyn CalendarWriter, version: &Version) -> Result<(), WriteError> {
        let to =
            NewTime { start: moment("2035-11-20T15:07"), end: moment("2035-11-20T15:37"), operation: "op-1".into() };
        match self.write {
            Write::Move => writer.move_to(&self.target(), version, &to).await,
            Write::TakeOff | Write::RemoveMakeUp => writer.remove(&self.target(), version).await,
            Write::MakeUp => writer.create(&self.make_up()).await,
        }
    }

    /// The object as the server has it now; none where there is none.
    async fn object(&self) -> Option<String> {
        let got = self.ours.raw(Method::GET, &self.name, &[], "").await;
        got.status.is_success().then(|| String::from_utf8(got.body).unwrap())
    }
}

/// Counts what reached the guest: messages in the inbox, and mails where the rig has a mail server.
async fn told(guest: &Side) -> usize {
    let inbox = inbox(guest).await;
    let mails = std::env::var("CADENCED_CALDAV_MAILS").map_or(0, |folder| std::fs::read_dir(folder).unwrap().count());
    inbox + mails
}

async fn inbox(guest: &Side) -> usize {
    let asked_at = guest.raw(requests::principal().method, "", &[depth("0")], &requests::principal().body).await;
    let principal = replies::multistatus(&asked_at.body).unwrap().responses.remove(0).found.principal.unwrap();
    let asked = requests::principal_properties();
    let told = guest.raw(asked.method, &principal, &[depth("0")], &asked.body).await;
    let Some(inbox) = replies::multistatus(&told.body).unwrap().responses.remove(0).found.inbox else { return 0 };
    let asked = requests::etags();
    let listed = guest.raw(asked.method, &inbox, &[depth("1")], &asked.body).await;
    let Ok(listed) = replies::multistatus(&listed.body) else { return 0 };
    listed.responses.iter().filter(|one| one.found.types.is_empty()).count()
}

fn depth(depth: &str) -> (HeaderName, &str) {
    (HeaderName::from_static("depth"), depth)
}

/// Waits until nothing more comes, and counts it.
async fn settled(guest: &Side) -> usize {
    let mut last = told(guest).await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let now = told(guest).await;
        if now == last {
            break;
        }
        last = now;
    }
    last
}

/// How a story went.
struct Went {
    again: String,
    late: u16,
    once: bool,
    messages: usize,
}

async fn tell(gate: &mut Gate, story: &Story<'_>, fault: Option<Fault>, guest: Option<&Side>) -> Went {
    let mut writer = story.ours.connect().writer.unwrap();
    let version = story.prepare(writer.as_mut()).await;
    let before = match guest {
        Some(guest) => settled(guest).await,
        None => 0,
    };
    gate.hold(true);
    let (sent, copy) = tokio::join!(story.send(writer.as_mut(), &version), async {
        let held = gate.next().await;
        gate.hold(false);
        let copy = held.request.clone();
        match fault {
            Some(Fault::Delayed) => drop(held.lose_request()),
            Some(Fault::AnswerLost) => held.lose_reply(),
            Some(Fault::Replayed) | None => held.pass(),
        }
        copy
    });
    let again = match fault {
        // The mover looks, sees what was done or that nothing was, and sends again in the worst case.
        Some(Fault::Delayed | Fault::AnswerLost) => {
            assert_eq!(sent.unwrap_err().kind, WriteErrorKind::FateUnknown);
            let again = story.send(writer.as_mut(), &version).await;
            again.map_or_else(|error| error.kind.to_string(), |()| "done".to_owned())
        }
        Some(Fault::Replayed) | None => {
            sent.unwrap();
            "-".to_owned()
        }
    };
    let object = story.object().await;
    let late = if fault.is_some() { gate.deliver(&copy).await } else { 0 };
    let once = story.object().await == object;
    let messages = match guest {
        Some(guest) => settled(guest).await - before,
        None => 0,
    };
    Went { again, late, once, messages }
}

#[tokio::test]
#[ignore = "needs a CalDAV server: tests/rigs"]
async fn a_write_that_is_sent_again_is_applied_once_and_told_once() {
    let server = env("CADENCED_CALDAV_SERVER");
    let name = env("CADENCED_CALDAV_NAME");
    let mut gate = Gate::start(&server).await;
    let ours = Side::at("manager", &gate.url()).await;
    let guest = if env("CADENCED_CALDAV_SCHEDULES") == "yes" { Some(Side::new("report").await) } else { None };
    let mut wrong = 0;
    let faults = [None, Some(Fault::Delayed), Some(Fault::AnswerLost), Some(Fault::Replayed)];
    for (at, write) in [Write::Move, Write::TakeOff, Write::MakeUp, Write::RemoveMakeUp].into_iter().enumerate() {
        if name == "davical" && write == Write::Move {
            println!(
                "{name:8} | Move         | refused by the server: it takes no session of its own in an event with guests"
            );
            continue;
        }
        let mut usual = 0;
        for (fault_at, fault) in faults.into_iter().enumerate() {
            let story = Story::new(&ours, write, &format!("{}{at}{fault_at}", std::process::id()));
            let went = tell(&mut gate, &story, fault, guest.as_ref()).await;
            if fault.is_none() {
                usual = went.messages;
            }
            wrong += u32::from(!went.once || went.messages != usual);
            println!(
                "{name:8} | {:12} | {:10} | sent again: {:18} | the late copy: {:3} | {} | messages to the guest: {}{}",
                format!("{write:?}"),
                fault.map_or("no fault".to_owned(), |fault| format!("{fault:?}")),
                went.again,
                went.late,
                if went.once { "applied once" } else { "APPLIED TWICE" },
                went.messages,
                if went.messages == usual { "" } else { " WRONG" },
            );
            ours.raw(Method::DELETE, &story.name, &[], "").await;
        }
    }
    assert_eq!(wrong, 0);
}
