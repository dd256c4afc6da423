//! Which events conflict with a session, and what is asked about it.

use super::entry::{ANN, BOB, OWNER, alone, pair, series};
use super::runner::story;
use super::world::Said;

fn weekly() -> super::entry::Entry {
    series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)
}

/// Monday's meeting of the whole team, at the time of the 1:1.
fn team() -> super::entry::Entry {
    series("team", "09-07 09:30", "FREQ=WEEKLY", BOB).with("cy@example.com", "ACCEPTED").lasting(60).titled("Team")
}

#[test]
fn only_what_takes_the_owners_time_for_sure_is_a_conflict() {
    story("entries of every kind beside the session")
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(alone("1", "11-02 10:00", "Hold").status("TENTATIVE"));
            world.put(alone("2", "11-09 10:00", "Lunch").free());
            world.put(alone("3", "11-16 10:00", "Home").line("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"));
            world.put(alone("4", "11-23 10:00", "Perhaps").line("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"));
            world.put(alone("5", "11-30 10:00", "Perhaps").line("X-MICROSOFT-CDO-INTENDEDSTATUS:TENTATIVE"));
            world.put(alone("6", "12-07 10:00", "Asked").by(BOB).with(OWNER, "TENTATIVE").with(BOB, "ACCEPTED"));
            world.put(
                alone("7", "12-14 10:00", "Told")
                    .by(BOB)
                    .guest(super::entry::Guest {
                        address: OWNER.to_owned(),
                        name: None,
                        reply: "ACCEPTED",
                        parameters: "ROLE=NON-PARTICIPANT",
                    })
                    .with(BOB, "ACCEPTED")
                    .with("cy@example.com", "ACCEPTED"),
            );
            world.put(alone("8", "12-21 10:00", "Bob is on duty").by(BOB).with(BOB, "ACCEPTED"));
            world.put(alone("9", "12-28 10:00", "Dentist").line("X-MICROSOFT-CDO-BUSYSTATUS:BUSY"));
        })
        .until("12-29 09:00")
        .ends(
            "ann every week: held 11-02 11-09 11-16 11-23 11-30 12-07 12-14 12-21, conflicted open owed 12-28, \
             upcoming 01-04",
        )
        .run();
}

#[test]
fn a_conflict_ahead_is_told_once_when_it_appears() {
    story("an accepted meeting over next week's session")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-10 08:00", |world| world.put(pair("b", "11-16 10:00", BOB)))
        .until("11-12 09:00")
        .ends("ann every week: held 11-02 11-09, upcoming in conflict 11-16")
        .told("conflict_ahead", &["11-10 08:00 ann 11-16"])
        .run();
    story("and it is likely not held where nothing was done about it")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-10 08:00", |world| world.put(pair("b", "11-16 10:00", BOB)))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09, conflicted open owed 11-16, upcoming 11-23")
        .told("conflict_ahead", &["11-10 08:00 ann 11-16"])
        .run();
}

#[test]
fn two_sessions_that_take_each_others_time_are_one_notice() {
    let both = |name| {
        story(name).on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(series("b", "09-08 10:00", "FREQ=WEEKLY", BOB));
        })
    };
    both("the one that was moved there is told of")
        .on("11-10 08:00", |world| world.edit("b", |one| one.moved("11-17 10:00", "11-16 10:00")))
        .until("11-12 09:00")
        .told("conflict_ahead", &["11-10 08:00 bob 11-17"])
        .run();
    both("longer by half, so that it covers the other and is not covered itself")
        .on("11-10 08:00", |world| {
            world.edit("b", |one| one.own("11-17 10:00", |one| one.at("11-16 09:00").lasting(90)));
        })
        .until("11-12 09:00")
        .told("conflict_ahead", &["11-10 08:00 ann 11-16"])
        .run();
}

