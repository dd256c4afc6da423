//! Writes the ledger as CSV (RFC 4180), safe to open in a spreadsheet.

use serde::Serialize;

use super::sessions::{Selection, by_start};
use crate::domain::sanitize;
use crate::domain::session::{Evidence, Session};
use crate::domain::standing::{OneOnOne, Standing};
use crate::wording::local_time::LocalTime;

const HEADINGS: &str = "id,person,address,relation,original_start,start,end,outcome,by,lost_after,lost_at,state,owed,deadline,\
                        made_up_start,made_up_held,evidence\r\n";

/// The sessions of a selection, by start: a line of headings, then a line each.
pub fn sessions(standing: &Standing, wall: &LocalTime, which: &Selection) -> String {
    let lines = by_start(standing, which).into_iter().map(|(one, session)| line(one, session, wall));
    std::iter::once(HEADINGS.to_owned()).chain(lines).collect()
}

fn line(one: &OneOnOne, session: &Session, wall: &LocalTime) -> String {
    let exact = |at| wall.exact(at);
    let evidence: Vec<&str> = session.evidence.iter().map(Evidence::kind).collect();
    let made_up = session.made_up_by.as_ref();
    let cells = [
        session.id.to_string(),
        sanitize::name(&one.person, 200),
        one.person.addresses.first().map(ToString::to_string).unwrap_or_default(),
        word(&one.person.relation),
        exact(session.id.original),
        exact(session.span.start),
        exact(session.span.end),
        word(&session.outcome),
        session.by.as_ref().map(word).unwrap_or_default(),
        session.lost.map(|lost| exact(lost.after)).unwrap_or_default(),
        session.lost.map(|lost| exact(lost.before)).unwrap_or_default(),
        session.state.as_ref().map(word).unwrap_or_default(),
        session.owed.to_string(),
        exact(session.deadline),
        made_up.map(|by| exact(by.span.start)).unwrap_or_default(),
        made_up.map(|by| by.held.to_string()).unwrap_or_default(),
        evidence.join(" "),
    ];
    cells.map(|text| cell(&text)).join(",") + "\r\n"
}

/// The stable word of a value, as JSON has it.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// One cell, quoted where it must be. A text that a spreadsheet would take for a formula is kept a text.
fn cell(text: &str) -> String {
    let formula: &[char] =
        if planted!("csv-cells-are-formulas") { &['=', '@'] } else { &['=', '+', '-', '@', '\t', '\r'] };
    let guard = if text.starts_with(formula) { "'" } else { "" };
    if guard.is_empty() && !text.contains(['"', ',', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample;

    #[test]
    fn a_cell_means_itself_whatever_stands_in_it() {
        assert_eq!([cell("Ann"), cell("a,b"), cell("say \"hi\"")], ["Ann", "\"a,b\"", "\"say \"\"hi\"\"\""]);
        assert_eq!([cell("=1+1"), cell("@x"), cell("a\nb")], ["\"'=1+1\"", "\"'@x\"", "\"a\nb\""]);
    }

    #[test]
    fn whatever_begins_like_a_formula_stays_a_text() {
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            assert_eq!(cell(&format!("{start}1\"x")), format!("\"'{start}1\"\"x\""), "{start:?}");
            assert!(!cell(&format!("1{start}1")).starts_with("\"'"), "{start:?} inside");
        }
    }

    #[test]
    fn every_line_has_as_many_cells_as_there_are_headings() {
        let text = sessions(&sample::standing(), &sample::wall(), &Selection::default());
        let cells = |line: &str| line.split(',').count();
        assert!(text.lines().count() > 3);
        assert!(text.lines().all(|line| cells(line) == cells(HEADINGS)), "{text}");
    }
}
