//! Parses recurrence rules: the grammar and restrictions of RFC 5545 3.3.10, with a reason for each rejection.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};

use super::rule::{BadRule, FREQUENCIES, Frequency, Rule, Skip, Until, WEEKDAYS, bits};

/// Longer than every list with every value that it may have; what is longer is not read at all.
const LONGEST_RULE: usize = 16 * 1024;

impl TryFrom<String> for Rule {
    type Error = BadRule;

    fn try_from(text: String) -> Result<Self, BadRule> {
        text.parse()
    }
}

impl FromStr for Rule {
    type Err = BadRule;

    /// Reads the value of an RRULE or EXRULE property.
    ///
    /// Empty parts (`;;`), an empty BYDAY, a part that is given twice alike, experimental `X-` parts and numbers in a weekly
    /// rule's BYDAY are dropped, as most programs do; everything else that the RFC forbids is refused.
    fn from_str(text: &str) -> Result<Self, BadRule> {
        if text.len() > LONGEST_RULE {
            return Err(BadRule(format!("it is {} characters long", text.len())));
        }
        let mut rule = Self::empty();
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for part in text.trim().split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| BadRule(format!("`{part}` has no value")))?;
            match seen.iter().find(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
                Some((_, earlier)) if earlier.eq_ignore_ascii_case(value) => continue,
                Some(_) => return Err(BadRule(format!("{name} is given twice"))),
                None => seen.push((name, value)),
            }
            rule.read_part(&name.to_ascii_uppercase(), &value.to_ascii_uppercase())?;
        }
        if !seen.iter().any(|(name, _)| name.eq_ignore_ascii_case("FREQ")) {
            return Err(BadRule("it has no FREQ".into()));
        }
        rule.check()
    }
}

impl Rule {
    const fn empty() -> Self {
        Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            seconds: 0,
            minutes: 0,
            hours: 0,
            weekdays: 0,
            numbered: Vec::new(),
            month_days: 0,
            last_month_days: 0,
            year_days: Vec::new(),
            weeks: Vec::new(),
            months: 0,
            positions: Vec::new(),
            week_start: 0,
            skip: None,
        }
    }

    fn read_part(&mut self, name: &str, value: &str) -> Result<(), BadRule> {
        match name {
            "FREQ" => self.frequency = frequency(value)?,
            "INTERVAL" => self.interval = positive(name, value)?,
            "COUNT" => self.count = Some(positive(name, value)?),
            "UNTIL" => self.until = Some(until(value)?),
            "BYSECOND" => self.seconds = leap_second_folded(mask(name, value, 0, 60)?),
            "BYMINUTE" => self.minutes = mask(name, value, 0, 59)?,
            "BYHOUR" => self.hours = mask(name, value, 0, 23)?,
            "BYDAY" => self.read_weekdays(value)?,
            "BYMONTHDAY" => self.read_month_days(value)?,
            "BYYEARDAY" => self.year_days = signed_list(name, value, 366)?,
            "BYWEEKNO" => self.weeks = signed_list(name, value, 53)?,
            "BYMONTH" => self.months = mask(name, value, 1, 12)?,
            "BYSETPOS" => self.positions = signed_list(name, value, 366)?,
            "WKST" => self.week_start = weekday(value)?,
            "RSCALE" if value == "GREGORIAN" => self.skip = self.skip.or(Some(Skip::Omit)),
            "RSCALE" => return Err(BadRule(format!("RSCALE={value}: only the Gregorian calendar is known here"))),
            "SKIP" => self.skip = Some(skip(value)?),
            "BYEASTER" => return Err(BadRule("BYEASTER is not part of RFC 5545".into())),
            _ if name.starts_with("X-") => {}
            _ => return Err(BadRule(format!("`{name}` is not part of a rule"))),
        }
        Ok(())
    }

    fn read_weekdays(&mut self, value: &str) -> Result<(), BadRule> {
        for item in value.split(',').filter(|_| !value.is_empty()) {
            let at = item.len().checked_sub(2).filter(|at| item.is_char_boundary(*at));
            let (number, name) = item.split_at(at.ok_or_else(|| BadRule(format!("BYDAY: `{item}` is not a weekday")))?);
            let day = weekday(name)?;
            if number.is_empty() {
                self.weekdays |= 1 << day;
                continue;
            }
            let number = signed("BYDAY", number, 53)?;
            if !self.numbered.contains(&(number, day)) {
                self.numbered.push((number, day));
            }
        }
        self.numbered.sort_unstable();
        Ok(())
    }

    fn read_month_days(&mut self, value: &str) -> Result<(), BadRule> {
        for day in signed_list("BYMONTHDAY", value, 31)? {
            if day > 0 {
                self.month_days |= 1 << day;
            } else {
                self.last_month_days |= 1 << -day;
            }
        }
        Ok(())
    }

    /// Holds the finished rule against the prohibitions of RFC 5545 3.3.10.
    fn check(mut self) -> Result<Self, BadRule> {
        use Frequency::{Daily, Monthly, Weekly, Yearly};
        let refuse = |why: &str| Err(BadRule(why.into()));
        if !self.weeks.is_empty() && self.frequency != Yearly {
            return refuse("BYWEEKNO goes with FREQ=YEARLY only");
        }
        if !self.year_days.is_empty() && matches!(self.frequency, Daily | Weekly | Monthly) {
            return refuse("BYYEARDAY does not go with a daily, weekly or monthly rule");
        }
        if self.has_month_days() && self.frequency == Weekly {
            return refuse("BYMONTHDAY does not go with a weekly rule");
        }
        if !self.positions.is_empty() && !self.has_by_part() {
            return refuse("BYSETPOS needs another BY part to choose from");
        }
        self.check_numbered()?;
        if self.frequency == Weekly {
            // A week has each weekday once, so the number says nothing; programs that write it mean the weekday.
            self.weekdays |= self.numbered.drain(..).fold(0, |mask, (_, day)| mask | 1 << day);
        }
        Ok(self)
    }

    fn check_numbered(&self) -> Result<(), BadRule> {
        use Frequency::{Monthly, Weekly, Yearly};
        let refuse = |why: &str| Err(BadRule(why.into()));
        if self.numbered.is_empty() || self.frequency == Weekly {
            return Ok(());
        }
        if !matches!(self.frequency, Monthly | Yearly) {
            return refuse("a numbered BYDAY goes with a monthly or yearly rule only");
        }
        if !self.weeks.is_empty() {
            return refuse("a numbered BYDAY does not go with BYWEEKNO");
        }
        let within_month = self.frequency == Monthly || self.months != 0;
        if within_month && self.numbered.iter().any(|(number, _)| number.abs() > 5) {
            return refuse("no month has more than five of a weekday");
        }
        Ok(())
    }

    pub(super) const fn has_month_days(&self) -> bool {
        self.month_days | self.last_month_days != 0
    }

    pub(super) const fn has_weekdays(&self) -> bool {
        self.weekdays != 0 || !self.numbered.is_empty()
    }

    const fn has_by_part(&self) -> bool {
        let times = self.seconds | self.minutes | self.hours | self.months;
        times != 0
            || self.has_weekdays()
            || self.has_month_days()
            || !self.year_days.is_empty()
            || !self.weeks.is_empty()
    }
}

