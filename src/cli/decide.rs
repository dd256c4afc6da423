//! Owns `cadenced do ITEM CHOICE`: the user's word, added to what was decided before.

use anyhow::Context as _;
use clap::Args;

use super::context::{Context, waiting};
use super::exit::{Ended, Exit};
use super::{Globals, explain, screen};
use crate::domain::session::{Choice, Decision, Outcome, Session};
use crate::domain::shown;
use crate::domain::standing::OneOnOne;

/// The arguments of `do`.
#[derive(Debug, Args)]
pub struct DoArgs {
    /// What it is about: a session, as `cadenced sessions` shows it
    pub item: String,
    /// For a session: held, no-show, excuse, waive, or clear to take back what you said
    pub choice: String,
}

/// What can be said of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Held,
    NoShow,
    Excuse,
    Waive,
    Clear,
}

/// The words as they are typed, with what each means.
const WORDS: [(&str, Word, &str); 5] = [
    ("held", Word::Held, "was held"),
    ("no-show", Word::NoShow, "was not held: one side did not come"),
    ("excuse", Word::Excuse, "is excused: neither held nor missed"),
    ("waive", Word::Waive, "need not be made up"),
    ("clear", Word::Clear, "is judged by the calendar alone again"),
];

/// Takes a decision. It is added to the earlier ones, and the last word counts; nothing is rewritten.
///
/// # Errors
/// The config's, the store's, and an item or a choice that is none (exit code 2).
pub fn run(args: &DoArgs, globals: &Globals) -> anyhow::Result<Exit> {
    let (context, found) = Context::look(globals)?;
    let usage = |words: String| Ended::new(Exit::Usage, words);
    match explain::find(&found.standing, &args.item).map_err(usage)? {
        explain::Subject::Session(one, session) => {
            let (choice, meaning) = of_session(session, &args.choice).map_err(usage)?;
            keep(&context, choice)?;
            let when = context.wall().moment(session.span.start);
            screen::print(&format!("{}, {when}: it {meaning}.\n", name(one)))?;
        }
        explain::Subject::OneOnOne(one) => return Err(usage(no_session(one.id.0.as_str())).into()),
        explain::Subject::Other(other) => return Err(usage(no_session(other.id.0.as_str())).into()),
    }
    Ok(Exit::Fine)
}

fn keep(context: &Context, choice: Choice) -> anyhow::Result<()> {
    let decision = Decision { choice, at: context.now() };
    waiting()?.block_on(async { context.open()?.decide(decision).await.context("keeping the decision") })
}

fn name(one: &OneOnOne) -> String {
    shown::name(&one.person, 60)
}

fn no_session(id: &str) -> String {
    format!(
        "{id} is a series and no session; `cadenced sessions` shows the sessions, and `cadenced series confirm {id}` or `ignore` decides on a series"
    )
}

/// The choice that a word stands for, and what it means; words where it is none or cannot be.
fn of_session(session: &Session, typed: &str) -> Result<(Choice, &'static str), String> {
    let known = WORDS.iter().find(|(word, ..)| word.eq_ignore_ascii_case(typed));
    let Some((_, word, meaning)) = known else {
        let all: Vec<&str> = WORDS.iter().map(|(word, ..)| *word).collect();
        return Err(format!("{:?} is no choice for a session; there are {}", shown::fit(typed, 40), all.join(", ")));
    };
    if session.outcome == Outcome::Upcoming && matches!(word, Word::Held | Word::NoShow) {
        return Err("the session is still to come: that can be said once its time is over".to_owned());
    }
    let session = session.id.clone();
    let choice = match word {
        Word::Held => Choice::Held { session },
        Word::NoShow => Choice::NoShow { session },
        Word::Excuse => Choice::Excuse { session },
        Word::Waive => Choice::Waive { session },
        Word::Clear => Choice::Withdraw { session },
    };
    Ok((choice, meaning))
}
