//! The part of `cadenced status` about the daemon, the mail, and what was skipped in each calendar.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::context::{Context, waiting};
use super::output::{self, Tone};
use crate::daemon::instance_lock::{self, State};
use crate::domain::email::QueuedEmail;
use crate::domain::source::{Problem, SourceId};
use crate::wording::local_time::LocalTime;

/// How many problems of a calendar are shown as text; JSON has all that were kept.
const SHOWN: usize = 5;

/// How the machinery is.
pub struct Health {
    /// What the daemon says of itself, where one runs.
    pub daemon: Option<State>,
    /// The command that starts one.
    pub start: String,
    /// The calendars with something skipped or repaired.
    pub flawed: Vec<SkippedItems>,
    /// The last letter to the owner, where one was ever queued.
    pub letter: Option<QueuedEmail>,
}

/// What could not be taken as it stands in one calendar.
pub struct SkippedItems {
    /// Which calendar.
    pub id: SourceId,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// How many there are in all.
    pub in_all: u64,
}

impl Health {
    /// Asks the daemon's file and the store.
    ///
    /// # Errors
    /// The store's own.
    pub fn gather(context: &Context) -> anyhow::Result<Self> {
        let store = context.open()?;
        let mut flawed = Vec::new();
        let letter = waiting()?.block_on(async {
            for calendar in context.settings.calendars() {
                let state = store.poll_state(calendar.id.clone()).await?;
                if state.problems_in_all > 0 {
                    let (problems, in_all) = (state.problems, state.problems_in_all);
                    flawed.push(SkippedItems { id: calendar.id.clone(), problems, in_all });
                }
            }
            anyhow::Ok(store.posted(1).await?.pop())
        })?;
        Ok(Self { daemon: instance_lock::look(&context.data()), start: context.start_command(), flawed, letter })
    }

    /// For people.
    pub fn text(&self, wall: &LocalTime) -> String {
        let mut out = String::new();
        let _ = match &self.daemon {
            None => {
                let words = format!("not running: {}", self.start);
                writeln!(out, "Daemon    {}", output::paint(Tone::Warn, &words))
            }
            Some(state) => writeln!(out, "Daemon    running since {}, process {}", wall.moment(state.since), state.pid),
        };
        if let Some(trouble) = self.daemon.as_ref().and_then(|state| state.notices.as_ref()) {
            let _ = writeln!(out, "Notices   {}", output::paint(Tone::Bad, &output::foreign(trouble, 200)));
        }
        if let Some(letter) = &self.letter {
            let _ = writeln!(out, "Mail      {}", letter_words(letter, wall));
        }
        for flawed in &self.flawed {
            let title = format!("Skipped or repaired in {}", output::foreign(&flawed.id.to_string(), 40));
            let lines: String = flawed.problems.iter().take(SHOWN).map(line).collect();
            let rest = flawed.in_all.saturating_sub(u64::try_from(SHOWN).unwrap_or(u64::MAX));
            let more =
                if rest > 0 { format!("  and {rest} more: cadenced status --format json\n") } else { String::new() };
            let _ = write!(out, "\n{}", output::section(&title, &(lines + &more)));
        }
        out
    }

    /// Adds the same to what programs read.
    pub fn add_to(&self, status: &mut Value, wall: &LocalTime) {
        status["daemon"] = self.daemon.as_ref().map_or(
            Value::Null,
            |state| json!({ "pid": state.pid, "since": wall.exact(state.since), "notices": state.notices }),
        );
        status["mail"] = self.letter.as_ref().map_or(Value::Null, |letter| {
            json!({ "state": letter.state, "tries": letter.tries, "at": wall.exact(letter.due), "problem": letter.problem })
        });
        status["problems"] = self
            .flawed
            .iter()
            .map(|flawed| {
                json!({
                    "account": flawed.id.account,
                    "calendar": flawed.id.calendar,
                    "in_all": flawed.in_all,
                    "first": flawed.problems,
                })
            })
            .collect();
    }
}

fn letter_words(letter: &QueuedEmail, wall: &LocalTime) -> String {
    let at = wall.moment(letter.due);
    let why = letter.problem.as_deref().map(|why| format!(": {}", output::foreign(why, 200))).unwrap_or_default();
    match letter.state.as_str() {
        "sent" => format!("the last report was sent {at}"),
        "waiting" if letter.tries == 0 => "the report is waiting to be sent".to_owned(),
        "waiting" => output::paint(Tone::Warn, &format!("the report could not be sent yet; next try {at}{why}")),
        "sending" => "the report is being sent".to_owned(),
        "expired" => output::paint(Tone::Bad, &format!("the report was given up after five days{why}")),
        "refused" => output::paint(Tone::Bad, &format!("the report was refused{why}")),
        _ => {
            let again = "`cadenced report --mail` sends it again";
            output::paint(Tone::Warn, &format!("the report may or may not have been sent{why}; {again}"))
        }
    }
}

fn line(problem: &Problem) -> String {
    let what = if problem.skipped { "skipped" } else { "repaired" };
    format!("  {what}, {}: {}\n", output::foreign(&problem.place, 60), output::foreign(&problem.what, 200))
}
