//! Renders the report as one self-contained HTML file: no scripts, fonts or requests.

use askama::Template;
use sha2::{Digest, Sha256};

use crate::domain::week::{Mark, WeekId};

use super::losses::{NOT_MADE_UP, SIDES};
use super::page::{Line, Page, Row};
use super::rate::Band;
use super::to_do::ToDo;
use super::{Error, charts, svg};
use crate::wording::phrases;

const CSS: &str = include_str!("../../templates/report.css");

#[derive(Template)]
#[template(path = "report.html")]
struct Document<'a> {
    page: &'a Page,
    css: &'static str,
    /// The only style that the page allows itself (CSP 3, 8.3): escaped names can never bring another.
    css_hash: String,
    band: &'static str,
    legend: Vec<(String, &'static str)>,
    sides: [&'static str; 3],
    shapes: String,
}

/// How many people who wait for the owner are shown unfolded.
const FIRST: usize = 3;

/// People of one relation, those in trouble first.
struct Group<'p> {
    heading: &'static str,
    rows: Vec<&'p Row>,
}

/// Writes the page as HTML.
///
/// # Errors
/// Where the template fails.
pub fn write(page: &Page) -> Result<String, Error> {
    let css_hash = base64(&Sha256::digest(CSS.as_bytes()));
    let (band, legend, shapes) = (band(page.rate.band), legend(), svg::shapes());
    Ok(Document { page, css: CSS, css_hash, band, legend, sides: SIDES, shapes }.render()?)
}

impl Row {
    fn drawing(&self) -> String {
        svg::strip(&self.strip, &self.strip_words)
    }

    fn year_drawing(&self, weeks: &[WeekId]) -> String {
        svg::year(weeks, &self.year, &self.year_words)
    }

    /// What the row says of this week in a word, with its marks.
    fn week_drawing(&self) -> String {
        if self.sessions.is_empty() { svg::mark(None) } else { self.sessions.iter().map(Line::drawing).collect() }
    }

    fn week_words(&self) -> String {
        if self.sessions.is_empty() {
            return "no session".to_owned();
        }
        self.sessions.iter().map(|line| phrases::mark(line.mark)).collect::<Vec<_>>().join(", ")
    }
}

impl Page {
    fn first_to_do(&self) -> &[ToDo] {
        &self.to_do[..self.to_do.len().min(FIRST)]
    }

    fn more_to_do(&self) -> &[ToDo] {
        &self.to_do[self.to_do.len().min(FIRST)..]
    }

    /// People by relation, in the order of the facts.
    fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for row in &self.rows {
            match groups.iter_mut().find(|group| group.heading == row.group) {
                Some(group) => group.rows.push(row),
                None => groups.push(Group { heading: row.group, rows: vec![row] }),
            }
        }
        for group in &mut groups {
            group.rows.sort_by_key(|row| !row.is_in_trouble);
        }
        groups
    }

    /// The weeks of the year at which a month begins, with its name, as the labels above the year.
    fn months_drawing(&self) -> String {
        svg::months(&self.year)
    }

    fn has_year(&self) -> bool {
        self.rows.iter().any(|row| !row.year.is_empty())
    }

    /// The sums that are not all zero.
    fn sums_shown(&self) -> impl Iterator<Item = &(&'static str, u32, u32)> {
        self.sums.iter().filter(|(_, week, quarter)| *week + *quarter > 0)
    }

    fn weeks_drawing(&self) -> String {
        charts::rate(&self.weeks)
    }

    fn has_settled_weeks(&self) -> bool {
        self.weeks.iter().any(|week| week.totals.settled().all > 0)
    }

    /// The lost sessions by notice, each number with its bar.
    fn lost_rows(&self) -> Vec<(&'static str, Vec<(u32, String)>)> {
        let most = self.losses.by_lead.iter().flat_map(|(_, sides)| *sides).max().unwrap_or(0);
        let cells = |sides: &[u32; 3]| {
            sides
                .iter()
                .zip(["bar-owner", "bar-other", "bar-unknown"])
                .map(|(&n, class)| (n, charts::bar(n, most, class)))
                .collect()
        };
        self.losses.by_lead.iter().map(|(lead, sides)| (*lead, cells(sides))).collect()
    }

    /// How long lost sessions waited, each number with its bar.
    fn waited_rows(&self) -> Vec<(&'static str, u32, String)> {
        let most = self.losses.waited.iter().map(|(_, n)| *n).max().unwrap_or(0);
        let class = |words: &str| if words == NOT_MADE_UP { "bar-never" } else { "bar-owner" };
        self.losses.waited.iter().map(|&(words, n)| (words, n, charts::bar(n, most, class(words)))).collect()
    }
}

impl Line {
    fn drawing(&self) -> String {
        svg::mark(Some(self.mark))
    }
}

fn band(band: Band) -> &'static str {
    match band {
        Band::Nothing => "none",
        Band::Fine => "fine",
        Band::Worrying => "worrying",
        Band::Talk => "talk",
    }
}

fn legend() -> Vec<(String, &'static str)> {
    let marks = Mark::ALL.into_iter().map(|mark| (svg::mark(Some(mark)), phrases::mark(mark)));
    marks.chain([(svg::mark(None), "no session")]).collect()
}

/// Base64 (RFC 4648, 4), as a Content-Security-Policy wants its hashes.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * n) & 63) as usize];
            out.push(if n <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_agrees_with_the_examples_of_rfc_4648() {
        let examples = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(examples, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }
}
