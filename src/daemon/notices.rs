//! [`NoticeDelivery`]: shows notices, withdraws stale ones, and handles button presses.

use std::path::Path;
use std::process::Stdio;

use jiff::Timestamp;
use tokio::process::Command;

use super::cycle::{Cycle, View};
use super::systemd;
use crate::config::Settings;
use crate::domain::inbox::{InvalidChoice, validate};
use crate::domain::plan::{DaysShare, Notice, Subject, day_start, in_turns, is_quiet, is_true};
use crate::domain::policy::Redaction;
use crate::domain::session::{Choice, Decision, SessionId};
use crate::notify::buttons::{Press, other_slots, presses};
use crate::notify::dbus::{Delivery, Notifier};
use crate::notify::popups::{Popup, Shown, keyed};
use crate::notify::text::message;
use crate::store;

/// Shows notices and knows which are shown.
pub struct NoticeDelivery {
    notifier: Notifier,
    shown: Shown,
    /// Whether what an earlier daemon showed was looked through.
    adopted: bool,
    /// Whether something waits though the server would take it: the user wants no notices now.
    pub holds_back: bool,
    token: Option<String>,
    /// What could not be queued in the store, and is told from here.
    kept: Vec<Notice>,
    /// What was told and could not be noted as told, so that it is not told again by this process.
    unnoted: Vec<Notice>,
}

/// How the user may be told now.
struct DeliveryContext<'a> {
    settings: &'a Settings,
    redaction: Redaction,
    hidden: bool,
    now: Timestamp,
}

impl NoticeDelivery {
    /// A teller that goes on from what an earlier one left on the screen.
    pub fn new(notifier: Notifier, shown: Shown) -> Self {
        Self { notifier, shown, adopted: false, holds_back: false, token: None, kept: Vec::new(), unnoted: Vec::new() }
    }

    /// How delivery stands after the last message.
    pub const fn delivery(&self) -> &Delivery {
        self.notifier.delivery()
    }

    /// Takes down what is no longer true, and shows what waits; each is noted as told once the server took it.
    ///
    /// A notice that nobody takes waits for the next cycle, as long as it matters. Where nothing can be stored, what the plan
    /// has is told anyway, and noted as told once that is possible.
    ///
    /// # Errors
    /// The store's own; what could be shown was.
    pub async fn deliver(
        &mut self,
        cycle: &Cycle,
        settings: &Settings,
        now: Timestamp,
        locked: bool,
        can_store: bool,
    ) -> Result<(), store::Error> {
        let pending = self.pending(cycle, now, can_store).await?;
        self.holds_back = false;
        if pending.is_empty() && self.shown.up().next().is_none() {
            return Ok(());
        }
        let view = cycle.view(now).await?;
        let manner = DeliveryContext::of(settings, now, locked);
        self.refresh_popups(&view, &manner).await;
        // What found no server in the evening waits for the morning as well.
        if is_quiet(now, &cycle.policy) || pending.is_empty() {
            return Ok(());
        }
        if self.notifier.is_inhibited().await {
            self.holds_back = true;
            return Ok(());
        }
        let shown = self.show_all(cycle, &view, &manner, pending).await?;
        if shown > 0 {
            tracing::info!(notices = shown, "told");
        }
        Ok(())
    }

    /// What waits to be told, wherever it waits.
    async fn pending(&mut self, cycle: &Cycle, now: Timestamp, can_store: bool) -> Result<Vec<Notice>, store::Error> {
        if can_store {
            self.catch_up(cycle, now).await?;
            cycle.store.expire(now).await?;
        }
        let mut pending = cycle.store.pending(now).await?;
        pending.append(&mut self.kept.clone());
        if !can_store {
            pending.extend(cycle.unqueued(now).await?);
        }
        pending.retain(|notice| notice.until > now && !self.unnoted.iter().any(|told| told.key == notice.key));
        Ok(pending)
    }

