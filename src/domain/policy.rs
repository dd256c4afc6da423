//! [`Policy`]: the user's settings that the rules need.

use jiff::SignedDuration;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use super::hours::WeeklyHours;
pub use super::one_on_one::Mode;
use super::one_on_one::{Cadence, OneOnOneId};
use super::person::{Address, Person};
use super::slot::SlotRules;
use super::source::SourceKind;

/// The user's settings as far as the rules need them; built from the config, with every default filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Every address that means the owner.
    pub owner: Vec<Address>,
    /// The owner's names as they may appear in titles (`Ann` in `Ann / Bob`).
    pub owner_names: Vec<String>,
    /// The owner's zone: for weeks, days, floating times.
    pub zone: TimeZone,
    /// The first day of the owner's week.
    pub first_weekday: Weekday,
    /// The people of the config.
    pub people: Vec<RosterEntry>,
    /// Titles that are never a 1:1 (folded substrings; interviews by default).
    pub excluded_titles: Vec<String>,
    /// Titles of an out-of-office, where the provider has no such kind (folded).
    pub out_of_office_titles: Vec<String>,
    /// Usual names of groups before the `@` (`team`, `all`, `everyone`…), folded.
    pub group_names: Vec<String>,
    /// How long after a session's end a feed must be read to be believed.
    pub settle_feed: SignedDuration,
    /// The same for live calendars.
    pub settle_api: SignedDuration,
    /// What is done about lost sessions, unless a 1:1 has its own mode.
    pub mode: Mode,
    /// The modes of single people or 1:1s.
    pub modes: Vec<(ModeFor, Mode)>,
    /// When the next held session clears an owed one.
    pub overtaken: Overtaken,
    /// When notices rest, in the owner's wall-clock time; may span midnight.
    pub quiet: Option<(Time, Time)>,
    /// When the daily digest of owed sessions is told, on working days.
    pub digest_at: Option<Time>,
    /// The days that the owner works.
    pub working_days: Vec<Weekday>,
    /// When the weekly report of the week before is due.
    pub report_on: (Weekday, Time),
    /// How many single notices may come at once before they become one digest.
    pub flood: usize,
    /// How much of names may be shown.
    pub redaction: Redaction,
    /// After how long of failing reads the user is told.
    pub stale_after: SignedDuration,
    /// How long before a session the user is reminded of it, if at all.
    pub remind: Option<SignedDuration>,
    /// How many notices are told in one day; what comes after them is counted only.
    pub notices_a_day: usize,
    /// The owner's working hours.
    pub hours: WeeklyHours,
    /// Whether the owner's hours are learnt from their calendars where these show enough, as the config says nothing of them.
    pub learn_hours: bool,
    /// What the owner wants of every slot.
    pub slots: SlotRules,
    /// The shortest length that the owner takes where nothing longer is free.
    pub shorter: Option<SignedDuration>,
    /// How long after a loss nothing is done by itself: somebody may be about to fix it.
    pub grace: SignedDuration,
    /// How many sessions a day are moved or made up without asking.
    pub daily_limit: usize,
    /// Whether the user is asked anyway where the other side cancelled or declined.
    pub ask_when_other_lost: bool,
    /// Whether a session of a 1:1 that the other called may be made up by an event that the owner calls.
    pub make_up_as_guest: bool,
}

impl Policy {
    /// How long after a session's end a calendar of this kind must be read to be believed.
    #[must_use]
    pub const fn settle(&self, kind: SourceKind) -> SignedDuration {
        match kind {
            SourceKind::Feed => self.settle_feed,
            SourceKind::Api => self.settle_api,
        }
    }
}

/// A person of the config.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterEntry {
    /// Who.
    pub person: Person,
    /// Further names as they may appear in titles.
    pub aliases: Vec<String>,
    /// How often the owner wants to meet them.
    pub target: Option<Cadence>,
    /// Whether they should have a standing 1:1 at all (coverage).
    pub expected: bool,
    /// Their working hours in their own zone, where they are known; else the owner's are taken.
    pub hours: Option<WeeklyHours>,
}

/// What a mode is set for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModeFor {
    /// Every 1:1 with a person who has this address.
    Person(Address),
    /// One 1:1.
    OneOnOne(OneOnOneId),
}

/// When the next held session of a 1:1 clears an owed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overtaken {
    /// For cadences of up to a week.
    UpToAWeek,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much of names notices may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    /// Names.
    Full,
    /// Initials.
    Initials,
    /// Nothing that names a person.
    None,
}

impl Default for Policy {
    /// The defaults of every setting, for an owner without addresses, in UTC.
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        Self {
            owner: Vec::new(),
            owner_names: Vec::new(),
            zone: TimeZone::UTC,
            first_weekday: Weekday::Monday,
            people: Vec::new(),
            excluded_titles: words(&["interview"]),
            out_of_office_titles: words(&["out of office", "ooo", "vacation", "holiday", "annual leave", "sick"]),
            group_names: words(&["all", "everyone", "team"]),
            settle_feed: SignedDuration::from_hours(6),
            settle_api: SignedDuration::from_mins(10),
            mode: Mode::Ask,
            modes: Vec::new(),
            overtaken: Overtaken::Always,
            quiet: None,
            digest_at: Some(Time::constant(9, 0, 0, 0)),
            working_days: vec![
                Weekday::Monday,
                Weekday::Tuesday,
                Weekday::Wednesday,
                Weekday::Thursday,
                Weekday::Friday,
            ],
            report_on: (Weekday::Monday, Time::constant(8, 0, 0, 0)),
            flood: 3,
            redaction: Redaction::Full,
            stale_after: SignedDuration::from_hours(24),
            remind: None,
            notices_a_day: 12,
            hours: WeeklyHours::on_workdays(
                TimeZone::UTC,
                &[(Time::constant(9, 0, 0, 0), Time::constant(18, 0, 0, 0))],
            ),
            learn_hours: false,
            slots: SlotRules::default(),
            shorter: None,
            grace: SignedDuration::from_mins(10),
            daily_limit: 3,
            ask_when_other_lost: true,
            make_up_as_guest: false,
        }
    }
}
