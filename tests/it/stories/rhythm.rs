//! A 1:1 changes its rhythm: the past keeps the old cadence, and the new one counts from its first session.

use super::entry::{ANN, series};
use super::runner::story;

#[test]
fn weekly_becomes_fortnightly_in_place_and_the_first_session_of_the_new_rhythm_counts() {
    story("weekly becomes fortnightly from another start on")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-18 08:00", |world| world.edit("a", |one| one.at("11-23 10:00").rule("FREQ=WEEKLY;INTERVAL=2")))
        .on("11-20 08:00", |world| world.edit("a", |one| one.except("11-23 10:00")))
        .until("11-26 09:00")
        .ends("ann every 2 weeks: held 11-02 11-09 11-16, cancelled by owner open owed 11-23")
        .lost(&["11-23: 11-19 20:00 to 11-20 08:00"])
        .run();
}

#[test]
fn weekly_becomes_fortnightly_from_the_same_start_on_and_what_was_held_stays() {
    story("weekly becomes fortnightly from the same start on")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-18 08:00", |world| world.edit("a", |one| one.rule("FREQ=WEEKLY;INTERVAL=2")))
        .until("11-26 09:00")
        .ends("ann every 2 weeks: held 11-02 11-09 11-16, upcoming 11-30")
        .run();
}

#[test]
fn fortnightly_becomes_weekly_in_place_and_no_session_appears_in_the_past() {
    story("fortnightly becomes weekly")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY;INTERVAL=2", ANN)))
        .on("11-18 08:00", |world| world.edit("a", |one| one.rule("FREQ=WEEKLY")))
        .until("11-26 09:00")
        .ends("ann every week: held 11-02 11-16 11-23, upcoming 11-30")
        .run();
}

#[test]
fn a_fortnightly_loss_keeps_its_deadline_when_the_1_1_becomes_weekly() {
    story("a loss before fortnightly becomes weekly")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY;INTERVAL=2", ANN)))
        .on("11-12 08:00", |world| world.edit("a", |one| one.except("11-16 10:00")))
        .on("11-18 08:00", |world| world.edit("a", |one| one.at("11-23 10:00").rule("FREQ=WEEKLY")))
        .until("11-23 09:00")
        .ends("ann every week: held 11-02, cancelled by owner open owed 11-16, upcoming 11-23")
        .run();
}

#[test]
fn a_weekly_loss_keeps_its_deadline_when_the_1_1_becomes_fortnightly() {
    story("a loss before weekly becomes fortnightly")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-12 08:00", |world| world.edit("a", |one| one.except("11-16 10:00")))
        .on("11-18 08:00", |world| world.edit("a", |one| one.at("11-23 10:00").rule("FREQ=WEEKLY;INTERVAL=2")))
        .until("11-23 09:00")
        .ends("ann every 2 weeks: held 11-02 11-09, cancelled by owner missed owed 11-16, upcoming 11-23")
        .run();
}

#[test]
fn a_split_to_another_rhythm_and_weekday_loses_no_session() {
    story("this and following becomes fortnightly on Wednesdays")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY;BYDAY=MO", ANN)))
        .on("11-13 08:00", |world| {
            world.edit("a", |one| one.rule("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261117T000000Z"));
            world.put(series("b", "11-18 10:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", ANN));
        })
        .on("11-16 20:00", |world| world.edit("b", |one| one.except("11-18 10:00")))
        .until("11-20 09:00")
        .ends("ann every 2 weeks: held 11-02 11-09 11-16, cancelled by owner open owed 11-18")
        .lost(&["11-18: 11-16 08:00 to 11-16 20:00"])
        .run();
}

#[test]
fn a_series_deleted_and_made_again_at_one_sitting_goes_on_at_its_new_time() {
    story("deleted and made again with a past that it never had")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-18 08:00", |world| {
            world.delete("a");
            world.put(series("b", "09-10 10:00", "FREQ=WEEKLY", ANN));
        })
        .until("11-24 09:00")
        .ends("ann every week: held 11-02 11-09 11-16 11-19, upcoming 11-26")
        .told("series_deleted", &[])
        .run();
}

