//! Free/busy queries: others through the outbox (RFC 6638 5), the owner by REPORT (RFC 4791 7.10).

use std::pin::Pin;
use std::sync::Arc;

use http::Method;
use http::header::HeaderName;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use super::account::{Account, aside};
use super::replies::{self, Delivery};
use super::{requests, text};
use crate::calendar::failure::Failure;
use crate::calendar::http::request::Request;
use crate::calendar::ics::datetime;
use crate::calendar::{Error, ErrorKind, FreeBusy};
use crate::domain::availability::{Availability, BusySpan};
use crate::domain::person::Address;
use crate::domain::recurrence::Moment;
use crate::domain::source::SourceId;
use crate::domain::span::Span;

/// The most that an answer may hold, in bytes.
const MAX_RESPONSE_BYTES: u64 = 8 << 20;

/// How many busy stretches one person may have in the time that is asked about; beyond it, it is not known when they are free.
const MAX_SPANS: usize = 10_000;

/// Asks a server when people are busy.
pub struct Asker {
    /// For which calendar of the config.
    pub source: SourceId,
    /// The login.
    pub account: Arc<Account>,
    /// What the config calls the calendar at the server.
    pub name: Option<String>,
}

impl FreeBusy for Asker {
    fn busy<'a>(
        &'a mut self,
        who: &'a [Address],
        window: Span,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Availability>, Error>> + Send + 'a>> {
        Box::pin(async move {
            let told = self.ask(who, window, now).await.map_err(|failure| failure.of(&self.source))?;
            let known =
                |one: &Address| told.iter().find(|(address, _)| address == one).and_then(|(_, busy)| busy.clone());
            Ok(who.iter().map(|one| Availability { who: one.clone(), window, asked: now, busy: known(one) }).collect())
        })
    }
}

type BusyAnswers = Vec<(Address, Option<Vec<BusySpan>>)>;

impl Asker {
    async fn ask(&self, who: &[Address], window: Span, now: Timestamp) -> Result<BusyAnswers, Failure> {
        let principal = self.account.principal().await?;
        let mut told = match (&principal.outbox, principal.addresses.first()) {
            (Some(outbox), Some(own)) => self.outbox(outbox, own, who, window, now).await?,
            _ => BusyAnswers::new(),
        };
        // What the outbox does not say of the owner, the calendar itself may.
        for own in who {
            let known = told.iter().any(|(address, busy)| address == own && busy.is_some());
            if !known && self.account.is_owner(own).await {
                let calendar = &principal.choose(self.name.as_deref())?.url;
                told.retain(|(address, _)| address != own);
                told.push((own.clone(), self.own(calendar, window).await?));
            }
        }
        Ok(told)
    }

    async fn outbox(
        &self,
        outbox: &Url,
        own: &Address,
        who: &[Address],
        window: Span,
        now: Timestamp,
    ) -> Result<BusyAnswers, Failure> {
        let mut request = Request::new(Method::POST, outbox)
            .with_body(
                "text/calendar; charset=utf-8; component=VFREEBUSY; method=REQUEST",
                question(own, who, window, now),
            )?
            // Servers of before RFC 6638 want both.
            .with(HeaderName::from_static("originator"), &format!("mailto:{own}"))?;
        let recipients: Vec<String> = who.iter().map(|one| format!("mailto:{one}")).collect();
        request = request.with(HeaderName::from_static("recipient"), &recipients.join(", "))?;
        request.max_bytes = MAX_RESPONSE_BYTES;
        let reply = self.account.send(request).await?;
        if !reply.status.is_success() {
            return match reply.failure() {
                failure if matches!(failure.kind, ErrorKind::Wait { .. }) || reply.status.as_u16() == 401 => {
                    Err(failure)
                }
                // A server that does not say when people are busy says nothing of anybody.
                _ => Ok(BusyAnswers::new()),
            };
        }
        let read = move || {
            let told = replies::deliveries(&reply.body)?;
            Ok(told.iter().filter_map(|delivery| answer(delivery, window)).collect())
        };
        aside(read).await?
    }

