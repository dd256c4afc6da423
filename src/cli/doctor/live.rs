//! `cadenced doctor --live`: checks an account with its server, without storing or writing anything.

use jiff::SignedDuration;

use super::super::context::Context;
use super::super::exit::Exit;
use super::{Finding, Kind};
use crate::calendar::provider::{Check, CheckResult};
use crate::calendar::{self, Calendar, Connected, Cursor, Effort, FreeBusy, Hints, Item, Reading};
use crate::config::Account;
use crate::daemon::shared;
use crate::domain::span::Span;

/// Beyond this, nothing would be written: the clocks disagree.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(2);

/// How far ahead the owner's own free/busy is asked.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The result of reading everything.
struct FullRead {
    cursor: Cursor,
    hints: Hints,
    detail: String,
    problems: u64,
}

/// Asks the server of an account.
pub async fn findings(account: &Account, context: &Context) -> Vec<Finding> {
    let shared = shared(context.data(), &context.settings.owner);
    let checks = calendar::provider(account, &shared).check_live().await;
    let mut findings: Vec<Finding> = checks.into_iter().map(finding).collect();
    let mut is_asked = false;
    for mut connected in calendar::connect(account, &shared) {
        findings.extend(events(&mut connected).await);
        // Once for the account: its calendars ask the same server.
        if let Some(asker) = connected.free_busy.as_mut().filter(|_| !is_asked) {
            findings.push(free_busy(asker.as_mut(), context).await);
            is_asked = true;
        }
    }
    findings
}

fn finding(check: Check) -> Finding {
    match check.result {
        CheckResult::Fine(detail) => Finding::fine(Kind::Server, check.what, detail),
        CheckResult::Note(detail) => Finding::note(Kind::Server, check.what, detail),
        CheckResult::Failed(failure) => {
            Finding::wrong(Kind::Server, check.what, Exit::of_reading(failure.kind), failure.detail)
        }
    }
}

/// One calendar read as a whole, then asked for changes with what that left behind.
async fn events(connected: &mut Connected) -> Vec<Finding> {
    let what = |part: &str| format!("{part} of {}", connected.id);
    let whole = match whole(connected.reader.as_mut()).await {
        Ok(whole) => whole,
        Err(error) => {
            return vec![Finding::wrong(
                Kind::Server,
                what("events"),
                Exit::of_reading(error.kind),
                format!("{}: {}", error.kind, error.detail),
            )];
        }
    };
    let read = if whole.problems > 0 { Finding::note } else { Finding::fine };
    let mut findings = vec![read(Kind::Server, what("events"), whole.detail)];
    findings.push(match connected.reader.read(Some(&whole.cursor), Effort::Incremental).await {
        Ok(Reading::Unchanged { .. }) => Finding::fine(Kind::Server, what("changes"), "none since, as expected"),
        Ok(Reading::Delta(_)) => Finding::fine(Kind::Server, what("changes"), "some, made in the meantime"),
        Ok(Reading::Snapshot(_)) => Finding::note(
            Kind::Server,
            what("changes"),
            "the server did not recognise the token that it had just issued",
        ),
        Err(error) => Finding::wrong(Kind::Server, what("changes"), Exit::of_reading(error.kind), error.detail),
    });
    findings.extend(whole.hints.clock_skew.map(|skew| clock(what("clock"), skew)));
    findings
}

async fn whole(reader: &mut dyn Calendar) -> Result<FullRead, calendar::Error> {
    let Reading::Snapshot(snapshot) = reader.read(None, Effort::Full).await? else {
        let (cursor, hints) = (Cursor::default(), Hints::default());
        return Ok(FullRead { cursor, hints, detail: "nothing".to_owned(), problems: 0 });
    };
    let (mut events, mut called_off, mut problems, mut first) = (0_u64, 0_u64, 0_u64, None);
    for item in snapshot.items {
        match item {
            Ok(Item::Event(_) | Item::Kept { .. }) => events += 1,
            Ok(Item::CalledOff { .. }) => called_off += 1,
            Ok(Item::Problem(problem)) => {
                problems += 1;
                first.get_or_insert_with(|| format!("; {}: {}", problem.place, problem.what));
            }
            Err(error) => {
                problems += 1;
                first.get_or_insert_with(|| format!("; {}", error.kind()));
            }
        }
    }
    let first = first.unwrap_or_default();
    let detail = format!("{events} read, {called_off} sessions called off, {problems} skipped or repaired{first}");
    Ok(FullRead { cursor: snapshot.cursor, hints: snapshot.hints, detail, problems })
}

fn clock(what: String, skew: SignedDuration) -> Finding {
    let seconds = skew.as_secs();
    if skew.abs() > MAX_SKEW {
        let detail =
            format!("{seconds} s off the server's; nothing is written until that is fixed: set this machine's clock");
        return Finding::wrong(Kind::Clock, what, Exit::LookHere, detail).remedy("timedatectl set-ntp true");
    }
    Finding::fine(Kind::Clock, what, format!("within {} s of the server's", seconds.abs()))
}

async fn free_busy(asker: &mut dyn FreeBusy, context: &Context) -> Finding {
    let now = context.now();
    let window = Span { start: now, end: now.saturating_add(AHEAD).unwrap_or(now) };
    let what = "free/busy of yourself";
    match asker.busy(&context.settings.owner.addresses, window, now).await {
        Err(error) => Finding::wrong(Kind::Server, what, Exit::of_reading(error.kind), error.detail),
        Ok(told) => {
            let known: Vec<usize> = told.iter().filter_map(|one| one.busy.as_ref().map(Vec::len)).collect();
            match known.iter().sum::<usize>() {
                _ if known.is_empty() => {
                    Finding::note(Kind::Server, what, "the server says nothing of any address of yours")
                }
                spans => Finding::fine(Kind::Server, what, format!("{spans} busy stretches in the next seven days")),
            }
        }
    }
}