    /// Notes what was told while nothing could be stored, and queues what could not be queued.
    async fn catch_up(&mut self, cycle: &Cycle, now: Timestamp) -> Result<(), store::Error> {
        while let Some(notice) = self.unnoted.last().cloned() {
            cycle.store.propose(notice.clone(), now).await?;
            cycle.store.sent(&notice.key, now).await?;
            self.unnoted.pop();
        }
        while let Some(notice) = self.kept.last().cloned() {
            cycle.store.propose(notice, now).await?;
            self.kept.pop();
        }
        Ok(())
    }

    /// Notes that a notice was told; where that cannot be stored, it is kept in mind.
    async fn note_told(&mut self, cycle: &Cycle, notice: Notice, now: Timestamp) {
        self.kept.retain(|other| other.key != notice.key);
        if let Err(error) = cycle.store.sent(&notice.key, now).await {
            tracing::debug!(%error, "shown, but not recorded yet");
            self.unnoted.push(notice);
        }
    }

    /// Queues a notice that the store did not take.
    pub fn keep(&mut self, notice: Notice) {
        self.kept.push(notice);
    }

    /// Shows what is about the daemon itself and waits nowhere; its number, where a server took it now.
    pub async fn say(&mut self, subject: Subject, settings: &Settings, now: Timestamp, locked: bool) -> Option<u32> {
        if !settings.notices.enabled || is_quiet(now, &settings.policy()) || self.notifier.is_inhibited().await {
            return None;
        }
        let notice = Notice { key: "daemon".to_owned(), settles: Vec::new(), subject, until: Timestamp::MAX };
        let manner = DeliveryContext::of(settings, now, locked);
        let words = message(&notice, &[], manner.redaction, &settings.owner.zone, now);
        self.notifier.send(&words, None).await.ok()
    }

    /// Takes down what was said.
    pub async fn take_back(&mut self, id: u32) {
        let _ = self.notifier.withdraw(id).await;
    }

    /// What is on the screen: withdrawn where it is no longer true, said in full once the screen is unlocked, and taken
    /// over from an earlier daemon, as some servers answer a press only to who showed the notice.
    async fn refresh_popups(&mut self, view: &View, manner: &DeliveryContext<'_>) {
        if self.shown.up().next().is_none() {
            self.adopted = true;
            return;
        }
        let Ok(server) = self.notifier.server_id().await else { return };
        self.shown.serve(&server);
        let up: Vec<Popup> = self.shown.up().cloned().collect();
        for popup in up {
            if !is_true(&popup.notice, &view.standing, &view.snapshot, &view.proposals) {
                if self.notifier.withdraw(popup.id).await.is_ok() {
                    self.shown.closed(&server.owner, popup.id);
                }
            } else if !self.adopted || (popup.hidden && !manner.hidden) {
                let _ = self.show(&popup.notice, view, manner, Some(popup.id)).await;
            }
        }
        self.adopted = true;
    }

    async fn show_all(
        &mut self,
        cycle: &Cycle,
        view: &View,
        manner: &DeliveryContext<'_>,
        pending: Vec<Notice>,
    ) -> Result<usize, store::Error> {
        let mut share: DaysShare = cycle.store.told_since(day_start(manner.now, &cycle.policy)).await?;
        self.unnoted.iter().for_each(|notice| share.note(notice));
        let (mut shown, mut over) = (0, Vec::new());
        for notice in in_turns(pending) {
            if !is_true(&notice, &view.standing, &view.snapshot, &view.proposals) {
                // One that cannot be dropped now is not true the next time either.
                let _ = cycle.store.drop_pending(&notice.key).await;
                continue;
            }
            if !share.allows(&notice, cycle.policy.notices_a_day) && !is_health(&notice.subject) {
                over.push(notice);
                continue;
            }
            let instead = self.same_place(&notice.subject);
            if !self.show(&notice, view, manner, instead).await {
                return Ok(shown);
            }
            share.note(&notice);
            self.note_told(cycle, notice, manner.now).await;
            shown += 1;
        }
        self.sum_up(cycle, view, manner, over).await;
        Ok(shown)
    }

