//! A table of known server quirks, with the evidence for each.

use http::header::HeaderMap;
use jiff::Timestamp;

/// Something that a server does in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// A token that it forgot is answered with a list of everything, which looks like a list of changes and names nothing that is gone.
    /// Its lists of changes are not used: the collection's tag and the etags of its members say the same and cannot be mistaken.
    ForgottenTokenListsAll,
    /// Tags and tokens are seconds: what changes in the second of the answer has the same one. Such a tag is not kept.
    TagsAreSeconds,
    /// `If-None-Match: *` replaces what is there. A name is looked at before it is written to, everywhere.
    CreateReplaces,
    /// `DELETE` ignores `If-Match`. The object is looked at before, everywhere.
    DeleteIgnoresVersion,
    /// The object is rewritten after its etag was told. What was written is read back and compared by meaning, everywhere.
    RewritesAfterAnswering,
    /// `PUT` of an object with guests tells no etag. The object is read back, everywhere.
    NoEtagAfterPut,
    /// A guest's change of time is taken, and stays with the guest. Guests' copies are never written, anywhere.
    GuestChangeStaysLocal,
    /// The collection is among its own members. It is left out, everywhere.
    ListsItself,
    /// One UID may be stored twice. Names of our own are looked at before they are written to, everywhere.
    TakesOneUidTwice,
    /// The `schedule-default-calendar-URL` is not told. The usual names of main calendars are tried, everywhere.
    NoDefaultCalendar,
    /// The address of the login is not the place of the calendars, but a host beside it.
    HomeOnAnotherHost,
    /// An object that sets a session apart and names guests is refused with 500: its two messages to a guest get one name. Such an answer
    /// says that nothing was done, and not that nobody knows.
    RefusesOverridesWithGuests,
    /// The organiser is taken out of the guests. Who called an event is read from ORGANIZER, everywhere.
    DropsOrganiserFromGuests,
    /// The outbox is the main calendar itself. It is not taken for something else, anywhere.
    OutboxIsCalendar,
    /// Connections are closed without announcing it. A question that breaks off at once is asked once more, everywhere.
    ClosesWithoutAWord,
    /// Deleted objects keep their UID from being used again. The refusal counts as a name that is taken.
    BinKeepsUids,
}

/// One line of the table.
pub struct QuirkEntry {
    /// What.
    pub quirk: Quirk,
    /// Which server, by what its answers say of it.
    pub sign: Sign,
    /// Where it was seen.
    pub evidence: &'static str,
}

