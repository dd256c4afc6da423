//! The ways in which a 1:1 ends: declined as a whole, deleted, run out; each is announced once.

use super::entry::{ANN, Entry, OWNER, series};
use super::runner::story;

fn weekly() -> Entry {
    series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)
}

#[test]
fn a_series_that_one_side_declined_is_no_1_1_any_more_and_told_once() {
    for side in [ANN, OWNER] {
        story("declined as a whole")
            .on("11-01 08:00", |world| world.put(weekly()))
            .on("11-12 08:00", move |world| world.edit("a", |one| one.reply(side, "DECLINED")))
            .until("12-20 09:00")
            .ends("")
            .none("Talk", "declined_as_a_whole")
            .former("ann every week: held 11-02 11-09")
            .told("series_declined", &["11-12 08:00 ann"])
            .told("lapsed", &[])
            .told("series_deleted", &[])
            .run();
    }
}

#[test]
fn a_no_that_is_taken_back_makes_it_a_1_1_again() {
    story("declined as a whole for a week")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-12 08:00", |world| world.edit("a", |one| one.reply(ANN, "DECLINED")))
        .on("11-19 08:00", |world| world.edit("a", |one| one.reply(ANN, "ACCEPTED")))
        .until("11-24 09:00")
        .ends("ann every week: held 11-02 11-09 11-23, upcoming 11-30")
        .run();
}

#[test]
fn a_deleted_series_is_said_when_a_second_read_agrees_and_lapses_later() {
    story("deleted")
        .in_a_feed()
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-12 08:00", |world| world.delete("a"))
        .until("11-14 09:00")
        .ends("ann every week: held 11-02 11-09")
        .told("series_deleted", &["11-12 20:00 ann"])
        .told("lapsed", &[])
        .run();
    story("and not put up again for two weeks")
        .in_a_feed()
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-12 08:00", |world| world.delete("a"))
        .until("11-24 09:00")
        .ends("ann every week lapsed 11-09: held 11-02 11-09")
        .told("series_deleted", &["11-12 20:00 ann"])
        .told("lapsed", &["11-23 20:00 ann"])
        .run();
}

#[test]
fn a_series_that_is_called_off_as_a_whole_ends_when_a_read_shows_it() {
    for called_off in [(|one: Entry| one.status("CANCELLED").modified("09-10 10:00")) as fn(Entry) -> Entry, |one| {
        one.titled("Canceled: Talk").free().line("X-MICROSOFT-CDO-BUSYSTATUS:FREE")
    }] {
        story("called off as a whole, by an entry that was last changed long ago")
            .on("11-01 08:00", |world| world.put(weekly()))
            .on("11-12 08:00", move |world| world.edit("a", called_off))
            .until("11-17 09:00")
            .ends("ann every week: held 11-02 11-09")
            .told("series_deleted", &["11-12 08:00 ann"])
            .run();
    }
    story("and what was called off before the first read was never a 1:1")
        .on("11-01 08:00", |world| world.put(weekly().status("CANCELLED")))
        .until("11-17 09:00")
        .ends("")
        .none("Talk", "called_off")
        .told("series_deleted", &[])
        .run();
}

#[test]
fn what_was_held_stays_held_when_a_series_takes_its_sessions_with_it() {
    story("every session that was set apart is cancelled with the series")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-05 08:00", |world| {
            world.edit("a", |one| one.moved("11-09 10:00", "11-10 10:00").moved("11-23 10:00", "11-24 10:00"));
        })
        .on("11-19 08:00", |world| {
            world.edit("a", |one| one.status("CANCELLED").called_off("11-09 10:00").called_off("11-23 10:00"));
        })
        .until("11-26 09:00")
        .ends("ann every week: held 11-02 11-09>11-10 11-16")
        .told("missed", &[])
        .run();
}

#[test]
fn a_series_that_runs_out_is_not_deleted_and_lapses_after_its_last_session() {
    story("it ends by its rule, and its feed drops it")
        .on("11-01 08:00", |world| world.put(weekly().rule("FREQ=WEEKLY;UNTIL=20261110T000000Z")))
        .on("11-15 08:00", |world| world.delete("a"))
        .until("11-20 09:00")
        .ends("ann every week: held 11-02 11-09")
        .told("series_deleted", &[])
        .run();
    story("its last session was moved, and held later")
        .on("11-01 08:00", |world| world.put(weekly().rule("FREQ=WEEKLY;UNTIL=20261110T000000Z")))
        .on("11-05 08:00", |world| world.edit("a", |one| one.moved("11-09 10:00", "11-20 10:00")))
        .until("11-26 09:00")
        .ends("ann every week: held 11-02 11-09>11-20")
        .told("lapsed", &[])
        .run();
    story("and lapsed since then")
        .on("11-01 08:00", |world| world.put(weekly().rule("FREQ=WEEKLY;UNTIL=20261110T000000Z")))
        .on("11-05 08:00", |world| world.edit("a", |one| one.moved("11-09 10:00", "11-20 10:00")))
        .until("12-05 09:00")
        .ends("ann every week lapsed 11-20: held 11-02 11-09>11-20")
        .run();
}

#[test]
fn a_gap_before_the_successor_is_overdue_and_has_no_sessions() {
    story("three weeks between the end and the next series")
        .on("11-01 08:00", |world| {
            world.put(weekly().rule("FREQ=WEEKLY;UNTIL=20261103T000000Z"));
            world.put(series("b", "11-24 10:00", "FREQ=WEEKLY", ANN));
        })
        .until("11-20 09:00")
        .ends("ann every week overdue: held 11-02, upcoming 11-24")
        .told("lapsed", &[])
        .run();
}

#[test]
fn a_feed_that_misses_a_series_once_ends_nothing() {
    story("gone in one read, back in the next")
        .in_a_feed()
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-12 08:00", |world| world.delete("a"))
        .on("11-12 12:00", |world| world.put(weekly()))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .told("series_deleted", &[])
        .run();
}
