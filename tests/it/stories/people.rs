//! Who a series is with: participants, groups, and whose history it is.

use super::entry::{ANN, BOB, Entry, Guest, OWNER, alone, pair, series};
use super::runner::story;
use super::world::Said;

fn weekly(uid: &str, other: &str) -> Entry {
    series(uid, "09-07 10:00", "FREQ=WEEKLY", other)
}

fn guest(address: &str, name: Option<&str>, parameters: &'static str) -> Guest {
    Guest { address: address.to_owned(), name: name.map(str::to_owned), reply: "ACCEPTED", parameters }
}

#[test]
fn what_the_owner_has_no_part_in_is_no_1_1_of_theirs() {
    for entry in [
        // A colleague's duty in a shared calendar, with and without an organiser.
        alone("a", "09-07 10:00", "On duty").by(BOB).with(BOB, "ACCEPTED").rule("FREQ=WEEKLY"),
        alone("a", "09-07 10:00", "On duty").with(BOB, "ACCEPTED").rule("FREQ=WEEKLY"),
        alone("a", "09-07 10:00", "On duty")
            .by("team-x@group.calendar.google.com")
            .with(BOB, "ACCEPTED")
            .rule("FREQ=WEEKLY"),
        // The owner is only kept informed.
        alone("a", "09-07 10:00", "On duty")
            .by(BOB)
            .guest(guest(OWNER, None, "ROLE=NON-PARTICIPANT"))
            .with(BOB, "ACCEPTED")
            .rule("FREQ=WEEKLY"),
    ] {
        story("an event that the owner has no part in")
            .on("11-01 08:00", move |world| world.put(entry.clone()))
            .until("11-03 09:00")
            .ends("")
            .none("On duty", "owner_absent")
            .run();
    }
}

#[test]
fn a_calendar_that_never_names_its_owner_still_has_their_1_1s_by_title() {
    story("no owner among the guests, and a title of a 1:1")
        .person("Bob Birch", BOB)
        .on("11-01 08:00", |world| {
            world.put(alone("a", "09-07 10:00", "1:1 Bob").with(BOB, "ACCEPTED").rule("FREQ=WEEKLY"));
        })
        .until("11-03 09:00")
        .ends("bob every week tentative: held 11-02, upcoming 11-09")
        .run();
    story("somebody else's 1:1 with Bob, in a calendar that shows no guests")
        .person("Bob Birch", BOB)
        .on("11-01 08:00", |world| world.put(alone("a", "09-07 10:00", "1:1 Bob").by(ANN).rule("FREQ=WEEKLY")))
        .until("11-03 09:00")
        .ends("")
        .none("1:1 Bob", "owner_absent")
        .run();
}

#[test]
fn groups_are_known_by_parts_of_their_names_their_hosts_and_what_they_are() {
    let groups = [
        "all-eng@lists.example.com",
        "anything@lists.example.com",
        "platform-team@example.com",
        "team-platform@example.com",
        "all_berlin@example.com",
        "everyone@example.com",
        "Staff@example.com",
        "ourgroup@googlegroups.com",
        "dl-sales-emea@example.com",
        "team+1on1@example.com",
    ];
    for group in groups {
        story("a group is no person")
            .on("11-01 08:00", move |world| world.put(weekly("a", group)))
            .until("11-03 09:00")
            .ends("")
            .none("Talk", "group")
            .run();
    }
    story("a group by its kind")
        .on("11-01 08:00", |world| {
            let group = alone("a", "09-07 10:00", "Talk").by(OWNER).with(OWNER, "ACCEPTED");
            world.put(group.guest(guest("berlin@example.com", None, "CUTYPE=GROUP")).rule("FREQ=WEEKLY"));
        })
        .until("11-03 09:00")
        .ends("")
        .none("Talk", "group")
        .run();
}

