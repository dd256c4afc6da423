//! A year of two 1:1s with every outcome, against a table computed by hand.

use cadenced::domain::assess::{assess, first_look};
use cadenced::domain::event::{Event, Reply};
use cadenced::domain::session::{Choice, Decision, Evidence, Loss, Outcome, Session, SessionId};
use cadenced::domain::snapshot::Mirrored;
use cadenced::domain::source::{Source, Whose};
use cadenced::domain::standing::Standing;
use cadenced::domain::week::{Lead, Mark, Totals, facts, mark};
use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};

use crate::support::*;

/// What becomes of a session, a letter each:
///
/// | letter | outcome | what follows |
/// |---|---|---|
/// | `h` | presumed held | |
/// | `m` | presumed held | it was moved by a day |
/// | `c` | confirmed | the owner said so |
/// | `n` | no-show | missed |
/// | `x` | cancelled by the owner | missed |
/// | `u` | cancelled by the owner | made up in time |
/// | `l` | cancelled by the owner | made up too late: missed |
/// | `d` | declined by the other side | missed |
/// | `k` | conflicted | missed |
/// | `e` | excused | the owner is away |
/// | `f` | excused | a holiday |
/// | `?` | unknown | its zone is not known |
///
/// Mondays at ten, every week from 24 November 2025 on.
const ANNS: &str = "hhxhffhhdhuhh hchnhhkhhlhhm hheeehxhh?hhh hhxhuhcedknmh";
/// Wednesdays at two, every second week from 26 November 2025 on.
const BOBS: &str = "hhxhhuhhdhhchhnhhehhlhkhmh";

/// A week after the last session of both.
const NOW: &str = "2026-11-24T09:00";

struct Pair {
    uid: &'static str,
    other: &'static str,
    first: Date,
    clock: &'static str,
    days: i64,
    letters: Vec<char>,
    rule: &'static str,
    /// After how many days a replacement comes in time, and too late.
    again: [i64; 2],
}

fn pairs() -> [Pair; 2] {
    let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<Vec<_>>();
    let ann = Pair {
        uid: "ann",
        other: ANN,
        first: date(2025, 11, 24),
        clock: "10:00",
        days: 7,
        letters: letters(ANNS),
        rule: "FREQ=WEEKLY;BYDAY=MO",
        again: [2, 7],
    };
    let bob = Pair {
        uid: "bob",
        other: BOB,
        first: date(2025, 11, 26),
        clock: "14:00",
        days: 14,
        letters: letters(BOBS),
        rule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE",
        again: [2, 9],
    };
    assert_eq!((ann.letters.len(), bob.letters.len()), (52, 26));
    [ann, bob]
}

impl Pair {
    fn day(&self, n: usize) -> Date {
        self.first + Span::new().days(self.days * i64::try_from(n).unwrap())
    }

    fn start(&self, n: usize) -> String {
        format!("{}T{}", self.day(n), self.clock)
    }

    fn master(&self) -> Event {
        series(self.uid, &self.start(0), self.rule, self.other)
    }

    /// Puts into the world what makes each letter true.
    fn happens(&self, world: &mut World) {
        let mut master = self.master();
        let mut others = Vec::new();
        for (n, letter) in self.letters.iter().enumerate() {
            let start = self.start(n);
            let own = || instance(&self.master(), &start);
            let after = |days: i64, clock: &str| format!("{}T{clock}", self.day(n) + Span::new().days(days));
            let replacement = |start: String| pair(&format!("{}-instead-{n}", self.uid), &start, self.other);
            match letter {
                'x' => except(&mut master, &start),
                'u' | 'l' => {
                    except(&mut master, &start);
                    // Too late for Ann is Monday morning at eight, before the next session.
                    let late = *letter == 'l';
                    others.push(replacement(after(self.again[usize::from(late)], "08:00")));
                }
                'd' => others.push(own().changed(|event| event.guests[1].reply = Reply::Declined)),
                'm' => others.push(own().changed(|event| move_to(event, &after(1, "16:00")))),
                '?' => others.push(own().changed(|event| event.unknown_zone = Some("Mars/Olympus".into()))),
                'k' => others.push(pair(&format!("clash-{}-{n}", self.uid), &start, &format!("guest{n}@example.com"))),
                'e' => others.push(days(&format!("away-{n}"), "Vacation", &day(self, n), &day_after(self, n))),
                'f' => world.snapshot.events.push(Mirrored {
                    source: source_id("holidays"),
                    event: days(&format!("holiday-{n}"), "Feast", &day(self, n), &day_after(self, n)),
                    first_seen: world.snapshot.sources[0].first_success.unwrap(),
                    vanished: None,
                }),
                _ => {}
            }
        }
        world.add(master);
        for event in others {
            world.add(event);
        }
    }

