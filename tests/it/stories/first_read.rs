//! What was lost before the first read, and when a loss happened.

use super::entry::{ANN, Entry, pair, series};
use super::runner::story;

fn weekly() -> Entry {
    series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)
}

#[test]
fn what_was_lost_before_the_first_read_has_no_time_and_is_owed_only_until_its_deadline() {
    story("lost before anybody looked")
        .on("11-11 08:00", |world| {
            world.put(weekly().except("10-26 10:00").except("11-09 10:00").called_off("11-16 10:00"));
        })
        .from("10-25")
        .until("11-12 09:00")
        .ends("ann every week: cancelled by owner missed 10-26, held 11-02, cancelled by owner open owed 11-09 11-16")
        .lost(&["10-26: unknown", "11-09: unknown", "11-16: unknown"])
        .told("lost", &[])
        .run();
    story("and later")
        .on("11-11 08:00", |world| {
            world.put(
                series("a", "09-07 10:00", "FREQ=WEEKLY;INTERVAL=2", ANN).except("11-02 10:00").except("11-16 10:00"),
            );
        })
        .from("10-25")
        .until("11-24 09:00")
        .ends("ann every 2 weeks overdue: cancelled by owner missed 11-02 11-16, upcoming 11-30")
        .run();
}

#[test]
fn an_old_modification_time_is_no_time_of_a_loss() {
    story("cancelled by an entry that was last changed in May")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-12 08:00", |world| {
            world.edit("a", |one| one.own("11-16 10:00", |one| one.status("CANCELLED").modified("05-01 10:00")));
        })
        .until("11-13 09:00")
        .ends("ann every week: held 11-02 11-09, cancelled by owner open owed 11-16")
        .lost(&["11-16: 11-11 20:00 to 11-12 08:00"])
        .told("lost", &["11-12 08:00 ann 11-16"])
        .run();
}

#[test]
fn a_loss_came_between_the_last_read_that_showed_the_session_and_the_first_that_did_not() {
    story("lost while the machine was off")
        .on("11-01 08:00", |world| world.put(weekly()))
        .off("11-05 12:00", "11-12 08:00")
        .on("11-12 08:00", |world| world.edit("a", |one| one.except("11-16 10:00").except("11-09 10:00")))
        .until("11-12 09:00")
        .ends("ann every week: held 11-02, cancelled by owner open owed 11-09 11-16")
        .lost(&["11-09: 11-05 08:00 to 11-12 08:00", "11-16: 11-05 08:00 to 11-12 08:00"])
        .run();
    story("lost far ahead, before the session came into view")
        .on("06-01 08:00", |world| world.put(series("a", "06-01 10:00", "FREQ=WEEKLY", ANN)))
        .on("06-03 08:00", |world| world.edit("a", |one| one.except("11-09 10:00")))
        .from("11-01")
        .until("11-10 09:00")
        .ends("ann every week: held 11-02, cancelled by owner open owed 11-09, upcoming 11-16")
        .lost(&["11-09: unknown"])
        .run();
}

#[test]
fn a_deleted_event_of_its_own_was_lost_between_two_reads() {
    story("an event booked by hand is deleted")
        .on("10-11 08:00", |world| {
            for day in ["10-13", "10-20", "10-27", "11-03"] {
                world.put(pair(day, &format!("{day} 10:00"), ANN));
            }
        })
        .on("10-30 08:00", |world| world.delete("11-03"))
        .until("11-02 09:00")
        .from("10-20")
        .ends("ann every week: held 10-20 10-27, cancelled by owner open owed 11-03")
        .lost(&["11-03: 10-29 20:00 to 10-30 08:00"])
        .run();
}

#[test]
fn nothing_is_missed_or_held_from_stale_data() {
    story("a calendar that cannot be read any more")
        .on("11-01 08:00", |world| world.put(weekly().except("11-09 10:00")))
        .on("11-03 08:00", |world| world.down("main", true))
        .until("11-24 09:00")
        .ends("ann every week: held 11-02, cancelled by owner open 11-09, unknown 11-16 11-23, upcoming 11-30")
        .told("missed", &[])
        .run();
}
