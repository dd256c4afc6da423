//! What is owed after a loss, and what makes up for it.

use super::entry::{ANN, Entry, pair, series};
use super::runner::story;

fn weekly() -> Entry {
    series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)
}

/// A career talk on the first Wednesday of each month.
fn career() -> Entry {
    series("career", "09-02 15:00", "FREQ=MONTHLY;BYDAY=1WE", ANN)
}

#[test]
fn one_extra_event_pays_one_debt_over_all_1_1s_of_a_pair() {
    story("a weekly and a monthly session are lost, and one event is booked")
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(career());
        })
        .on("11-03 08:00", |world| {
            world.edit("a", |one| one.except("11-09 10:00"));
            world.edit("career", |one| one.except("11-04 15:00"));
        })
        .on("11-10 08:00", |world| world.put(pair("extra", "11-11 10:00", ANN)))
        .until("11-12 09:00")
        .ends(
            "ann every week: held 11-02, cancelled by owner made up 11-11 11-09, upcoming 11-16
             ann every month: cancelled by owner open owed 11-04 15:00",
        )
        .run();
    story("two events are booked, and each debt is paid")
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(career());
        })
        .on("11-03 08:00", |world| {
            world.edit("a", |one| one.except("11-09 10:00"));
            world.edit("career", |one| one.except("11-04 15:00"));
        })
        .on("11-10 08:00", |world| {
            world.put(pair("extra", "11-11 10:00", ANN));
            world.put(pair("second", "11-18 11:00", ANN));
        })
        .until("11-19 09:00")
        .ends(
            "ann every week: held 11-02, cancelled by owner made up 11-11 11-09, held 11-16, upcoming 11-23
             ann every month: cancelled by owner made up 11-18 11:00 11-04 15:00",
        )
        .run();
}

#[test]
fn a_session_of_one_1_1_never_pays_for_another() {
    story("the career talk takes place in the week of the lost session")
        .on("11-01 08:00", |world| {
            world.put(weekly().except("11-02 10:00"));
            world.put(career());
        })
        .until("11-06 09:00")
        .ends(
            "ann every week: cancelled by owner open owed 11-02, upcoming 11-09
             ann every month: held 11-04 15:00",
        )
        .run();
}

#[test]
fn what_once_paid_a_debt_goes_on_paying_it() {
    story("an event that made a session up is not given to a later loss")
        .on("11-01 08:00", |world| world.put(weekly().except("11-09 10:00")))
        .on("11-10 08:00", |world| world.put(pair("extra", "11-12 10:00", ANN)))
        .on("11-13 08:00", |world| world.edit("a", |one| one.except("11-16 10:00")))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02, cancelled by owner made up 11-12 11-09, cancelled by owner open owed 11-16, upcoming 11-23")
        .run();
}

#[test]
fn the_next_held_session_clears_a_debt_at_every_cadence() {
    story("monthly, and met since")
        .on("10-01 08:00", |world| world.put(career()))
        .on("10-05 08:00", |world| world.edit("career", |one| one.except("10-07 15:00")))
        .until("11-05 09:00")
        .ends("ann every month: cancelled by owner missed 10-07 15:00, held 11-04 15:00")
        .run();
    story("monthly, and not met since")
        .on("10-01 08:00", |world| world.put(career()))
        .on("10-05 08:00", |world| world.edit("career", |one| one.except("10-07 15:00")))
        .until("11-04 09:00")
        .ends("ann every month overdue: cancelled by owner missed owed 10-07 15:00, upcoming 11-04 15:00")
        .run();
    story("the config says otherwise")
        .config("[rules]\novertaken = \"up_to_a_week\"\n")
        .on("10-01 08:00", |world| world.put(career()))
        .on("10-05 08:00", |world| world.edit("career", |one| one.except("10-07 15:00")))
        .until("11-05 09:00")
        .ends("ann every month: cancelled by owner missed owed 10-07 15:00, held 11-04 15:00")
        .run();
}

#[test]
fn a_session_that_was_moved_before_the_loss_clears_nothing() {
    story("the next session was moved ahead of the lost one")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-05 08:00", |world| {
            world.edit("a", |one| one.moved("11-16 10:00", "11-06 10:00").except("11-09 10:00"));
        })
        .until("11-17 09:00")
        .ends("ann every week: held 11-02, cancelled by owner missed owed 11-09, held 11-16>11-06, upcoming 11-23")
        .run();
}

#[test]
fn a_loss_that_was_settled_stays_when_the_calendar_forgets_it() {
    story("a program drops the exceptions of a series")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-05 08:00", |world| world.edit("a", |one| one.except("11-09 10:00")))
        .on("11-18 08:00", |world| {
            world.edit("a", |mut one| {
                one.except.clear();
                one.titled("Talk, renamed")
            });
        })
        .until("11-19 09:00")
        .ends("ann every week: held 11-02, cancelled by owner missed 11-09, held 11-16, upcoming 11-23")
        .run();
    story("restored before its time")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-05 08:00", |world| world.edit("a", |one| one.except("11-09 10:00")))
        .on("11-06 08:00", |world| {
            world.edit("a", |mut one| {
                one.except.clear();
                one
            });
        })
        .until("11-10 09:00")
        .ends("ann every week: held 11-02 11-09, upcoming 11-16")
        .run();
    story("restored before its time while the machine was off")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-05 08:00", |world| world.edit("a", |one| one.except("11-09 10:00")))
        .off("11-06 00:00", "11-10 00:00")
        .on("11-10 08:00", |world| {
            world.edit("a", |mut one| {
                one.except.clear();
                one
            });
        })
        .until("11-10 21:00")
        .ends("ann every week: held 11-02 11-09, upcoming 11-16")
        .run();
}

#[test]
fn what_was_lost_stays_lost_in_the_way_in_which_it_was() {
    story("taken out of the series, and declined when it is over")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-03 08:00", |world| world.edit("a", |one| one.except("11-09 10:00")))
        .on("11-10 08:00", |world| world.edit("a", |one| one.own("11-09 10:00", |own| own.reply(ANN, "DECLINED"))))
        .until("11-11 09:00")
        .ends("ann every week: held 11-02, cancelled by owner open owed 11-09, upcoming 11-16")
        .run();
}

#[test]
fn what_was_held_and_is_shown_as_lost_later_is_lost() {
    story("cancelled the day after")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-10 08:00", |world| world.edit("a", |one| one.called_off("11-09 10:00")))
        .until("11-10 09:00")
        .ends("ann every week: held 11-02, cancelled by owner open owed 11-09, upcoming 11-16")
        .lost(&["11-09: 11-09 20:00 to 11-10 08:00"])
        .run();
}