fn frequency(value: &str) -> Result<Frequency, BadRule> {
    let found = FREQUENCIES.iter().find(|(name, _)| *name == value);
    found.map(|(_, frequency)| *frequency).ok_or_else(|| BadRule(format!("FREQ: `{value}` is not a frequency")))
}

fn weekday(value: &str) -> Result<u8, BadRule> {
    let found = (0..).zip(WEEKDAYS).find(|(_, name)| *name == value);
    found.map(|(day, _)| day).ok_or_else(|| BadRule(format!("`{value}` is not a weekday")))
}

fn skip(value: &str) -> Result<Skip, BadRule> {
    match value {
        "OMIT" => Ok(Skip::Omit),
        "BACKWARD" => Ok(Skip::Backward),
        "FORWARD" => Ok(Skip::Forward),
        _ => Err(BadRule(format!("SKIP: `{value}` is neither OMIT, BACKWARD nor FORWARD"))),
    }
}

/// A number of digits alone, at least 1.
fn positive(name: &str, value: &str) -> Result<u32, BadRule> {
    digits(value)
        .filter(|number| *number > 0)
        .ok_or_else(|| BadRule(format!("{name}: `{value}` is not a number from 1 to {}", u32::MAX)))
}

fn digits(value: &str) -> Option<u32> {
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok()).flatten()
}

/// A number with or without a sign, not 0, no further from 0 than `most`.
fn signed(name: &str, value: &str, most: i16) -> Result<i16, BadRule> {
    let (sign, unsigned) = match value.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, value.strip_prefix('+').unwrap_or(value)),
    };
    digits(unsigned)
        .and_then(|number| i16::try_from(number).ok())
        .filter(|number| (1..=most).contains(number))
        .map(|number| sign * number)
        .ok_or_else(|| BadRule(format!("{name}: `{value}` is not a number from 1 to {most} or -{most} to -1")))
}

fn signed_list(name: &str, value: &str, most: i16) -> Result<Vec<i16>, BadRule> {
    let mut list = value.split(',').map(|item| signed(name, item, most)).collect::<Result<Vec<_>, _>>()?;
    list.sort_unstable();
    list.dedup();
    Ok(list)
}

fn mask(name: &str, value: &str, least: u32, most: u32) -> Result<u64, BadRule> {
    value.split(',').try_fold(0, |mask, item| {
        let number = digits(item).filter(|number| (least..=most).contains(number));
        let number =
            number.ok_or_else(|| BadRule(format!("{name}: `{item}` is not a number from {least} to {most}")))?;
        Ok(mask | 1 << number)
    })
}

/// Leap seconds are not on any clock here: the RFC reads a 60 as 59 (RFC 5545 3.3.12).
fn leap_second_folded(mask: u64) -> u64 {
    bits(mask).fold(0, |folded, second| folded | 1 << second.min(59))
}

fn until(value: &str) -> Result<Until, BadRule> {
    let refuse = || BadRule(format!("UNTIL: `{value}` is neither a date nor a date with time"));
    match (value.len(), value.strip_suffix('Z')) {
        (8, None) => date(value).map(Until::Date).ok_or_else(refuse),
        (15, None) => datetime(value).map(Until::Local).ok_or_else(refuse),
        (16, Some(utc)) => datetime(utc).map(Until::Utc).ok_or_else(refuse),
        _ => Err(refuse()),
    }
}

fn date(text: &str) -> Option<Date> {
    let number = digits(text)?;
    let part = |number: u32| i8::try_from(number).ok();
    Date::new(i16::try_from(number / 10_000).ok()?, part(number / 100 % 100)?, part(number % 100)?).ok()
}

fn datetime(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once('T').filter(|(day, time)| day.len() == 8 && time.len() == 6)?;
    let number = digits(time)?;
    let part = |number: u32| i8::try_from(number).ok();
    let second = part(number % 100).filter(|second| *second <= 60)?.min(59);
    let time = Time::new(part(number / 10_000)?, part(number / 100 % 100)?, second, 0).ok()?;
    Some(date(day)?.to_datetime(time))
}
