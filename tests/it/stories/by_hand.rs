//! 1:1s that are booked one by one: alone, before and beside a series.

use super::entry::{ANN, Entry, alone, pair, series};
use super::runner::story;
use super::world::World;

/// Events at these days, at eleven.
fn book(world: &mut World, days: &[&str]) {
    for day in days {
        world.put(pair(day, &format!("{day} 11:00"), ANN));
    }
}

fn monthly() -> Entry {
    series("m", "09-02 15:00", "FREQ=MONTHLY;BYDAY=1WE", ANN)
}

#[test]
fn a_weekly_booked_by_hand_beside_a_monthly_series_is_a_1_1_of_its_own() {
    story("booked by hand every week, beside a monthly series")
        .on("10-11 08:00", |world| {
            world.put(monthly());
            book(world, &["10-13", "10-20", "10-27", "11-03", "11-10", "11-17"]);
        })
        .until("11-11 09:00")
        .ends(
            "ann every week: held 10-13 11:00 10-20 11:00 10-27 11:00 11-03 11:00 11-10 11:00, upcoming 11-17 11:00
             ann every month: held 11-04 15:00",
        )
        .run();
}

#[test]
fn what_was_booked_by_hand_before_a_series_is_the_same_1_1_to_its_last_session() {
    story("booked by hand, then a series")
        .on("10-11 08:00", |world| book(world, &["10-13", "10-20", "10-27", "11-03", "11-10"]))
        .on("11-12 08:00", |world| world.put(series("a", "11-17 11:00", "FREQ=WEEKLY", ANN)))
        .until("11-18 09:00")
        .ends(
            "ann every week: held 10-13 11:00 10-20 11:00 10-27 11:00 11-03 11:00 11-10 11:00 11-17 11:00, \
             upcoming 11-24 11:00",
        )
        .run();
    story("booked by hand, and the series is made before the last of them took place")
        .on("10-11 08:00", |world| book(world, &["10-13", "10-20", "10-27", "11-03", "11-10"]))
        .on("11-05 08:00", |world| world.put(series("a", "11-17 11:00", "FREQ=WEEKLY", ANN)))
        .on("11-10 20:00", |world| world.edit("a", |one| one.except("11-17 11:00")))
        .until("11-18 09:00")
        .ends(
            "ann every week: held 10-13 11:00 10-20 11:00 10-27 11:00 11-03 11:00 11-10 11:00, \
             cancelled by owner open owed 11-17 11:00, upcoming 11-24 11:00",
        )
        .run();
}

#[test]
fn what_is_booked_by_hand_after_a_series_continues_it() {
    story("a series ends, and is booked by hand from then on")
        .on("09-27 08:00", |world| world.put(series("a", "09-01 11:00", "FREQ=WEEKLY;UNTIL=20261014T000000Z", ANN)))
        .on("10-14 08:00", |world| book(world, &["10-20", "10-27", "11-03"]))
        .until("11-04 09:00")
        .from("10-06")
        .ends("ann every week: held 10-06 11:00 10-13 11:00 10-20 11:00 10-27 11:00 11-03 11:00")
        .run();
}

#[test]
fn extra_events_beside_a_series_that_comes_as_often_are_no_1_1() {
    story("three extra events, week after week")
        .on("10-11 08:00", |world| {
            world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN));
            book(world, &["10-14", "10-21", "10-28"]);
        })
        .until("11-03 09:00")
        .from("11-01")
        .ends("ann every week: held 11-02, upcoming 11-09")
        .run();
    story("three make-ups, week after week, beside a fortnightly series")
        .on("10-11 08:00", |world| {
            world.put(
                series("a", "09-07 10:00", "FREQ=WEEKLY;INTERVAL=2", ANN).except("10-19 10:00").except("11-02 10:00"),
            );
            book(world, &["10-21", "11-04"]);
        })
        .until("11-06 09:00")
        .ends("ann every 2 weeks: cancelled by owner made up 10-21 11:00 10-19, cancelled by owner made up 11-04 11:00 11-02")
        .run();
}

