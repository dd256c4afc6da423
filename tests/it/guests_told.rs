//! What is said about informing guests is what the server is known to do.

use cadenced::calendar::{Effort, Reading};
use cadenced::cli::plan;
use cadenced::domain::event::{Event, Reply};
use cadenced::domain::plan::{Subject, proposals};
use cadenced::domain::session::{Choice, Decision};
use cadenced::domain::source::{GuestNotice, SourceKind};
use cadenced::notify::text::message;
use cadenced::wording::local_time::LocalTime;

use crate::caldav_reads::{connect, discovery};
use crate::caldav_server::{Server, multistatus, told};
use crate::support::*;

#[tokio::test]
async fn a_read_learns_from_the_server_whether_it_tells_guests() {
    for (features, expected) in [
        (Some("1, 2, calendar-access, calendar-auto-schedule"), Some(GuestNotice::Server)),
        (Some("1, 2, calendar-access"), Some(GuestNotice::Nobody)),
        (None, None),
    ] {
        let server = Server::start(move |asked| match (asked.method.as_str(), features) {
            ("OPTIONS", Some(features)) => told(200, "").with("DAV", features),
            ("OPTIONS", None) => told(200, ""),
            _ => discovery(asked, true).unwrap_or_else(|| multistatus("", Some("t1"))),
        })
        .await;
        let mut calendar = connect(&server.url("/"));
        let Ok(Reading::Snapshot(first)) = calendar.reader.read(None, Effort::Incremental).await else {
            panic!("the first read shows everything")
        };
        assert_eq!(first.hints.guest_notice, expected, "{features:?}");
    }
}

fn weekly() -> Event {
    series("ann", "2026-09-09T10:00", "FREQ=WEEKLY", ANN)
}

/// Ann's session of 18 November is lost, and the owner takes the time that is offered: the plan before, and the notice after that.
fn after_taking(guest_notice: Option<GuestNotice>, series: Event, loss: Event) -> (String, String) {
    let mut world = World::new("2026-11-01T08:00").with(series);
    let source = &mut world.snapshot.sources[0];
    (source.kind, source.read_only, source.guest_notice) = (SourceKind::Api, false, guest_notice);
    world.act("2026-11-01T08:01");
    world.add(loss);
    world.read("2026-11-17T10:00");
    world.act("2026-11-17T10:01");
    let now = "2026-11-17T10:02";
    let all = proposals(&world.standing(now), &world.snapshot, &world.policy);
    let table = plan::text(&all, &LocalTime::of(zone(), at(now)));
    let choice = Choice::Take { session: all[0].session.clone(), slot: all[0].to.unwrap() };
    world.snapshot.decisions.push(Decision { choice, at: at(now) });
    let told = world.act("2026-11-17T10:03");
    let notice = told.iter().find(|notice| matches!(notice.subject, Subject::PutBack { .. })).unwrap();
    let words = message(notice, &[], world.policy.redaction, &zone(), at("2026-11-17T10:03"));
    (table.split_whitespace().collect::<Vec<_>>().join(" "), words.body.join(" "))
}

#[test]
fn whether_the_other_is_told_is_said_only_where_it_is_known() {
    let every = ["mails", "server tells", "Nobody was told"];
    for (guest_notice, expected) in [
        (Some(GuestNotice::Mail), Some("mails")),
        (Some(GuestNotice::Server), Some("server tells")),
        (Some(GuestNotice::Nobody), Some("Nobody was told")),
        (None, None),
    ] {
        let cancelled = weekly().changed(|event| except(event, "2026-11-18T10:00"));
        let (plan, notice) = after_taking(guest_notice, weekly(), cancelled);
        for words in every {
            assert_eq!(notice.contains(words), expected == Some(words), "{guest_notice:?}: {notice}");
        }
        assert_eq!(notice.contains("cadenced draft "), guest_notice == Some(GuestNotice::Nobody), "{notice}");
        assert_eq!(plan.contains("tells nobody"), guest_notice == Some(GuestNotice::Nobody), "{plan}");
        assert!(!notice.contains("invitation"), "{notice}");
    }
}

/// A session is moved inside its event, whose maker may have left the server out; a make-up is an event of its own.
#[test]
fn an_event_that_leaves_the_server_out_is_told_by_nobody() {
    for (is_untold, expected) in [(true, "Nobody was told"), (false, "server tells")] {
        let series = weekly().changed(|event| event.untold_guests = is_untold);
        let declined = instance(&series, "2026-11-18T10:00").changed(|event| event.guests[1].reply = Reply::Declined);
        let (_, notice) = after_taking(Some(GuestNotice::Server), series.clone(), declined);
        assert!(notice.contains(expected), "moved: {notice}");
        let cancelled = series.clone().changed(|event| except(event, "2026-11-18T10:00"));
        let (_, notice) = after_taking(Some(GuestNotice::Server), series, cancelled);
        assert!(notice.contains("server tells"), "made up: {notice}");
    }
}