    /// When the owner is busy in their own calendar; none where the server has no such report.
    async fn own(&self, calendar: &Url, window: Span) -> Result<Option<Vec<BusySpan>>, Failure> {
        let question = requests::free_busy(&stamp(window.start), &stamp(window.end));
        let (_, reply) = self.account.ask(calendar, &question, MAX_RESPONSE_BYTES).await?;
        if !reply.status.is_success() {
            return Ok(None);
        }
        aside(move || busy(&String::from_utf8_lossy(&reply.body), window)).await
    }
}

/// What is posted to the outbox: one question about all of them.
fn question(own: &Address, who: &[Address], window: Span, now: Timestamp) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".into(),
        "PRODID:-//cadenced//EN".into(),
        "METHOD:REQUEST".into(),
        "BEGIN:VFREEBUSY".into(),
        format!("UID:cadenced-{}-{}", now.as_millisecond(), window.start.as_second()),
        format!("DTSTAMP:{}", stamp(now)),
        format!("DTSTART:{}", stamp(window.start)),
        format!("DTEND:{}", stamp(window.end)),
        format!("ORGANIZER:mailto:{own}"),
    ];
    lines.extend(who.iter().map(|one| format!("ATTENDEE:mailto:{one}")));
    lines.extend(["END:VFREEBUSY".to_owned(), "END:VCALENDAR".into()]);
    lines.iter().map(|line| text::folded(line, "\r\n")).collect()
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// What one recipient's answer says; a status that is no success says nothing (RFC 5546 3.6).
fn answer(delivery: &Delivery, window: Span) -> Option<(Address, Option<Vec<BusySpan>>)> {
    let address = Address::parse(&delivery.recipient)?;
    let good = delivery.status.trim_start().starts_with('2');
    let known = delivery.data.as_deref().filter(|_| good).and_then(|data| busy(data, window));
    Some((address, known))
}

/// The busy stretches of a VFREEBUSY, clipped to the window, in order; none where it is none or one of them makes no sense.
fn busy(data: &str, window: Span) -> Option<Vec<BusySpan>> {
    let lines = text::lines(data);
    if !lines.iter().any(|line| line.is(&["BEGIN"]) && line.value().trim().eq_ignore_ascii_case("VFREEBUSY")) {
        return None;
    }
    let mut spans = Vec::new();
    for line in lines.iter().filter(|line| line.is(&["FREEBUSY"])) {
        let parameters = line.parameters().to_ascii_uppercase();
        if parameters.contains("FBTYPE=FREE") {
            continue;
        }
        let tentative = parameters.contains("FBTYPE=BUSY-TENTATIVE");
        for period in line.value().split(',').map(str::trim).filter(|period| !period.is_empty()) {
            let span = span(period)?;
            if let Some(span) = within(span, window) {
                spans.push(BusySpan { span, tentative });
            }
            if spans.len() > MAX_SPANS {
                return None;
            }
        }
    }
    spans.sort_unstable();
    Some(spans)
}

/// A PERIOD in UTC (RFC 5545 3.3.9).
fn span(period: &str) -> Option<Span> {
    let (start, end) = period.split_once('/')?;
    let utc = |text: &str| match datetime::Value::parse(text)?.0 {
        datetime::Value::Utc(local) => Some(Moment::utc(local)),
        _ => None,
    };
    let start = utc(start)?;
    let end = utc(end).or_else(|| datetime::Length::parse(end).ok().map(|length| length.after(&start)))?;
    Some(Span::new(start.instant(&TimeZone::UTC), end.instant(&TimeZone::UTC)))
}

fn within(span: Span, window: Span) -> Option<Span> {
    let shared = Span::new(span.start.max(window.start), span.end.min(window.end));
    (!shared.length().is_zero()).then_some(shared)
}
