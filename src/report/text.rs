//! Renders the report for a terminal: 80 columns, coloured only on request.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::domain::week::{Mark, Settled, StripWeek};

use super::Style;
use super::losses::SIDES;
use super::page::{Line, Page, Row};
use super::rate::Band;
use crate::wording::phrases;

const WIDTH: usize = 80;

/// Writes the page as text.
#[must_use]
pub fn write(page: &Page, style: &Style) -> String {
    let mut out = Out { text: String::new(), colour: style.colour };
    out.ends(&format!("1:1s in week {}", page.week), &page.days);
    out.line(&"─".repeat(WIDTH));
    out.wrapped(&page.headline, "", "");
    out.rate(page);
    out.list("Corrected since it was made", &page.corrections);
    out.waiting(page);
    if page.is_shared {
        out.heading("People");
        out.wrapped(&page.people_words(), "  ", "  ");
    } else {
        out.people(page);
    }
    out.sums(page);
    out.weeks(page);
    out.losses(page);
    out.beside(page);
    out.lists(page);
    out.line("");
    out.line(&format!("Made {}.", page.made));
    out.text
}

/// The strip as characters, a week each, oldest first.
#[must_use]
pub fn strip(weeks: &[StripWeek]) -> String {
    let week = |week: &StripWeek| match week.marks.as_slice() {
        [] => "·".to_owned(),
        marks => marks.iter().map(|&mark| glyph(mark)).collect(),
    };
    weeks.iter().map(week).collect::<Vec<_>>().join(" ")
}

/// What the characters mean that the strips and the sessions of these rows have, such as `● held`.
#[must_use]
pub fn legend(rows: &[Row]) -> Vec<String> {
    let has = |mark: Mark| {
        rows.iter().any(|row| {
            let mut drawn = row.strip.iter().flat_map(|week| &week.marks);
            drawn.any(|&one| one == mark) || row.sessions.iter().any(|line| line.mark == mark)
        })
    };
    let is_empty = rows.iter().any(|row| row.strip.iter().any(|week| week.marks.is_empty()));
    let marks = Mark::ALL.into_iter().filter(|&mark| has(mark));
    let words = marks.map(|mark| format!("{}\u{a0}{}", glyph(mark), phrases::mark(mark).replace(' ', "\u{a0}")));
    words.chain(is_empty.then(|| "·\u{a0}no\u{a0}session".to_owned())).collect()
}

/// The character for a mark; told apart by shape alone.
#[must_use]
pub const fn glyph(mark: Mark) -> char {
    match mark {
        Mark::Held => '●',
        Mark::MadeUp => '◑',
        Mark::MadeUpLate => '◔',
        Mark::Open => '○',
        Mark::Missed => '✕',
        Mark::Excused => '–',
        Mark::Unknown => '?',
        Mark::Upcoming => '›',
    }
}

/// A share as `5 of 6`, or nothing where nothing is settled.
fn share(Settled { kept, all }: Settled) -> String {
    if all == 0 { "–".to_owned() } else { format!("{kept} of {all}") }
}

struct Out {
    text: String,
    colour: bool,
}

/// Colours of the terminal's own palette (ECMA-48 SGR).
#[derive(Clone, Copy)]
enum Paint {
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
}

impl Out {
    fn rate(&mut self, page: &Page) {
        let paint = match page.rate.band {
            Band::Nothing => Paint::Dim,
            Band::Fine => Paint::Green,
            Band::Worrying => Paint::Yellow,
            Band::Talk => Paint::Red,
        };
        self.wrapped(&page.rate.numbers, "", "");
        if !page.rate.meaning.is_empty() {
            let text = wrap(&page.rate.meaning, WIDTH).join("\n");
            let (first, rest) =
                text.split_once(['.', ':']).map_or((text.as_str(), ""), |(first, _)| text.split_at(first.len()));
            let first = self.paint(first, paint);
            self.line(&format!("{first}{rest}"));
        }
    }

