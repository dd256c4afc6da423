//! Plans notices: each fact once, few at a time, never in quiet hours.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::ahead;
use super::away::is_away_on;
use super::digest::{daily, daily_key, digest, owed_fact};
use super::reminders::soon;
use super::times::{due_week, is_quiet, written_key};
use super::{Notice, Proposal, ProposalKind, ProposalReason, SlotOffer, Subject};
use crate::domain::one_on_one::{Reason, Verdict};
use crate::domain::operation::{Operation, State};
use crate::domain::outcome::owed::silence;
use crate::domain::policy::{Mode, Policy};
use crate::domain::reschedule::guest_notice;
use crate::domain::series::de_facto::is_de_facto;
use crate::domain::series::people::person_key;
use crate::domain::session::{Evidence, Loss, Outcome, Session};
use crate::domain::snapshot::Snapshot;
use crate::domain::source::Source;
use crate::domain::standing::{OneOnOne, Standing};
use crate::domain::week::facts;

/// A loss that became known longer ago than this is told in the digest only.
const JUST_NOW: SignedDuration = SignedDuration::from_hours(72);

/// A fact about a 1:1 as a whole is told within this time, else it is in the report only.
pub(super) const NOTICE_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The notices that should be told now and were not.
pub(super) fn to_tell(
    standing: &Standing,
    snapshot: &Snapshot,
    policy: &Policy,
    proposals: &[Proposal],
) -> Vec<Notice> {
    if is_quiet(standing.now, policy) {
        return Vec::new();
    }
    let is_new = |notice: &Notice| !snapshot.told.contains(&notice.key);
    let mut single: Vec<Notice> =
        counted(standing).flat_map(|one| of_one(one, proposals, standing.now)).filter(is_new).collect();
    let mut notices: Vec<Notice> =
        counted(standing).filter_map(|one| lapsed(one, standing.now)).filter(is_new).collect();
    let flood = taken_from_a_flood(&mut single, policy.flood);
    notices.append(&mut single);
    if flood.is_empty() {
        notices.extend(daily(standing, snapshot, policy, proposals).filter(is_new));
    } else {
        // The digest of the day would say the same again. While the owner is away, all of it waits for their return.
        let settles = flood.into_iter().map(|notice| notice.key).chain([daily_key(standing.now, policy)]).collect();
        let is_away = is_away_on(policy.zone.to_datetime(standing.now).date(), snapshot, policy);
        notices.extend(digest(standing, policy, settles).filter(|_| !is_away));
    }
    notices.extend(soon(counted(standing), standing.now, policy).into_iter().filter(is_new));
    notices.extend(ahead::conflicts(counted(standing), proposals, standing.now, policy, is_new));
    notices.extend(counted(standing).flat_map(|one| ahead::overlaps(one, standing.now)).filter(is_new));
    notices.extend(counted(standing).filter_map(|one| ahead::deleted(one, standing.now)).filter(is_new));
    notices.extend(outcomes(standing, snapshot, policy).filter(is_new));
    notices.extend(report_ready(standing, snapshot, policy).filter(is_new));
    notices.extend(stale(standing, snapshot, policy));
    notices.extend(declined_series(standing, snapshot).filter(is_new));
    notices
}

/// Takes out what one digest has to say in the place of many notices: everything about the people of whom there is most, until there are
/// few enough of the others.
fn taken_from_a_flood(single: &mut Vec<Notice>, most: usize) -> Vec<Notice> {
    let mut flood = Vec::new();
    while single.len() > most {
        let mut of_each: BTreeMap<String, usize> = BTreeMap::new();
        for person in single.iter().filter_map(|notice| notice.subject.person()) {
            *of_each.entry(person_key(person)).or_default() += 1;
        }
        let Some((count, key)) = of_each.into_iter().map(|(key, count)| (count, key)).max() else { break };
        let is_theirs =
            |notice: &mut Notice| count < 2 || notice.subject.person().is_some_and(|person| person_key(person) == key);
        flood.extend(single.extract_if(.., is_theirs));
    }
    flood
}

/// The 1:1s that the user is told about.
pub(super) fn counted(standing: &Standing) -> impl Iterator<Item = &OneOnOne> {
    standing.one_on_ones.iter().filter(|one| one.verdict == Verdict::OneOnOne && one.mode != Mode::Off)
}

