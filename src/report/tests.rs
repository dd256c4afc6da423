//! Tests of whole reports: what they say of a rich week, and that outside text cannot break out of them.

use crate::domain::person::Relation;
use crate::domain::source::{ReadErrorKind, ReadProblem};
use crate::domain::week::WeekFacts;

use super::sample::{facts, person};
use super::{Format, Style, render};

fn plain(facts: &WeekFacts, format: Format) -> String {
    render(facts, format, &Style::default()).unwrap()
}

/// The facts with one text from outside in every place that has one.
fn hostile(text: &str) -> WeekFacts {
    let mut facts = facts();
    for week in &mut facts.people {
        week.person = person(text, "", Relation::Report);
        for one in &mut week.one_on_ones {
            one.id.0 = text.to_owned();
        }
    }
    facts.uncovered = vec![person(text, "", Relation::Peer)];
    for burden in &mut facts.fairness {
        burden.person = person(text, "", Relation::Report);
    }
    for turn in &mut facts.rotation {
        turn.person = person(text, "", Relation::Skip);
    }
    for correction in &mut facts.corrections {
        correction.person = person(text, "", Relation::Report);
    }
    for source in &mut facts.sources {
        source.id.calendar = text.to_owned();
        source.problem = Some(ReadProblem { kind: ReadErrorKind::Server, detail: text.to_owned() });
    }
    facts
}

#[test]
fn a_rich_week_reads_well_on_a_terminal() {
    insta::assert_snapshot!("text", plain(&facts(), Format::Text));
}

#[test]
fn a_rich_week_reads_well_as_markdown() {
    insta::assert_snapshot!("markdown", plain(&facts(), Format::Markdown));
}

#[test]
fn a_rich_week_is_one_html_page() {
    insta::assert_snapshot!("html", plain(&facts(), Format::Html));
}

#[test]
fn a_rich_week_is_json_with_words() {
    insta::assert_snapshot!("json", plain(&facts(), Format::Json));
}

#[test]
fn a_shared_report_has_counts_and_nothing_that_names_anybody() {
    let secret = "Zanzibar Quux <zanzibar@example.com>";
    let facts = hostile(secret);
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Json] {
        let text = render(&facts, format, &Style { share: true, ..Style::default() }).unwrap();
        for word in ["Zanzibar", "zanzibar", "Quux", "example.com", "Bo Test", "Dana", "work", "b0b01111"] {
            let page = text.replace(include_str!("../../templates/report.css"), "");
            assert!(!page.contains(word), "{format} holds {word}");
        }
        assert!(text.contains('7'), "{format}");
    }
    insta::assert_snapshot!(
        "shared",
        render(&facts, Format::Text, &Style { share: true, ..Style::default() }).unwrap()
    );
}

#[test]
fn sixty_people_fit_into_a_page_of_200_kib() {
    let mut facts = facts();
    let people = facts.people.clone();
    facts.people = people.iter().cycle().take(60).cloned().collect();
    let page = plain(&facts, Format::Html);
    assert!(page.len() < 200 * 1024, "{} bytes", page.len());
}

#[test]
fn a_week_with_nothing_in_it_says_so_in_every_format() {
    let mut facts = facts();
    facts.people.clear();
    facts.uncovered.clear();
    facts.sources.clear();
    facts.totals = crate::domain::week::Totals::default();
    facts.quarter = facts.totals;
    for week in &mut facts.weeks {
        week.totals = facts.totals;
    }
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let text = plain(&facts, format);
        assert!(text.contains("No session was expected this week."), "{text}");
        assert!(text.contains("No 1:1 was found."), "{text}");
        assert!(text.contains("so nothing can be known"), "{text}");
    }
}

#[test]
fn an_unknown_zone_is_said_and_shown_as_utc() {
    let mut facts = facts();
    facts.zone = "Mars/Olympus".to_owned();
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let text = plain(&facts, format).replace("\n    ", " ");
        assert!(text.contains("all times are in UTC"), "{text}");
        assert!(text.contains("Tue 17 Nov, 09:00"), "{text}");
    }
}

#[test]
fn colour_is_there_only_when_asked() {
    let coloured = render(&facts(), Format::Text, &Style { colour: true, share: false, earlier: None }).unwrap();
    let bare = plain(&facts(), Format::Text);
    assert!(!bare.contains('\u{1b}'));
    let mut stripped = String::new();
    let mut inside = false;
    for c in coloured.chars() {
        match c {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if !inside => stripped.push(c),
            _ => {}
        }
    }
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(stripped, bare, "colour moves nothing");
}

