//! A year of a manager with fifteen people, day by day; the promises are checked in everything the manager reads.
//!
//! `CADENCED_YEAR_DAYS=365` lives the whole of it, and `CADENCED_YEAR_PAGES=FOLDER` leaves there what can be read on each day.

mod chance;
mod desk;
mod diary;
mod office;
mod pages;
mod people;
mod promises;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use cadenced::domain::plan::{Notice, next_change};
use cadenced::domain::policy::Mode;
use cadenced::report::Format;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};

use crate::support::*;
use chance::Chance;
use office::{Cycle, Office};
use promises::Witness;

const FIRST: Date = date(2026, 1, 5);

/// When the calendars are read on a day.
const READS: [&str; 6] = ["07:40", "09:20", "11:15", "13:10", "15:20", "17:45"];

/// One life of the manager.
struct Year {
    office: Office,
    witness: Witness,
    pages: Option<PathBuf>,
    page: String,
}

fn days() -> i64 {
    env::var("CADENCED_YEAR_DAYS").map_or(56, |days| days.parse().unwrap())
}

fn lived(mode: Mode) -> Year {
    let mut office = Office::new(at("2026-01-04T18:00"));
    office.world.policy.mode = mode;
    diary::begin(&mut office);
    let pages = env::var_os("CADENCED_YEAR_PAGES").map(|folder| PathBuf::from(folder).join(format!("{mode:?}")));
    if let Some(folder) = &pages {
        fs::create_dir_all(folder).unwrap();
    }
    let mut year = Year { office, witness: Witness::default(), pages, page: String::new() };
    for day in 0..days() {
        year.day(FIRST + day.days());
    }
    year
}

impl Year {
    fn day(&mut self, day: Date) {
        diary::morning(&mut self.office, day);
        self.page = format!("# {} {day}\n\n", day.strftime("%A"));
        for clock in READS {
            self.until(at(&format!("{day}T{clock}")));
        }
        if day.weekday() == jiff::civil::Weekday::Thursday && !diary::is_off(day) {
            for choice in desk::tidy(&mut self.office, Chance::new(17).of(&day.to_string())) {
                let _ = writeln!(self.page, "(in the inbox: {choice:?})");
            }
        }
        self.evening(day);
        if let Some(folder) = &self.pages {
            fs::write(folder.join(format!("{day}.txt")), &self.page).unwrap();
        }
    }

    /// Everything up to a read of the calendars: what the plan wants by itself before it, then what the read brings.
    fn until(&mut self, read: Timestamp) {
        loop {
            let next = next_change(&self.office.standing(), &self.office.world.policy);
            if next >= read {
                break;
            }
            let cycle = self.office.wake(next);
            self.hear(cycle);
        }
        let cycle = self.office.cycle(read);
        self.hear(cycle);
    }

    fn hear(&mut self, cycle: Cycle) {
        for week in cycle.reports {
            let text = pages::report(&self.office, week, Format::Text);
            promises::assert_well_said("report", &text, &self.office);
            let _ = writeln!(self.page, "== report ==\n{text}");
        }
        self.tell(&cycle.told);
    }

    /// What is told at once is all true then; an answer to one notice can make another untrue, which is taken off the screen.
    fn tell(&mut self, told: &[Notice]) {
        let items = desk::waiting(&self.office);
        let clock = zone().to_datetime(self.office.now).time();
        for notice in told {
            self.witness.hear(notice, &items, &self.office);
            let text = pages::in_text(&pages::shown(notice, &items, &self.office));
            promises::assert_well_said("notice", &text, &self.office);
            let _ = writeln!(self.page, "== {clock} {} ==\n{text}", notice.key);
        }
        for notice in told {
            if !self.office.is_true(notice) {
                continue;
            }
            if let Some(choice) = desk::answer(&mut self.office, notice) {
                let _ = writeln!(self.page, "(pressed: {choice:?})\n");
                let cycle = self.office.act();
                self.tell(&cycle.told);
            }
        }
    }

    fn evening(&mut self, day: Date) {
        let items = desk::waiting(&self.office);
        promises::assert_apart(&items, &self.office);
        for (name, text) in pages::commands(&self.office, &items) {
            promises::assert_well_said(name, &text, &self.office);
            let _ = writeln!(self.page, "== {name} ==\n{text}");
        }
        let text = pages::explained(&self.office, at(&format!("{day}T00:00")));
        promises::assert_well_said("explain", &text, &self.office);
        let _ = writeln!(self.page, "== explain ==\n{text}");
        if day.day() == 1 {
            let text = pages::explained_ones(&self.office.standing(), self.office.now);
            promises::assert_well_said("explain", &text, &self.office);
            let _ = writeln!(self.page, "== explain, each 1:1 ==\n{text}");
        }
    }
}

#[test]
fn everything_that_a_manager_who_is_asked_is_told_is_so() {
    let year = lived(Mode::Ask);
    year.witness.assert_quiet();
    assert!(year.witness.count() > 50, "much was told");
}

#[test]
fn everything_that_a_manager_who_is_not_asked_is_told_is_so() {
    let year = lived(Mode::Auto);
    year.witness.assert_quiet();
    assert!(year.witness.count() > 50, "much was told");
}