fn of_one(one: &OneOnOne, proposals: &[Proposal], now: Timestamp) -> Vec<Notice> {
    let owed = count(waiting(one));
    let proposal = |session: &Session| proposals.iter().find(|proposal| proposal.session == session.id);
    // What is about to be fixed is told once it is, and what is still being asked about once that is answered.
    let is_in_hand = |session: &&Session| {
        proposal(session).is_some_and(|proposal| {
            let is_deed = matches!(proposal.kind, ProposalKind::Move | ProposalKind::MakeUp);
            is_deed || proposal.asks.is_some() || proposal.why.contains(&ProposalReason::InHand)
        })
    };
    let sessions = one.sessions.iter().filter(|session| session.owed).filter(|session| !is_in_hand(session));
    let of_sessions = sessions.filter_map(|session| match session.state {
        Some(Loss::Open) => lost(one, session, owed, proposal(session), now),
        Some(Loss::Missed) => missed(one, session, owed, proposal(session), now),
        None => None,
    });
    of_sessions.collect()
}

/// A session that was lost just now and for which nothing stands in yet.
fn lost(one: &OneOnOne, session: &Session, owed: u32, proposal: Option<&Proposal>, now: Timestamp) -> Option<Notice> {
    let known = session.lost_by().filter(|&at| now.duration_since(at) <= JUST_NOW);
    let is_conflict = session.outcome == Outcome::Conflicted && !is_old(session, now);
    if session.made_up_by.is_some() || (known.is_none() && !is_conflict) {
        return None;
    }
    Some(Notice {
        key: format!("lost:{}:{}", session.id, outcome_key(session.outcome)),
        settles: vec![owed_fact(&session.id, session.state)],
        subject: Subject::Lost {
            session: session.id.clone(),
            person: one.person.clone(),
            span: session.span,
            outcome: session.outcome,
            by: session.by,
            owed,
            deadline: Some(session.deadline),
            offer: proposal.and_then(|proposal| offer(session, proposal)),
            no_time: proposal.and_then(Proposal::why_no_time),
        },
        until: session.deadline,
    })
}

/// A lost session whose time to be made up is over. What was past before cadenced saw it is left to the digest.
fn missed(one: &OneOnOne, session: &Session, owed: u32, proposal: Option<&Proposal>, now: Timestamp) -> Option<Notice> {
    let is_late = now.duration_since(session.deadline) > NOTICE_WINDOW;
    if is_late || session.evidence.contains(&Evidence::Reconstructed) || session.made_up_by.is_some() {
        return None;
    }
    Some(Notice {
        key: format!("missed:{}", session.id),
        settles: vec![owed_fact(&session.id, session.state)],
        subject: Subject::Missed {
            session: session.id.clone(),
            person: one.person.clone(),
            span: session.span,
            outcome: session.outcome,
            owed,
            offer: proposal.and_then(|proposal| offer(session, proposal)),
            no_time: proposal.and_then(Proposal::why_no_time),
        },
        until: later(session.deadline, NOTICE_WINDOW),
    })
}

/// The time that a proposal has for a session, as a notice offers it.
pub(super) fn offer(session: &Session, proposal: &Proposal) -> Option<SlotOffer> {
    let span = proposal.to?;
    Some(SlotOffer {
        span,
        other_is_free: proposal.choice.as_ref().is_some_and(|choice| !choice.other_unknown),
        in_time: span.end <= session.deadline,
        by_message: proposal.intent.is_none(),
    })
}

fn lapsed(one: &OneOnOne, now: Timestamp) -> Option<Notice> {
    let by_hand = one.series.last().is_some_and(|series| is_de_facto(&series.uid));
    let told_until = silence(one.cadence, by_hand) + NOTICE_WINDOW * 3;
    let since = one.lapsed.filter(|&since| now.duration_since(since) <= told_until)?;
    Some(Notice {
        key: format!("lapsed:{}:{since}", one.id),
        settles: Vec::new(),
        subject: Subject::Lapsed { one_on_one: one.id.clone(), person: one.person.clone(), since },
        until: later(now, NOTICE_WINDOW),
    })
}

fn is_old(session: &Session, now: Timestamp) -> bool {
    let is_past_sight = session.evidence.contains(&Evidence::Reconstructed);
    is_past_sight || now.duration_since(session.span.end) > JUST_NOW
}

/// The owed sessions for which nothing is on the calendar yet.
pub(super) fn waiting(one: &OneOnOne) -> impl Iterator<Item = &Session> {
    one.owed().filter(|session| session.made_up_by.is_none())
}

