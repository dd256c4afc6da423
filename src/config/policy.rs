//! Converts [`Settings`] to the rules' [`Policy`] and the list of sources.

use jiff::tz::TimeZone;

use super::{Account, CalendarSettings, PersonSettings, Settings, Slots, WorkingHours};
use crate::domain::collation::fold;
use crate::domain::hours::WeeklyHours;
use crate::domain::policy::{ModeFor, Policy, RosterEntry};
use crate::domain::slot::SlotRules;
use crate::domain::source::{Credential, GuestNotice, Source, SourceKind};

impl Settings {
    /// The settings as far as the rules need them.
    pub fn policy(&self) -> Policy {
        let folded = |texts: &[String]| texts.iter().map(|text| fold(text)).collect();
        let modes = |person: &PersonSettings| {
            let addresses = person.person.addresses.clone();
            person.mode.map(|mode| addresses.into_iter().map(move |address| (ModeFor::Person(address), mode)))
        };
        Policy {
            owner: self.owner.addresses.clone(),
            owner_names: self.owner.names.clone(),
            zone: self.owner.zone.clone(),
            first_weekday: self.owner.first_weekday,
            people: self.people.iter().map(|person| person.roster_entry(&self.owner.zone)).collect(),
            excluded_titles: folded(&self.rules.excluded_titles),
            out_of_office_titles: folded(&self.rules.out_of_office_titles),
            group_names: folded(&self.rules.group_names),
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
            remind: self.notices.remind,
            notices_a_day: self.notices.daily_limit,
            hours: self.hours.weekly(&self.owner.zone),
            learn_hours: self.learn_hours,
            slots: self.slots.rules(),
            shorter: self.slots.shorter,
            grace: self.slots.grace,
            daily_limit: self.slots.daily_limit,
            ask_when_other_lost: self.slots.ask_when_other_lost,
            make_up_as_guest: self.slots.make_up_as_guest,
        }
    }

    /// Every calendar that is to be read, as the rules see it before its first read.
    pub fn sources(&self) -> Vec<Source> {
        self.accounts.iter().flat_map(Account::sources).collect()
    }
}

impl PersonSettings {
    fn roster_entry(&self, owner: &TimeZone) -> RosterEntry {
        RosterEntry {
            person: self.person.clone(),
            aliases: self.aliases.clone(),
            target: self.cadence,
            expected: self.expected,
            hours: Some(
                self.hours
                    .weekly(self.zone.as_ref().filter(|_| !planted!("hours-in-the-owners-zone")).unwrap_or(owner)),
            ),
        }
    }
}

impl WorkingHours {
    fn weekly(&self, zone: &TimeZone) -> WeeklyHours {
        WeeklyHours { zone: zone.clone(), days: self.days.clone() }
    }
}

impl Slots {
    fn rules(&self) -> SlotRules {
        SlotRules {
            notice: self.notice,
            buffer: self.buffer,
            protected_days: self.protected_days.clone(),
            protected_times: self.protected_times.days.clone(),
            tentative_is_busy: self.tentative_is_busy,
            all_day_is_busy: self.all_day_is_busy,
            ..SlotRules::default()
        }
    }
}

impl Account {
    fn sources(&self) -> impl Iterator<Item = Source> {
        let kind = self.provider.kind();
        self.calendars().filter(|calendar| calendar.enabled).map(move |calendar| {
            let credential = kind.credential(&calendar.id);
            calendar.source(kind.source_kind(), self.is_read_only(), credential, kind.guest_notice())
        })
    }
}

impl CalendarSettings {
    fn source(
        &self,
        kind: SourceKind,
        read_only: bool,
        credential: Credential,
        guest_notice: Option<GuestNotice>,
    ) -> Source {
        Source {
            id: self.id.clone(),
            kind,
            read_only,
            whose: self.whose.clone(),
            first_success: None,
            last_success: None,
            news: None,
            stale_since: None,
            problem: None,
            credential,
            guest_notice,
        }
    }
}
