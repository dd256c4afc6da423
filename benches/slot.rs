//! The measured limit of the slot search: four weeks with 2,000 busy intervals of each of the two people.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cadenced::domain::hours::WeeklyHours;
use cadenced::domain::slot::{
    Busy, BusyKind, Diary, Found, GaveWay, Known, Search, SlotRules, Usual, blocked_by, evaluate, search,
};
use cadenced::domain::span::Span;
use jiff::civil::{Weekday, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How many busy intervals each of the two has.
const INTERVALS: usize = 2_000;
/// The most that a search may take.
const MOST: Duration = Duration::from_micros(200);
/// How many times as long as sorting all the intervals a search may take.
const MOST_TIMES: f64 = 2.0;
const RUNS: usize = 400;

fn main() -> ExitCode {
    let begin: Timestamp = "2026-10-12T00:00:00Z".parse().expect("a timestamp");
    let mut good = true;
    println!("{:<52} {:>10} {:>10} {:>7}", "what", "ours, µs", "limit, µs", "ratio");
    for (name, longest) in [("little left", 60), ("much left", 4), ("nothing left", 600)] {
        let in_order = [busy(begin, 1, longest), busy(begin, 2, longest)];
        let shuffled = in_order.clone().map(shuffled);
        let sorting = least(|| sorted(&shuffled));
        for (order, lists) in [("in order", &in_order), ("shuffled", &shuffled)] {
            let took = least(|| searched(begin, lists, search));
            let limit = MOST.as_secs_f64();
            good &= row(&format!("{name}, {order}"), took, limit);
            if order == "shuffled" && longest == 60 {
                good &= row("  the same, against sorting the intervals", took, sorting.as_secs_f64() * MOST_TIMES);
            }
        }
        let found = searched(begin, &in_order, search);
        println!("  {}", told(&found));
        if let Found::Slot(choice) = found {
            let took = least(|| {
                searched(begin, &in_order, |it| (blocked_by(it, choice.best.span), evaluate(it, choice.best.span)))
            });
            good &= row("  looking at one slot again", took, MOST.as_secs_f64());
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(what: &str, took: Duration, limit: f64) -> bool {
    let ratio = took.as_secs_f64() / limit;
    let verdict = if ratio <= 1.0 { "ok" } else { "FAILED" };
    println!("{what:<52} {:>10.1} {:>10.1} {ratio:>7.2}  {verdict}", took.as_secs_f64() * 1e6, limit * 1e6);
    ratio <= 1.0
}

fn told(found: &Found) -> String {
    match found {
        Found::Slot(choice) => format!("{} with {} runners-up", choice.best.span.start, choice.runners_up.len()),
        Found::None(why) => format!("{why:?}"),
    }
}

/// The least time of several runs: what the machine can do when nothing else wants it.
fn least<T>(mut work: impl FnMut() -> T) -> Duration {
    let timed = |_| {
        let begun = Instant::now();
        black_box(work());
        begun.elapsed()
    };
    (0..RUNS).map(timed).min().unwrap_or_default()
}

/// A series of numbers that look random and are the same in every run.
fn numbers(seed: u64) -> impl Iterator<Item = i64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 40).unwrap_or_default()
    })
}

/// Intervals over four weeks on a grid of five minutes, in order; each kind occurs.
fn busy(begin: Timestamp, seed: u64, longest: i64) -> Vec<Busy> {
    let kinds = [BusyKind::Busy, BusyKind::Busy, BusyKind::Tentative, BusyKind::FocusTime, BusyKind::OtherSession];
    let mut random = numbers(seed);
    let mut next = |below: i64| random.next().unwrap_or_default() % below;
    let mut list: Vec<Busy> = (0..INTERVALS)
        .map(|index| {
            let start = begin + SignedDuration::from_mins(next(28 * 288) * 5);
            let span = Span::new(start, start + SignedDuration::from_mins(1 + next(longest)));
            Busy { span, what: kinds[index % kinds.len()] }
        })
        .collect();
    list.sort_by_key(|busy| busy.span);
    list
}

fn shuffled(mut list: Vec<Busy>) -> Vec<Busy> {
    let mut random = numbers(3);
    for index in (1..list.len()).rev() {
        let with = usize::try_from(random.next().unwrap_or_default()).unwrap_or_default() % (index + 1);
        list.swap(index, with);
    }
    list
}

/// What any search that looks at the intervals in order has to do first.
fn sorted(lists: &[Vec<Busy>; 2]) -> Vec<Span> {
    let mut all: Vec<Span> = lists.iter().flatten().map(|busy| busy.span).collect();
    all.sort_unstable();
    all
}

fn searched<T>(begin: Timestamp, lists: &[Vec<Busy>; 2], question: impl FnOnce(&Search<'_>) -> T) -> T {
    let zone = |name| TimeZone::get(name).expect("a zone");
    let parts = [(time(9, 0, 0, 0), time(18, 0, 0, 0))];
    let owners = WeeklyHours::on_workdays(zone("Europe/Berlin"), &parts);
    let others = WeeklyHours::on_workdays(zone("Europe/London"), &parts);
    let original = begin + SignedDuration::from_hours(14 * 24 + 9);
    let end = begin + SignedDuration::from_hours(28 * 24);
    question(&Search {
        length: SignedDuration::from_mins(30),
        shorter: Some(SignedDuration::from_mins(15)),
        usual: Usual { weekday: Weekday::Monday, time: time(10, 0, 0, 0), zone: zone("Europe/Berlin") },
        original: Span::new(original, original + SignedDuration::from_mins(30)),
        after: begin,
        before: end,
        now: begin,
        latest: end,
        owner: Diary { hours: &owners, busy: Known::Known(&lists[0]) },
        other: Diary { hours: &others, busy: Known::Known(&lists[1]) },
        rules: &SlotRules::default(),
        gave_way: GaveWay { owner: 1, other: 3 },
    })
}
