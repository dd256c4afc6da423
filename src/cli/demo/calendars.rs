//! The demo's calendars: a made-up manager, six people, and fourteen weeks that end around now.
//!
//! Nothing here reads a clock: everything hangs on `now`, and a feed is written as it looked at an instant before it.

use icalendar::{Calendar, Property};
use jiff::civil::{Date, Time, Weekday, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::cast::{ADA, BEN, CHIARA, DMITRI, ELENA, FARID, OWNER, ROOM, TEAM, everyone};
use super::entry::{ChangeKind, Entry, ZONE, before, instant};

/// The made-up world around one instant.
#[derive(Clone, Debug)]
pub struct World {
    now: Timestamp,
    zone: TimeZone,
    /// The Monday of the week of `now`.
    monday: Date,
}

/// A calendar file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The name of the file.
    pub name: &'static str,
    /// What is in it.
    pub ics: String,
}

/// The zone definition that calendars carry along (RFC 5545 3.6.5): Central European Time since 1996.
const VTIMEZONE: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n\
    BEGIN:DAYLIGHT\r\nTZNAME:CEST\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nDTSTART:19960331T020000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n\
    BEGIN:STANDARD\r\nTZNAME:CET\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nDTSTART:19961027T030000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

impl World {
    /// The world around `now`; `None` where the time zone database has none of Berlin.
    pub fn around(now: Timestamp) -> Option<Self> {
        let zone = TimeZone::get(ZONE).ok()?;
        let today = now.to_zoned(zone.clone()).date();
        let monday = today.checked_sub(i64::from(today.weekday().since(Weekday::Monday)).days()).ok()?;
        Some(Self { now, zone, monday })
    }

    /// The instants at which the demo reads the calendars, oldest first; the last one is the present.
    ///
    /// Between them the calendars change, so that what can only be noticed by looking twice is noticed here, too.
    pub fn readings(&self) -> [Timestamp; 5] {
        [8, 3, 2, 1, 0].map(|days: i64| before(self.now, days * 24 * 60))
    }

    /// The owner's calendar and that of the public holidays, as they looked at an instant.
    pub fn feeds(&self, at: Timestamp) -> Vec<Feed> {
        let mut work = self.one_on_ones();
        work.extend(self.noise());
        vec![
            Feed { name: "work.ics", ics: written("Work", &work, at) },
            Feed { name: "holidays.ics", ics: written("Public holidays", &self.holidays(), at) },
        ]
    }

    /// A day of the week that lies `weeks` from the present one.
    pub fn day(&self, weeks: i64, weekday: Weekday) -> Date {
        let days = weeks * 7 + i64::from(weekday.since(Weekday::Monday));
        self.monday.checked_add(days.days()).unwrap_or(self.monday)
    }

    fn at(&self, day: Date, time: Time) -> Timestamp {
        instant(day, time, &self.zone)
    }

    /// When everything that is older than the demo was made.
    fn long_ago(&self) -> Timestamp {
        self.at(self.day(-20, Weekday::Monday), time(9, 0, 0, 0))
    }

    /// A series of the owner and a person that begins thirteen weeks back.
    fn series(&self, uid: &str, title: &str, weekday: Weekday, at: Time, minutes: i64) -> Entry {
        Entry::new(uid, title, self.day(-13, weekday).to_datetime(at), minutes, self.long_ago())
    }

    fn one_on_ones(&self) -> Vec<Entry> {
        let mut all = self.ada();
        all.push(self.ben());
        all.extend(self.chiara());
        all.push(self.dmitri());
        all.push(self.elena());
        all.push(self.farid());
        all
    }

    /// Weekly, in a room. Cancelled two hours before, three weeks back, and made up two days later; the next one is
    /// cancelled twenty minutes before the present.
    fn ada(&self) -> Vec<Entry> {
        let ten = time(10, 0, 0, 0);
        let lost = self.day(-3, Weekday::Tuesday);
        let instead = self.day(-3, Weekday::Thursday).at(13, 30, 0, 0);
        let late = before(self.at(lost, ten), 120);
        let weekly = self
            .series("ada", "Owner / Ada", Weekday::Tuesday, ten, 30)
            .every("FREQ=WEEKLY;BYDAY=TU")
            .with(&OWNER, &[OWNER, ADA, ROOM])
            .but(late, lost, ChangeKind::Cancelled)
            .but(before(self.now, 20), self.next(Weekday::Tuesday, ten), ChangeKind::Cancelled);
        let made_up = Entry::new("ada-instead", "Catch up", instead, 30, late).with(&OWNER, &[OWNER, ADA]);
        vec![weekly, made_up]
    }

    /// The next such day and time after the present, with an hour to spare.
    fn next(&self, weekday: Weekday, at: Time) -> Date {
        let soon = self.now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(self.now);
        let this = self.day(0, weekday);
        if self.at(this, at) > soon { this } else { self.day(1, weekday) }
    }

    /// Weekly. Taken out long before, five weeks back; declined by Ben, two weeks back; cancelled an hour before, last week.
    fn ben(&self) -> Entry {
        let two = time(14, 0, 0, 0);
        let [early, no, late] = [-5, -2, -1].map(|week| self.day(week, Weekday::Wednesday));
        self.series("ben", "Ben / Owner", Weekday::Wednesday, two, 30)
            .every("FREQ=WEEKLY;BYDAY=WE")
            .with(&OWNER, &[OWNER, BEN])
            .but(before(self.at(early, two), 9 * 24 * 60), early, ChangeKind::Excepted)
            .but(before(self.at(no, two), 20 * 60), no, ChangeKind::Declined)
            .but(before(self.at(late, two), 60), late, ChangeKind::Cancelled)
    }

