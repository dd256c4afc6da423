//! One series in several calendars, and several series at one time: one session each, in any order of reading.

use super::entry::{ANN, BOB, OWNER, alone, pair, series};
use super::runner::story;
use super::world::World;

fn weekly(uid: &str) -> super::entry::Entry {
    series(uid, "09-07 10:00", "FREQ=WEEKLY", ANN)
}

/// The same series under one uid in both calendars.
fn both(world: &mut World) {
    world.put(weekly("a"));
    world.put_in("copy", weekly("a"));
}

#[test]
fn a_loss_that_one_calendar_shows_counts_though_the_other_is_stale() {
    story("taken out of the fresh calendar")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", both)
        .on("11-12 08:00", |world| {
            world.down("copy", true);
            world.edit("a", |one| one.except("11-16 10:00"));
        })
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09, cancelled by owner open owed 11-16, upcoming 11-23")
        .lost(&["11-16: 11-11 20:00 to 11-12 08:00"])
        .run();
    story("taken out of the calendar that is stale since")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", both)
        .on("11-12 08:00", |world| world.edit_in("copy", "a", |one| one.except("11-16 10:00")))
        .on("11-13 08:00", |world| world.down("copy", true))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09, cancelled by owner open owed 11-16, upcoming 11-23")
        .run();
}

#[test]
fn a_no_that_one_calendar_shows_counts() {
    story("declined in one of two calendars")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", both)
        .on("11-12 08:00", |world| {
            world.edit_in("copy", "a", |one| one.own("11-16 10:00", |one| one.reply(ANN, "DECLINED")));
        })
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09, declined by other open owed 11-16, upcoming 11-23")
        .told("lost", &["11-12 08:00 ann 11-16"])
        .run();
}

#[test]
fn a_newer_revision_without_the_loss_is_right() {
    story("restored by a newer revision")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", both)
        .on("11-12 08:00", |world| {
            world.edit_in("copy", "a", |one| one.except("11-16 10:00"));
            world.edit("a", super::entry::Entry::revised);
        })
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
}

#[test]
fn two_times_of_one_session_make_it_unknown_unless_one_is_newer() {
    story("moved in one calendar, and nothing says which is newer")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", both)
        .on("11-12 08:00", |world| world.edit("a", |one| one.own("11-16 10:00", |one| one.at("11-17 15:00"))))
        .until("11-18 09:00")
        .ends("ann every week: held 11-02 11-09, unknown 11-16, upcoming 11-23")
        .run();
    story("moved in one calendar by a newer revision")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", both)
        .on("11-12 08:00", |world| world.edit("a", |one| one.moved("11-16 10:00", "11-17 15:00")))
        .until("11-18 09:00")
        .ends("ann every week: held 11-02 11-09 11-16>11-17 15:00, upcoming 11-23")
        .run();
    story("moved in one calendar, and changed there last")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", |world| {
            world.put(weekly("a").modified("10-01 10:00"));
            world.put_in("copy", weekly("a").modified("10-01 10:00"));
        })
        .on("11-12 08:00", |world| {
            world.edit("a", |one| one.own("11-16 10:00", |one| one.at("11-17 15:00").modified("11-12 07:00")));
        })
        .until("11-18 09:00")
        .ends("ann every week: held 11-02 11-09 11-16>11-17 15:00, upcoming 11-23")
        .run();
}

#[test]
fn one_fresh_calendar_is_enough_to_presume_a_session_held() {
    story("one of two calendars is stale for weeks")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", both)
        .on("11-03 08:00", |world| world.down("copy", true))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
}

#[test]
fn what_is_gone_from_one_calendar_and_stands_in_another_is_not_lost() {
    story("deleted from one of two calendars")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", both)
        .on("11-12 08:00", |world| world.delete("a"))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .told("series_deleted", &[])
        .run();
}

