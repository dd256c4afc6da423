//! One story leads to one ledger in every provider's form.

use super::entry::{ANN, Entry, OWNER, alone, pair, series};
use super::runner::{Story, story};

fn weekly(uid: &str) -> Entry {
    series(uid, "09-07 10:00", "FREQ=WEEKLY", ANN)
}

fn told(name: &'static str) -> Story {
    story(name).on("11-01 08:00", |world| {
        world.put(weekly("a"));
        world.put(alone("filler", "10-02 08:00", "Dentist"));
    })
}

/// What becomes of single sessions.
fn of_sessions() -> Vec<Story> {
    vec![
        told("held every week")
            .until("11-24 09:00")
            .ends("ann every week: held 11-02 11-09 11-16 11-23, upcoming 11-30"),
        told("one session is called off ahead of its time")
            .on("11-12 08:00", |world| world.edit("a", |one| one.except("11-16 10:00")))
            .until("11-17 09:00")
            .ends("ann every week: held 11-02 11-09, cancelled by owner open owed 11-16, upcoming 11-23")
            .lost(&["11-16: 11-11 20:00 to 11-12 08:00"])
            .told("lost", &["11-12 08:00 ann 11-16"]),
        told("called off after it took place")
            .on("11-10 08:00", |world| world.edit("a", |one| one.called_off("11-09 10:00")))
            .until("11-10 21:00")
            .ends("ann every week: held 11-02, cancelled by owner open owed 11-09, upcoming 11-16")
            .lost(&["11-09: 11-09 20:00 to 11-10 08:00"]),
        told("declined by the other")
            .on("11-12 08:00", |world| {
                world.edit("a", |one| one.own("11-16 10:00", |one| one.reply(ANN, "DECLINED")));
            })
            .until("11-17 09:00")
            .ends("ann every week: held 11-02 11-09, declined by other open owed 11-16, upcoming 11-23")
            .lost(&["11-16: 11-11 20:00 to 11-12 08:00"]),
        told("declined by the owner")
            .on("11-12 08:00", |world| {
                world.edit("a", |one| one.own("11-16 10:00", |one| one.reply(OWNER, "DECLINED")));
            })
            .until("11-17 09:00")
            .ends("ann every week: held 11-02 11-09, declined by owner open owed 11-16, upcoming 11-23"),
        told("moved, and held there")
            .on("11-12 08:00", |world| world.edit("a", |one| one.moved("11-16 10:00", "11-17 15:00")))
            .until("11-18 09:00")
            .ends("ann every week: held 11-02 11-09 11-16>11-17 15:00, upcoming 11-23"),
        told("moved, and then called off")
            .on("11-12 08:00", |world| world.edit("a", |one| one.moved("11-16 10:00", "11-17 15:00")))
            .on("11-13 08:00", |world| {
                world.edit("a", |one| one.own("11-16 10:00", |one| one.status("CANCELLED")));
            })
            .until("11-18 09:00")
            .ends("ann every week: held 11-02 11-09, cancelled by owner open owed 11-16>11-17 15:00, upcoming 11-23"),
    ]
}

