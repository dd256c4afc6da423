//! Owns the way from [`Settings`] to what the rules take: a [`Policy`] and the sources.

use super::{Account, CalendarSettings, PersonSettings, Provider, Settings};
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
        self.accounts.iter().flat_map(Account::sources).collect()
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

impl Account {
    fn sources(&self) -> impl Iterator<Item = Source> {
        let kind = match self.provider {
            Provider::Ics(_) => SourceKind::Feed,
            Provider::CalDav(_) | Provider::Google(_) => SourceKind::Api,
        };
        self.calendars()
            .filter(|calendar| calendar.enabled)
            .map(move |calendar| calendar.source(kind, self.is_read_only()))
    }
}

impl CalendarSettings {
    fn source(&self, kind: SourceKind, read_only: bool) -> Source {
        Source {
            id: self.id.clone(),
            kind,
            read_only,
            whose: self.whose.clone(),
            first_success: None,
            last_success: None,
            stale_since: None,
            problem: None,
        }
    }
}
