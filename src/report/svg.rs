//! Draws the strip of session marks as inline SVG, with shapes that work without colour.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Weekday;

use crate::domain::week::{Mark, STRIP, StripWeek, WeekId};

use crate::wording::phrases;

/// The side of one mark, in SVG units.
const CELL: usize = 20;

/// The shapes, each drawn once around the origin: disc, half disc, quarter disc, ring, cross in a square, bar, question mark, chevron, dot;
/// and the frame of a strip of twelve weeks with a session each.
#[must_use]
pub fn shapes() -> String {
    let frame = frame(usize::try_from(STRIP).unwrap_or(12), 1);
    format!(
        r#"<svg class="shapes" aria-hidden="true" width="0" height="0"><defs><circle id="h" class="held" r="6.5"/><g id="u"><circle class="ring" r="6"/><path class="held" d="M0 -6a6 6 0 0 1 0 12z"/></g><g id="l"><circle class="ring" r="6"/><path class="held" d="M0 0v-6a6 6 0 0 1 6 6z"/></g><circle id="o" class="open" r="5.5"/><g id="x"><rect class="missed" x="-7" y="-7" width="14" height="14" rx="2.5"/><path class="cross" d="M-3.5 -3.5l7 7m0 -7l-7 7"/></g><path id="e" class="excused" d="M-5 0h10"/><text id="q" class="unknown" y="5" text-anchor="middle">?</text><path id="p" class="upcoming" d="M-2 -5l4.5 4.5l-4.5 4.5"/><circle id="n" class="none" r="1.5"/><path id="f" class="cell" d="{frame}"/></defs></svg>"#
    )
}

