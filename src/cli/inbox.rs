//! `cadenced inbox`, `do` and `undo`: shows the pending decisions, and records one.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::context::{Context, Found, waiting};
use super::exit::{Ended, Exit};
use super::output::{self, Tone};
use super::verbs::Format;
use super::{Globals, draft, wake_daemon, words};
use crate::domain::inbox::{About, InvalidChoice, Item, Offer, find, items, validate};
use crate::domain::operation::{Operation, OperationId, StandDownReason, State, WriteKind};
use crate::domain::plan::{Proposal, proposals};
use crate::domain::sanitize;
use crate::domain::session::{Choice, Decision, Loss, Outcome};
use crate::domain::source::GuestNotice;
use crate::notify::text::{late, then, word};
use crate::wording::local_time::LocalTime;
use crate::wording::phrases;
use crate::wording::touched;

/// How often, and with what pause, `undo` looks what the daemon made of it.
const UNDO_CHECKS: u32 = 40;
const UNDO_CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// The arguments of `inbox`.
#[derive(Debug, Args)]
pub struct InboxArgs {
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// The arguments of `do`.
#[derive(Debug, Args)]
#[command(after_long_help = DO_HELP)]
pub struct DoArgs {
    /// The ID of the item, as `cadenced inbox` or `cadenced sessions` shows it; its first characters are enough
    pub item: String,
    /// The choice, as `cadenced inbox` shows it
    pub choice: String,
}

/// The arguments of `undo`.
#[derive(Debug, Args)]
#[command(after_long_help = UNDO_HELP)]
pub struct UndoArgs {
    /// The ID of the operation, as the notice and `cadenced inbox` show it; its first characters are enough
    pub operation: String,
}

const DO_HELP: &str = "\
Choices:
  take, take-2 …     put the session back on the calendar at this time
  draft              print a message that proposes the time, where cadenced may not write
  held, no-show      it took place, or it did not
  waive              it need not be made up
  excuse             it does not count: neither held nor missed
  clear              take back what you said about it
  undo               undo a move or a make-up
  confirm, ignore    it is a 1:1, or it is not

Examples:
  cadenced inbox
  cadenced do k3f9a2c1-20261116T090000Z take
  cadenced do k3f9a2c1-20261116T090000Z held

This records your decision; the daemon carries it out, at once if it is running. It checks everything again
first. A decision that no longer makes sense changes nothing and ends with exit code 1.";

const UNDO_HELP: &str = "\
The daemon undoes it if nobody has changed the event since: a move goes back to its old time, a make-up is
removed from the calendar. It is too late once the new time has begun or somebody has changed the event;
then nothing is changed, and a notice says so. Another time can be taken afterwards.

Example:
  cadenced undo 4f81c2d0";

/// What is typed for a message to the other.
const DRAFT: &str = "draft";

/// Runs `cadenced inbox`.
///
/// # Errors
/// The config's, the store's and stdout's.
pub fn run_inbox(args: &InboxArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let wall = context.wall();
    let waiting = items(&found.standing, &found.snapshot, &context.policy, &proposed(&context, &found));
    match args.format {
        Format::Text => output::print(&text(&waiting, &wall))?,
        Format::Json => output::print_json(&json(&waiting, &wall))?,
    }
    Ok(Exit::Fine)
}

fn proposed(context: &Context, found: &Found) -> Vec<Proposal> {
    proposals(&found.standing, &found.snapshot, &context.policy)
}

/// What waits, as text.
pub fn text(items: &[Item], wall: &LocalTime) -> String {
    if items.is_empty() {
        return "Nothing waits for you.\n".to_owned();
    }
    let mut out = String::new();
    for item in items {
        let _ = writeln!(out, "{}\n  {}", output::paint(Tone::Strong, &heading(item, wall)), item.id);
        if let Some(slot) = item.draft {
            let name = sanitize::name(&item.person, 40);
            let _ = writeln!(out, "    {:<9} Write to {name}, proposing {}", DRAFT, wall.moment(slot.start));
        }
        for offer in &item.choices {
            let _ = writeln!(out, "    {:<9} {}", offer.word, label(offer, wall));
        }
        out.push('\n');
    }
    out.push_str("To choose: cadenced do ITEM CHOICE\n");
    out
}

/// What waits, and how long there is for it.
fn heading(item: &Item, wall: &LocalTime) -> String {
    let state = match &item.about {
        About::Session { state: Some(Loss::Missed), .. } => ", missed",
        About::Session { state: Some(Loss::Open), .. } => ", can still be made up in time",
        About::Session { state: None, .. }
        | About::Operation { .. }
        | About::Overlap { .. }
        | About::Tentative { .. } => "",
    };
    about(item, wall) + state
}

fn about(item: &Item, wall: &LocalTime) -> String {
    let name = sanitize::name(&item.person, 40);
    match &item.about {
        About::Session { span, outcome, by, .. } => {
            let by = by.map(|by| format!(" by {}", phrases::side(by, &name))).unwrap_or_default();
            // What is still to come waits for the user only where another event covers it.
            let what = match outcome {
                Outcome::Upcoming => "in conflict with another event of yours",
                other => phrases::outcome(*other),
            };
            format!("{name}, {}: {what}{by}", wall.moment(span.start))
        }
        About::Operation { way, from, to, unseen, .. } => {
            let what = if *way == WriteKind::MakeUp { "make-up" } else { "moved to" };
            let seen = if *unseen { ", not seen on the calendar yet" } else { "" };
            format!("{name}, {}: {what} {}{seen}", wall.moment(from.start), wall.moment(to.start))
        }
        About::Overlap { .. } => format!("{name}: another series of yours takes up its time; is it held?"),
        About::Tentative { is_unanswered: true, .. } => format!("{name}: new, not answered; is this a 1:1?"),
        About::Tentative { is_unanswered: false, .. } => format!("{name}: is this a 1:1?"),
    }
}

fn label(offer: &Offer, wall: &LocalTime) -> String {
    match &offer.choice {
        Choice::Take { slot, .. } => format!("Take {}", wall.moment(slot.start)),
        other => word(other).to_owned(),
    }
}

/// What waits, for programs. See `docs/schemas/inbox.json`.
pub fn json(items: &[Item], wall: &LocalTime) -> Value {
    items.iter().map(|item| item_json(item, wall)).collect()
}

fn item_json(item: &Item, wall: &LocalTime) -> Value {
    let mut value = json!({
        "id": item.id,
        "kind": "tentative",
        "person": words::person_json(&item.person),
        "session": null,
        "operation": null,
        "outcome": null,
        "state": null,
        "from": null,
        "to": null,
        "draft": item.draft.map(|slot| json!({ "start": wall.exact(slot.start), "end": wall.exact(slot.end) })),
        "choices": item.choices.iter().map(|offer| offer_json(offer, wall)).collect::<Value>(),
    });
    match &item.about {
        About::Session { session, span, outcome, state, .. } => {
            value["kind"] = "session".into();
            value["session"] = session.to_string().into();
            value["outcome"] = json!(outcome);
            value["state"] = json!(state);
            value["from"] = wall.exact(span.start).into();
        }
        About::Operation { operation, session, from, to, .. } => {
            value["kind"] = "operation".into();
            value["session"] = session.to_string().into();
            value["operation"] = json!(operation);
            value["from"] = wall.exact(from.start).into();
            value["to"] = wall.exact(to.start).into();
        }
        About::Overlap { .. } => value["kind"] = "overlap".into(),
        About::Tentative { .. } => {}
    }
    value
}

fn offer_json(offer: &Offer, wall: &LocalTime) -> Value {
    let slot = match &offer.choice {
        Choice::Take { slot, .. } => json!({ "start": wall.exact(slot.start), "end": wall.exact(slot.end) }),
        _ => Value::Null,
    };
    json!({ "word": offer.word, "label": label(offer, wall), "slot": slot })
}

/// Runs `cadenced do`.
///
/// # Errors
/// The config's, the store's, an item or a choice that is none (exit code 2), and one that is no longer valid (1).
pub fn run_do(args: &DoArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let proposed = proposed(&context, &found);
    let item = find(&args.item, &found.standing, &found.snapshot, &context.policy, &proposed)
        .map_err(|several| Ended::new(Exit::Usage, unknown(&args.item, several)))?;
    if let (About::Session { session, .. }, true) = (&item.about, args.choice.eq_ignore_ascii_case(DRAFT)) {
        return draft::write(session, None, &context, &found);
    }
    let Some(choice) = item.choice(&args.choice).cloned() else {
        let mut words: Vec<&str> = item.choices.iter().map(|offer| offer.word.as_str()).collect();
        words.extend(item.draft.map(|_| DRAFT));
        let typed = sanitize::one_line(&args.choice, 40);
        let words = format!("{typed:?} is not a choice here; the choices are {}", words.join(", "));
        return Err(Ended::new(Exit::Usage, words).into());
    };
    let wall = context.wall();
    take(&context, &found, &proposed, &choice, &about(&item, &wall))
}

/// Runs `cadenced undo`.
///
/// # Errors
/// As [`run_do`].
pub fn run_undo(args: &UndoArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let typed = &args.operation;
    let fits = |id: &&OperationId| !typed.is_empty() && id.0.starts_with(typed.as_str());
    let ids: Vec<_> = found.snapshot.operations.iter().map(|operation| &operation.id).filter(fits).collect();
    let [operation] = ids.as_slice() else {
        let words = match ids.len() {
            0 => format!(
                "cadenced did nothing called {:?} on this machine; `cadenced inbox` shows what can be undone here. What another machine of \
                 yours did is undone there, or in your calendar",
                sanitize::one_line(typed, 40)
            ),
            several => format!("{several} operations begin with that; type more of it"),
        };
        return Err(Ended::new(Exit::Usage, words).into());
    };
    let choice = Choice::Undo { operation: (*operation).clone() };
    let proposed = proposed(&context, &found);
    let item = find(&operation.0, &found.standing, &found.snapshot, &context.policy, &proposed);
    let heading = item.map_or_else(|_| operation.to_string(), |item| about(&item, &context.wall()));
    take(&context, &found, &proposed, &choice, &heading)
}

fn unknown(typed: &str, several: usize) -> String {
    let typed = sanitize::one_line(typed, 40);
    match several {
        0 => format!(
            "there is no item {typed:?}; `cadenced inbox` shows those that wait, `cadenced sessions` every session"
        ),
        n => format!("{n} items begin with {typed:?}; type more of it"),
    }
}

/// Records a choice that still means something, wakes the daemon, and says what happens next.
fn take(
    context: &Context,
    found: &Found,
    proposed: &[Proposal],
    choice: &Choice,
    heading: &str,
) -> anyhow::Result<Exit> {
    match validate(choice, &found.standing, &found.snapshot, &context.policy, proposed) {
        Ok(()) => {}
        // Saying the same twice is no mistake.
        Err(why @ (InvalidChoice::Already | InvalidChoice::InHand)) => {
            output::print(&format!("{heading}\nNothing was changed: {}.\n", late(why)))?;
            return Ok(Exit::Fine);
        }
        Err(InvalidChoice::Touched) => return Err(refused(choice, &found.snapshot.operations, heading, context)),
        Err(why) => return Err(Ended::new(Exit::LookHere, format!("{heading}: {}", late(why))).into()),
    }
    let (follows, needs_daemon) = (then(choice), matches!(choice, Choice::Take { .. } | Choice::Undo { .. }));
    let told = told(choice, proposed);
    let decision = Decision { choice: choice.clone(), at: context.now() };
    let runs = waiting()?.block_on(async {
        context.open()?.decide(decision).await.context("recording the decision")?;
        anyhow::Ok(wake_daemon::wake(context).await)
    })?;
    let note = if needs_daemon && !runs {
        format!("The daemon is not running; it does this once it is: {}\n", context.start_command())
    } else {
        String::new()
    };
    output::print(&format!("{heading}\n{follows}\n{told}{note}"))?;
    let undone = if runs { waiting()?.block_on(undone(context, choice))? } else { None };
    match undone.map(|operation| operation.state) {
        Some(State::Done) => output::print("Undone.\n")?,
        Some(State::StoodDown { why: StandDownReason::TouchedSince }) => {
            let store = context.open()?;
            let operations = waiting()?.block_on(store.operations())?;
            return Err(refused(choice, &operations, heading, context));
        }
        Some(State::StoodDown { .. } | State::Refused | State::Uncertain | State::Sending) | None => {}
    }
    Ok(Exit::Fine)
}

/// Waits a few seconds for what the daemon makes of an undoing; none where it is something else, or takes longer.
async fn undone(context: &Context, choice: &Choice) -> anyhow::Result<Option<Operation>> {
    let Choice::Undo { operation: undone } = choice else { return Ok(None) };
    let store = context.open()?;
    for _ in 0..UNDO_CHECKS {
        tokio::time::sleep(UNDO_CHECK_INTERVAL).await;
        let last = store.operations().await?.into_iter().rfind(|other| other.intent.undoes.as_ref() == Some(undone));
        if let Some(ended) = last.filter(|operation| operation.state != State::Sending) {
            return Ok(Some(ended));
        }
    }
    Ok(None)
}

/// Why something is not undone: what somebody changed about its event, and when that is now.
fn refused(choice: &Choice, operations: &[Operation], heading: &str, context: &Context) -> anyhow::Error {
    let wanted = if let Choice::Undo { operation } = choice { Some(operation) } else { None };
    let undoes = |other: &&Operation| wanted.is_some() && other.intent.undoes.as_ref() == wanted;
    let changed = operations.iter().rfind(undoes).and_then(|operation| operation.touched.as_ref());
    let why = changed
        .map_or_else(|| late(InvalidChoice::Touched).to_owned(), |changed| touched::words(changed, &context.wall()));
    Ended::new(Exit::Touched, format!("{heading}: not undone: {why}")).into()
}

/// How the other will learn of the time that is taken, as far as that is known.
fn told(choice: &Choice, proposed: &[Proposal]) -> String {
    let Choice::Take { session, .. } = choice else { return String::new() };
    let Some(proposal) = proposed.iter().find(|proposal| proposal.session == *session) else { return String::new() };
    let name = sanitize::name(&proposal.person, 40);
    match proposal.guest_notice {
        Some(GuestNotice::Mail) => format!("Your calendar provider will mail {name}.\n"),
        Some(GuestNotice::Server) => format!("Your calendar server will tell {name}.\n"),
        Some(GuestNotice::Nobody) => {
            format!(
                "Your calendar server tells nobody: write to {name} yourself. `cadenced draft {session}` helps once it is done.\n"
            )
        }
        None => String::new(),
    }
}
