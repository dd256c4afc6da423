//! Free/busy queries to Google. What Google does not tell is unknown, never free.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use google_calendar3::api::{FreeBusyCalendar, FreeBusyResponse, TimePeriod};
use jiff::Timestamp;

use super::session::Session;
use super::wire::{self, MAX_ASKED};
use crate::calendar::failure::Failure;
use crate::calendar::{Error, FreeBusy};
use crate::domain::availability::{Availability, BusySpan};
use crate::domain::person::Address;
use crate::domain::source::SourceId;
use crate::domain::span::Span;

/// Asks for one account.
pub struct Asker {
    /// The calendar that asks, for the errors.
    pub source: SourceId,
    /// The account's session.
    pub session: Arc<Session>,
}

impl Asker {
    async fn ask(&self, who: &[Address], window: Span, now: Timestamp) -> Result<Vec<Availability>, Failure> {
        let api = self.session.endpoints()?.api;
        let mut all = Vec::with_capacity(who.len());
        let mut failed = None;
        for batch in who.chunks(MAX_ASKED) {
            let call = wire::free_busy(&api, batch.iter().map(Address::as_str), window);
            let told = match self.session.read(&call).await {
                Ok(reply) => wire::whole::<FreeBusyResponse>(&reply.body),
                Err(failure) => Err(failure),
            };
            let calendars = match told {
                Ok(told) => told.calendars.unwrap_or_default(),
                Err(failure) => {
                    failed = Some(failure);
                    HashMap::new()
                }
            };
            all.extend(batch.iter().map(|who| availability(who, &calendars, window, now)));
        }
        match failed {
            // Nothing about anybody: that is worth a word of its own.
            Some(failure) if all.iter().all(|one: &Availability| one.busy.is_none()) => Err(failure),
            _ => Ok(all),
        }
    }
}

impl FreeBusy for Asker {
    fn busy<'a>(
        &'a mut self,
        who: &'a [Address],
        window: Span,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Availability>, Error>> + Send + 'a>> {
        Box::pin(async move { self.ask(who, window, now).await.map_err(|failure| failure.of(&self.source)) })
    }
}

fn availability(
    who: &Address,
    calendars: &HashMap<String, FreeBusyCalendar>,
    window: Span,
    asked: Timestamp,
) -> Availability {
    let told = calendars.iter().find(|(id, _)| id.eq_ignore_ascii_case(who.as_str())).map(|(_, told)| told);
    Availability { who: who.clone(), window, asked, busy: told.and_then(|told| spans(told, window)) }
}

/// When a calendar is busy; none where anything about the answer is in doubt.
fn spans(told: &FreeBusyCalendar, window: Span) -> Option<Vec<BusySpan>> {
    if told.errors.as_ref().is_some_and(|errors| !errors.is_empty()) && !planted!("unreadable-diaries-are-free") {
        return None;
    }
    let mut spans = told.busy.as_ref()?.iter().map(|period| span(period, window)).collect::<Option<Vec<_>>>()?;
    spans.sort_unstable();
    Some(spans)
}

fn span(period: &TimePeriod, window: Span) -> Option<BusySpan> {
    let at = |seconds: i64| Timestamp::new(seconds, 0).ok();
    let (start, end) = (at(period.start?.timestamp())?, at(period.end?.timestamp())?);
    let span = Span { start: start.max(window.start), end: end.min(window.end) };
    // Google does not say which of it is only pencilled in.
    (span.start <= span.end).then_some(BusySpan { span, tentative: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Span {
        Span { start: "2026-11-02T00:00:00Z".parse().unwrap(), end: "2026-11-03T00:00:00Z".parse().unwrap() }
    }

    fn told(text: &str) -> Option<Vec<BusySpan>> {
        spans(&serde_json::from_str(text).unwrap(), window())
    }

    #[test]
    fn an_error_or_no_answer_is_unknown_and_an_empty_list_is_free() {
        assert_eq!(told(r#"{"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}"#), None);
        assert_eq!(told("{}"), None);
        assert_eq!(told(r#"{"busy": [{"start": "2026-11-02T10:00:00Z"}]}"#), None);
        assert_eq!(told(r#"{"busy": []}"#), Some(Vec::new()));
    }

    #[test]
    fn busy_spans_are_cut_to_the_window_and_in_order() {
        let text = r#"{"busy": [{"start": "2026-11-02T10:00:00Z", "end": "2026-11-02T11:00:00Z"},
            {"start": "2026-11-01T22:00:00Z", "end": "2026-11-02T01:00:00Z"}]}"#;
        let starts: Vec<String> = told(text).unwrap().iter().map(|busy| busy.span.start.to_string()).collect();
        assert_eq!(starts, ["2026-11-02T00:00:00Z", "2026-11-02T10:00:00Z"]);
    }
}
