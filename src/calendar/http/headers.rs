//! Parses response headers: dates, `Retry-After`, and the difference between the two clocks.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

/// The longest that a `Retry-After` is taken for what it says; beyond it, it is taken for this.
pub const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Reads an HTTP date (RFC 9110 5.6.7), in the one form that may still be sent.
pub fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// How long a `Retry-After` asks to wait (RFC 9110 10.2.3), capped at [`LONGEST_WAIT`].
///
/// A date is held against `server_now`, the server's own `Date`, where there is one, so that a wrong clock here does no harm.
pub fn retry_after(text: &str, server_now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let until = http_date(text)?;
        Duration::try_from(until.duration_since(server_now)).unwrap_or(Duration::ZERO)
    };
    Some(wait.min(LONGEST_WAIT))
}

/// The server's clock minus ours, from `Date` and, where a cache answered, `Age` (RFC 9111 5.1).
pub fn clock_skew(date: &str, age: Option<&str>, now: Timestamp) -> Option<SignedDuration> {
    let age = age.and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(0);
    Some(http_date(date)?.duration_since(now).saturating_add(SignedDuration::from_secs(i64::from(age))))
}