/// Draws a strip; a week that is not all held has a title of its own, the whole has `words` as its name.
#[must_use]
pub fn strip(weeks: &[StripWeek], words: &str) -> String {
    let rows = weeks.iter().map(|week| week.marks.len()).max().unwrap_or(1).clamp(1, 7);
    let (width, height) = (CELL * weeks.len().max(1), CELL * rows);
    let mut svg = format!(
        r#"<svg class="strip" role="img" aria-label="Last twelve weeks: {words}" viewBox="0 -{} {width} {height}" width="{width}" height="{height}">"#,
        CELL / 2
    );
    if rows == 1 && i64::try_from(weeks.len()) == Ok(STRIP) {
        svg.push_str(r##"<use href="#f"/>"##);
    } else {
        let _ = write!(svg, r#"<path class="cell" d="{}"/>"#, frame(weeks.len(), rows));
    }
    for (column, week) in weeks.iter().enumerate() {
        // What is as it should be needs no words of its own; the name of the whole has the sums.
        let is_odd = week.marks.iter().any(|&mark| mark != Mark::Held);
        if is_odd {
            let _ = write!(svg, "<g><title>{}: {}</title>", week.week, week_words(week));
        }
        let x = column * CELL + CELL / 2;
        if week.marks.is_empty() {
            put(&mut svg, None, x, (rows - 1) * CELL / 2);
        }
        let top = (rows - week.marks.len().min(rows)) * CELL / 2;
        for (row, &mark) in week.marks.iter().take(rows).enumerate() {
            put(&mut svg, Some(mark), x, top + row * CELL);
        }
        if is_odd {
            svg.push_str("</g>");
        }
    }
    svg.push_str("</svg>");
    svg
}

/// The room of one week in a year, in SVG units.
const WEEK: usize = 10;

/// Draws a year, a small square a week: full where all was held, crossed where something was missed, a frame where something is open,
/// half where it was made up, a bar where everything was excused. `words` is the name of the whole.
#[must_use]
pub fn year(weeks: &[WeekId], with_sessions: &[StripWeek], words: &str) -> String {
    let width = WEEK * weeks.len().max(1);
    let words = if words.is_empty() { "no session" } else { words };
    let mut svg = format!(
        r#"<svg class="year" role="img" aria-label="The year: {words}" viewBox="0 0 {width} {WEEK}" width="{width}" height="{WEEK}">"#
    );
    let mut drawn: BTreeMap<&str, String> = BTreeMap::new();
    for (column, week) in weeks.iter().enumerate() {
        let of_week = with_sessions.iter().find(|one| one.week == *week);
        let marks = of_week.map_or(&[][..], |one| &one.marks);
        let x = column * WEEK;
        for (class, path) in square(marks) {
            let _ = write!(drawn.entry(class).or_default(), "M{x} 0{path}");
        }
    }
    // What covers other shapes is drawn after them.
    for class in ["none", "held", "missed", "frame", "open", "excused", "unknown-week", "cross"] {
        if let Some(path) = drawn.get(class) {
            let _ = write!(svg, r#"<path class="{class}" d="{path}"/>"#);
        }
    }
    svg.push_str("</svg>");
    svg
}

/// The shapes of one week, by class, each from the left top corner of its room; the worst of several marks is shown.
fn square(marks: &[Mark]) -> &'static [(&'static str, &'static str)] {
    const FULL: &str = "m1 1h8v8h-8z";
    const HALF: &str = "m1 5h8v4h-8z";
    let worst = marks.iter().copied().min_by_key(|mark| match mark {
        Mark::Missed => 0,
        Mark::Open => 1,
        Mark::Unknown => 2,
        Mark::MadeUpLate => 3,
        Mark::MadeUp => 4,
        Mark::Held => 5,
        Mark::Upcoming => 6,
        Mark::Excused => 7,
    });
    match worst {
        None => &[("none", "m4 4h2v2h-2z")],
        Some(Mark::Held) => &[("held", FULL)],
        Some(Mark::MadeUp | Mark::MadeUpLate) => &[("frame", FULL), ("held", HALF)],
        Some(Mark::Open) => &[("open", "m2 2h6v6h-6z")],
        Some(Mark::Missed) => &[("missed", FULL), ("cross", "m3 3l4 4m0 -4l-4 4")],
        Some(Mark::Excused) => &[("excused", "m2 5h6")],
        Some(Mark::Unknown) => &[("unknown-week", "m5 1v5m0 2v1")],
        Some(Mark::Upcoming) => &[("frame", FULL)],
    }
}

/// The months above a year, each where its first whole week is.
#[must_use]
pub fn months(weeks: &[WeekId]) -> String {
    let width = WEEK * weeks.len().max(1);
    let mut svg = format!(
        r#"<svg class="year" aria-hidden="true" viewBox="0 0 {width} {WEEK}" width="{width}" height="{WEEK}">"#
    );
    let month = |week: &WeekId| week.first_day(Weekday::Monday).month();
    for (column, pair) in weeks.windows(2).enumerate() {
        let [before, week] = pair else { continue };
        if month(before) != month(week) {
            let name = week.first_day(Weekday::Monday).strftime("%b");
            let _ = write!(svg, r#"<text class="axis" x="{}" y="8">{name}</text>"#, (column + 1) * WEEK);
        }
    }
    svg.push_str("</svg>");
    svg
}

/// One mark on its own, for a list or the legend; it is decoration beside words.
#[must_use]
pub fn mark(mark: Option<Mark>) -> String {
    format!(
        r##"<svg class="mark" aria-hidden="true" viewBox="-10 -10 20 20" width="20" height="20"><use href="#{}"/></svg>"##,
        id(mark)
    )
}

fn put(svg: &mut String, mark: Option<Mark>, x: usize, y: usize) {
    let _ = write!(svg, r##"<use href="#{}" x="{x}""##, id(mark));
    if y > 0 {
        let _ = write!(svg, r#" y="{y}""#);
    }
    svg.push_str("/>");
}

/// The cells of a strip, as one path.
fn frame(weeks: usize, rows: usize) -> String {
    let (width, height) = (CELL * weeks.max(1), CELL * rows);
    let half = CELL / 2;
    let lines: String =
        (0..=weeks).map(|column| format!("M{} -{half}v{height}", column * CELL)).collect::<Vec<_>>().concat();
    format!("M0 -{half}h{width}M0 {}h{width}{lines}", height - half)
}

fn week_words(week: &StripWeek) -> String {
    week.marks.iter().map(|&mark| phrases::mark(mark)).collect::<Vec<_>>().join(", ")
}

/// The name of a shape in the page.
const fn id(mark: Option<Mark>) -> char {
    match mark {
        Some(Mark::Held) => 'h',
        Some(Mark::MadeUp) => 'u',
        Some(Mark::MadeUpLate) => 'l',
        Some(Mark::Open) => 'o',
        Some(Mark::Missed) => 'x',
        Some(Mark::Excused) => 'e',
        Some(Mark::Unknown) => 'q',
        Some(Mark::Upcoming) => 'p',
        None => 'n',
    }
}
