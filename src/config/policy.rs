//! Owns the way from [`Settings`] to what the rules take: a [`Policy`] and the sources.

use super::{CalendarSettings, PersonSettings, Settings};
use crate::domain::policy::{ModeFor, Policy, RosterEntry};
use crate::domain::source::{Source, SourceKind};

impl Settings {
    /// The settings as far as the rules need them.
    pub fn policy(&self) -> Policy {
        let lower = |texts: &[String]| texts.iter().map(|text| text.to_lowercase()).collect();
        let modes = |person: &PersonSettings| {
            let addresses = person.person.addresses.clone();
            person.mode.map(|mode| addresses.into_iter().map(move |address| (ModeFor::Person(address), mode)))
        };
        Policy {
            owner: self.owner.addresses.clone(),
            owner_names: self.owner.names.clone(),
            zone: self.owner.zone.clone(),
            first_weekday: self.owner.first_weekday,
            people: self.people.iter().map(PersonSettings::roster_entry).collect(),
            excluded_titles: lower(&self.rules.excluded_titles),
            out_of_office_titles: lower(&self.rules.out_of_office_titles),
            group_names: lower(&self.rules.group_names),
            settle_feed: self.rules.settle_feed,
            settle_api: self.rules.settle_api,
            mode: self.mode,
            modes: self.people.iter().filter_map(modes).flatten().collect(),
            overtaken: self.rules.overtaken,
            quiet: self.notices.quiet,
            digest_at: self.notices.digest_at,
            working_days: self.hours.working_days(),
            report_on: (self.report.on, self.report.at),
            flood: self.notices.flood,
            redaction: self.notices.redaction,
            stale_after: self.notices.stale_after,
        }
    }

    /// Every calendar that is to be read, as the rules see it before its first read.
    pub fn sources(&self) -> Vec<Source> {
        self.calendars().map(CalendarSettings::source).collect()
    }
}

impl PersonSettings {
    fn roster_entry(&self) -> RosterEntry {
        RosterEntry {
            person: self.person.clone(),
            aliases: self.aliases.clone(),
            target: self.cadence,
            expected: self.expected,
        }
    }
}

impl CalendarSettings {
    /// The calendar as the rules see it before its first read.
    pub fn source(&self) -> Source {
        Source {
            id: self.id.clone(),
            kind: SourceKind::Feed,
            read_only: true,
            whose: self.whose.clone(),
            first_success: None,
            last_success: None,
            stale_since: None,
            problem: None,
        }
    }
}
