//! Checks every promise of the year against the texts and the calendars alone.

use std::collections::{BTreeMap, BTreeSet};

use cadenced::domain::inbox::{Item, find, validate};
use cadenced::domain::plan::{Notice, Proposal, Subject};
use cadenced::domain::session::{Session, SessionId};
use cadenced::domain::span::Span;
use cadenced::domain::standing::Standing;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::diary::is_off;
use super::office::Office;
use crate::support::*;

/// What was told so far.
#[derive(Default)]
pub struct Witness {
    keys: BTreeSet<String>,
    digests: BTreeMap<Date, Digest>,
}

struct Digest {
    sessions: BTreeSet<(String, Timestamp, bool)>,
    overdue: BTreeSet<String>,
    could_act: bool,
}

impl Witness {
    /// Looks at a notice when it is told.
    pub fn hear(&mut self, notice: &Notice, items: &[Item], office: &Office) {
        assert!(self.keys.insert(notice.key.clone()), "told twice: {notice:#?}");
        assert!(office.is_true(notice), "told though it does not hold: {notice:#?}");
        let today = zone().to_datetime(office.now).date();
        if let Subject::Digest { lines } = &notice.subject {
            assert!(!is_off(today), "a digest on {today}");
            if notice.key.starts_with("digest:") {
                let all = lines.iter().flat_map(|line| {
                    line.sessions.iter().map(|session| (line.person.name.clone(), session.start, session.open))
                });
                let overdue = lines.iter().filter(|line| line.overdue).map(|line| line.person.name.clone());
                let could_act = items.iter().any(can_be_acted_on);
                let digest = Digest { sessions: all.collect(), overdue: overdue.collect(), could_act };
                assert!(self.digests.insert(today, digest).is_none(), "two digests on {today}");
            }
        }
        slot_is_as_said(notice, office);
    }

    /// A digest that says nothing new, when nothing can be done, is the only one since the last report.
    pub fn assert_quiet(&self) {
        let mut before: Option<(&Date, &Digest)> = None;
        for (day, digest) in &self.digests {
            if let Some((last, other)) = before {
                let is_new = !digest.sessions.is_subset(&other.sessions) || !digest.overdue.is_subset(&other.overdue);
                let monday = |day: &Date| *day - i64::from(day.weekday().to_monday_zero_offset()).days();
                let is_weekly = monday(day) != monday(last);
                assert!(is_new || digest.could_act || is_weekly, "the digest of {day} repeats that of {last}");
            }
            before = Some((day, digest));
        }
    }

    pub fn count(&self) -> usize {
        self.keys.len()
    }
}

/// Whether the user could take a time, write to somebody, or answer whether a session took place.
fn can_be_acted_on(item: &Item) -> bool {
    item.slots().next().is_some()
        || item.draft.is_some()
        || item.choices.iter().any(|offer| matches!(offer.word.as_str(), "held" | "no-show"))
}

/// No slot lies before the notice that both get, nor after the deadline where it is said to be in time.
fn slot_is_as_said(notice: &Notice, office: &Office) {
    let (session, offer) = match &notice.subject {
        Subject::Lost { session, offer: Some(offer), .. } | Subject::Missed { session, offer: Some(offer), .. } => {
            (session, *offer)
        }
        _ => return,
    };
    let day = zone().to_datetime(offer.span.start).date();
    assert!(!is_off(day), "on a day off: {notice:#?}");
    let deadline = deadline(session, office);
    assert!(offer.span.start >= office.now + office.world.policy.slots.notice, "too soon: {notice:#?}");
    assert_eq!(offer.in_time, offer.span.start < deadline, "{notice:#?}\nuntil {deadline}");
}

fn deadline(id: &SessionId, office: &Office) -> Timestamp {
    let standing = office.standing();
    let mut sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
    sessions.find(|session| session.id == *id).unwrap().deadline
}

