//! [`Prompt`]: prompts on a terminal, or scripted answers in tests.

use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input, MultiSelect, Password, Select};

use crate::cli::output;
use crate::config::Secret;

/// A question with more letters, its offer among them, has a line of its own above the answer.
const LONG: usize = 50;

/// One thing that can be marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it is.
    pub what: String,
    /// Whether it is marked unless somebody says otherwise.
    pub is_on: bool,
}

/// A conversation. Every question can fail: the terminal goes away, or the user gives up.
pub trait Prompt {
    /// Says something; long lines are broken at words.
    ///
    /// # Errors
    /// The terminal's.
    fn say(&mut self, text: &str) -> anyhow::Result<()>;

    /// Shows something that is laid out already.
    ///
    /// # Errors
    /// The terminal's.
    fn show(&mut self, text: &str) -> anyhow::Result<()>;

    /// Asks for a line of text; an empty one means `default`, where there is one.
    ///
    /// # Errors
    /// The terminal's.
    fn ask(&mut self, question: &str, default: Option<&str>) -> anyhow::Result<String>;

    /// Asks for something that is not shown while it is typed, nor after.
    ///
    /// # Errors
    /// The terminal's.
    fn secret(&mut self, question: &str) -> anyhow::Result<Secret>;

    /// Asks for one of several; the answer is its place in the list.
    ///
    /// # Errors
    /// The terminal's.
    fn choose(&mut self, question: &str, choices: &[String], default: usize) -> anyhow::Result<usize>;

    /// Asks for any of several; the answer is the places of those that are marked in the end.
    ///
    /// # Errors
    /// The terminal's.
    fn mark(&mut self, question: &str, marks: &[Mark]) -> anyhow::Result<Vec<usize>>;

    /// Asks for yes or no.
    ///
    /// # Errors
    /// The terminal's.
    fn confirm(&mut self, question: &str, default: bool) -> anyhow::Result<bool>;
}

/// A conversation on the terminal, on stderr. It does without colours and signs that not every terminal has.
#[derive(Debug)]
pub struct Terminal;

impl Terminal {
    /// What was answered, where the list that was chosen from is gone again.
    fn echo(&mut self, text: &str) -> anyhow::Result<()> {
        self.show(&output::indented([text.to_owned()], "", "  "))
    }
}

impl Prompt for Terminal {
    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        self.show(&output::indented(text.lines().map(str::to_owned), "", ""))
    }

    fn show(&mut self, text: &str) -> anyhow::Result<()> {
        anstream::eprint!("{text}");
        if !text.ends_with('\n') {
            anstream::eprintln!();
        }
        Ok(())
    }

    fn ask(&mut self, question: &str, default: Option<&str>) -> anyhow::Result<String> {
        let offer = default.filter(|default| !default.is_empty());
        // The line that is typed in is drawn again for each key, which goes wrong where it is broken.
        let is_long = question.chars().count() + offer.map_or(0, |offer| offer.chars().count()) > LONG;
        if is_long {
            let offer = offer.map(|offer| format!(" [{offer}]")).unwrap_or_default();
            self.say(&format!("{question}{offer}"))?;
        }
        let prompt = if is_long { "Answer" } else { question };
        let mut input = Input::<String>::with_theme(&SimpleTheme).with_prompt(prompt).allow_empty(true);
        if let Some(default) = default {
            input = input.default(default.to_owned()).show_default(offer.is_some() && !is_long);
        }
        Ok(input.interact_text()?.trim().to_owned())
    }

    fn secret(&mut self, question: &str) -> anyhow::Result<Secret> {
        let typed = Password::with_theme(&SimpleTheme).with_prompt(question).allow_empty_password(true).interact()?;
        Ok(Secret::new(typed.trim()))
    }

    fn choose(&mut self, question: &str, choices: &[String], default: usize) -> anyhow::Result<usize> {
        // A question of two lines would not be wiped away whole.
        let is_long = question.chars().count() > LONG;
        let question = if is_long { self.say(question).map(|()| "Choose:")? } else { question };
        let select = Select::with_theme(&SimpleTheme).with_prompt(format!("{question} (arrows, then Enter)"));
        let chosen = select.items(choices).default(default).report(false).interact()?;
        let question = if is_long { ">" } else { question };
        self.echo(&format!("{question} {}", choices[chosen]))?;
        Ok(chosen)
    }

    fn mark(&mut self, question: &str, marks: &[Mark]) -> anyhow::Result<Vec<usize>> {
        let select = MultiSelect::with_theme(&SimpleTheme).with_prompt(format!("{question} (space marks, then Enter)"));
        let items = marks.iter().map(|mark| (mark.what.clone(), mark.is_on));
        let chosen = select.items_checked(items).report(false).interact()?;
        self.echo(&format!("{question} {} of {}", chosen.len(), marks.len()))?;
        Ok(chosen)
    }

    fn confirm(&mut self, question: &str, default: bool) -> anyhow::Result<bool> {
        Ok(Confirm::with_theme(&SimpleTheme).with_prompt(question).default(default).interact()?)
    }
}