#[test]
fn people_whose_names_look_like_groups_are_people() {
    for (address, name) in [
        ("team.nguyen@example.com", "Team Nguyen"),
        ("alan.team@example.com", "Alan Team"),
        ("allan@example.com", "Allan"),
        ("staffan@example.com", "Staffan"),
        ("dev-patel@example.com", "Dev Patel"),
        ("maria-sales@example.com", "Maria Sales"),
        ("boardman@example.com", "Boardman"),
        ("ann@groups.com", "Ann"),
    ] {
        let local = address.split('@').next().unwrap();
        story("a person")
            .on("11-01 08:00", move |world| {
                let entry = alone("a", "09-07 10:00", "Talk").by(OWNER).with(OWNER, "ACCEPTED");
                world.put(entry.guest(guest(address, Some(name), "")).rule("FREQ=WEEKLY"));
            })
            .until("11-03 09:00")
            .ends(&format!("{local} every week: held 11-02, upcoming 11-09"))
            .run();
    }
    story("somebody of the config is a person, whatever they are called")
        .person("Ada Team", "ada-team@example.com")
        .on("11-01 08:00", |world| world.put(weekly("a", "ada-team@example.com")))
        .until("11-03 09:00")
        .ends("ada-team every week: held 11-02, upcoming 11-09")
        .run();
}

#[test]
fn a_replaced_guest_keeps_their_history_and_the_newcomer_starts_their_own() {
    story("another guest in the same series")
        .on("11-01 08:00", |world| world.put(weekly("a", ANN)))
        .on("11-05 08:00", |world| world.edit("a", |one| one.except("11-09 10:00")))
        .on("11-18 08:00", |world| world.edit("a", |one| one.replace_guest(ANN, BOB).revised()))
        .until("11-24 09:00")
        .ends(
            "ann every week: held 11-02, cancelled by owner missed 11-09, held 11-16
             bob every week: held 11-23, upcoming 11-30",
        )
        .run();
}

#[test]
fn somebody_who_was_replaced_and_comes_back_goes_on_with_their_own_history() {
    story("replaced for two weeks")
        .on("11-01 08:00", |world| world.put(weekly("a", ANN)))
        .on("11-10 08:00", |world| world.edit("a", |one| one.replace_guest(ANN, BOB).revised()))
        .on("11-24 08:00", |world| world.edit("a", |one| one.replace_guest(BOB, ANN).revised()))
        .until("12-01 09:00")
        .ends(
            "ann every week: held 11-02 11-09 11-30, upcoming 12-07
             bob every week: held 11-16 11-23",
        )
        .run();
}

#[test]
fn another_organiser_name_or_address_is_no_other_person() {
    story("the other one organises it from now on")
        .on("11-01 08:00", |world| world.put(weekly("a", ANN)))
        .on("11-10 08:00", |world| world.edit("a", |one| one.by(ANN).revised()))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
    story("one address of theirs, then another, as the config has both")
        .config("[[person]]\nname = \"Ann Ash\"\naddresses = [\"ann@example.com\", \"ash@example.com\"]\nexpected = false\n")
        .on("11-01 08:00", |world| world.put(weekly("a", ANN)))
        .on("11-10 08:00", |world| world.edit("a", |one| one.replace_guest(ANN, "ash@example.com").revised()))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
    story("another address under the same name")
        .on("11-01 08:00", |world| {
            let entry = alone("a", "09-07 10:00", "Talk").by(OWNER).with(OWNER, "ACCEPTED");
            world.put(entry.guest(guest(ANN, Some("Ann Ash"), "")).rule("FREQ=WEEKLY"));
        })
        .on("11-10 08:00", |world| world.edit("a", |one| one.replace_guest(ANN, "ann.ash@example.com").revised()))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
}

#[test]
fn those_who_are_only_kept_informed_do_not_count() {
    for entry in [
        weekly("a", ANN).guest(guest(BOB, None, "ROLE=NON-PARTICIPANT")),
        weekly("a", ANN).by(BOB).guest(guest(BOB, None, "ROLE=NON-PARTICIPANT")),
    ] {
        story("a non-participant beside the pair")
            .on("11-01 08:00", move |world| world.put(entry.clone()))
            .until("11-03 09:00")
            .ends("ann every week: held 11-02, upcoming 11-09")
            .run();
    }
}

#[test]
fn a_no_with_one_address_and_a_yes_with_another_is_a_yes() {
    story("the owner was invited twice")
        .on("11-01 08:00", |world| world.put(weekly("a", ANN)))
        .on("11-10 08:00", |world| {
            world.edit("a", |one| one.own("11-16 10:00", |one| one.with("owner2@example.com", "DECLINED")));
        })
        .owners("owner2@example.com")
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
}