/// What `explain` names for `cadenced do` can be said of the session, and changes something.
pub fn assert_can_be_said(
    explained: &str,
    session: &Session,
    office: &Office,
    standing: &Standing,
    proposals: &[Proposal],
) {
    let (snapshot, policy) = (&office.world.snapshot, &office.world.policy);
    let text = explained.split_whitespace().collect::<Vec<_>>().join(" ");
    let typed = session.id.to_string();
    let Some((_, words)) = text.split_once(&format!("what you say: `cadenced do {typed} ")) else { return };
    let words = words.split(" - ").next().unwrap().split("; ").next().unwrap();
    let words = words.replace("(or ", "").replace(['`', ')', ','], " ");
    let item = find(&typed, standing, snapshot, policy, proposals).unwrap();
    for word in words.split_whitespace() {
        let choice = item.choice(word).unwrap_or_else(|| panic!("no {word:?} for {typed}: {explained}"));
        let weighed = validate(choice, standing, snapshot, policy, proposals);
        assert!(weighed.is_ok(), "{word:?} of {typed} is {weighed:?}: {explained}");
    }
}

/// No two sessions are offered one time, and none is offered one twice.
pub fn assert_apart(items: &[Item], office: &Office) {
    let mut offers: Vec<(String, Span)> = items
        .iter()
        .flat_map(|item| item.slots().chain(item.draft).map(|slot| (item.id.clone(), slot)).collect::<Vec<_>>())
        .collect();
    for (place, (id, slot)) in offers.iter().enumerate() {
        for (other, taken) in &offers[place + 1..] {
            assert!(!slot.overlaps(taken), "{}: {slot:?} is offered for {id} and {other}", office.now);
        }
    }
    offers.retain(|(_, slot)| slot.start < office.now);
    assert!(offers.is_empty(), "{}: in the past: {offers:?}", office.now);
}

/// What a page says of days, of shares and of what comes next is so, and it has no marks of careless putting together.
pub fn assert_well_said(page: &str, text: &str, office: &Office) {
    for line in text.lines() {
        days_agree(page, line, office);
        shares_agree(page, line);
        for careless in
            ["  .", " ,", "..", ",,", " 1 days", " 1 sessions", " 1 people", "None", "Some(", "()", "{", "}", " 0 days"]
        {
            let is_drawing = line.contains('<') || line.contains("──");
            assert!(is_drawing || !line.contains(careless), "{page} on {}: {careless:?} in {line:?}", office.now);
        }
    }
}

/// `6 days ago (Fri 6 Nov)` and `last Fri 6 Nov, 6 days ago`: both are the same day.
fn days_agree(page: &str, line: &str, office: &Office) {
    let today = zone().to_datetime(office.now).date();
    let words: Vec<&str> = line.split_whitespace().collect();
    for place in 0..words.len() {
        let Some(days) = words[place].trim_start_matches('(').parse::<i64>().ok() else { continue };
        if words.get(place + 1..place + 3).is_none_or(|next| next[0] != "days" || !next[1].starts_with("ago")) {
            continue;
        }
        let day = today - days.days();
        let said = day.strftime("%a %-d %b").to_string();
        let names =
            |word: &str| ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&word.trim_start_matches('('));
        // The end of a series is another day than that of the last session, which may have been moved.
        let is_end = |other: usize| other > 0 && words[other - 1] == "ended";
        let is_near = |other: usize| other.abs_diff(place) <= 5 && !is_end(other);
        let near = words.iter().enumerate().filter(|(other, word)| names(word) && is_near(*other));
        for (other, _) in near {
            let named = words[other..words.len().min(other + 3)].join(" ");
            let named = named.trim_start_matches('(').trim_end_matches([',', ')', '.', ';']);
            assert_eq!(named, said, "{page} on {today}: {line:?}");
        }
    }
}

/// The two shares of a sentence are the whole.
fn shares_agree(page: &str, line: &str) {
    let shares: Vec<u32> =
        line.match_indices(" %)").filter_map(|(at, _)| line[..at].rsplit(['(', ' ']).next()?.parse().ok()).collect();
    if let [one, other] = shares[..] {
        assert_eq!(one + other, 100, "{page}: {line:?}");
    }
}
