//! Planning from hostile calendars takes bounded work, and leaves everybody else's 1:1s alone.

mod feeds;
mod known;
mod program;

use cadenced::calendar::ics::read::read_calendar;
use cadenced::domain::assess::{assess_within, horizon};
use cadenced::domain::budget::Budget;
use cadenced::domain::one_on_one::{Reason, Verdict};
use cadenced::domain::plan::plan;
use cadenced::domain::session::Session;
use cadenced::domain::standing::{Standing, WhyLeftOut};
use feeds::{MOST, hostile};
use known::{now, policy, snapshot};
use proptest::prelude::*;

/// The most steps that a plan from 64 KiB may take, and the most sessions and actions that it may have.
const STEPS: u64 = 4_000_000;
const SESSIONS: usize = 8_000;
const ACTIONS: usize = 8_000;

/// What a plan from a calendar took.
#[derive(Debug)]
struct Took {
    steps: u64,
    /// What so many series may take together.
    utmost: u64,
    sessions: usize,
    actions: usize,
}

fn took(text: &str) -> (Took, Standing) {
    let events = read_calendar(text.as_bytes()).unwrap().events;
    let (snapshot, policy, now) = (snapshot(events), policy(), now());
    let mut budget = Budget::default();
    let utmost = budget.sessions.utmost(snapshot.events.len()) + budget.busy.utmost(snapshot.events.len());
    let standing = assess_within(&mut budget, &snapshot, &policy, horizon(now), now);
    let actions = plan(&standing, &snapshot, &policy).len();
    let sessions = standing.all().map(|one| one.sessions.len()).sum();
    let took = Took { steps: budget.sessions.taken() + budget.busy.taken(), utmost, sessions, actions };
    (took, standing)
}

impl Took {
    fn is_bounded(&self) -> bool {
        self.steps <= self.utmost.min(STEPS) && self.sessions <= SESSIONS && self.actions <= ACTIONS
    }
}

#[test]
fn a_hostile_calendar_costs_no_more_than_its_size_allows() {
    for (name, text) in hostile() {
        assert!(text.len() <= MOST, "{name} has {} bytes", text.len());
        let (took, _) = took(&text);
        assert!(took.is_bounded(), "{name}: {took:?}");
    }
}

/// Bob's 1:1, which is among all of these.
const GOOD: &str = "BEGIN:VEVENT\r\nUID:good\r\nSUMMARY:Ann / Bob\r\nDTSTART:20250903T070000Z\r\nDURATION:PT30M\r\n\
    RRULE:FREQ=WEEKLY\r\nEXDATE:20261118T070000Z\r\nORGANIZER:mailto:ann@corp.example\r\n\
    ATTENDEE:mailto:bob@corp.example\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@corp.example\r\nEND:VEVENT\r\n";

fn of_bob(standing: &Standing) -> Option<&[Session]> {
    let one = standing.one_on_ones.iter().find(|one| one.title == "Ann / Bob")?;
    Some(&one.sessions)
}

