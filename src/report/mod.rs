//! The weekly report as text, Markdown, HTML and JSON, and the files that keep it.

pub mod charts;
pub mod comparison;
mod counts;
pub mod email;
pub mod gaps;
pub mod html;
pub mod json;
pub mod losses;
pub mod markdown;
pub mod metrics;
pub mod page;
pub mod rate;
#[cfg(test)]
mod sample;
pub mod svg;
#[cfg(test)]
mod tests;
pub mod text;
pub mod to_do;
pub mod write;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::config::ReportFormat;
use crate::domain::week::{WeekFacts, WeekId};

use page::Page;

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a terminal, 80 columns.
    Text,
    /// `CommonMark` with tables.
    Markdown,
    /// One file that asks for nothing else.
    Html,
    /// The facts with words; see `docs/schemas/report.json`.
    Json,
}

impl From<ReportFormat> for Format {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Text => Self::Text,
            ReportFormat::Markdown => Self::Markdown,
            ReportFormat::Html => Self::Html,
            ReportFormat::Json => Self::Json,
        }
    }
}

/// How a report looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether text is coloured; the other formats do not heed it.
    pub colour: bool,
    /// Whether names, addresses and titles are left out, so that it can be passed on.
    pub share: bool,
    /// The week before, where its report is a file beside this one, so that an HTML page can lead there.
    pub earlier: Option<WeekId>,
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no format; there are text, markdown, html and json")]
pub struct BadFormat(pub String);

/// A report could not be put in its format.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template failed.
    #[error(
        "the HTML report could not be written: {0}; please report it (`cadenced doctor --bundle` collects what helps)"
    )]
    Html(#[from] askama::Error),
    /// A value has no form in JSON.
    #[error(
        "the JSON report could not be written: {0}; please report it (`cadenced doctor --bundle` collects what helps)"
    )]
    Json(#[from] serde_json::Error),
}

/// Writes the facts of a week in one format.
///
/// # Errors
/// [`Error`], where the format cannot hold them; the facts themselves are never the cause.
pub fn render(facts: &WeekFacts, format: Format, style: &Style) -> Result<String, Error> {
    let page = || {
        let page = if style.share { Page::shared(facts) } else { Page::new(facts) };
        Page { earlier: style.earlier, ..page }
    };
    Ok(match format {
        Format::Text => text::write(&page(), style),
        Format::Markdown => markdown::write(&page()),
        Format::Html => html::write(&page())?,
        Format::Json if style.share => json::write_shared(facts)?,
        Format::Json => json::write(facts)?,
    })
}

impl Format {
    /// The format that a file's name asks for, if any.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "txt" => Some(Self::Text),
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The usual ending of such a file.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Json => "json",
        }
    }
}

impl FromStr for Format {
    type Err = BadFormat;

    fn from_str(text: &str) -> Result<Self, BadFormat> {
        match text {
            "text" => Ok(Self::Text),
            "markdown" => Ok(Self::Markdown),
            "html" => Ok(Self::Html),
            "json" => Ok(Self::Json),
            _ => Err(BadFormat(text.to_owned())),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Json => "json",
        })
    }
}
