//! Recurrence test cases of other projects: each passes, or is listed with the reason why our result is right.
#![expect(clippy::unwrap_used, reason = "a test whose fixture is wrong has to fail")]

use std::collections::{BTreeMap, BTreeSet};

use cadenced::domain::recurrence::{ExtraDate, Moment, Options, Recurrence, Rule, Series, Window, Zone, expand};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    dtstart: String,
    value: String,
    tz: Option<String>,
    lines: Vec<String>,
    limit: Option<usize>,
    window: Option<Limits>,
    complete: bool,
    expected: Vec<String>,
    #[serde(default)]
    expected_utc: Vec<String>,
    must_pass: bool,
}

#[derive(Deserialize)]
struct Limits {
    from: Option<String>,
    to: Option<String>,
    inc_from: bool,
    inc_to: bool,
}

#[derive(Deserialize)]
struct Invalid {
    id: String,
    lines: Vec<String>,
    #[serde(default)]
    lax_repair: Option<String>,
}

#[derive(Deserialize)]
struct Differences {
    expansion: Vec<Group>,
    accepted: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    reason: String,
    /// Whether the cases pass where a DTSTART that the rule does not generate is an instance.
    #[serde(default)]
    passes_with_start: bool,
    cases: Vec<String>,
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/recurrence/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn records<T: for<'a> Deserialize<'a>>(name: &str) -> Vec<T> {
    fixture(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn listed(groups: &[Group]) -> BTreeMap<&str, &str> {
    let mut all = BTreeMap::new();
    for group in groups {
        assert!(group.reason.len() > 20, "a reason says why");
        for case in &group.cases {
            assert!(all.insert(case.as_str(), group.reason.as_str()).is_none(), "{case} is listed twice");
        }
    }
    all
}

#[test]
fn every_case_passes_or_is_listed_with_the_reason_why_ours_is_right() {
    let cases: Vec<Case> = records("recurrence.jsonl");
    let differences: Differences = toml::from_str(&fixture("differences.toml")).unwrap();
    let listed = listed(&differences.expansion);
    assert_eq!(cases.len(), 747);
    let mut faults = Vec::new();
    for case in &cases {
        match (run(case, false), listed.contains_key(case.id.as_str())) {
            (Ok(()), true) => faults.push(format!("{} passes, but is listed", case.id)),
            (Err(why), true) if case.must_pass => faults.push(format!("{} must pass: {why}", case.id)),
            (Ok(()), false) | (Err(_), true) => {}
            (Err(why), false) => faults.push(format!("{} {:?}: {why}", case.id, case.lines)),
        }
    }
    let with_start =
        differences.expansion.iter().filter(|group| group.passes_with_start).flat_map(|group| &group.cases);
    for id in with_start {
        run(cases.iter().find(|case| case.id == *id).unwrap(), true).unwrap();
    }
    let known: BTreeSet<_> = cases.iter().map(|case| case.id.as_str()).collect();
    faults.extend(listed.keys().filter(|id| !known.contains(*id)).map(|id| format!("{id} is listed, but no case")));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_invalid_rule_is_refused_or_repaired_or_listed_as_valid() {
    let cases: Vec<Invalid> = records("invalid.jsonl");
    let differences: Differences = toml::from_str(&fixture("differences.toml")).unwrap();
    let listed = listed(&differences.accepted);
    assert_eq!(cases.len(), 137);
    let mut faults = Vec::new();
    for case in &cases {
        let read = read_all(&case.lines);
        let repaired = case.lax_repair.as_ref().and_then(|text| text.parse::<Rule>().ok());
        let right = match &read {
            Err(why) => !why.is_empty(),
            Ok(rules) => repaired.is_some_and(|repaired| rules.iter().all(|rule| *rule == repaired)),
        };
        if right == listed.contains_key(case.id.as_str()) {
            faults.push(format!("{} {:?}: {read:?}", case.id, case.lines));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// The rules of a case's lines; some cases are whole properties with line breaks in them.
fn read_all(lines: &[String]) -> Result<Vec<Rule>, String> {
    let mut rules = Vec::new();
    for line in lines.iter().flat_map(|line| line.lines()).map(str::trim) {
        match line.split_once(':') {
            Some(("RRULE" | "EXRULE", text)) => rules.push(text.parse::<Rule>().map_err(|why| why.to_string())?),
            Some((name, text)) if name.starts_with("DTSTART") => {
                read_local(text.trim_end_matches('Z')).ok_or_else(|| format!("{text} is no date"))?;
            }
            _ => return Err(format!("{line} is no property")),
        }
    }
    Ok(rules)
}

fn read_local(text: &str) -> Option<DateTime> {
    if text.len() == 8 {
        return Some(jiff::civil::Date::strptime("%Y%m%d", text).ok()?.at(0, 0, 0, 0));
    }
    DateTime::strptime("%Y%m%dT%H%M%S", text).ok()
}

fn moment(text: &str, case: &Case, zone: Option<&str>) -> Moment {
    let local = read_local(text.trim_end_matches('Z')).unwrap();
    match zone.or(case.tz.as_deref()) {
        _ if text.len() == 8 => Moment::Date(local.date()),
        _ if text.ends_with('Z') => Moment::utc(local),
        Some(name) => Moment::Zoned(local, Zone::iana(name).unwrap()),
        None => Moment::Floating(local),
    }
}

fn recurrence(case: &Case) -> Result<Recurrence, String> {
    let mut recurrence = Recurrence::default();
    for line in &case.lines {
        let (property, text) = line.split_once(':').unwrap();
        let (name, parameters) = property.split_once(';').unwrap_or((property, ""));
        let zone = parameters.strip_prefix("TZID=");
        let rule = || text.parse::<Rule>().map_err(|why| why.to_string());
        let dates = || text.split(',').map(|text| moment(text, case, zone));
        match name {
            "RRULE" => recurrence.rules.push(rule()?),
            "EXRULE" => recurrence.excluded_rules.push(rule()?),
            "RDATE" => recurrence.dates.extend(dates().map(|start| ExtraDate { start, end: None })),
            "EXDATE" => recurrence.excluded.extend(dates()),
            _ => return Err(format!("{name} is not known to this test")),
        }
    }
    Ok(recurrence)
}

fn window(case: &Case, zone: &TimeZone) -> Window {
    let instant = |text: &str| zone.to_timestamp(read_local(text.trim_end_matches('Z')).unwrap()).unwrap();
    let after = |at: Timestamp, more: bool| if more { at + 1.second() } else { at };
    let limits = case.window.as_ref();
    let from = limits.and_then(|limits| limits.from.as_ref().map(|from| after(instant(from), !limits.inc_from)));
    let to = limits.and_then(|limits| limits.to.as_ref().map(|to| after(instant(to), limits.inc_to)));
    // Where the list is not the whole answer, the window ends just past it.
    let last = case.expected.last().filter(|_| !case.complete || case.limit.is_some());
    let to = to.or_else(|| last.map(|last| after(instant(last), true)));
    Window { from: from.unwrap_or(Timestamp::MIN), to: to.unwrap_or(Timestamp::MAX), here: TimeZone::UTC }
}

fn run(case: &Case, include_start: bool) -> Result<(), String> {
    let start = moment(&case.dtstart, case, None);
    let recurrence = recurrence(case)?;
    assert_eq!(start.is_date(), case.value == "DATE");
    let zone = if let Moment::Zoned(_, zone) = &start { zone.rules().clone() } else { TimeZone::UTC };
    let window = window(case, &zone);
    let series = Series { start: &start, end: &start, recurrence: &recurrence, overrides: &[] };
    let options = Options { include_start, budget: 10_000_000, ..Options::default() };
    let expansion = expand(&series, &window, options);
    let form = if start.is_date() { "%Y%m%d" } else { "%Y%m%dT%H%M%S" };
    let found: Vec<_> = expansion.instances.iter().map(|it| it.start.local().strftime(form).to_string()).collect();
    let short = |list: &[String]| list.iter().take(8).cloned().collect::<Vec<_>>().join(" ");
    if found != case.expected {
        return Err(format!("expected {} but found {}", short(&case.expected), short(&found)));
    }
    let instants = expansion.instances.iter().map(|it| it.start.instant(&zone).strftime("%Y%m%dT%H%M%SZ").to_string());
    if !case.expected_utc.is_empty() && !instants.eq(case.expected_utc.iter().cloned()) {
        return Err("the readings are right, the instants are not".into());
    }
    if expansion.truncated { Err("it was truncated".into()) } else { Ok(()) }
}