#[test]
fn a_good_one_on_one_beside_a_hostile_calendar_is_as_it_is_alone() {
    let (_, alone) = took(&format!("BEGIN:VCALENDAR\r\n{GOOD}END:VCALENDAR\r\n"));
    let expected: Vec<_> =
        of_bob(&alone).unwrap().iter().map(|session| (session.id.original, session.outcome)).collect();
    assert!(expected.len() > 30 && alone.one_on_ones.iter().any(|one| one.owed().count() == 1));
    // What takes the owner's time at seven, or is with Bob as well, speaks of this 1:1 for good reason.
    let is_about_it = |name: &str| {
        name.contains("with one") || name.contains("of a year") || name.contains("vacations") || name == "further dates"
    };
    for (name, text) in hostile().into_iter().filter(|(name, _)| !is_about_it(name)) {
        let (_, standing) = took(&text.replacen("BEGIN:VEVENT", &format!("{GOOD}BEGIN:VEVENT"), 1));
        let found = of_bob(&standing).unwrap_or_else(|| panic!("{name}: the 1:1 is gone"));
        let found: Vec<_> = found.iter().map(|session| (session.id.original, session.outcome)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn what_comes_more_often_than_daily_is_no_one_on_one_and_says_so() {
    for (rule, is_dense) in [
        ("FREQ=SECONDLY", true),
        ("FREQ=MINUTELY;INTERVAL=90", true),
        ("FREQ=HOURLY", true),
        ("FREQ=DAILY;BYHOUR=10,15", true),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=10,15", true),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12", true),
        ("FREQ=DAILY", false),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", false),
        ("FREQ=HOURLY;INTERVAL=168", false),
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=10,15", false),
        ("FREQ=SECONDLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0;BYSECOND=0", false),
    ] {
        let text = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", GOOD.replace("FREQ=WEEKLY", rule));
        let (took, standing) = took(&text);
        let other = standing.others.first().map(|other| other.reasons.as_slice());
        assert_eq!(other == Some(&[Reason::TooOften]), is_dense, "{rule}: {other:?}");
        let told: Vec<WhyLeftOut> = standing.left_out.iter().map(|one| one.why).collect();
        assert_eq!(told.contains(&WhyLeftOut::TooOften), is_dense, "{rule}: {told:?}");
        assert_eq!(standing.one_on_ones.len(), usize::from(!is_dense), "{rule}");
        assert!(took.steps < 20_000, "{rule}: {took:?}");
    }
}

#[test]
fn an_invitation_of_a_stranger_that_nobody_answered_owes_nothing_tells_nothing_and_leaves_no_line() {
    let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20251103T081000Z\r\nDURATION:PT30M\r\nRRULE:FREQ=WEEKLY\r\n\
        EXDATE:20261123T081000Z\r\nORGANIZER:mailto:seller@far.example\r\n\
        ATTENDEE:mailto:seller@far.example\r\nATTENDEE:mailto:ann@corp.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let told = |text: &str| {
        let events = read_calendar(text.as_bytes()).unwrap().events;
        let (snapshot, policy, now) = (snapshot(events), policy(), now());
        let standing = assess_within(&mut Budget::default(), &snapshot, &policy, horizon(now), now);
        let actions = plan(&standing, &snapshot, &policy);
        let told = actions.iter().filter(|action| matches!(action, cadenced::domain::plan::Action::Tell(_))).count();
        let lines = actions.iter().filter(|action| matches!(action, cadenced::domain::plan::Action::Record(_))).count();
        let one = standing.one_on_ones.first().unwrap();
        (one.verdict, one.reasons.contains(&Reason::NotAnswered), one.owed().count(), told, lines)
    };
    assert_eq!(told(text), (Verdict::Tentative, true, 0, 0, 0));
    let answered = text.replace("ATTENDEE:mailto:ann", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann");
    let (verdict, is_new, owed, _, lines) = told(&answered);
    assert_eq!((verdict, is_new), (Verdict::OneOnOne, false));
    assert!(lines > 10, "once answered, what is shown of its past is recorded: {lines}");
    assert_eq!(owed, 1, "once answered, it is a 1:1 as any");
}

/// An event with rules and dates of every kind, as often as it fits into the rest of a calendar.
fn events() -> impl Strategy<Value = String> {
    let frequency =
        prop::sample::select(vec!["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]);
    let parts = prop::sample::subsequence(
        vec![
            "BYMONTH=2,6",
            "BYMONTHDAY=29,30,31",
            "BYDAY=MO,TU,WE,TH,FR",
            "BYDAY=-1FR,1MO",
            "BYHOUR=7,8,9,10",
            "BYMINUTE=0,30",
            "BYSECOND=0,1,2",
            "BYSETPOS=1,-1",
            "COUNT=5000",
            "UNTIL=20270101T000000Z",
            "BYYEARDAY=1,100,366",
            "BYWEEKNO=1,53",
        ],
        0..4,
    );
    let more = prop::sample::subsequence(
        vec![
            "EXRULE:FREQ=WEEKLY;INTERVAL=3",
            "RDATE:20261101T070000Z,20261102T070000Z",
            "EXDATE:20261111T070000Z",
            "STATUS:CANCELLED",
            "TRANSP:TRANSPARENT",
            "ATTENDEE:mailto:bob@corp.example",
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@corp.example",
            "ORGANIZER:mailto:ann@corp.example",
            "SUMMARY:Vacation",
            "RECURRENCE-ID:20261111T070000Z",
        ],
        0..6,
    );
    let start = prop::sample::select(vec!["19010101T070000Z", "20251101T070000Z", "20261101T070000Z", "20261101"]);
    let length = prop::sample::select(vec!["PT0S", "PT30M", "PT20H", "P400D"]);
    (frequency, 1_u32..40, parts, more, start, length, 1_usize..700).prop_map(
        |(frequency, every, parts, more, start, length, copies)| {
            let rule = [format!("RRULE:FREQ={frequency};INTERVAL={every}")]
                .into_iter()
                .chain(parts.iter().map(ToString::to_string));
            let rule = rule.collect::<Vec<_>>().join(";");
            let more = more.join("\r\n");
            let event = |n| {
                format!(
                    "BEGIN:VEVENT\r\nUID:{n}-{rule}\r\nDTSTART:{start}\r\nDURATION:{length}\r\n{rule}\r\n\
                     ATTENDEE:mailto:g{n}@corp.example\r\n{more}\r\nEND:VEVENT\r\n"
                )
            };
            (0..copies).map(event).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_calendar_of_64_kib_takes_a_plan_beyond_its_budget(kinds in prop::collection::vec(events(), 1..6)) {
        let mut text = "BEGIN:VCALENDAR\r\n".to_owned();
        // Whole events of all kinds, as far as they fit.
        for event in kinds.iter().flat_map(|events| events.split_inclusive("END:VEVENT\r\n")) {
            if text.len() + event.len() + 20 <= MOST {
                text.push_str(event);
            }
        }
        text.push_str("END:VCALENDAR\r\n");
        let (took, _) = took(&text);
        prop_assert!(took.is_bounded(), "{took:?}");
    }
}