    /// Every two weeks. Two days ago the series was deleted, and another one made at another time.
    fn chiara(&self) -> Vec<Entry> {
        let swapped = before(self.now, 2 * 24 * 60 + 60);
        let rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH";
        let old = self
            .series("chiara", "Chiara + Owner", Weekday::Thursday, time(11, 0, 0, 0), 45)
            .every(rule)
            .with(&CHIARA, &[CHIARA, OWNER]);
        let start = self.day(1, Weekday::Thursday).at(15, 0, 0, 0);
        let new = Entry::new("chiara-again", "Chiara + Owner", start, 45, swapped)
            .every(rule)
            .with(&CHIARA, &[CHIARA, OWNER]);
        vec![Entry { deleted: Some(swapped), ..old }, new]
    }

    /// Weekly. Cancelled early, eleven weeks back; moved to the next morning, two weeks back.
    fn dmitri(&self) -> Entry {
        let four = time(16, 0, 0, 0);
        let [early, moved] = [-11, -2].map(|week| self.day(week, Weekday::Monday));
        let morning = self.day(-2, Weekday::Tuesday).at(9, 30, 0, 0);
        self.series("dmitri", "1:1 Dmitri / Owner", Weekday::Monday, four, 30)
            .every("FREQ=WEEKLY;BYDAY=MO")
            .with(&OWNER, &[OWNER, DMITRI])
            .but(before(self.at(early, four), 6 * 24 * 60), early, ChangeKind::Cancelled)
            .but(before(self.at(moved, four), 26 * 60), moved, ChangeKind::Moved(morning))
    }

    /// Every two weeks until seven weeks back; nothing followed.
    fn elena(&self) -> Entry {
        let one = time(13, 0, 0, 0);
        let last = TimeZone::UTC.to_datetime(self.at(self.day(-7, Weekday::Friday), one));
        let rule = format!("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;UNTIL={}Z", last.strftime("%Y%m%dT%H%M%S"));
        self.series("elena", "Elena / Owner", Weekday::Friday, one, 45).every(rule).with(&ELENA, &[ELENA, OWNER])
    }

    /// The skip-level, monthly on the second Thursday.
    fn farid(&self) -> Entry {
        let month = self.day(-13, Weekday::Monday).first_of_month();
        let start = month.nth_weekday_of_month(2, Weekday::Thursday).unwrap_or(month).at(16, 30, 0, 0);
        Entry::new("farid", "Skip-level: Farid / Owner", start, 45, self.long_ago())
            .every("FREQ=MONTHLY;BYDAY=2TH")
            .with(&OWNER, &[OWNER, FARID])
    }

    /// Everything else in a manager's calendar.
    fn noise(&self) -> Vec<Entry> {
        let old = self.long_ago();
        let on = |week: i64, weekday: Weekday, hour: i8, minute: i8| self.day(week, weekday).at(hour, minute, 0, 0);
        let candidate = super::cast::CANDIDATE;
        let dentist = Entry::new("dentist", "Dentist", on(-4, Weekday::Tuesday, 8, 0), 45, old);
        let away = Entry::all_day("away", "Out of office: mountains", self.day(-6, Weekday::Monday), 5, old);
        let birthday = Entry::all_day("birthday", "Farid's birthday", self.day(-8, Weekday::Friday), 1, old);
        vec![
            Entry::new("standup", "Stand-up", on(-13, Weekday::Monday, 9, 15), 15, old)
                .every("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
                .with(&OWNER, &everyone()),
            Entry::new("team", "Team meeting", on(-13, Weekday::Monday, 11, 0), 60, old)
                .every("FREQ=WEEKLY;BYDAY=MO")
                .with(&OWNER, &[OWNER, TEAM]),
            Entry::new("interviews", "Interview: backend engineer", on(-9, Weekday::Thursday, 14, 0), 60, old)
                .every("FREQ=WEEKLY;COUNT=4")
                .with(&OWNER, &[OWNER, candidate]),
            Entry::new("focus", "Focus", on(-13, Weekday::Wednesday, 9, 30), 150, old).every("FREQ=WEEKLY;BYDAY=WE"),
            Entry::new("offsite", "Planning afternoon", on(-4, Weekday::Monday, 13, 0), 300, old)
                .with(&OWNER, &everyone()),
            dentist,
            away,
            Entry { busy: false, ..birthday },
        ]
    }

    /// One public holiday on a Monday.
    fn holidays(&self) -> Vec<Entry> {
        let day = Entry::all_day("holiday", "Founders' Day", self.day(-9, Weekday::Monday), 1, self.long_ago());
        vec![Entry { busy: false, ..day }]
    }
}

/// A calendar file as it looked at an instant.
fn written(name: &str, entries: &[Entry], at: Timestamp) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//cadenced//demo//EN"));
    calendar.append_property(Property::new("X-WR-CALNAME", name));
    calendar.append_property(Property::new("X-WR-TIMEZONE", ZONE));
    for entry in entries {
        calendar.extend(entry.shown(at));
    }
    // The package writes no time zones, so theirs goes in before the first event.
    calendar.to_string().replacen("BEGIN:VEVENT", &format!("{VTIMEZONE}BEGIN:VEVENT"), 1)
}
