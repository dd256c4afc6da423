//! The OAuth scopes of each access level, and whether the granted ones cover it.

use crate::config::Access;

/// Where the names of all scopes begin.
const PREFIX: &str = "https://www.googleapis.com/auth/";

/// One thing that cadenced asks to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// To read events.
    ReadEvents,
    /// To read which calendars there are.
    ReadList,
    /// To read and write events.
    WriteEvents,
    /// To ask when others are busy.
    FreeBusy,
}

/// What an account with this access asks for, and nothing more.
pub fn of(access: Access) -> &'static [Scope] {
    match access {
        Access::Read => &[Scope::ReadEvents, Scope::ReadList],
        Access::Write => &[Scope::WriteEvents, Scope::ReadList, Scope::FreeBusy],
    }
}

impl Scope {
    /// Its whole name, as it is asked for.
    pub fn name(self) -> String {
        format!("{PREFIX}{}", self.short())
    }

    /// Its name without what all have in common.
    pub const fn short(self) -> &'static str {
        match self {
            Self::ReadEvents => "calendar.events.readonly",
            Self::ReadList => "calendar.calendarlist.readonly",
            Self::WriteEvents => "calendar.events",
            Self::FreeBusy => "calendar.events.freebusy",
        }
    }

    /// Whether it was granted, by itself or as part of a broader one.
    pub fn is_in(self, granted: &[String]) -> bool {
        let broader: &[&str] = match self {
            Self::ReadEvents => &["calendar", "calendar.readonly", "calendar.events"],
            Self::ReadList => &["calendar", "calendar.readonly", "calendar.calendarlist"],
            Self::WriteEvents => &["calendar"],
            Self::FreeBusy => &["calendar", "calendar.readonly", "calendar.freebusy"],
        };
        granted
            .iter()
            .filter_map(|name| name.strip_prefix(PREFIX))
            .any(|name| name == self.short() || broader.contains(&name))
    }
}

/// What was asked for and not granted.
pub fn missing(access: Access, granted: &[String]) -> Vec<Scope> {
    of(access).iter().copied().filter(|scope| !scope.is_in(granted)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| format!("{PREFIX}{name}")).collect()
    }

    #[test]
    fn a_broader_scope_covers_a_narrower_one_and_never_the_other_way() {
        assert_eq!(missing(Access::Write, &granted(&["calendar"])), []);
        assert_eq!(missing(Access::Read, &granted(&["calendar.events", "calendar.calendarlist"])), []);
        let read = granted(&["calendar.events.readonly", "calendar.calendarlist.readonly"]);
        assert_eq!(missing(Access::Read, &read), []);
        assert_eq!(missing(Access::Write, &read), [Scope::WriteEvents, Scope::FreeBusy]);
        assert_eq!(missing(Access::Read, &granted(&["calendar.events"])), [Scope::ReadList]);
    }
}