    fn waiting(&mut self, page: &Page) {
        if page.waiting.is_empty() {
            return;
        }
        self.heading("Waiting for you");
        for item in &page.waiting {
            let kind = format!("{:<10}", item.kind);
            let kind = self.paint(&kind, Paint::Yellow);
            let command = item.command.as_ref().map_or_else(String::new, |command| format!(" {command}"));
            let text = format!("{}: {}{command}", item.name, item.what);
            for (n, line) in wrap(&text, WIDTH - 12).iter().enumerate() {
                let lead = if n == 0 { format!("  {kind}") } else { " ".repeat(12) };
                self.line(&format!("{lead}{line}"));
            }
        }
    }

    fn people(&mut self, page: &Page) {
        self.heading("People");
        if page.rows.is_empty() {
            self.line("  No 1:1 was found.");
            return;
        }
        let mut name = "";
        for row in &page.rows {
            self.row(row, row.name == name);
            name = &row.name;
        }
        self.line("");
        self.wrapped(&legend(&page.rows).join("  "), "  ", "  ");
    }

    fn row(&mut self, row: &Row, again: bool) {
        self.line("");
        let cadence = row.flags.iter().fold(row.cadence.clone(), |words, flag| format!("{words}, {flag}"));
        if again {
            self.line(&format!("  {}", self.paint(&cadence, Paint::Dim)));
        } else {
            let relation = if row.relation.is_empty() { String::new() } else { format!(" ({})", row.relation) };
            let room = WIDTH.saturating_sub(cadence.width() + relation.width() + 2);
            let name = short(&row.name, room);
            let gap = WIDTH.saturating_sub(name.width() + relation.width() + cadence.width());
            let name = self.paint(&name, Paint::Bold);
            self.line(&format!("{name}{relation}{}{}", " ".repeat(gap), self.paint(&cadence, Paint::Dim)));
        }
        for line in &row.sessions {
            self.session(line);
        }
        if row.sessions.is_empty() {
            self.line(&format!("  · {}", row.quiet));
        }
        for owed in &row.owed {
            self.wrapped(&format!("owed: {owed}"), "    ", "      ");
        }
        let (strip, blank) = (strip(&row.strip), " ".repeat(28));
        if strip.width() > 24 {
            self.wrapped(&strip, "  ", "  ");
            self.wrapped(&row.last_held, &blank, &blank);
        } else {
            let gap = " ".repeat(26 - strip.width());
            self.wrapped(&row.last_held, &format!("  {strip}{gap}"), &blank);
        }
        for more in [&row.pace, &row.habits].into_iter().filter(|more| !more.is_empty()) {
            self.wrapped(more, &blank, &blank);
        }
        self.wrapped(&format!("next: {}", row.next), &blank, &blank);
    }

    fn session(&mut self, line: &Line) {
        let mut words = line.story.clone();
        for more in &line.aftermath {
            let _ = write!(words, "; {more}");
        }
        let paint = match line.mark {
            Mark::Held | Mark::MadeUp => Paint::Green,
            Mark::MadeUpLate | Mark::Open | Mark::Unknown => Paint::Yellow,
            Mark::Missed => Paint::Red,
            Mark::Excused | Mark::Upcoming => Paint::Dim,
        };
        let glyph = self.paint(&glyph(line.mark).to_string(), paint);
        let when = format!("{:<18}", line.when);
        for (n, words) in wrap(&words, WIDTH - 22).iter().enumerate() {
            let lead = if n == 0 { format!("  {glyph} {when}") } else { " ".repeat(22) };
            self.line(&format!("{lead}{words}"));
        }
    }

    fn sums(&mut self, page: &Page) {
        self.heading("In numbers");
        self.line(&format!("  {:<20}{:>12}{:>15}", "sessions", "this week", "twelve weeks"));
        for (word, week, quarter) in &page.sums {
            self.line(&format!("  {word:<20}{week:>12}{quarter:>15}"));
        }
    }