#[test]
fn a_copy_under_another_uid_is_the_same_session_and_one_loss() {
    story("taken out of the first, then out of its copy")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", |world| {
            world.put(weekly("a"));
            world.put_in("copy", weekly("b"));
        })
        .on("11-12 08:00", |world| world.edit("a", |one| one.except("11-16 10:00")))
        .on("11-13 08:00", |world| world.edit_in("copy", "b", |one| one.except("11-16 10:00")))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09, cancelled by owner open owed 11-16, upcoming 11-23")
        .told("lost", &["11-12 08:00 ann 11-16"])
        .run();
    story("taken out of the copy, then out of the first")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", |world| {
            world.put(weekly("a"));
            world.put_in("copy", weekly("b"));
        })
        .on("11-12 08:00", |world| world.edit_in("copy", "b", |one| one.except("11-16 10:00")))
        .on("11-13 08:00", |world| world.edit("a", |one| one.except("11-16 10:00")))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09, cancelled by owner open owed 11-16, upcoming 11-23")
        .told("lost", &["11-12 08:00 ann 11-16"])
        .run();
}

#[test]
fn a_copy_that_is_deleted_loses_nothing_and_ends_nothing() {
    for (first, calendar) in [("a", "main"), ("b", "copy")] {
        story("one of two copies is deleted as a whole")
            .calendar("copy", "caldav", "owner")
            .on("11-01 08:00", |world| {
                world.put(weekly("a"));
                world.put_in("copy", weekly("b"));
            })
            .on("11-12 08:00", move |world| world.delete_in(calendar, first))
            .on("11-26 08:00", |world| {
                for entries in world.calendars.values_mut() {
                    for entry in entries.entries.values_mut() {
                        *entry = entry.clone().except("11-30 10:00");
                    }
                }
            })
            .until("12-01 09:00")
            .ends("ann every week: held 11-02 11-09 11-16 11-23, cancelled by owner open owed 11-30, upcoming 12-07")
            .told("series_deleted", &[])
            .told("lapsed", &[])
            .run();
    }
}

#[test]
fn a_calendar_that_is_added_later_with_copies_changes_nothing() {
    story("a second account with the same series under other names")
        .calendar("copy", "caldav", "owner")
        .on("11-01 08:00", |world| {
            world.put(weekly("a"));
            world.down("copy", true);
        })
        .on("11-12 08:00", |world| {
            world.down("copy", false);
            world.put_in("copy", weekly("b"));
        })
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
}

#[test]
fn a_single_copy_and_a_note_in_the_slot_are_no_conflict_and_pay_no_debt() {
    story("an event of just the pair, and a note of the owner's, at the very time")
        .on("11-01 08:00", |world| {
            world.put(weekly("a").except("11-09 10:00"));
            world.put(pair("copy", "11-16 10:00", ANN));
            world.put(alone("note", "11-23 10:00", "Talk"));
            world.put(pair("other", "11-23 15:00", "cy@example.com").by(OWNER));
        })
        .until("11-24 09:00")
        .ends("ann every week: held 11-02, cancelled by owner missed 11-09, held 11-16 11-23, upcoming 11-30")
        .run();
}

#[test]
fn a_career_talk_in_the_weeklys_slot_is_one_session_with_it() {
    story("a monthly series in the slot of the weekly one")
        .on("11-01 08:00", |world| {
            world.put(weekly("a"));
            world.put(series("career", "09-07 10:00", "FREQ=MONTHLY;BYDAY=1MO", ANN).lasting(60));
        })
        .on("11-26 08:00", |world| world.edit("a", |one| one.except("12-07 10:00").except("11-30 10:00")))
        .until("12-08 09:00")
        .ends(
            "ann every week: held 11-02 11-09 11-16 11-23, cancelled by owner missed 11-30, held 12-07, upcoming 12-14
             ann every month:",
        )
        .told("conflict_ahead", &[])
        .run();
}

#[test]
fn which_copy_shows_a_guest_who_was_replaced_depends_on_no_name() {
    story("replaced in one calendar, while another shows the old guest and one more series of theirs")
        .calendar("copy", "ics", "owner")
        .on("11-01 08:00", |world| {
            world.put(weekly("a").replace_guest(ANN, BOB).revised());
            world.put_in("copy", weekly("a"));
            world.put_in("copy", weekly("b"));
        })
        .until("11-11 09:00")
        .ends_the_same_in_every_order();
}
