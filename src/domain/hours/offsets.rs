//! [`ZoneOffsets`]: the UTC offsets of one zone during a window, looked up once.

use jiff::tz::TimeZone;

use super::stretch::{Stretch, timestamp};

/// What the clocks of a zone show during a window: the stretches of one offset, in order, without a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) struct ZoneOffsets {
    parts: Vec<Part>,
}

/// A stretch of real time during which the offset from UTC stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) struct Part {
    pub(in crate::domain) span: Stretch,
    /// In seconds, positive to the east.
    pub(in crate::domain) offset: i64,
}

impl ZoneOffsets {
    pub(in crate::domain) fn over(zone: &TimeZone, window: Stretch) -> Self {
        let begin = timestamp(window.from);
        let mut next = Part { span: window, offset: zone.to_offset(begin).seconds().into() };
        let mut parts = Vec::new();
        for change in zone.following(begin) {
            let at = change.timestamp().as_second();
            if at >= window.to {
                break;
            }
            parts.push(Part { span: Stretch { from: next.span.from, to: at }, ..next });
            next = Part { span: Stretch { from: at, to: window.to }, offset: change.offset().seconds().into() };
        }
        parts.push(next);
        Self { parts }
    }

    pub(in crate::domain) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The offset at an instant; outside the window, that at its nearer end.
    pub(in crate::domain) fn offset(&self, at: i64) -> i64 {
        let part = self.parts.iter().find(|part| at < part.span.to).or(self.parts.last());
        part.map_or(0, |part| part.offset)
    }

    /// What the clocks show at an instant, in seconds as if since 1970.
    pub(in crate::domain) fn shown(&self, at: i64) -> i64 {
        at + self.offset(at)
    }
}
