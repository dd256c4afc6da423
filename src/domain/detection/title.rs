//! Parses titles that name a 1:1 or a cancellation, and writes the title of a make-up.

use jiff::civil::Date;

use crate::domain::collation::{fold, has_words};
use crate::domain::person::Person;
use crate::domain::policy::{Policy, RosterEntry};

/// Ways to write *one-on-one* in a title, folded.
const MARKERS: [&str; 7] = ["1:1", "1-1", "1on1", "1 on 1", "1-on-1", "one-on-one", "one on one"];

/// Words before a name that make a title one of a pair.
const WITH: [&str; 6] =
    ["catch-up with", "catch up with", "catchup with", "check-in with", "check in with", "sync with"];

/// What stands between two names.
const BETWEEN: [&str; 5] = ["<>", "<->", "/", "&", "↔"];

/// The one person of the config that a title names in the form of a 1:1.
///
/// A bare `1:1` names nobody; in `A / B` one side must be the owner; two people named are no pair with the owner.
#[must_use]
pub fn person_named<'a>(title: &str, policy: &'a Policy) -> Option<&'a Person> {
    let title = fold(of_series(title));
    let marked = MARKERS.iter().any(|marker| has_words(&title, marker)) || WITH.iter().any(|with| title.contains(with));
    if marked {
        let mut named = policy.people.iter().filter(|entry| names(&title, entry, policy));
        return match (named.next(), named.next()) {
            (Some(one), None) => Some(&one.person),
            _ => None,
        };
    }
    BETWEEN.iter().find_map(|between| pair(&title, between, policy))
}

/// Whether a title has the form of a 1:1, whoever the people of the config are: without it, [`person_named`] finds nobody.
#[must_use]
pub fn may_name_a_pair(title: &str) -> bool {
    let title = fold(title);
    MARKERS.iter().chain(&WITH).chain(&BETWEEN).any(|form| title.contains(form))
}

/// The title of a make-up: that of its series, and the day that it stands in for.
#[must_use]
pub fn of_make_up(series: &str, day: Date) -> String {
    format!("{series} (for {})", day.strftime("%-d %b"))
}

/// The title without the day that a make-up stands in for.
fn of_series(title: &str) -> &str {
    let title = title.trim_end();
    match title.strip_suffix(')').and_then(|start| start.rsplit_once(" (for ")) {
        Some((series, _)) => series.trim_end(),
        None => title,
    }
}

fn pair<'a>(title: &str, between: &str, policy: &'a Policy) -> Option<&'a Person> {
    let (left, right) = title.split_once(between)?;
    let sides = [left.trim(), right.trim()];
    let is_owner = |side: &str| policy.owner_names.iter().any(|name| is_name(side, &fold(name)));
    let other = match (is_owner(sides[0]), is_owner(sides[1])) {
        (true, false) => sides[1],
        (false, true) => sides[0],
        _ => return None,
    };
    let mut matching = policy.people.iter().filter(|entry| spoken_names(entry).any(|name| is_name(other, &name)));
    match (matching.next(), matching.next()) {
        (Some(one), None) => Some(&one.person),
        _ => None,
    }
}

/// Whether a side of a title is that name: the whole of it, or its first word.
fn is_name(side: &str, name: &str) -> bool {
    side == name || name.split_whitespace().next() == Some(side)
}

fn names(title: &str, entry: &RosterEntry, policy: &Policy) -> bool {
    if spoken_names(entry).any(|name| has_words(title, &name)) {
        return true;
    }
    let Some(first) = first_name(entry) else { return false };
    let is_shared = policy.people.iter().filter(|other| first_name(other).as_ref() == Some(&first)).count() > 1;
    !is_shared && has_words(title, &first)
}

fn spoken_names(entry: &RosterEntry) -> impl Iterator<Item = String> + '_ {
    std::iter::once(&entry.person.name)
        .chain(&entry.aliases)
        .map(|name| fold(name.trim()))
        .filter(|name| !name.is_empty())
}

fn first_name(entry: &RosterEntry) -> Option<String> {
    entry.person.name.split_whitespace().next().map(fold)
}