    /// Held or made up in time, of those that are settled; a line for every six weeks.
    fn weeks(&mut self, page: &Page) {
        if page.weeks.iter().all(|week| week.totals.settled().all == 0) {
            return;
        }
        self.heading("Held or made up in time, week by week");
        for six in page.weeks.chunks(6) {
            let names: String =
                six.iter().map(|week| format!("{:>10}", format!("W{}", week.week.week))).collect::<Vec<_>>().concat();
            let shares: String =
                six.iter().map(|week| format!("{:>10}", share(week.totals.settled()))).collect::<Vec<_>>().concat();
            self.line(&format!("  {}", self.paint(&names, Paint::Dim)));
            self.line(&format!("  {shares}"));
        }
    }

    fn losses(&mut self, page: &Page) {
        self.heading("Lost sessions");
        self.wrapped(&page.losses.lost_words(), "  ", "  ");
        if page.losses.lost == 0 {
            return;
        }
        let columns: String = SIDES.iter().map(|side| format!("{side:>18}")).collect::<Vec<_>>().concat();
        self.line(&format!("  {:<24}{columns}", "how early"));
        for (lead, sides) in &page.losses.by_lead {
            let columns: String = sides.iter().map(|n| format!("{n:>18}")).collect::<Vec<_>>().concat();
            self.line(&format!("  {lead:<24}{columns}"));
        }
        self.line("");
        self.wrapped(&page.losses.recovery_words(), "  ", "  ");
        for (wait, n) in &page.losses.waited {
            self.line(&format!("  {wait:<25}{n:>4}"));
        }
    }

    fn beside(&mut self, page: &Page) {
        self.heading("Fairness and coverage");
        self.wrapped(&page.fairness, "  ", "  ");
        for bearing in &page.bearings {
            let [expected, moved, given_up] = bearing.numbers;
            let heavy = if bearing.is_heavy { ": more than their share" } else { "" };
            let words = format!("{}: {moved} moved, {given_up} given up by you, of {expected}{heavy}", bearing.name);
            self.wrapped(&words, "  - ", "    ");
        }
        if !page.coverage.is_empty() {
            self.wrapped(&page.coverage, "  ", "  ");
        }
        self.list("Skip-levels, longest ago first", &page.rotation);
    }

    fn lists(&mut self, page: &Page) {
        self.list("No standing 1:1", &page.uncovered);
        let sources: Vec<String> =
            page.sources.iter().map(|source| format!("{}: {}", source.name, source.words)).collect();
        self.list("Calendars", &sources);
        self.list("What this report does not know", &page.gaps);
    }

    fn list(&mut self, title: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.heading(title);
        for item in items {
            self.wrapped(item, "  - ", "    ");
        }
    }

    fn heading(&mut self, title: &str) {
        self.line("");
        let title = self.paint(title, Paint::Bold);
        self.line(&title);
    }

    fn ends(&mut self, left: &str, right: &str) {
        let gap = WIDTH.saturating_sub(left.width() + right.width()).max(2);
        let left = self.paint(left, Paint::Bold);
        self.line(&format!("{left}{}{right}", " ".repeat(gap)));
    }

    fn wrapped(&mut self, text: &str, first: &str, rest: &str) {
        let room = WIDTH.saturating_sub(first.width().max(rest.width()));
        for (n, line) in wrap(text, room).iter().enumerate() {
            let lead = if n == 0 { first } else { rest };
            self.line(&format!("{lead}{line}"));
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    fn paint(&self, text: &str, paint: Paint) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Bold => 1,
            Paint::Dim => 2,
            Paint::Green => 32,
            Paint::Yellow => 33,
            Paint::Red => 31,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Breaks text at spaces, at most `room` columns a line; a word that is longer stands alone, cut where the line ends.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        for piece in pieces(word, room) {
            let last = lines.last_mut().map_or(0, |line| line.width());
            match lines.last_mut() {
                Some(line) if last == 0 => line.push_str(&piece),
                Some(line) if last + 1 + piece.width() <= room => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines
}

/// Text cut to `room` columns; what is cut ends in `…`.
fn short(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut kept = pieces(text, room.saturating_sub(1)).into_iter().next().unwrap_or_default();
    kept.push('…');
    kept
}

fn pieces(word: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let wide = pieces.last().map_or(0, |piece| piece.width());
        if wide + c.to_string().width() > room.max(2) {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces
}
