//! [`Rule`]: a validated recurrence rule (RFC 5545 3.3.10, RFC 7529) and its canonical text.

use std::fmt;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

/// One RRULE or EXRULE, checked; shown and stored as its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    pub(super) frequency: Frequency,
    /// INTERVAL, at least 1.
    pub(super) interval: u32,
    pub(super) count: Option<u32>,
    pub(super) until: Option<Until>,
    /// BYSECOND as bits 0 to 59; a 60 is stored as 59. No bits: the part is absent, here and below.
    pub(super) seconds: u64,
    /// BYMINUTE as bits 0 to 59.
    pub(super) minutes: u64,
    /// BYHOUR as bits 0 to 23.
    pub(super) hours: u64,
    /// BYDAY without numbers, as bits 0 (Monday) to 6.
    pub(super) weekdays: u64,
    /// BYDAY with numbers: the number and the weekday (0 is Monday), sorted.
    pub(super) numbered: Vec<(i16, u8)>,
    /// BYMONTHDAY from 1 to 31, as bits.
    pub(super) month_days: u64,
    /// BYMONTHDAY from -1 to -31, as bits 1 to 31.
    pub(super) last_month_days: u64,
    /// BYYEARDAY, sorted.
    pub(super) year_days: Vec<i16>,
    /// BYWEEKNO, sorted.
    pub(super) weeks: Vec<i16>,
    /// BYMONTH as bits 1 to 12.
    pub(super) months: u64,
    /// BYSETPOS, sorted.
    pub(super) positions: Vec<i16>,
    /// WKST: 0 is Monday.
    pub(super) week_start: u8,
    /// What becomes of days that a month or year does not have; `None` where the rule has no RSCALE.
    pub(super) skip: Option<Skip>,
}

/// FREQ: the period that a rule repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    /// Every so many seconds.
    Secondly,
    /// Every so many minutes.
    Minutely,
    /// Every so many hours.
    Hourly,
    /// Every so many days.
    Daily,
    /// Every so many weeks.
    Weekly,
    /// Every so many months.
    Monthly,
    /// Every so many years.
    Yearly,
}

/// UNTIL, in the form in which the rule has it; it is inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The whole of a day.
    Date(Date),
    /// A wall-clock time of the series.
    Local(DateTime),
    /// A UTC time.
    Utc(DateTime),
}

/// SKIP (RFC 7529 4.2): what becomes of a day that its month or year does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// It is left out.
    Omit,
    /// It falls on the day before.
    Backward,
    /// It falls on the day after.
    Forward,
}

/// Why a rule was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the recurrence rule is not valid: {0}")]
pub struct BadRule(pub String);

impl Rule {
    /// The period that it repeats (FREQ).
    #[must_use]
    pub const fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// How many periods lie between two that count (INTERVAL), at least 1.
    #[must_use]
    pub const fn interval(&self) -> u32 {
        self.interval
    }

    /// How many instances it has at most (COUNT).
    #[must_use]
    pub const fn count(&self) -> Option<u32> {
        self.count
    }

    /// The last moment at which an instance may start (UNTIL).
    #[must_use]
    pub const fn until(&self) -> Option<Until> {
        self.until
    }

    /// Whether it never ends by itself.
    #[must_use]
    pub const fn is_endless(&self) -> bool {
        self.count.is_none() && self.until.is_none()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

/// The names of the weekdays in rules, from Monday (RFC 5545 3.3.10 `weekday`).
pub(super) const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// The names of the frequencies, by their order.
pub(super) const FREQUENCIES: [(&str, Frequency); 7] = [
    ("SECONDLY", Frequency::Secondly),
    ("MINUTELY", Frequency::Minutely),
    ("HOURLY", Frequency::Hourly),
    ("DAILY", Frequency::Daily),
    ("WEEKLY", Frequency::Weekly),
    ("MONTHLY", Frequency::Monthly),
    ("YEARLY", Frequency::Yearly),
];

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.skip.is_some() {
            out.write_str("RSCALE=GREGORIAN;")?;
        }
        for (name, _) in FREQUENCIES.iter().filter(|(_, frequency)| *frequency == self.frequency) {
            write!(out, "FREQ={name}")?;
        }
        self.write_end(out)?;
        if self.interval != 1 {
            write!(out, ";INTERVAL={}", self.interval)?;
        }
        self.write_by_parts(out)?;
        if self.week_start != 0 {
            write!(out, ";WKST={}", WEEKDAYS[usize::from(self.week_start)])?;
        }
        match self.skip {
            Some(Skip::Backward) => out.write_str(";SKIP=BACKWARD"),
            Some(Skip::Forward) => out.write_str(";SKIP=FORWARD"),
            Some(Skip::Omit) | None => Ok(()),
        }
    }
}

impl Rule {
    fn write_end(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(Until::Date(date)) => write!(out, ";UNTIL={}", date.strftime("%Y%m%d"))?,
            Some(Until::Local(local)) => write!(out, ";UNTIL={}", local.strftime("%Y%m%dT%H%M%S"))?,
            Some(Until::Utc(utc)) => write!(out, ";UNTIL={}", utc.strftime("%Y%m%dT%H%M%SZ"))?,
            None => {}
        }
        self.count.map_or(Ok(()), |count| write!(out, ";COUNT={count}"))
    }

    fn write_by_parts(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(out, "BYMONTH", bits(self.months))?;
        write_list(out, "BYWEEKNO", self.weeks.iter())?;
        write_list(out, "BYYEARDAY", self.year_days.iter())?;
        let last_days = bits(self.last_month_days).map(|day| -i64::from(day));
        write_list(out, "BYMONTHDAY", bits(self.month_days).map(i64::from).chain(last_days))?;
        let named = bits(self.weekdays).map(|day| WEEKDAYS[day as usize].to_owned());
        let numbered = self.numbered.iter().map(|(number, day)| format!("{number}{}", WEEKDAYS[usize::from(*day)]));
        write_list(out, "BYDAY", named.chain(numbered))?;
        write_list(out, "BYHOUR", bits(self.hours))?;
        write_list(out, "BYMINUTE", bits(self.minutes))?;
        write_list(out, "BYSECOND", bits(self.seconds))?;
        write_list(out, "BYSETPOS", self.positions.iter())
    }
}

fn write_list(
    out: &mut fmt::Formatter<'_>,
    name: &str,
    values: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    for (index, value) in values.enumerate() {
        if index == 0 {
            write!(out, ";{name}={value}")?;
        } else {
            write!(out, ",{value}")?;
        }
    }
    Ok(())
}

/// The positions of the bits that are set, ascending.
pub(super) fn bits(mask: u64) -> impl Iterator<Item = u32> + Clone {
    std::iter::successors(Some(mask), |rest| Some(rest & rest.wrapping_sub(1)))
        .take_while(|rest| *rest != 0)
        .map(u64::trailing_zeros)
}