#[test]
fn a_session_to_which_the_other_is_not_invited_is_not_presumed_held() {
    story("one session with somebody else")
        .on("11-01 08:00", |world| world.put(weekly("a", ANN)))
        .on("11-10 08:00", |world| world.edit("a", |one| one.own("11-16 10:00", |one| one.replace_guest(ANN, BOB))))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09, unknown 11-16, upcoming 11-23")
        .run();
    story("a third guest in one session changes nothing")
        .on("11-01 08:00", |world| world.put(weekly("a", ANN)))
        .on("11-10 08:00", |world| world.edit("a", |one| one.own("11-16 10:00", |one| one.with(BOB, "ACCEPTED"))))
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
}

fn from_a_stranger(reply: &'static str) -> Entry {
    weekly("a", "vee@vendor.example.net").by("vee@vendor.example.net").reply(OWNER, reply)
}

#[test]
fn what_a_stranger_sent_and_the_owner_never_answered_is_tentative() {
    story("an invitation that was never answered")
        .on("11-01 08:00", |world| world.put(from_a_stranger("NEEDS-ACTION")))
        .on("11-05 08:00", |world| world.edit("a", |one| one.except("11-09 10:00")))
        .until("11-17 09:00")
        .ends("vee every week tentative: held 11-02, cancelled missed 11-09, held 11-16, upcoming 11-23")
        .told("lost", &[])
        .told("missed", &[])
        .run();
    story("answered, and a changed time resets the answer")
        .on("11-01 08:00", |world| world.put(from_a_stranger("ACCEPTED")))
        .on("11-10 08:00", |world| world.edit("a", |one| one.reply(OWNER, "NEEDS-ACTION").at("09-07 11:00").revised()))
        .until("11-17 09:00")
        .ends("vee every week: held 11-02 11-09 11-16 11:00, upcoming 11-23 11:00")
        .run();
    story("confirmed by the owner")
        .on("11-01 08:00", |world| world.put(from_a_stranger("NEEDS-ACTION")))
        .on("11-02 08:00", |world| world.said.push(Said::Series("vee", "confirm")))
        .until("11-03 09:00")
        .ends("vee every week: held 11-02, upcoming 11-09")
        .run();
}

#[test]
fn colleagues_people_of_the_config_and_what_the_owner_calls_are_no_strangers() {
    for (entry, who) in [
        (weekly("a", ANN).by(ANN).reply(OWNER, "NEEDS-ACTION"), "ann"),
        (weekly("a", "ann@eu.example.com").by("ann@eu.example.com").reply(OWNER, "NEEDS-ACTION"), "ann"),
        (
            weekly("a", "mentor@elsewhere.example.org").by("mentor@elsewhere.example.org").reply(OWNER, "NEEDS-ACTION"),
            "mentor",
        ),
        (weekly("a", "new@vendor.example.net").reply(OWNER, "NEEDS-ACTION"), "new"),
    ] {
        story("no answer, and no stranger")
            .person("Mia Mentor", "mentor@elsewhere.example.org")
            .on("11-01 08:00", move |world| world.put(entry.clone()))
            .until("11-03 09:00")
            .ends(&format!("{who} every week: held 11-02, upcoming 11-09"))
            .run();
    }
}

#[test]
fn what_the_user_ignores_stays_ignored_when_it_is_split() {
    story("an ignored series goes on under another uid")
        .on("11-01 08:00", |world| {
            world.put(weekly("a", ANN));
            world.put(pair("b", "11-05 10:00", BOB));
        })
        .on("11-02 08:00", |world| world.said.push(Said::Series("ann", "ignore")))
        .on("11-10 08:00", |world| {
            world.edit("a", |one| one.rule("FREQ=WEEKLY;UNTIL=20261114T000000Z"));
            world.put(series("c", "11-17 14:00", "FREQ=WEEKLY", ANN));
        })
        .until("11-18 09:00")
        .ends("")
        .run();
}

#[test]
fn a_series_that_names_nobody_is_a_1_1_with_whom_the_user_says() {
    story("a bare 1:1 in a feed without guests, and the user says with whom")
        .feed()
        .person("Ann Ash", ANN)
        .on("11-01 08:00", |world| world.put(alone("a", "09-07 10:00", "1:1").rule("FREQ=WEEKLY")))
        .on("11-03 08:00", |world| world.said.push(Said::IsWith("1:1", ANN)))
        .until("11-10 09:00")
        .ends("ann every week: held 11-02 11-09, upcoming 11-16")
        .run();
}
