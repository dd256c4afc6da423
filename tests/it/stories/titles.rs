//! Events whose titles say that they were cancelled.

use super::entry::{ANN, Entry, series};
use super::runner::story;

fn weekly() -> Entry {
    series("a", "09-07 10:00", "FREQ=WEEKLY", ANN)
}

#[test]
fn a_title_and_a_free_time_cancel_a_session_and_a_title_alone_makes_it_unknown() {
    for title in ["Canceled: Talk", "Abgesagt: Talk", "Annulé : Talk", "CANCELED: Canceled: Talk", "Inställt: Talk"] {
        story("as Outlook leaves a cancelled session")
            .on("11-01 08:00", |world| world.put(weekly()))
            .on("11-12 08:00", move |world| {
                world.edit("a", |one| {
                    let off = one.own("11-16 10:00", |one| one.titled(title).free());
                    off.own("11-23 10:00", |one| one.titled(title))
                });
            })
            .until("11-24 09:00")
            .ends(
                "ann every week: held 11-02 11-09, cancelled by owner missed owed 11-16, unknown 11-23, upcoming 11-30",
            )
            .run();
    }
    story("a title that only has such a word in it")
        .on("11-01 08:00", |world| world.put(weekly()))
        .on("11-12 08:00", |world| {
            world.edit("a", |one| one.own("11-16 10:00", |one| one.titled("Why was it canceled: a talk").free()));
        })
        .until("11-17 09:00")
        .ends("ann every week: held 11-02 11-09 11-16, upcoming 11-23")
        .run();
}

#[test]
fn the_organisers_cancellation_is_theirs() {
    story("called off by the other one, who organises it")
        .on("11-01 08:00", |world| world.put(weekly().by(ANN)))
        .on("11-12 08:00", |world| world.edit("a", |one| one.called_off("11-16 10:00")))
        .until("11-13 09:00")
        .ends("ann every week: held 11-02 11-09, cancelled by other open owed 11-16")
        .run();
}
