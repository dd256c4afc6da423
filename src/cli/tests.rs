//! Tests of the commands' output: each on one made-up standing, as text and as JSON.

use super::sample::{NOW, at, half_hour, nothing, session, standing, wall};
use super::{explain, inbox, people, plan, series, sessions, status};
use crate::domain::inbox::{About, Item, Offer, items};
use crate::domain::one_on_one::{Reason, Verdict};
use crate::domain::plan::{Proposal, ProposalKind, ProposalReason};
use crate::domain::policy::{Mode, Policy};
use crate::domain::session::{Choice, Outcome, Side};
use crate::domain::snapshot::Snapshot;
use crate::domain::standing::OtherSeries;

fn plain(text: &str) -> String {
    let text = anstream::adapter::strip_str(text).to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line:?}", line.chars().count());
        assert!(!line.ends_with(' '), "{line:?}");
    }
    text
}

fn explained(id: &str) -> String {
    let standing = standing();
    plain(&explain::text(explain::find(&standing, id).unwrap(), &wall(), &|_| None))
}

fn proposals() -> Vec<Proposal> {
    let lost = session("annaaaaa", "2026-11-17T09:00:00Z", Outcome::Cancelled, Vec::new());
    vec![Proposal {
        session: lost.id,
        person: standing().one_on_ones[0].person.clone(),
        kind: ProposalKind::Propose,
        from: half_hour("2026-11-17T09:00:00Z"),
        to: Some(half_hour("2026-11-18T13:00:00Z")),
        why: vec![ProposalReason::OwedOpen, ProposalReason::ReadOnly],
        mode: Mode::Ask,
        choice: None,
        intent: None,
        due: None,
        asks: None,
        turned_down: None,
        guest_notice: None,
    }]
}

#[test]
fn series_shows_the_one_on_ones_and_on_request_the_rest_and_why_not() {
    insta::assert_snapshot!(plain(&series::text(&standing(), &wall(), false)));
    insta::assert_snapshot!(plain(&series::text(&standing(), &wall(), true)));
}

#[test]
fn series_for_programs_keeps_its_shape() {
    insta::assert_json_snapshot!(series::json(&standing(), &wall(), true));
}

#[test]
fn sessions_are_shown_by_one_on_one_with_what_followed() {
    insta::assert_snapshot!(plain(&sessions::text(&standing(), &wall(), &sessions::Selection::default())));
}

#[test]
fn sessions_for_programs_keep_their_shape() {
    insta::assert_json_snapshot!(sessions::json(&standing(), &wall(), &sessions::Selection::default()));
}

#[test]
fn sessions_are_selected_by_day_and_by_person() {
    let since = Some(at("2026-11-09T09:00:00Z"));
    let until = Some(at("2026-11-17T09:00:00Z"));
    let chosen = |person: &str| {
        let which = sessions::Selection { since, until, person: Some(person.to_owned()) };
        let json = sessions::json(&standing(), &wall(), &which);
        json.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(chosen("ann"), ["annaaaaa-20261110T090000Z"]);
    assert_eq!(chosen("BOB@example.com"), ["bobbbbbb-20261109T090000Z"]);
    assert!(chosen("nobody").is_empty());
}

#[test]
fn a_session_is_said_to_be_moved_only_where_it_was() {
    let json = sessions::json(&standing(), &wall(), &sessions::Selection::default());
    let moved: Vec<_> = json.as_array().unwrap().iter().filter(|row| row.get("moved").is_some()).collect();
    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0]["original_start"], "2026-11-24T10:00:00+01:00");
    assert_eq!(moved[0]["start"], "2026-11-25T14:00:00+01:00");
}

#[test]
fn explain_tells_evidence_rules_and_what_would_change_it() {
    insta::assert_snapshot!(explained("annaaaaa"));
    insta::assert_snapshot!(explained("annaaaaa-20261117T090000Z"));
    insta::assert_snapshot!(explained("bobbbbbb-20261026T090000Z"));
    insta::assert_snapshot!(explained("standup"));
}

#[test]
fn a_series_that_was_declined_as_a_whole_is_explained_by_its_id_and_its_sessions_by_theirs() {
    let mut standing = standing();
    let mut former = standing.one_on_ones.remove(0);
    (former.verdict, former.reasons) = (Verdict::Not, vec![Reason::DeclinedAsAWhole { by: Side::Other }]);
    standing.others.push(OtherSeries {
        id: former.id.clone(),
        uid: former.series[0].uid.clone(),
        title: former.title.clone(),
        calendar: former.calendar.clone(),
        person: Some(former.person.clone()),
        reasons: former.reasons.clone(),
    });
    standing.former.push(former);
    let explained = |id: &str| plain(&explain::text(explain::find(&standing, id).unwrap(), &wall(), &|_| None));
    let series = explained("annaaaaa");
    assert!(series.contains("not a 1:1") && series.contains("declined the whole series"), "{series}");
    let session = explained("annaaaaa-20261117T090000Z");
    assert!(session.contains("cancelled by you"), "{session}");
}