    /// What the owner says, once the 1:1 has its name.
    fn said(&self, world: &mut World, standing: &Standing) {
        let one = standing.one_on_ones.iter().find(|one| one.series[0].uid == self.uid).unwrap();
        for (n, letter) in self.letters.iter().enumerate() {
            let session = SessionId { one_on_one: one.id.clone(), original: at(&self.start(n)) };
            let choice = match letter {
                'c' => Choice::Held { session },
                'n' => Choice::NoShow { session },
                _ => continue,
            };
            world.snapshot.decisions.push(Decision { choice, at: at(&format!("{}T20:00", self.day(n))) });
        }
    }

    fn assert_as_in_the_table(&self, standing: &Standing) -> Vec<Session> {
        let one = standing.one_on_ones.iter().find(|one| one.series[0].uid == self.uid).unwrap();
        for (n, letter) in self.letters.iter().enumerate() {
            let session = one.sessions.iter().find(|session| session.id.original == at(&self.start(n)));
            let session = session.unwrap_or_else(|| panic!("{} has no session on {}", self.uid, self.day(n)));
            assert_eq!(found(session), *letter, "{} on {}: {session:#?}", self.uid, self.day(n));
        }
        one.sessions.clone()
    }
}

fn day(pair: &Pair, n: usize) -> String {
    pair.day(n).to_string()
}

fn day_after(pair: &Pair, n: usize) -> String {
    (pair.day(n) + 1.day()).to_string()
}

/// The mail of what was found.
fn found(session: &Session) -> char {
    let has = |wanted: fn(&Evidence) -> bool| session.evidence.iter().any(wanted);
    match (session.outcome, session.state, &session.made_up_by) {
        (Outcome::HeldPresumed, None, None) if session.is_moved() => 'm',
        (Outcome::HeldPresumed, None, None) => 'h',
        (Outcome::HeldConfirmed, None, None) => 'c',
        (Outcome::NoShow, Some(Loss::Missed), None) => 'n',
        (Outcome::Cancelled, Some(Loss::Missed), None) => 'x',
        (Outcome::Cancelled, None, Some(made)) if made.held => 'u',
        (Outcome::Cancelled, Some(Loss::Missed), Some(made)) if made.held => 'l',
        (Outcome::Declined, Some(Loss::Missed), None) => 'd',
        (Outcome::Conflicted, Some(Loss::Missed), None) => 'k',
        (Outcome::Excused, None, None) if has(|evidence| matches!(evidence, Evidence::Holiday { .. })) => 'f',
        (Outcome::Excused, None, None) => 'e',
        (Outcome::Unknown, None, None) => '?',
        other => panic!("no letter for {other:?}"),
    }
}

/// The world of the table, first read at `first`.
fn world(first: &str) -> World {
    let mut world = World::new(first);
    let holidays = Source { id: source_id("holidays"), whose: Whose::Holidays, ..world.snapshot.sources[0].clone() };
    world.snapshot.sources.push(holidays);
    let pairs = pairs();
    for pair in &pairs {
        pair.happens(&mut world);
    }
    let standing = world.standing(first);
    for pair in &pairs {
        pair.said(&mut world, &standing);
    }
    world
}

#[test]
fn a_year_that_was_watched_week_by_week_is_as_in_the_table() {
    let mut world = world("2025-11-20T08:00");
    let mut day = date(2025, 11, 25);
    while day <= date(2026, 11, 24) {
        world.read(&format!("{day}T08:00"));
        world.act(&format!("{day}T09:00"));
        day += 7.days();
    }
    let standing = world.standing(NOW);
    for pair in pairs() {
        let sessions = pair.assert_as_in_the_table(&standing);
        let reconstructed = sessions.iter().filter(|session| session.evidence.contains(&Evidence::Reconstructed));
        assert_eq!(reconstructed.count(), 0, "everything was seen as it happened");
    }
    the_report_shows_the_year(&world, &standing);
}