    /// The rest of a day that had enough of notices: one word that there is more, and the inbox has it.
    async fn sum_up(&mut self, cycle: &Cycle, view: &View, manner: &DeliveryContext<'_>, over: Vec<Notice>) {
        if over.is_empty() {
            return;
        }
        let day = day_start(manner.now, &cycle.policy);
        let until = day.saturating_add(jiff::SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
        let count = u32::try_from(over.len()).unwrap_or(u32::MAX);
        let key = format!("more:{day}");
        if !view.snapshot.told.contains(&key) {
            let notice = Notice { key: key.clone(), settles: Vec::new(), subject: Subject::More { count }, until };
            if self.unnoted.iter().any(|told| told.key == key) || !self.show(&notice, view, manner, None).await {
                return;
            }
            self.note_told(cycle, notice, manner.now).await;
        }
        for notice in over {
            if cycle.store.summed_up(&notice.key, manner.now).await.is_err() {
                self.unnoted.push(notice);
            }
        }
    }

    /// Shows one notice; `false` where nobody takes it.
    async fn show(&mut self, notice: &Notice, view: &View, manner: &DeliveryContext<'_>, instead: Option<u32>) -> bool {
        let presses = presses(notice, &view.items);
        let zone = &manner.settings.owner.zone;
        let words = message(notice, &presses, manner.redaction, zone, manner.now);
        let Ok(id) = self.notifier.send(&words, instead).await else { return false };
        if let Ok(server) = self.notifier.server_id().await {
            self.shown.serve(&server);
            let (notice, presses) = (notice.clone(), keyed(&words.buttons));
            self.shown.add(Popup { id, notice, presses, up: true, hidden: manner.hidden });
        }
        true
    }

    /// The notice that a new one takes the place of: there is one digest, and one answer to a press.
    fn same_place(&self, subject: &Subject) -> Option<u32> {
        let same = |popup: &&Popup| match (&popup.notice.subject, subject) {
            (Subject::Digest { .. }, Subject::Digest { .. }) => true,
            (Subject::Lost { session: old, .. }, Subject::Lost { session, .. })
            | (Subject::OtherTimes { session: old, .. }, Subject::OtherTimes { session, .. }) => old == session,
            _ => false,
        };
        self.shown.up().find(same).map(|popup| popup.id)
    }

    /// Notes that a notice is gone.
    pub fn closed(&mut self, sender: &str, id: u32) {
        self.shown.closed(sender, id);
    }

    /// Keeps what the next opened program may show itself with.
    pub fn hold(&mut self, token: String) {
        self.token = Some(token);
    }

    /// Does what a button says; `true` where a decision was recorded. A press on something that is settled records nothing.
    ///
    /// # Errors
    /// The store's own.
    pub async fn press(
        &mut self,
        (sender, id, key): (&str, u32, &str),
        cycle: &Cycle,
        settings: &Settings,
        now: Timestamp,
        locked: bool,
    ) -> Result<bool, store::Error> {
        let Some((popup, press)) = self.shown.pressed(sender, id, key) else { return Ok(false) };
        let (subject, until, press) = (popup.notice.subject.clone(), popup.notice.until, press.clone());
        let view = cycle.view(now).await?;
        let manner = DeliveryContext::of(settings, now, locked);
        let answer = match press {
            Press::Decide { choice } => {
                match validate(&choice, &view.standing, &view.snapshot, &cycle.policy, &view.proposals) {
                    Ok(()) => {
                        cycle.store.decide(Decision { choice, at: now }).await?;
                        let _ = self.notifier.withdraw(id).await;
                        self.shown.closed(sender, id);
                        return Ok(true);
                    }
                    // The second of two clicks.
                    Err(InvalidChoice::Already | InvalidChoice::InHand) => return Ok(false),
                    Err(why) => Subject::TooLate { person: subject.person().cloned(), why },
                }
            }
            Press::OtherTimes { session } => other_times(session, &subject, &view),
            Press::Why { operation } => match explained(&operation, &view) {
                Some(answer) => answer,
                None => return Ok(false),
            },
            Press::Open { week } => {
                self.open(&cycle.reports.join(format!("{week}.html")));
                return Ok(false);
            }
        };
        let instead = self.same_place(&answer);
        let notice = Notice { key: format!("answer:{now}"), settles: Vec::new(), subject: answer, until };
        self.show(&notice, &view, &manner, instead).await;
        Ok(false)
    }

    /// Opens a file with whatever the desktop opens it with, and doesn't wait for it.
    fn open(&mut self, file: &Path) {
        let mut command = opener(systemd::is_service(), self.token.take().as_deref());
        command.arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(mut child) => {
                tokio::spawn(async move { child.wait().await });
            }
            Err(error) => tracing::warn!(%error, "the report could not be opened; is xdg-open installed?"),
        }
    }
}