#[test]
fn make_ups_that_follow_one_another_are_no_pattern() {
    story("three lost sessions, each made up two days later")
        .on("10-11 08:00", |world| {
            let monthly = series("m", "08-05 15:00", "FREQ=WEEKLY;INTERVAL=4", ANN);
            world.put(monthly.except("09-30 15:00").except("10-28 15:00").except("11-25 15:00"));
            book(world, &["10-02", "10-30", "11-27"]);
        })
        .until("11-28 09:00")
        .from("09-29")
        .ends(
            "ann every 4 weeks: cancelled by owner made up 10-02 11:00 09-30 15:00, \
             cancelled by owner made up 10-30 11:00 10-28 15:00, cancelled by owner made up 11-27 11:00 11-25 15:00",
        )
        .run();
}

#[test]
fn a_1_1_booked_by_hand_is_overdue_long_before_it_lapses() {
    story("three weeks without one")
        .on("10-11 08:00", |world| book(world, &["10-13", "10-20", "10-27", "11-03"]))
        .until("11-24 12:00")
        .ends("ann every week overdue: held 10-13 11:00 10-20 11:00 10-27 11:00 11-03 11:00")
        .told("lapsed", &[])
        .run();
    story("ten weeks without one")
        .on("10-11 08:00", |world| book(world, &["10-13", "10-20", "10-27", "11-03"]))
        .until("2027-01-13 09:00")
        .ends("ann every week lapsed 11-03 11:00: held 10-13 11:00 10-20 11:00 10-27 11:00 11-03 11:00")
        .told("lapsed", &["01-12 20:00 ann"])
        .run();
}

#[test]
fn an_event_that_was_deleted_and_another_booked_instead_are_a_loss_and_its_make_up() {
    for instead in ["11-05", "11-12"] {
        story("deleted, and booked on another day at once")
            .on("10-11 08:00", |world| book(world, &["10-13", "10-20", "10-27", "11-10"]))
            .on("11-04 08:00", move |world| {
                world.delete("11-10");
                book(world, &[instead]);
            })
            .until("11-13 09:00")
            .from("11-01")
            .ends(&format!("ann every week: cancelled by owner made up {instead} 11:00 11-10 11:00"))
            .run();
    }
}

#[test]
fn titles_alone_make_a_tentative_1_1_of_what_is_booked_by_hand() {
    story("a feed without guests")
        .feed()
        .person("Carly Cole", "")
        .on("10-11 08:00", |world| {
            for day in ["10-13", "10-20", "10-27"] {
                world.put(alone(day, &format!("{day} 11:00"), "1:1 Carly"));
            }
        })
        .until("10-28 12:00")
        .ends("carly cole every week tentative: held 10-13 11:00 10-20 11:00 10-27 11:00")
        .run();
    story("and the owner confirms it")
        .feed()
        .person("Carly Cole", "")
        .on("10-11 08:00", |world| {
            for day in ["10-13", "10-20", "10-27", "11-03"] {
                world.put(alone(day, &format!("{day} 11:00"), "1:1 Carly"));
            }
        })
        .on("10-28 08:00", |world| world.said.push(super::world::Said::Series("carly cole", "confirm")))
        .until("10-28 12:00")
        .ends("carly cole every week: held 10-13 11:00 10-20 11:00 10-27 11:00, upcoming 11-03 11:00")
        .run();
}

#[test]
fn names_in_titles_compare_in_any_normal_form() {
    story("the same name, composed and decomposed")
        .feed()
        .person("Zoe\u{308} Zander", "")
        .on("11-01 08:00", |world| world.put(alone("a", "09-07 10:00", "1:1 ZOË").rule("FREQ=WEEKLY")))
        .until("11-03 09:00")
        .ends("zoe\u{308} zander every week tentative: held 11-02, upcoming 11-09")
        .run();
}