#[test]
fn an_id_that_names_nothing_or_too_much_is_refused_with_a_way_on() {
    let standing = standing();
    assert!(explain::find(&standing, "zzz").unwrap_err().contains("cadenced series --all"));
    assert!(explain::find(&standing, "").is_err());
    assert!(explain::find(&standing, "annaaaaa-20200101T000000Z").unwrap_err().contains("cadenced sessions"));
}

#[test]
fn plan_says_what_would_be_done_and_why() {
    insta::assert_snapshot!(plain(&plan::text(&proposals(), &wall())));
    insta::assert_json_snapshot!(plan::json(&proposals(), &wall()));
}

#[test]
fn people_shows_the_roster_and_who_has_no_one_on_one() {
    insta::assert_snapshot!(plain(&people::text(&standing(), &wall())));
    insta::assert_json_snapshot!(people::json(&standing(), &wall()));
}

#[test]
fn somebody_whose_one_on_one_lapsed_is_listed_once() {
    let mut standing = standing();
    standing.uncovered.push(standing.one_on_ones[1].person.clone());
    assert_eq!(people::json(&standing, &wall()).as_array().unwrap().len(), 4);
    assert_eq!(plain(&people::text(&standing, &wall())).matches("Castellanos").count(), 1);
}

#[test]
fn status_shows_each_source_the_next_session_and_what_is_owed() {
    insta::assert_snapshot!(plain(&status::text(&standing(), &wall())));
    insta::assert_json_snapshot!(status::json(&standing(), &wall()));
    insta::assert_json_snapshot!(status::waybar(&standing(), &wall()));
    assert!(status::needs_a_look(&standing()));
}

#[test]
fn the_first_day_reads_as_a_beginning_and_not_as_an_error() {
    let (standing, wall) = (nothing(), wall());
    let all = [
        series::text(&standing, &wall, true),
        sessions::text(&standing, &wall, &sessions::Selection::default()),
        plan::text(&[], &wall),
        people::text(&standing, &wall),
        status::text(&standing, &wall),
    ];
    insta::assert_snapshot!(plain(&all.join("---\n")));
    assert!(!status::needs_a_look(&standing), "{NOW}");
}

/// What speaks against a value by a schema: keys that are missing or not described, wrong types, words not in the list.
pub(super) fn against(schema: &serde_json::Value, value: &serde_json::Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let kind = match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(_) => "integer",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    let fits = match &schema["type"] {
        serde_json::Value::String(one) => one == kind,
        serde_json::Value::Array(several) => several.iter().any(|one| one == kind),
        _ => true,
    };
    if !fits {
        found.push(format!("{path}: {kind}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        found.push(format!("{path}: {value}"));
    }
    if let Some(items) = value.as_array() {
        found.extend(items.iter().flat_map(|item| against(&schema["items"], item, &format!("{path}[]"))));
    }
    if let Some(fields) = value.as_object() {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(|key| key.as_str());
        found.extend(required.filter(|key| !fields.contains_key(*key)).map(|key| format!("{path}.{key} is missing")));
        for (key, field) in fields {
            match schema["properties"].get(key) {
                Some(described) => found.extend(against(described, field, &format!("{path}.{key}"))),
                // Reasons and evidence carry what belongs to their kind.
                None if fields.contains_key("detail") => {}
                None => found.push(format!("{path}.{key} is not described")),
            }
        }
    }
    found
}

/// What waits in the sample: two owed sessions, one of them with a slot, and a tentative 1:1.
fn waiting() -> Vec<Item> {
    let (snapshot, policy) = (Snapshot::default(), Policy::default());
    let mut waiting = items(&standing(), &snapshot, &policy, &proposals());
    let Some(About::Session { session, .. }) = waiting.first().map(|item| item.about.clone()) else { panic!("none") };
    let take = Choice::Take { session, slot: half_hour("2026-11-24T09:00:00Z") };
    waiting[0].choices.insert(0, Offer { word: "take".to_owned(), choice: take });
    waiting
}

#[test]
fn the_inbox_shows_every_choice_with_the_word_to_type() {
    insta::assert_snapshot!(plain(&inbox::text(&waiting(), &wall())));
}

#[test]
fn what_programs_get_is_what_the_schemas_say() {
    let (standing, wall) = (standing(), wall());
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let pairs = [
        (read(include_str!("../../docs/schemas/series.json")), series::json(&standing, &wall, true)),
        (
            read(include_str!("../../docs/schemas/sessions.json")),
            sessions::json(&standing, &wall, &sessions::Selection::default()),
        ),
        (read(include_str!("../../docs/schemas/plan.json")), plan::json(&proposals(), &wall)),
        (read(include_str!("../../docs/schemas/people.json")), people::json(&standing, &wall)),
        (read(include_str!("../../docs/schemas/status.json")), status::json(&standing, &wall)),
        (read(include_str!("../../docs/schemas/inbox.json")), inbox::json(&waiting(), &wall)),
    ];
    for (schema, value) in &pairs {
        assert_eq!(against(schema, value, ""), Vec::<String>::new(), "{}", schema["title"]);
    }
}
