//! Parses single values: durations, sizes, times of day, weekdays, cadences and zones.

use std::time::Duration;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::{Access, LogLevel, ReportFormat, Security, TokenPlace};
use crate::domain::one_on_one::{Cadence, CadenceUnit};
use crate::domain::person::{Address, Relation};
use crate::domain::policy::{Mode, Overtaken, Redaction};

/// No calendar is read more often than this, whatever the config or a server says.
pub const SHORTEST_PAUSE: Duration = Duration::from_mins(5);

/// Why a text means nothing here.
#[derive(Debug)]
pub(super) struct Bad {
    /// Follows the text: `"abc" is no length of time`.
    pub(super) what: &'static str,
    /// What to write instead.
    pub(super) remedy: String,
}

impl Bad {
    pub(super) fn new(what: &'static str, remedy: impl Into<String>) -> Self {
        Self { what, remedy: remedy.into() }
    }
}

/// One of a few words.
pub(super) fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Bad> {
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Bad::new("is not allowed here", format!("choose one of {}", all.join(", ")))
    })
}

/// A length of time above zero; a day is 24 hours.
pub(super) fn signed_duration(text: &str) -> Result<SignedDuration, Bad> {
    let bad = || Bad::new("is not a length of time", "write it like \"15m\", \"6h\" or \"2 days\"");
    let span: Span = text.parse().map_err(|_| bad())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| bad())?;
    if length > SignedDuration::ZERO { Ok(length) } else { Err(bad()) }
}

/// A length of time, or none at all: `0m`.
pub(super) fn length(text: &str) -> Result<SignedDuration, Bad> {
    let is_zero = text.parse().is_ok_and(|span: Span| span.is_zero());
    if is_zero { Ok(SignedDuration::ZERO) } else { signed_duration(text) }
}

/// The same, for waiting.
pub(super) fn duration(text: &str) -> Result<Duration, Bad> {
    Ok(signed_duration(text)?.unsigned_abs())
}

/// A pause between two reads.
pub(super) fn pause(text: &str) -> Result<Duration, Bad> {
    match duration(text)? {
        length if length < SHORTEST_PAUSE => Err(Bad::new("is too often", "use \"5m\" or more; \"15m\" is usual")),
        length => Ok(length),
    }
}

/// A number of bytes.
pub(super) fn size(text: &str) -> Result<u64, Bad> {
    let bad = || Bad::new("is not a size", "write it like \"200MB\"");
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(bad()),
    };
    let number: u64 = number.parse().map_err(|_| bad())?;
    number.checked_mul(unit).filter(|bytes| *bytes > 0).ok_or_else(bad)
}

/// A time of day, `HH:MM`.
pub(super) fn time(text: &str) -> Result<Time, Bad> {
    let bad = || Bad::new("is not a time of day", "write it like \"09:00\"");
    let (hour, minute) = text.split_once(':').ok_or_else(bad)?;
    let digits = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || minute.len() != 2 || !digits(minute) {
        return Err(bad());
    }
    let (hour, minute) = (hour.parse().map_err(|_| bad())?, minute.parse().map_err(|_| bad())?);
    Time::new(hour, minute, 0, 0).map_err(|_| bad())
}

/// A part of a day, `HH:MM-HH:MM`.
pub(super) fn time_span(text: &str) -> Result<(Time, Time), Bad> {
    let bad = || Bad::new("is not a part of a day", "write it like \"09:00-17:30\", the earlier time first");
    let (start, end) = text.split_once(['-', '–']).ok_or_else(bad)?;
    let (start, end) = (time(start.trim()).map_err(|_| bad())?, time(end.trim()).map_err(|_| bad())?);
    if start < end { Ok((start, end)) } else { Err(bad()) }
}

/// How the way to a mail server is protected.
pub(super) fn security(text: &str) -> Result<Security, Bad> {
    word(text, &[("starttls", Security::StartTls), ("tls", Security::Tls), ("none", Security::None)])
}

/// A day of the week.
pub(super) fn weekday(text: &str) -> Result<Weekday, Bad> {
    word(text, &WEEKDAYS)
}

/// The days of the week, Monday first.
pub(super) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// An IANA zone.
pub(super) fn zone(text: &str) -> Result<TimeZone, Bad> {
    TimeZone::get(text).map_err(|_| Bad::new("is not a time zone", "use an IANA name like \"Europe/Berlin\""))
}

/// An e-mail address.
pub(super) fn address(text: &str) -> Result<Address, Bad> {
    Address::parse(text).ok_or_else(|| Bad::new("is not an e-mail address", "write it like \"ann@example.com\""))
}

/// A name that can stand in `account/calendar`.
pub(super) fn name(text: &str) -> Result<String, Bad> {
    if text.contains('/') || text.contains(char::is_control) || text.chars().count() > 100 {
        return Err(Bad::new("cannot be used as a name", "use up to 100 characters, without a slash"));
    }
    Ok(text.to_owned())
}

/// Whether a text can name a credential. It becomes a file's name, and systemd takes no other (`credential_name_valid()` in
/// its sources): printable ASCII without a slash or a colon.
pub(super) fn is_credential_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | ':');
    text.chars().all(is_plain) && !matches!(text, "" | "." | "..") && text.len() <= 255
}

/// Any text on one line.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside parsers that can fail")]
pub(super) fn plain(text: &str) -> Result<String, Bad> {
    Ok(text.to_owned())
}

/// A text that is compared without regard to case.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside parsers that can fail")]
pub(super) fn lower(text: &str) -> Result<String, Bad> {
    Ok(text.to_lowercase())
}