/// The report that was written, once it is.
fn report_ready(standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> Option<Notice> {
    let week = due_week(standing.now, policy);
    if !snapshot.told.contains(&written_key(week)) {
        return None;
    }
    let totals = facts(standing, &[], policy, week).totals;
    let owed = standing.one_on_ones.iter().flat_map(OneOnOne::owed);
    let planned = count(owed.filter(|session| session.made_up_by.is_some()));
    Some(Notice {
        key: format!("report:{week}"),
        settles: Vec::new(),
        subject: Subject::ReportReady { week, held: totals.held, missed: totals.missed, owed: totals.owed, planned },
        until: later(week.span(policy.first_weekday, &policy.zone).end, SignedDuration::from_hours(7 * 24)),
    })
}

/// The calendars that have not been read for long, in one notice for each account: what stops one often stops all.
fn stale(standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> Vec<Notice> {
    let is_due = |source: &&Source| {
        let since = source.stale_since.filter(|&since| standing.now.duration_since(since) >= policy.stale_after);
        since.is_some_and(|since| !snapshot.told.contains(&stale_key(source, since)))
    };
    let mut notices: Vec<Notice> = Vec::new();
    for source in standing.sources.iter().filter(is_due) {
        let Some(since) = source.stale_since else { continue };
        let key = stale_key(source, since);
        let of_account = notices.iter_mut().find_map(|notice| match &mut notice.subject {
            Subject::Stale { source: first, others, .. } if first.account == source.id.account => {
                Some((others, &mut notice.settles))
            }
            _ => None,
        });
        if let Some((others, settles)) = of_account {
            *others += 1;
            settles.push(key);
            continue;
        }
        let (why, credential) = (source.problem.clone(), Some(source.credential));
        let subject = Subject::Stale { source: source.id.clone(), since, why, credential, others: 0 };
        notices.push(Notice { key, settles: Vec::new(), subject, until: later(standing.now, NOTICE_WINDOW) });
    }
    notices
}

fn stale_key(source: &Source, since: Timestamp) -> String {
    format!("stale:{}:{since}", source.id)
}

/// What became of operations: those that were done by themselves or are undone, and those that came to nothing though the user
/// wanted them.
fn outcomes(standing: &Standing, snapshot: &Snapshot, policy: &Policy) -> impl Iterator<Item = Notice> {
    let lately = |operation: &&Operation| standing.now.duration_since(operation.changed) <= JUST_NOW;
    snapshot.operations.iter().filter(lately).filter_map(|operation| {
        let intent = &operation.intent;
        let one = standing.one_on_ones.iter().find(|one| one.id == intent.session.one_on_one)?;
        let (session, person, way) = (intent.session.clone(), one.person.clone(), intent.way);
        let id = operation.id.clone();
        let subject = match operation.state {
            State::Done => {
                let to = intent.to.span(&policy.zone);
                let guest_notice = guest_notice(intent, snapshot);
                let (from, yields_to) = (intent.from, intent.yields_to);
                Subject::PutBack { operation: id, way, session, person, from, to, guest_notice, yields_to }
            }
            State::Uncertain => {
                Subject::NotDone { operation: id, way, session, person, why: None, touched: None, yields_to: None }
            }
            State::StoodDown { why } if (!intent.automatic || intent.yields_to.is_some()) && !why.passes() => {
                let (why, touched, yields_to) = (Some(why), operation.touched.clone(), intent.yields_to);
                Subject::NotDone { operation: id, way, session, person, why, touched, yields_to }
            }
            State::Sending | State::Refused | State::StoodDown { .. } => return None,
        };
        let key = format!("operation:{}", operation.id);
        Some(Notice { key, settles: Vec::new(), subject, until: later(operation.changed, JUST_NOW) })
    })
}

/// Series that were 1:1s until one side declined them as a whole.
fn declined_series(standing: &Standing, snapshot: &Snapshot) -> impl Iterator<Item = Notice> {
    standing.others.iter().filter_map(|other| {
        let by = other.reasons.iter().find_map(|reason| match reason {
            Reason::DeclinedAsAWhole { by } => Some(*by),
            _ => None,
        })?;
        let known = snapshot.known.iter().find(|known| known.uid == other.uid)?;
        // Another series of the same 1:1 goes on.
        let is_over = standing.former.iter().any(|one| one.series.iter().any(|series| series.uid == other.uid));
        is_over.then(|| Notice {
            key: format!("series-declined:{}", other.id),
            settles: Vec::new(),
            subject: Subject::SeriesDeclined { person: known.person.clone(), by },
            until: later(standing.now, NOTICE_WINDOW),
        })
    })
}

fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn count<'s>(sessions: impl Iterator<Item = &'s Session>) -> u32 {
    u32::try_from(sessions.count()).unwrap_or(u32::MAX)
}

const fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Declined => "declined",
        Outcome::Conflicted => "conflicted",
        Outcome::NoShow => "no-show",
        Outcome::Cancelled => "cancelled",
        Outcome::HeldConfirmed | Outcome::HeldPresumed | Outcome::Excused | Outcome::Upcoming | Outcome::Unknown => {
            "not-lost"
        }
    }
}
