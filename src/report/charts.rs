//! Draws the report's charts as inline SVG. Length and position carry the meaning; colour only helps.

use std::fmt::Write as _;

use crate::domain::week::{Settled, WeekTotals};

use crate::wording::local_time::count;

/// The room of one week, in SVG units.
const COLUMN: u32 = 27;
/// The height of the bars.
const HEIGHT: u32 = 72;
/// The room above the bars.
const TOP: u32 = 4;
/// The room left of the bars.
const LEFT: u32 = 30;

/// The share of settled sessions that were held or made up, a column a week, with the bounds of the bands.
#[must_use]
pub fn rate(weeks: &[WeekTotals]) -> String {
    let width = LEFT + COLUMN * columns(weeks);
    let all = TOP + HEIGHT + 28;
    let mut svg = format!(
        r#"<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {width} {all}" width="{width}" height="{all}">"#,
        rate_words(weeks)
    );
    for share in [100, 80, 0] {
        let y = TOP + HEIGHT * (100 - share) / 100;
        let _ = write!(svg, r#"<text class="axis" x="{}" y="{}" text-anchor="end">{share}%</text>"#, LEFT - 5, y + 3);
    }
    let mut left = LEFT;
    for week in weeks {
        column(&mut svg, week, left);
        left += COLUMN;
    }
    for share in [95, 80] {
        let y = TOP + HEIGHT * (100 - share) / 100;
        let _ = write!(svg, r#"<path class="bound" d="M{LEFT} {y}H{width}"/>"#);
    }
    svg.push_str("</svg>");
    svg
}

fn column(svg: &mut String, week: &WeekTotals, left: u32) {
    let Settled { kept, all: settled } = week.totals.settled();
    let middle = left + COLUMN / 2;
    let _ = write!(svg, "<g><title>{}: {}</title>", week.week, week_words(week));
    if let Some(filled) = (HEIGHT * kept).checked_div(settled) {
        let (x, width) = (left + 4, COLUMN - 8);
        let _ = write!(svg, r#"<rect class="frame" x="{x}" y="{TOP}" width="{width}" height="{HEIGHT}"/>"#);
        let y = TOP + HEIGHT - filled;
        let _ = write!(svg, r#"<rect class="bar" x="{x}" y="{y}" width="{width}" height="{filled}"/>"#);
    }
    let below = if settled > 0 { format!("{kept}/{settled}") } else { "–".to_owned() };
    let y = TOP + HEIGHT + 12;
    let size = if below.len() > 4 { "small" } else { "count" };
    let _ = write!(svg, r#"<text class="{size}" x="{middle}" y="{y}" text-anchor="middle">{below}</text>"#);
    let y = y + 12;
    let number = week.week.week;
    let _ = write!(svg, r#"<text class="axis" x="{middle}" y="{y}" text-anchor="middle">W{number}</text></g>"#);
}

fn week_words(week: &WeekTotals) -> String {
    match week.totals.settled() {
        Settled { all: 0, .. } => "nothing settled".to_owned(),
        Settled { kept, all } => format!("{kept} of {} held or made up in time", count(all, "session")),
    }
}

fn rate_words(weeks: &[WeekTotals]) -> String {
    let each: Vec<String> = weeks.iter().map(|week| format!("{}: {}", week.week, week_words(week))).collect();
    format!("Sessions held or made up in time, week by week. {}.", each.join("; "))
}

fn columns(weeks: &[WeekTotals]) -> u32 {
    u32::try_from(weeks.len()).unwrap_or(1).max(1)
}

/// A bar beside its number; decoration beside the number in words.
#[must_use]
pub fn bar(n: u32, most: u32, class: &str) -> String {
    let length = 90 * n / most.max(1);
    if n == 0 {
        return String::new();
    }
    let length = length.max(2);
    format!(
        r#"<svg class="part" aria-hidden="true" viewBox="0 0 90 8" width="90" height="8"><rect class="{class}" x="0" y="0" width="{length}" height="8"/></svg>"#
    )
}
