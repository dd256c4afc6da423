//! [`MakeUpName`]: the UID of a make-up, which both people of a pair derive identically on all their machines.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

/// How many hexadecimal digits a key has.
const DIGITS: usize = 64;

/// The name of a make-up: the session that it stands in for, and which of the pair made it.
///
/// All machines of one person come to the same name, so that a server takes it once. The two people's names differ in their last letter
/// alone: each sees from the other's invitation that it is for the same session, and neither replaces the other's event. See
/// `docs/decisions/one-make-up-per-pair.md`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MakeUpName {
    key: String,
    by_guest: bool,
}

impl MakeUpName {
    /// The name of the make-up for the session that the series `uid` has at `original`. Both calendars of a pair show these alike.
    #[must_use]
    pub fn of(uid: &str, original: Timestamp, by_guest: bool) -> Self {
        Self::after(0, uid, original, by_guest)
    }

    /// The name of the make-up that its user wants after they undid so many others for the same session, whose names stay taken.
    ///
    /// What is done without asking is always the first.
    #[must_use]
    pub fn after(undone: u32, uid: &str, original: Timestamp, by_guest: bool) -> Self {
        let original = if planted!("one-name-for-all-make-ups") { Timestamp::UNIX_EPOCH } else { original };
        let original = TimeZone::UTC.to_datetime(original).strftime("%Y%m%dT%H%M%SZ").to_string();
        let undone = if undone == 0 { String::new() } else { format!(" after {undone}") };
        let mut hash = Sha256::new();
        for part in ["cadenced.v2", uid, &format!("{original}{undone}")] {
            hash.update(part.as_bytes());
            // Without it "ab" and "c" would read as "a" and "bc".
            hash.update([0]);
        }
        let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'));
        Self { key: hash.finalize().iter().flat_map(digits).collect(), by_guest }
    }

    /// The name in an event's uid, whichever kind of calendar made one of the other; none where it is not a make-up of cadenced.
    #[must_use]
    pub fn in_uid(uid: &str) -> Option<Self> {
        let rest = uid.strip_prefix("cadenced-").or_else(|| uid.strip_prefix("cdn"))?;
        let (key, rest) = rest.split_at_checked(DIGITS)?;
        let is_key = key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let by_guest = match rest.split('@').next() {
            Some("o") => false,
            Some("g") => true,
            _ => return None,
        };
        is_key.then(|| Self { key: key.to_owned(), by_guest })
    }

    /// The same session's make-up by the other of the pair.
    #[must_use]
    pub fn of_the_other(&self) -> Self {
        Self { by_guest: !self.by_guest, ..self.clone() }
    }

    /// Whether both are for one session, whoever made them.
    #[must_use]
    pub fn is_for_the_same(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Whether the guest of the 1:1 made it, and not its organiser.
    #[must_use]
    pub const fn is_by_guest(&self) -> bool {
        self.by_guest
    }
}

/// 64 hexadecimal digits and a letter: what ids, uids and paths are made of.
impl std::fmt::Display for MakeUpName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.key, if self.by_guest { 'g' } else { 'o' })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(uid: &str, original: &str, by_guest: bool) -> MakeUpName {
        MakeUpName::of(uid, original.parse().unwrap(), by_guest)
    }

    #[test]
    fn both_of_a_pair_name_it_alike_but_for_the_last_letter() {
        let organisers = name("w", "2026-11-17T09:00:00Z", false);
        let guests = name("w", "2026-11-17T09:00:00Z", true);
        assert!(organisers.is_for_the_same(&guests) && organisers != guests);
        assert_eq!(organisers.of_the_other(), guests);
        assert_eq!(guests.of_the_other(), organisers);
        let again = MakeUpName::after(1, "w", "2026-11-17T09:00:00Z".parse().unwrap(), false);
        assert!(!organisers.is_for_the_same(&again), "the first name stays taken");
        for other in [name("w2", "2026-11-17T09:00:00Z", false), name("w", "2026-11-24T09:00:00Z", false)] {
            assert!(!organisers.is_for_the_same(&other));
        }
    }

    #[test]
    fn it_is_read_back_from_the_uid_of_any_kind_of_calendar_and_from_nothing_else() {
        let made = name("w", "2026-11-17T09:00:00Z", true);
        for uid in [format!("cadenced-{made}"), format!("cdn{made}@google.com"), format!("cdn{made}")] {
            assert_eq!(MakeUpName::in_uid(&uid), Some(made.clone()), "{uid}");
        }
        let digits = "0".repeat(DIGITS);
        let no_names = [
            "",
            "cdn",
            "cadenced-",
            "cadenced-ä",
            "talk",
            &digits,
            &format!("cdn{digits}"),
            &format!("cdn{digits}x@google.com"),
        ];
        for uid in no_names {
            assert_eq!(MakeUpName::in_uid(uid), None, "{uid}");
        }
        assert_eq!(
            MakeUpName::in_uid(&format!("cdn{}ö{}", "0".repeat(63), "0")),
            None,
            "a cut inside a letter is no panic"
        );
    }
}
