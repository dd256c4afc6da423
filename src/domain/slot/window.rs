//! The window of a search: between the neighbouring sessions, after the notice period, before the deadline.

use jiff::SignedDuration;

use super::{FURTHEST, Search};
use crate::domain::hours::stretch::{Stretch, ceil, floor};

/// A deadline nearer than this is close.
const CLOSE: i64 = 24 * 3_600;

/// The window in which a slot must lie, without the notice if that is not heeded; `None` where nothing is left of it.
pub(super) fn open(search: &Search<'_>, heeds_notice: bool) -> Option<Stretch> {
    let earliest =
        if heeds_notice && !planted!("slots-before-the-notice") { earliest(search) } else { ceil(search.now) };
    // Strictly between: a slot touches neither neighbour.
    let from = earliest.max(floor(search.after) + 1);
    let to = floor(search.latest).min(ceil(search.before) - 1).min(ceil(search.now) + FURTHEST.as_secs());
    (from < to).then_some(Stretch { from, to })
}

/// The first second that is far enough ahead of now.
pub(super) fn earliest(search: &Search<'_>) -> i64 {
    let notice = search.rules.notice.max(SignedDuration::ZERO);
    search.now.checked_add(notice).map_or(i64::MAX, ceil)
}

/// Whether the soonest slot is best: the original time is past, or the deadline is close.
pub(super) fn is_late(search: &Search<'_>) -> bool {
    (search.now >= search.original.start && !planted!("late-slots-are-not-soon"))
        || floor(search.latest).saturating_sub(earliest(search)) < CLOSE
}