#[test]
fn a_series_made_again_two_days_before_the_old_one_is_deleted_continues_it() {
    story("made again first and deleted later")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-17 08:00", |world| world.put(series("b", "09-10 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-19 08:00", |world| world.delete("a"))
        .until("11-24 09:00")
        .ends("ann every week: held 11-02 11-09 11-16 11-19, upcoming 11-26")
        .told("series_deleted", &[])
        .run();
}

#[test]
fn what_the_user_said_of_a_session_outlives_that_its_1_1_gets_another_name() {
    story("a word on a session of a series that turns out to continue another")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-17 08:00", |world| world.put(series("b", "09-10 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-19 20:00", |world| world.says("ann", "11-19 10:00", "no-show"))
        .on("11-20 08:00", |world| world.delete("a"))
        .until("11-22 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, no-show open owed 11-19, upcoming 11-26")
        .run();
}

#[test]
fn a_changed_time_doubles_no_week() {
    story("another weekday and time in place")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-18 08:00", |world| world.edit("a", |one| one.at("09-08 14:00")))
        .until("11-25 09:00")
        .ends("ann every week: held 11-02 11-09 11-16 11-24 14:00, upcoming 12-01 14:00")
        .run();
}

#[test]
fn all_of_a_series_put_to_another_time_shows_no_session_twice() {
    story("all events to another time, with sessions changed before")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-03 08:00", |world| {
            world.edit("a", |one| {
                one.moved("11-16 10:00", "11-17 15:00").own("11-23 10:00", |one| one.titled("Big talk"))
            });
        })
        .on("11-10 08:00", |world| world.edit("a", |one| one.at("09-07 14:00").revised()))
        .until("11-12 09:00")
        .ends("ann every week: held 11-02 11-09, upcoming 11-16>11-17 15:00")
        .run();
    story("all events to another time, and what was changed before is over")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .on("11-03 08:00", |world| world.edit("a", |one| one.moved("11-16 10:00", "11-17 15:00")))
        .on("11-10 08:00", |world| world.edit("a", |one| one.at("09-07 14:00").revised()))
        .until("11-25 09:00")
        .ends("ann every week: held 11-02 11-09 11-16>11-17 15:00 11-23 14:00, upcoming 11-30 14:00")
        .run();
}

#[test]
fn mondays_and_thursdays_are_twice_a_week_and_not_overdue_in_a_week() {
    let lost = |world: &mut super::world::World| {
        world.edit("a", |one| {
            one.except("11-09 10:00").except("11-12 10:00").except("11-16 10:00").except("11-19 10:00")
        });
    };
    story("eleven days without a session that comes twice a week")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY;BYDAY=MO,TH", ANN)))
        .on("11-06 08:00", lost)
        .until("11-16 09:00")
        .ends(
            "ann twice a week: held 11-02 11-05, cancelled by owner missed owed 11-09 11-12, \
             cancelled by owner open owed 11-16 11-19",
        )
        .run();
    story("more than two weeks without one")
        .on("11-01 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY;BYDAY=MO,TH", ANN)))
        .on("11-06 08:00", lost)
        .until("11-20 09:00")
        .ends(
            "ann twice a week overdue: held 11-02 11-05, cancelled by owner missed owed 11-09 11-12, \
             cancelled by owner open owed 11-16 11-19, upcoming 11-23 11-26",
        )
        .run();
}

#[test]
fn the_past_of_a_series_that_was_made_today_was_never_expected() {
    story("a series that begins weeks before it is made")
        .on("11-01 08:00", |_| {})
        .on("11-18 08:00", |world| world.put(series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)))
        .until("11-24 09:00")
        .ends("ann every week: held 11-23, upcoming 11-30")
        .run();
}