/// The report takes the older half of the year from the ledger; a look at the whole year must find the same.
fn the_report_shows_the_year(world: &World, standing: &Standing) {
    let facts = facts(standing, &world.snapshot.ledger, &world.policy, "2026-W47".parse().unwrap());
    let whole = assess(&world.snapshot, &world.policy, first_look(at(NOW)), at(NOW));
    let year = at("2025-11-24T00:00")..at("2026-11-23T00:00");
    for one in facts.people.iter().flat_map(|person| &person.one_on_ones) {
        let seen = whole.one_on_ones.iter().find(|seen| seen.id == one.id).expect("the same 1:1s");
        let expected: Vec<Mark> =
            seen.sessions.iter().filter(|session| year.contains(&session.id.original)).map(mark).collect();
        let shown: Vec<Mark> = one.year.iter().flat_map(|week| week.marks.clone()).collect();
        assert_eq!(shown, expected, "{}", one.id);
        assert!(one.year.len() <= 52 && one.year.windows(2).all(|two| two[0].week < two[1].week), "{:?}", one.year);
        assert!(shown.len() > one.strip.iter().map(|week| week.marks.len()).sum(), "more than the twelve weeks");
    }
}

#[test]
fn the_first_look_at_a_calendar_finds_the_year_that_it_still_holds() {
    let world = world("2026-11-24T08:00");
    let standing = assess(&world.snapshot, &world.policy, first_look(at(NOW)), at(NOW));
    for pair in pairs() {
        let sessions = pair.assert_as_in_the_table(&standing);
        // Ann's session of the day before is past as well, and stands in no table.
        let past = || sessions.iter().filter(|session| session.id.original < at("2026-11-23T00:00"));
        assert!(past().all(|session| session.evidence.contains(&Evidence::Reconstructed)));
        assert!(past().count() == pair.letters.len());
    }
    let owed: usize = standing.one_on_ones.iter().map(|one| one.owed().count()).sum();
    assert_eq!(owed, 0, "what was lost before the first read and is past its deadline is history");
}

#[test]
fn the_sums_of_twelve_weeks_are_as_counted_by_hand() {
    let mut world = world("2025-11-20T08:00");
    world.read("2026-11-24T08:00");
    let standing = world.standing(NOW);
    let facts = facts(&standing, &world.snapshot.ledger, &world.policy, "2026-W47".parse().unwrap());
    // Ann: h x h u h c e d k n m h. Bob: l h k h m h.
    let expected = Totals {
        expected: 17,
        held: 10,
        confirmed: 1,
        made_up: 1,
        made_up_late: 1,
        missed: 5,
        excused: 1,
        away: 1,
        owed: facts.quarter.owed,
        ..Totals::default()
    };
    assert_eq!(facts.quarter, expected);
    let weeks: Vec<(u32, u32)> =
        facts.weeks.iter().map(|week| week.totals.settled()).map(|all| (all.kept, all.all - all.kept)).collect();
    let by_week = [(1, 1), (0, 1), (2, 0), (1, 0), (1, 1), (1, 0), (1, 0), (0, 1), (1, 1), (0, 1), (2, 0), (1, 0)];
    assert_eq!(weeks, by_week);
    let habits = |n: usize| facts.people[n].one_on_ones[0].habits.clone();
    let (ann, bob) = (habits(0), habits(1));
    assert_eq!((ann.expected, ann.moved, ann.lost.len(), ann.recoveries), (11, 1, 5, vec![46]));
    assert_eq!((bob.expected, bob.moved, bob.lost.len(), bob.recoveries), (6, 1, 2, vec![210]));
    assert!(ann.lost.iter().all(|lost| lost.outcome != Outcome::Conflicted || lost.how_early() == Lead::Unknown));
    let burdens: Vec<_> =
        facts.fairness.iter().map(|burden| (burden.moved, burden.given_up, burden.singled_out)).collect();
    assert_eq!(burdens, [(1, 2, false), (1, 1, false)]);
}
