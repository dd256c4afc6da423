//! Shows one notice of each kind on this session's desktop; `tests/rigs/desktop-dunst.sh` runs it.

use cadenced::domain::one_on_one::OneOnOneId;
use cadenced::domain::operation::{OperationId, WriteKind};
use cadenced::domain::person::{Person, Relation};
use cadenced::domain::plan::{DigestLine, DigestSession, Notice, SlotOffer, Subject};
use cadenced::domain::policy::Redaction;
use cadenced::domain::session::{Outcome, SessionId, Side};
use cadenced::domain::source::{Credential, GuestNotice, ReadErrorKind, ReadProblem, SourceId};
use cadenced::domain::span::Span;
use cadenced::notify::dbus::Notifier;
use cadenced::notify::text::message;
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let now = date(2026, 11, 20).at(12, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp();
        let mut notifier = Notifier::default();
        for (n, subject) in subjects(now)?.into_iter().enumerate() {
            let notice = Notice { key: n.to_string(), settles: Vec::new(), subject, until: Timestamp::MAX };
            let message = message(&notice, &[], Redaction::Full, &TimeZone::UTC, now);
            notifier.send(&message, None).await?;
            println!("sent: {}", message.summary);
        }
        // The senders stay on the bus until somebody has looked.
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        Ok(())
    })
}

fn subjects(now: Timestamp) -> anyhow::Result<Vec<Subject>> {
    let hours = |n: i64| now + SignedDuration::from_hours(n);
    let session = |at| SessionId { one_on_one: OneOnOneId("k3f9a2c1".to_owned()), original: at };
    let span = |at| Span::new(at, at + SignedDuration::from_mins(30));
    let person = |name: &str| Person { name: name.to_owned(), addresses: Vec::new(), relation: Relation::Report };
    let ann = || person("Ann <b>Example</b> & Co");
    let line = |name, owed: i64, overdue| DigestLine {
        person: person(name),
        sessions: (1..=owed).rev().map(|week| DigestSession { start: hours(-168 * week), open: week == 1 }).collect(),
        overdue,
        last_held: Some(hours(-260)),
    };
    let offer = SlotOffer { span: span(hours(44)), other_is_free: true, in_time: true, by_message: false };
    let (lost, missed) = (hours(20), hours(-70));
    let outcome = Outcome::Cancelled;
    Ok(vec![
        Subject::Lost {
            session: session(lost),
            person: ann(),
            span: span(lost),
            outcome,
            by: Some(Side::Other),
            owed: 1,
            deadline: Some(hours(60)),
            offer: Some(offer),
            no_time: None,
        },
        Subject::PutBack {
            operation: OperationId("0123456789abcdef".to_owned()),
            way: WriteKind::Move,
            session: session(lost),
            person: ann(),
            from: span(lost),
            to: span(hours(44)),
            guest_notice: Some(GuestNotice::Mail),
            yields_to: None,
        },
        Subject::Missed {
            session: session(missed),
            person: ann(),
            span: span(missed),
            outcome,
            owed: 2,
            offer: Some(SlotOffer { in_time: false, ..offer }),
            no_time: None,
        },
        Subject::Digest {
            lines: vec![line("Bo Test", 1, false), line("Çağla Örnek", 2, true), line("見本 太郎", 1, false)],
        },
        Subject::ReportReady { week: "2026-W47".parse()?, held: 7, missed: 1, owed: 2, planned: 1 },
        Subject::Lapsed { one_on_one: OneOnOneId("k3f9a2c1".to_owned()), person: ann(), since: hours(-1400) },
        Subject::SeriesDeclined { person: ann(), by: Side::Other },
        Subject::Stale {
            source: SourceId { account: "work".to_owned(), calendar: "main".to_owned() },
            others: 0,
            since: hours(-30),
            why: Some(ReadProblem { kind: ReadErrorKind::SignIn, detail: "the server answered 401".to_owned() }),
            credential: Some(Credential::Browser),
        },
        Subject::StoreRestored { copy: Some(date(2026, 11, 19)) },
    ])
}