impl<'a> DeliveryContext<'a> {
    fn of(settings: &'a Settings, now: Timestamp, locked: bool) -> Self {
        let usual = settings.notices.redaction;
        let redaction = if locked { stricter(usual, settings.notices.redaction_when_locked) } else { usual };
        Self { settings, redaction, hidden: redaction != usual, now }
    }
}

/// What opens a file. A service has systemd do it: its own children would have its memory, its sandbox and its end, and lack
/// the display that the desktop told systemd of after we had started.
fn opener(is_service: bool, token: Option<&str>) -> Command {
    let tokens =
        token.into_iter().flat_map(|token| ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"].map(|name| (name, token)));
    if !is_service {
        let mut command = Command::new("xdg-open");
        command.envs(tokens);
        return command;
    }
    let mut command = Command::new("systemd-run");
    // The program that xdg-open starts outlives it.
    command.args([
        "--user",
        "--quiet",
        "--collect",
        "--description=A report of cadenced",
        "--property=ExitType=cgroup",
    ]);
    command.args(tokens.map(|(name, token)| format!("--setenv={name}={token}"))).args(["--", "xdg-open"]);
    command
}

const fn stricter(one: Redaction, other: Redaction) -> Redaction {
    match (one, other) {
        (Redaction::None, _) | (_, Redaction::None) => Redaction::None,
        (Redaction::Initials, _) | (_, Redaction::Initials) => Redaction::Initials,
        (Redaction::Full, Redaction::Full) => Redaction::Full,
    }
}

/// What the user must know of however much there was already.
const fn is_health(subject: &Subject) -> bool {
    matches!(
        subject,
        Subject::Stale { .. } | Subject::StoreRestored { .. } | Subject::Storage { .. } | Subject::NotDone { .. }
    )
}

fn other_times(session: SessionId, subject: &Subject, view: &View) -> Subject {
    let slots = other_slots(&session, &view.items);
    match subject.person() {
        Some(person) => Subject::OtherTimes { session, person: person.clone(), slots },
        None => Subject::TooLate { person: None, why: InvalidChoice::Gone },
    }
}

fn explained(id: &crate::domain::operation::OperationId, view: &View) -> Option<Subject> {
    let operation = view.snapshot.operations.iter().find(|operation| operation.id == *id)?;
    let intent = &operation.intent;
    let one =
        view.standing.one_on_ones.iter().find(|one| one.sessions.iter().any(|session| operation.is_of(session)))?;
    let session = one.sessions.iter().find(|session| operation.is_of(session))?;
    let took = |decision: &Decision| matches!(&decision.choice, Choice::Take { session: id, .. } if *id == session.id);
    Some(Subject::Explained {
        operation: id.clone(),
        way: intent.way,
        person: one.person.clone(),
        from: intent.from,
        lost: session.outcome.is_lost().then_some((session.outcome, session.by)),
        automatic: intent.automatic && !view.snapshot.decisions.iter().any(took),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<String> {
        let command = command.as_std();
        let all = std::iter::once(command.get_program()).chain(command.get_args());
        all.map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_service_has_systemd_open_what_it_opens() {
        let command = opener(true, Some("token"));
        let words = words(&command);
        assert_eq!((words[0].as_str(), words[words.len() - 1].as_str()), ("systemd-run", "xdg-open"));
        assert!(words.contains(&"--setenv=XDG_ACTIVATION_TOKEN=token".to_owned()), "{words:?}");
    }

    #[test]
    fn a_program_in_a_terminal_opens_by_itself() {
        let command = opener(false, Some("token"));
        assert_eq!(words(&command), ["xdg-open"]);
        assert_eq!(command.as_std().get_envs().count(), 2);
    }
}
