//! Owns the strip as inline SVG: a shape for each mark, so that no colour is needed to read it.

use std::fmt::Write as _;

use crate::domain::week::{Mark, StripWeek};

use super::phrases;

/// The side of one mark, in SVG units.
const CELL: usize = 20;

/// Draws a strip; a week that is not all held has a title of its own, the whole has `words` as its name.
#[must_use]
pub fn strip(weeks: &[StripWeek], words: &str) -> String {
    let width = CELL * weeks.len().max(1);
    let rows = weeks.iter().map(|week| week.marks.len()).max().unwrap_or(1).clamp(1, 7);
    let height = CELL * rows;
    let mut svg = format!(
        r#"<svg class="strip" role="img" aria-label="Last twelve weeks: {words}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">"#
    );
    let lines: String = (0..=weeks.len()).map(|column| format!("M{} 0v{height}", column * CELL)).collect();
    let _ = write!(svg, r#"<path class="cell" d="M0 0h{width}M0 {height}h{width}{lines}"/>"#);
    for (column, week) in weeks.iter().enumerate() {
        // What is as it should be needs no words of its own; the name of the whole has the sums.
        let is_odd = week.marks.iter().any(|&mark| mark != Mark::Held);
        if is_odd {
            let _ = write!(svg, "<g><title>{}: {}</title>", week.week, week_words(week));
        }
        let left = column * CELL;
        if week.marks.is_empty() {
            let _ = write!(svg, r#"<circle class="none" cx="{}" cy="{}" r="1.5"/>"#, left + CELL / 2, height / 2);
        }
        let top = (height - CELL * week.marks.len().min(rows)) / 2;
        for (row, &mark) in week.marks.iter().take(rows).enumerate() {
            svg.push_str(&shape(mark, left + CELL / 2, top + row * CELL + CELL / 2));
        }
        if is_odd {
            svg.push_str("</g>");
        }
    }
    svg.push_str("</svg>");
    svg
}

/// One mark on its own, for a list or the legend; it is decoration beside words.
#[must_use]
pub fn mark(mark: Option<Mark>) -> String {
    let middle = CELL / 2;
    let shape = mark.map_or_else(
        || format!(r#"<circle class="none" cx="{middle}" cy="{middle}" r="1.5"/>"#),
        |mark| shape(mark, middle, middle),
    );
    format!(
        r#"<svg class="mark" aria-hidden="true" viewBox="0 0 {CELL} {CELL}" width="{CELL}" height="{CELL}">{shape}</svg>"#
    )
}

fn week_words(week: &StripWeek) -> String {
    week.marks.iter().map(|&mark| phrases::mark(mark)).collect::<Vec<_>>().join(", ")
}

/// A shape around a middle: disc, half disc, ring, cross in a square, bar, question mark, chevron.
fn shape(mark: Mark, x: usize, y: usize) -> String {
    match mark {
        Mark::Held => format!(r#"<circle class="held" cx="{x}" cy="{y}" r="6.5"/>"#),
        Mark::MadeUp => {
            let arc = format!("M{x} {}a6 6 0 0 1 0 12z", y - 6);
            format!(r#"<circle class="ring" cx="{x}" cy="{y}" r="6"/><path class="held" d="{arc}"/>"#)
        }
        Mark::Open => format!(r#"<circle class="open" cx="{x}" cy="{y}" r="5.5"/>"#),
        Mark::Missed => {
            let (left, top) = (x - 7, y - 7);
            let cross = format!("M{} {}l7 7m0 -7l-7 7", left + 3, top + 3);
            let square = format!(r#"<rect class="missed" x="{left}" y="{top}" width="14" height="14" rx="2.5"/>"#);
            // The cross is drawn half a unit in, so that it sits in the middle of the square.
            format!(r#"{square}<path class="cross" transform="translate(.5 .5)" d="{cross}"/>"#)
        }
        Mark::Excused => format!(r#"<path class="excused" d="M{} {y}h10"/>"#, x - 5),
        Mark::Unknown => format!(r#"<text class="unknown" x="{x}" y="{}" text-anchor="middle">?</text>"#, y + 5),
        Mark::Upcoming => format!(r#"<path class="upcoming" d="M{} {}l4.5 4.5l-4.5 4.5"/>"#, x - 2, y - 5),
    }
}
