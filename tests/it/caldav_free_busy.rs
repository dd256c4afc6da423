//! Free/busy is what the server says, and *unknown* where it says nothing.

use cadenced::domain::availability::{Availability, BusySpan};
use cadenced::domain::person::Address;
use cadenced::domain::span::Span;
use jiff::Timestamp;

use crate::caldav_reads::{connect, discovery};
use crate::caldav_server::{Server, Told, told};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window() -> Span {
    Span::new(at("2026-11-23T00:00:00Z"), at("2026-11-28T00:00:00Z"))
}

fn busy(start: &str, end: &str, tentative: bool) -> BusySpan {
    BusySpan { span: Span::new(at(start), at(end)), tentative }
}

fn people() -> [Address; 3] {
    ["me@example.com", "ann@example.com", "bob@example.com"].map(|text| Address::parse(text).unwrap())
}

async fn ask(outbox: Told, report: Told) -> (Server, Vec<Availability>) {
    let server = Server::start(move |asked| match asked.method.as_str() {
        "POST" => outbox.clone(),
        "REPORT" => report.clone(),
        _ => discovery(asked, true).unwrap_or_else(|| told(404, "")),
    })
    .await;
    let mut asker = connect(&server.url("/")).free_busy.unwrap();
    let told = asker.busy(&people(), window(), at("2026-11-20T12:00:00Z")).await.unwrap();
    (server, told)
}

const ANSWER: &str = "<C:schedule-response xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
    <C:response><C:recipient><D:href>mailto:Ann@example.com</D:href></C:recipient><C:request-status>2.0;Success</C:request-status>\
    <C:calendar-data>BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\n\
    FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261124T090000Z/PT1H\r\n\
    FREEBUSY;FBTYPE=FREE:20261124T120000Z/PT1H\r\n\
    FREEBUSY:20261122T220000Z/20261123T010000Z,20261125T09\r\n 0000Z/20261125T100000Z,20261201T090000Z/PT1H\r\n\
    END:VFREEBUSY\r\nEND:VCALENDAR\r\n</C:calendar-data></C:response>\
    <C:response><C:recipient><D:href>mailto:bob@example.com</D:href></C:recipient><C:request-status>3.7;Invalid user</C:request-status>\
    <C:calendar-data>BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n</C:calendar-data></C:response></C:schedule-response>";

#[tokio::test]
async fn the_outbox_says_when_others_are_busy() {
    let own = "BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    let (server, answers) = ask(told(200, ANSWER), told(200, own)).await;
    let ann = [
        busy("2026-11-23T00:00:00Z", "2026-11-23T01:00:00Z", false),
        busy("2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", true),
        busy("2026-11-25T09:00:00Z", "2026-11-25T10:00:00Z", false),
    ];
    assert_eq!(answers[0].busy, Some(Vec::new()), "the owner, by their own calendar");
    assert_eq!(answers[1].busy.as_deref(), Some(&ann[..]));
    assert_eq!(answers[2].busy, None, "a refusal says nothing");
    let post = server.asked().into_iter().find(|asked| asked.method == "POST").unwrap();
    assert_eq!((post.path.as_str(), post.header("originator")), ("/out/", Some("mailto:me@example.com")));
    assert!(post.body.contains("METHOD:REQUEST\r\n") && post.body.contains("ATTENDEE:mailto:bob@example.com\r\n"));
}

#[tokio::test]
async fn nobody_is_free_because_a_server_says_nothing() {
    for outbox in
        [told(403, ""), told(405, ""), told(200, "<C:schedule-response xmlns:C=\"urn:ietf:params:xml:ns:caldav\"/>")]
    {
        let (_server, answers) = ask(outbox, told(501, "")).await;
        assert_eq!(answers.iter().map(|answer| answer.busy.clone()).collect::<Vec<_>>(), [None, None, None]);
    }
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_unknown() {
    let odd = ANSWER.replace("20261124T090000Z/PT1H", "nonsense");
    let (_server, answers) = ask(told(200, &odd), told(501, "")).await;
    assert_eq!(answers[1].busy, None);
}