/// What becomes of a whole series.
fn of_series() -> Vec<Story> {
    vec![
        told("made up in time")
            .on("11-10 08:00", |world| world.edit("a", |one| one.except("11-16 10:00")))
            .on("11-11 08:00", |world| world.put(pair("extra", "11-18 15:00", ANN)))
            .until("11-19 09:00")
            .ends("ann every week: held 11-02 11-09, cancelled by owner made up 11-18 15:00 11-16, upcoming 11-23"),
        told("split to another weekday and rhythm")
            .on("11-13 08:00", |world| {
                world.edit("a", |one| one.rule("FREQ=WEEKLY;UNTIL=20261117T000000Z"));
                world.put(series("b", "11-18 10:00", "FREQ=WEEKLY;INTERVAL=2", ANN));
            })
            .until("11-20 09:00")
            .ends("ann every 2 weeks: held 11-02 11-09 11-16 11-18"),
        told("another rhythm in place")
            .on("11-18 08:00", |world| world.edit("a", |one| one.rule("FREQ=WEEKLY;INTERVAL=2").revised()))
            .until("11-26 09:00")
            .ends("ann every 2 weeks: held 11-02 11-09 11-16, upcoming 11-30"),
        told("deleted as a whole, with sessions that were set apart")
            .on("11-05 08:00", |world| {
                world.edit("a", |one| one.moved("11-09 10:00", "11-10 10:00").moved("11-23 10:00", "11-24 10:00"));
            })
            .on("11-19 08:00", |world| world.delete("a"))
            .until("11-26 09:00")
            .ends("ann every week: held 11-02 11-09>11-10 11-16")
            .told("missed", &[])
            .told("lost", &[]),
        told("deleted as a whole, after sessions that were moved and held, and called off")
            .on("11-05 08:00", |world| world.edit("a", |one| one.moved("11-09 10:00", "11-10 10:00")))
            .on("11-12 08:00", |world| world.edit("a", |one| one.called_off("11-16 10:00")))
            .on("11-24 08:00", |world| world.delete("a"))
            .until("11-27 09:00")
            .ends("ann every week: held 11-02 11-09>11-10, cancelled by owner missed 11-16, held 11-23")
            .told("lost", &["11-12 08:00 ann 11-16"]),
        told("deleted and made again")
            .on("11-18 08:00", |world| {
                world.delete("a");
                world.put(series("b", "11-19 10:00", "FREQ=WEEKLY", ANN));
            })
            .until("11-24 09:00")
            .ends("ann every week: held 11-02 11-09 11-16 11-19, upcoming 11-26"),
        told("declined as a whole by the other")
            .on("11-12 08:00", |world| world.edit("a", |one| one.reply(ANN, "DECLINED")))
            .until("11-24 09:00")
            .ends("")
            .former("ann every week: held 11-02 11-09")
            .told("lapsed", &[]),
    ]
}

/// What happens beside a series, or without one.
fn of_other_events() -> Vec<Story> {
    vec![
        told("a conflict ahead, and likely not held")
            .on("11-10 08:00", |world| world.put(pair("b", "11-16 10:00", super::entry::BOB)))
            .until("11-17 21:00")
            .ends("ann every week: held 11-02 11-09, conflicted open owed 11-16, upcoming 11-23")
            .told("conflict_ahead", &["11-10 08:00 ann 11-16"]),
        told("the owner's own busy hour, and a free one")
            .on("11-10 08:00", |world| {
                world.put(alone("x", "11-16 10:00", "Dentist"));
                world.put(alone("y", "11-23 10:00", "Lunch").free());
            })
            .until("11-24 09:00")
            .ends("ann every week: held 11-02 11-09, conflicted missed 11-16, held 11-23, upcoming 11-30"),
        story("booked by hand, one deleted, another booked instead")
            .on("10-11 08:00", |world| {
                for day in ["10-13", "10-20", "10-27", "11-10"] {
                    world.put(pair(day, &format!("{day} 11:00"), ANN));
                }
            })
            .on("11-04 08:00", |world| {
                world.delete("11-10");
                world.put(pair("instead", "11-12 11:00", ANN));
            })
            .until("11-13 12:00")
            .from("11-01")
            .ends("ann every week: cancelled by owner made up 11-12 11:00 11-10 11:00"),
        told("the other one gives way to somebody else")
            .on("11-18 08:00", |world| world.edit("a", |one| one.replace_guest(ANN, super::entry::BOB).revised()))
            .until("11-24 09:00")
            .ends("ann every week: held 11-02 11-09 11-16\nbob every week: held 11-23, upcoming 11-30"),
    ]
}

#[test]
fn every_provider_tells_the_same_story() {
    for story in of_sessions().into_iter().chain(of_series()).chain(of_other_events()) {
        story.in_every_form();
    }
}