#[test]
fn a_conflict_that_goes_away_or_is_kept_counts_no_more() {
    story("the other meeting is called off in time")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-10 08:00", |world| world.put(pair("b", "11-16 10:00", BOB)))
        .on("11-12 08:00", |world| world.delete("b"))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
    story("the user keeps both")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-10 08:00", |world| world.put(pair("b", "11-16 10:00", BOB)))
        .on("11-12 08:00", |world| world.says("ann", "11-16 10:00", "keep"))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .told("conflict_ahead", &["11-10 08:00 ann 11-16"])
        .run();
}

#[test]
fn a_standing_overlap_is_one_question_and_unknown_until_it_is_answered() {
    story("a series of others covers every session")
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(team());
        })
        .until("11-24 09:00")
        .ends("ann every week: unknown 11-02 11-09 11-16 11-23, upcoming 11-30")
        .told("overlap", &["11-01 08:00 ann"])
        .told("conflict_ahead", &[])
        .run();
    story("the owner says that it takes place")
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(team());
        })
        .on("11-10 08:00", |world| world.said.push(Said::Overlap("ann", "team", true)))
        .until("11-24 09:00")
        .ends("ann every week: held 11-02 11-09 11-16 11-23, upcoming 11-30")
        .told("overlap", &["11-01 08:00 ann"])
        .run();
    story("the owner says that it does not")
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(team());
        })
        .on("11-18 08:00", |world| world.said.push(Said::Overlap("ann", "team", false)))
        .until("11-20 09:00")
        .ends(
            "ann every week overdue: conflicted missed owed 11-02 11-09, conflicted open owed 11-16, \
             upcoming in conflict 11-23",
        )
        .run();
}

#[test]
fn an_overlap_asks_once_about_copies_and_leaves_alone_what_was_held() {
    story("the covering series is in two calendars under two uids")
        .calendar("work", "ics", "owner")
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(team());
            world.put_in("work", super::entry::Entry { uid: "copy".into(), ..team() });
        })
        .until("11-10 09:00")
        .ends("ann every week: unknown 11-02 11-09, upcoming 11-16")
        .told("overlap", &["11-01 08:00 ann"])
        .told("conflict_ahead", &[])
        .run();
    story("the covering series was made after a session that it claims")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-03 08:00", |world| world.put(team().at("11-02 09:30")))
        .until("11-10 09:00")
        .ends("ann every week: held 11-02, unknown 11-09, upcoming 11-16")
        .told("overlap", &["11-03 08:00 ann"])
        .run();
}

#[test]
fn an_overlap_that_begins_later_asks_about_what_was_recorded_as_a_conflict_too() {
    story("two conflicts are recorded before the third makes it a standing overlap")
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(team().at("11-02 09:30").rule("FREQ=WEEKLY;UNTIL=20261110T000000Z"));
        })
        .on("11-12 08:00", |world| world.edit("team", |one| one.rule("FREQ=WEEKLY")))
        .until("11-17 09:00")
        .ends("ann every week: unknown 11-02 11-09 11-16, upcoming 11-23")
        .told("overlap", &["11-12 08:00 ann"])
        .run();
}

#[test]
fn two_of_four_are_single_conflicts() {
    story("every second session is covered")
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(team().rule("FREQ=WEEKLY;INTERVAL=2"));
        })
        .until("11-10 09:00")
        .from("11-02")
        .ends("ann every week: conflicted missed 11-02, held 11-09, upcoming in conflict 11-16")
        .told("overlap", &[])
        .run();
}

#[test]
fn a_colleague_away_in_a_shared_calendar_excuses_nobody() {
    story("somebody else's vacation, and the owner's own")
        .person("Bob Birch", BOB)
        .on("11-01 08:00", |world| {
            world.put(weekly());
            world.put(super::entry::days("1", "11-09", 1, "Bob on vacation"));
            world.put(super::entry::days("2", "11-16", 1, "Vacation"));
            world.put(super::entry::days("3", "11-23", 1, "Vacation with Bob"));
        })
        .until("11-24 09:00")
        .ends("ann every week overdue: held 11-02 11-09, excused 11-16 11-23, upcoming 11-30")
        .run();
}