/// How often: `every 2 weeks`, `weekly`, `every other month`.
pub(super) fn cadence(text: &str) -> Result<Cadence, Bad> {
    let bad = || Bad::new("is not a cadence", "write it like \"every week\", \"every 2 weeks\" or \"every month\"");
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let (every, unit) = match words.as_slice() {
        ["daily"] => (1, CadenceUnit::Day),
        ["weekly"] => (1, CadenceUnit::Week),
        ["fortnightly"] => (2, CadenceUnit::Week),
        ["monthly"] => (1, CadenceUnit::Month),
        ["quarterly"] => (3, CadenceUnit::Month),
        ["yearly"] => (1, CadenceUnit::Year),
        ["every", unit] => (1, cadence_unit(unit).ok_or_else(bad)?),
        ["every", number, unit] => (small_number(number).ok_or_else(bad)?, cadence_unit(unit).ok_or_else(bad)?),
        _ => return Err(bad()),
    };
    Ok(Cadence::every(every, unit))
}

fn cadence_unit(word: &str) -> Option<CadenceUnit> {
    match word {
        "day" | "days" => Some(CadenceUnit::Day),
        "week" | "weeks" => Some(CadenceUnit::Week),
        "month" | "months" => Some(CadenceUnit::Month),
        "year" | "years" => Some(CadenceUnit::Year),
        _ => None,
    }
}

fn small_number(word: &str) -> Option<u32> {
    match word {
        "other" | "two" => Some(2),
        "three" => Some(3),
        "four" => Some(4),
        "six" => Some(6),
        _ => word.parse().ok().filter(|number| (1..=100).contains(number)),
    }
}

/// What a person is to the owner.
pub(super) fn relation(text: &str) -> Result<Relation, Bad> {
    let words = [
        ("report", Relation::Report),
        ("manager", Relation::Manager),
        ("skip", Relation::Skip),
        ("peer", Relation::Peer),
        ("mentor", Relation::Mentor),
        ("other", Relation::Other),
    ];
    word(text, &words)
}

/// What is done about a lost session.
pub(super) fn mode(text: &str) -> Result<Mode, Bad> {
    word(text, &[("off", Mode::Off), ("ask", Mode::Ask), ("auto", Mode::Auto)])
}

/// When the next held session clears an owed one.
pub(super) fn overtaken(text: &str) -> Result<Overtaken, Bad> {
    let words = [("up_to_a_week", Overtaken::UpToAWeek), ("always", Overtaken::Always), ("never", Overtaken::Never)];
    word(text, &words)
}

/// How much of names may be shown.
pub(super) fn redaction(text: &str) -> Result<Redaction, Bad> {
    word(text, &[("full", Redaction::Full), ("initials", Redaction::Initials), ("none", Redaction::None)])
}

/// A form of the report.
pub(super) fn report_format(text: &str) -> Result<ReportFormat, Bad> {
    let words = [
        ("text", ReportFormat::Text),
        ("markdown", ReportFormat::Markdown),
        ("html", ReportFormat::Html),
        ("json", ReportFormat::Json),
    ];
    word(text, &words)
}

/// How much is logged.
pub(super) fn log_level(text: &str) -> Result<LogLevel, Bad> {
    let levels = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
    word(text, &levels.map(|level| (level.as_str(), level)))
}

/// What may be done with an account.
pub(super) fn access(text: &str) -> Result<Access, Bad> {
    word(text, &[("read", Access::Read), ("write", Access::Write)])
}

/// Where tokens are kept.
pub(super) fn token_place(text: &str) -> Result<TokenPlace, Bad> {
    word(text, &[("keyring", TokenPlace::Keyring), ("file", TokenPlace::File)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, seconds) in
            [("15m", 900), ("6h", 21_600), ("2 days", 172_800), ("1h 30m", 5_400), ("1 week", 604_800)]
        {
            assert_eq!(signed_duration(text).map_err(|bad| bad.what), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in ["", "15", "0s", "-5m", "1 month", "soon"] {
            assert!(signed_duration(text).is_err(), "{text:?}");
        }
        assert!(pause("4m 59s").is_err() && pause("5m").is_ok());
        for (text, seconds) in [("0m", Some(0)), ("0", None), ("10m", Some(600)), ("-5m", None)] {
            assert_eq!(length(text).ok(), seconds.map(SignedDuration::from_secs), "{text}");
        }
    }

    #[test]
    fn sizes_need_a_unit_and_fit() {
        assert_eq!(size("200MB").map_err(|bad| bad.what), Ok(200_000_000));
        assert_eq!(size("64 MiB").map_err(|bad| bad.what), Ok(64 << 20));
        for text in ["200", "0MB", "MB", "99999999999GB", "-1MB", "1.5MB"] {
            assert!(size(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn cadences_are_read_as_people_say_them() {
        let every = |every, unit| Ok(Cadence::every(every, unit));
        let read = |text| cadence(text).map_err(|bad| bad.what);
        assert_eq!(read("every 2 weeks"), every(2, CadenceUnit::Week));
        assert_eq!(read("Weekly"), every(1, CadenceUnit::Week));
        assert_eq!(read("every other month"), every(2, CadenceUnit::Month));
        assert_eq!(read("quarterly"), every(3, CadenceUnit::Month));
        for text in ["biweekly", "every 0 weeks", "2", "sometimes", "every"] {
            assert!(cadence(text).is_err(), "{text:?} is ambiguous or nothing at all");
        }
    }

    #[test]
    fn times_of_day_are_exact() {
        assert!(time("09:00").is_ok() && time("9:05").is_ok());
        for text in ["9", "09:0", "24:00", "09:60", "+9:00", "09:00:00", "nine"] {
            assert!(time(text).is_err(), "{text:?}");
        }
        assert!(time_span("09:00-17:30").is_ok() && time_span("17:30 - 09:00").is_err());
    }
}