/// What tells a server by its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A header is there.
    Header(&'static str),
    /// `Server` holds this.
    Server(&'static str),
    /// Nothing does, and nothing needs to: it is met for all servers alike.
    None(&'static str),
}

const DAVICAL: Sign = Sign::Header("x-davical-version");
const SOGO: Sign = Sign::Server("SOPE");

/// Everything that is known.
pub const QUIRKS: [QuirkEntry; 19] = [
    known(Quirk::ForgottenTokenListsAll, DAVICAL, "DAViCal 1.1.12, the contract test: 207 with every member"),
    known(Quirk::ForgottenTokenListsAll, SOGO, "SOGo 5.8.0, the contract test: 207 with every member"),
    known(Quirk::TagsAreSeconds, SOGO, "SOGo 5.8.0, the contract test: getctag is the time of the last change"),
    known(Quirk::CreateReplaces, SOGO, "SOGo 5.8.0, the contract test: 204"),
    known(Quirk::DeleteIgnoresVersion, SOGO, "SOGo 5.8.0, the contract test: 204 to a stale If-Match"),
    known(Quirk::RewritesAfterAnswering, SOGO, "SOGo 5.8.0, the contract test: other bytes under the ETag it returned"),
    known(Quirk::RewritesAfterAnswering, Sign::None("Xandikos, Radicale"), "both re-serialise what they were given"),
    known(Quirk::NoEtagAfterPut, Sign::None("Cyrus"), "Cyrus 3.6.1, the contract test; cyrus-imapd #2456"),
    known(Quirk::GuestChangeStaysLocal, Sign::None("Cyrus"), "Cyrus 3.6.1: 204, and the organiser never learns of it"),
    known(Quirk::ListsItself, Sign::None("iCloud"), "vdirsyncer and others; RFC 6578 3.6 shows members only"),
    known(Quirk::TakesOneUidTwice, DAVICAL, "DAViCal 1.1.12, the contract test: 201"),
    known(Quirk::NoDefaultCalendar, Sign::None("Radicale, Xandikos, SOGo"), "the contract test"),
    known(Quirk::NoDefaultCalendar, DAVICAL, "DAViCal 1.1.12, the contract test"),
    known(Quirk::HomeOnAnotherHost, Sign::None("iCloud"), "caldav.icloud.com names pNN-caldav.icloud.com as the home"),
    known(Quirk::RefusesOverridesWithGuests, DAVICAL, "DAViCal 1.1.12: 500, duplicate key in caldav_data_pkey"),
    known(Quirk::DropsOrganiserFromGuests, SOGO, "SOGo 5.8.0, the contract test"),
    known(Quirk::OutboxIsCalendar, SOGO, "SOGo 5.8.0, the contract test: resourcetype of personal/"),
    known(Quirk::ClosesWithoutAWord, SOGO, "SOGo 5.8.0, after its page for browsers"),
    known(Quirk::BinKeepsUids, Sign::None("Nextcloud"), "Nextcloud's trash bin for calendars, from its documentation"),
];

const fn known(quirk: Quirk, sign: Sign, evidence: &'static str) -> QuirkEntry {
    QuirkEntry { quirk, sign, evidence }
}

/// Whether a server with such headers has a quirk, by a sign of it.
pub fn has(headers: &HeaderMap, quirk: Quirk) -> bool {
    QUIRKS.iter().filter(|known| known.quirk == quirk).any(|known| match known.sign {
        Sign::Header(name) => headers.contains_key(name),
        Sign::Server(part) => {
            headers.get("server").and_then(|server| server.to_str().ok()).is_some_and(|server| server.contains(part))
        }
        Sign::None(_) => false,
    })
}

/// Where to look on a server whose well-known address says nothing: the usual places of the usual servers.
pub const ODD_PLACES: [&str; 8] =
    ["/", "/dav/", "/caldav/", "/caldav.php/", "/remote.php/dav/", "/SOGo/dav/", "/dav.php/", "/dav/cal/"];

/// What main calendars are usually called in their paths.
pub const MAIN_NAMES: [&str; 5] = ["default", "personal", "calendar", "home", "work"];

/// Whether a tag is a time of about the second in which it was told, so that a later change can have the same one.
pub fn is_of_this_second(tag: &str, told: Timestamp) -> bool {
    let number: String = tag.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    let Ok(number) = number.parse::<i64>() else { return false };
    // Two seconds, as the clock that is told and the one that stamps may be of two machines.
    (number - told.as_second()).abs() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_headers() {
        let mut headers = HeaderMap::new();
        assert!(!has(&headers, Quirk::ForgottenTokenListsAll));
        headers.insert("server", "SOPE 4.9.37/WebDAV".parse().unwrap());
        assert!(has(&headers, Quirk::ForgottenTokenListsAll) && has(&headers, Quirk::TagsAreSeconds));
        headers.insert("server", "nginx".parse().unwrap());
        headers.insert("x-davical-version", "DAViCal/1.1.12".parse().unwrap());
        assert!(has(&headers, Quirk::ForgottenTokenListsAll) && !has(&headers, Quirk::TagsAreSeconds));
    }

    #[test]
    fn a_tag_of_the_same_second_could_miss_a_change() {
        let told = Timestamp::from_second(1_790_000_000).unwrap();
        assert!(is_of_this_second("1790000000", told) && is_of_this_second("\"1789999999\"", told));
        for old in ["1789999990", "", "abc", "2026", "\"b1946ac92492d2347c6235b4d2611184\""] {
            assert!(!is_of_this_second(old, told), "{old}");
        }
    }
}