#[test]
fn text_keeps_to_80_columns_whatever_the_names() {
    let names = ["Ann", &"x".repeat(10_000), &"山".repeat(300), "a b c d e f g h i j k l m n o p q r s t u v w x y z"];
    for name in names {
        for line in plain(&hostile(name), Format::Text).lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
        }
    }
}

#[test]
fn nothing_from_outside_becomes_markup_in_html() {
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</title></style><b>",
        "&lt;i&gt;",
        "'{{ 7*7 }}'",
    ];
    for name in names {
        let page = plain(&hostile(name), Format::Html);
        for tag in ["<script", "<img", "<b>alert", "</style><b>", "onerror=alert(1)>"] {
            assert!(!page.contains(tag), "{name} brought {tag}");
        }
        assert_eq!(page.matches("</style>").count(), 1);
    }
    assert!(plain(&hostile("&lt;i&gt;"), Format::Html).contains("&#38;lt;i&#38;gt;"), "an entity is text too");
}

#[test]
fn nothing_from_outside_becomes_markup_in_markdown() {
    let page =
        plain(&hostile("[x](javascript:alert(1)) <b> `code` **bold** | # h https://example.com"), Format::Markdown);
    for bad in ["[x](", "<b>", "**bold**", " https://", "| # h"] {
        assert!(!page.contains(bad), "{bad} stands in\n{page}");
    }
}

#[test]
fn controls_and_directions_are_left_out_of_every_format() {
    let name = "Ann\u{202E}evil\u{2066}\u{1b}[2J\u{7}\r\n\u{0}Bob\u{FEFF}";
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Json] {
        let text = plain(&hostile(name), format);
        // Ids are kept to the mail in JSON, where nothing is laid out.
        let laid_out = format != Format::Json;
        let odd = |c: char| {
            (c.is_control() && c != '\n')
                || laid_out && matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
        };
        assert_eq!(text.chars().find(|&c| odd(c)), None, "{format}");
    }
}

#[test]
fn a_name_of_ten_thousand_characters_is_cut() {
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let text = plain(&hostile(&"x".repeat(10_000)), format);
        assert!(!text.contains(&"x".repeat(250)), "{format}");
        assert!(text.contains('…'), "{format}");
    }
}

#[test]
fn the_page_asks_for_nothing_and_allows_nothing_but_its_own_style() {
    let page = plain(&facts(), Format::Html).replace("href=\"#", "");
    for request in ["http://", "https://", "src=", "url(", "@import", "<link", "<script", "href=", " style="] {
        assert!(!page.contains(request), "{request}");
    }
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    assert!(!page.contains("unsafe-inline"));
}

/// Checks a value against the parts of JSON Schema that the document uses: `$ref`, `type`, `properties`, `required`, `items`, `enum`.
fn check(value: &serde_json::Value, schema: &serde_json::Value, root: &serde_json::Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let found = root.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{name} is not there"));
        return check(value, found, root, at);
    }
    let kind = match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(number) if number.is_f64() => "number",
        serde_json::Value::Number(_) => "integer",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    let kinds = &schema["type"];
    let allowed = kinds == kind || kinds.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind));
    assert!(allowed || kinds.is_null(), "{at}: {kind} is not {kinds}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value} is not one of {words:?}");
    }
    for part in
        schema["anyOf"].as_array().into_iter().flatten().filter(|part| value.is_object() && part["$ref"].is_string())
    {
        check(value, part, root, at);
    }
    for item in value.as_array().into_iter().flatten() {
        check(item, &schema["items"], root, &format!("{at}[]"));
    }
    let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else { return };
    for key in schema["required"].as_array().into_iter().flatten() {
        assert!(object.contains_key(key.as_str().unwrap()), "{at}: {key} is missing");
    }
    for (key, value) in object {
        let schema = properties.get(key).unwrap_or_else(|| panic!("{at}.{key} is not documented"));
        check(value, schema, root, &format!("{at}.{key}"));
    }
}

#[test]
fn the_json_is_what_its_schema_says() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../docs/schemas/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&plain(&facts(), Format::Json)).unwrap();
    check(&report, &schema, &schema, "report");
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../docs/schemas/report-share.json")).unwrap();
    let shared = render(&facts(), Format::Json, &Style { share: true, ..Style::default() }).unwrap();
    check(&serde_json::from_str(&shared).unwrap(), &schema, &schema, "shared");
}
