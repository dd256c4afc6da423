//! The weekly report as a mail to the owner: text in the body, HTML attached.

use jiff::Timestamp;

use crate::config::Mail;
use crate::domain::email::Email;
use crate::domain::week::WeekFacts;

use super::{Error, Format, Style, render};

/// Puts the report of a week in a mail; `share` leaves names, addresses and titles out of both.
///
/// # Errors
/// [`Error`], where the page cannot be written.
pub fn of(facts: &WeekFacts, mail: &Mail, key: String, share: bool, now: Timestamp) -> Result<Email, Error> {
    let style = Style { share, ..Style::default() };
    Ok(Email {
        key,
        from: mail.from.clone(),
        to: mail.to.clone(),
        subject: format!("1:1s in week {}", facts.week),
        text: render(facts, Format::Text, &style)?,
        page: Some((format!("1on1s-{}.html", facts.week), render(facts, Format::Html, &style)?)),
        written: now,
    })
}

/// The name of the mail that a week's report is mailed in by itself, once.
#[must_use]
pub fn key(facts: &WeekFacts) -> String {
    format!("report:{}", facts.week)
}