/// How titles begin that Outlook gives to what was called off, in the languages that it speaks; folded. See
/// `docs/decisions/cancelled-titles.md`.
const CALLED_OFF: [&str; 34] = [
    "canceled",
    "cancelled",
    "abgesagt",
    "annule",
    "annulee",
    "cancelado",
    "cancelada",
    "cancel·lat",
    "annullato",
    "annullata",
    "anulat",
    "geannuleerd",
    "aflyst",
    "avlyst",
    "annullert",
    "installt",
    "installd",
    "peruutettu",
    "peruttu",
    "odwolane",
    "odwolano",
    "anulowano",
    "zruseno",
    "zrusene",
    "torolve",
    "lemondva",
    "отменено",
    "скасовано",
    "ακυρωθηκε",
    "iptal edildi",
    "已取消",
    "キャンセル",
    "취소됨",
    "בוטל",
];

/// Whether a title says that its event was called off, the way Outlook writes it: `Canceled: 1:1`.
#[must_use]
pub fn says_called_off(title: &str) -> bool {
    if !title.contains([':', '：']) {
        return false;
    }
    let title = fold(title);
    let Some((head, _)) = title.split_once(':') else { return false };
    CALLED_OFF.iter().any(|&word| fold(word) == head.trim())
}

/// Whether a folded title has the name of somebody of the config in it.
#[must_use]
pub fn names_somebody(title: &str, policy: &Policy) -> bool {
    policy.people.iter().any(|entry| names(title, entry, policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::Relation;

    fn policy() -> Policy {
        let entry = |name: &str, aliases: &[&str]| RosterEntry {
            person: Person { name: name.into(), addresses: vec![], relation: Relation::Report },
            aliases: aliases.iter().map(|&alias| alias.into()).collect(),
            target: None,
            expected: true,
            hours: None,
        };
        Policy {
            owner_names: vec!["Olga Owner".into()],
            people: vec![entry("Ann Ash", &["Annie"]), entry("Bob Birch", &[]), entry("Bob Beech", &[])],
            ..Policy::default()
        }
    }

    fn named(title: &str) -> Option<String> {
        person_named(title, &policy()).map(|person| person.name.clone())
    }

    #[test]
    fn a_marker_and_one_known_name_make_a_pair() {
        for title in
            ["1:1 Ann", "Ann 1-1", "1on1: Ann Ash", "One-on-One with Annie", "Catch-up with Ann", "1:1 Olga / Ann"]
        {
            assert_eq!(named(title).as_deref(), Some("Ann Ash"), "{title}");
        }
    }

    #[test]
    fn names_on_two_sides_need_the_owner_on_one() {
        assert_eq!(named("Olga / Ann").as_deref(), Some("Ann Ash"));
        assert_eq!(named(&of_make_up("Olga / Ann", jiff::civil::date(2026, 11, 17))).as_deref(), Some("Ann Ash"));
        assert_eq!(named("Ann Ash <> Olga").as_deref(), Some("Ann Ash"));
        assert_eq!(named("Ann & Olga Owner").as_deref(), Some("Ann Ash"));
        assert_eq!(named("Ann / Bob Birch"), None);
        assert_eq!(named("Research & Development"), None);
    }

    #[test]
    fn names_compare_without_case_accents_and_normal_forms() {
        let mut policy = policy();
        policy.people[0].person.name = "Zoë Ash".into();
        for title in ["1:1 Zoe\u{308}", "1:1 ZOË", "1:1 zoe", "１：１ Zoë", "1–1 Zoë"] {
            assert!(person_named(title, &policy).is_some(), "{title}");
        }
    }

    #[test]
    fn outlooks_titles_of_what_was_called_off_are_known_in_its_languages() {
        for title in [
            "Canceled: 1:1",
            "Cancelled: a: b",
            "Canceled: Canceled: x",
            "Abgesagt: 1:1",
            "Annulé : 1:1",
            "CANCELADO: x",
        ] {
            assert!(says_called_off(title), "{title}");
        }
        for title in ["Canceled", "1:1 canceled: no", "Inställt", "The cancelled: a film", "1:1", ": x"] {
            assert!(!says_called_off(title), "{title}");
        }
    }

    #[test]
    fn a_bare_marker_a_shared_first_name_or_a_part_of_a_word_names_nobody() {
        for title in ["1:1", "1:1 Bob", "1:1 Annual review", "Ann", "21:15 Ann", "Bob / Olga"] {
            assert_eq!(named(title), None, "{title}");
        }
        assert_eq!(named("1:1 Bob Beech").as_deref(), Some("Bob Beech"));
    }
}
