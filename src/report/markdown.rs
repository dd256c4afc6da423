//! Renders the report as Markdown (`CommonMark`, with tables).

use std::fmt::Write as _;

use crate::domain::week::Settled;

use super::losses::SIDES;
use super::page::{Page, Row};
use super::text::{glyph, legend, strip};

/// Writes the page as Markdown.
#[must_use]
pub fn write(page: &Page) -> String {
    let mut out = format!("# 1:1s in week {}\n\n{}\n\n", page.week, page.days);
    let _ = write!(out, "**{}**\n\n{} {}\n", page.headline, page.rate.numbers, page.rate.meaning);
    if !page.waiting.is_empty() {
        out.push_str("\n## Waiting for you\n\n");
        for item in &page.waiting {
            let command = item.command.as_ref().map_or_else(String::new, |command| format!(" `{command}`"));
            let _ = writeln!(out, "- **{}** · {}: {}{command}", item.kind, plain(&item.name), item.what);
        }
    }
    list(&mut out, "Corrected since it was made", page.corrections.iter().map(|one| plain(one)));
    if page.is_shared {
        let _ = write!(out, "\n## People\n\n{}\n", page.people_words());
    } else {
        people(&mut out, page);
    }
    sums(&mut out, page);
    losses(&mut out, page);
    beside(&mut out, page);
    list(&mut out, "No standing 1:1", page.uncovered.iter().map(|name| plain(name)));
    list(
        &mut out,
        "Calendars",
        page.sources.iter().map(|source| format!("{}: {}", plain(&source.name), plain(&source.words))),
    );
    list(&mut out, "What this report does not know", page.gaps.iter().cloned());
    let _ = write!(out, "\nMade {}.\n", page.made);
    out
}

fn people(out: &mut String, page: &Page) {
    out.push_str("\n## People\n");
    if page.rows.is_empty() {
        out.push_str("\nNo 1:1 was found.\n");
        return;
    }
    let mut name = "";
    for row in &page.rows {
        if row.name != name {
            let relation = if row.relation.is_empty() { String::new() } else { format!(" ({})", row.relation) };
            let _ = write!(out, "\n### {}{relation}\n", plain(&row.name));
        }
        name = &row.name;
        person(out, row);
    }
    let _ = write!(out, "\n{}\n", legend(&page.rows).join(", "));
}

fn person(out: &mut String, row: &Row) {
    let _ = write!(out, "\n{}", sentence(&row.cadence));
    for flag in &row.flags {
        let _ = write!(out, ", **{flag}**");
    }
    let _ = write!(out, " · {} · next: {}", row.last_held, row.next);
    for more in [&row.pace, &row.habits].into_iter().filter(|more| !more.is_empty()) {
        let _ = write!(out, " · {}", plain(more));
    }
    out.push_str("\n\n");
    let _ = write!(out, "`{}` ({})\n\n", strip(&row.strip), row.strip_words);
    for line in &row.sessions {
        let _ = write!(out, "- {} {}: {}", glyph(line.mark), line.when, plain(&line.story));
        for more in &line.aftermath {
            let _ = write!(out, "; {more}");
        }
        out.push('\n');
    }
    if row.sessions.is_empty() {
        let _ = writeln!(out, "- {}", row.quiet);
    }
    for owed in &row.owed {
        let _ = writeln!(out, "- **owed** {}", plain(owed));
    }
}

fn sums(out: &mut String, page: &Page) {
    out.push_str("\n## In numbers\n\n| sessions | this week | twelve weeks |\n|---|---:|---:|\n");
    for (word, week, quarter) in &page.sums {
        let _ = writeln!(out, "| {word} | {week} | {quarter} |");
    }
}

fn losses(out: &mut String, page: &Page) {
    let weeks: Vec<_> = page.weeks.iter().filter(|week| week.totals.settled().all > 0).collect();
    if !weeks.is_empty() {
        out.push_str(
            "\n## Held or made up in time, week by week\n\n| week | held or made up | of settled |\n|---|---:|---:|\n",
        );
    }
    for week in weeks {
        let Settled { kept, all } = week.totals.settled();
        let _ = writeln!(out, "| {} | {kept} | {all} |", week.week);
    }
    let _ = write!(out, "\n## Lost sessions\n\n{}\n", page.losses.lost_words());
    if page.losses.lost == 0 {
        return;
    }
    let _ = write!(out, "\n| how early | {} |\n|---|---:|---:|---:|\n", SIDES.join(" | "));
    for (lead, [owner, other, unknown]) in &page.losses.by_lead {
        let _ = writeln!(out, "| {lead} | {owner} | {other} | {unknown} |");
    }
    let _ = write!(out, "\n{}\n\n| made up | sessions |\n|---|---:|\n", page.losses.recovery_words());
    for (wait, n) in &page.losses.waited {
        let _ = writeln!(out, "| {wait} | {n} |");
    }
}

fn beside(out: &mut String, page: &Page) {
    let _ = write!(out, "\n## Fairness and coverage\n\n{}\n", plain(&page.fairness));
    if !page.bearings.is_empty() {
        out.push_str("\n| person | expected | moved | given up by you |\n|---|---:|---:|---:|\n");
    }
    for bearing in &page.bearings {
        let [expected, moved, given_up] = bearing.numbers;
        let heavy = if bearing.is_heavy { " (**more than their share**)" } else { "" };
        let _ = writeln!(out, "| {}{heavy} | {expected} | {moved} | {given_up} |", plain(&bearing.name));
    }
    if !page.coverage.is_empty() {
        let _ = write!(out, "\n{}\n", page.coverage);
    }
    list(out, "Skip-levels, longest ago first", page.rotation.iter().map(|line| plain(line)));
}

fn list(out: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.map(|item| format!("- {item}\n")).collect();
    if !items.is_empty() {
        let _ = write!(out, "\n## {title}\n\n{}", items.concat());
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Text that means itself: every ASCII punctuation that could mean something to Markdown is escaped (`CommonMark` 2.4).
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '!' | '|' | '~' | '&' | '@') {
            out.push('\\');
        }
        out.push(c);
    }
    // A bare link is not marked by any punctuation of its own; the scheme's colon is.
    out.replace("://", "\\://")
}
