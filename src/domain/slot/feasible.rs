//! Computes the spans in which a slot may lie, from both people's hours and busy times.

use super::{Busy, BusyKind, Diary, Known, Search, SlotRules};
use crate::domain::hours::offsets::ZoneOffsets;
use crate::domain::hours::stretch::{Stretch, settle, shared, without};
use crate::domain::hours::{index, stretches};

/// Which rules are heeded: all of them, except to find out which one leaves no slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct ActiveRules {
    pub(super) hours: bool,
    pub(super) protected: bool,
    pub(super) busy: bool,
}

impl ActiveRules {
    pub(super) const ALL: Self = Self { hours: true, protected: true, busy: true };
}

/// The stretches of the window in which both work and both are free, as far as that is known.
pub(super) fn free(search: &Search<'_>, window: Stretch, heeded: ActiveRules) -> Vec<Stretch> {
    let mut free = vec![window];
    if heeded.hours {
        free = shared(&search.owner.hours.stretches(window), &search.other.hours.stretches(window));
    }
    if heeded.protected && !planted!("protected-times-are-offered") {
        free = without(&free, &protected(search, window));
    }
    if heeded.busy {
        free = without(&free, &taken(search, window));
    }
    let original = Stretch::around(search.original);
    without(&free, &Vec::from_iter(original.within(original)))
}

/// The stretches that the owner protects.
pub(super) fn protected(search: &Search<'_>, window: Stretch) -> Vec<Stretch> {
    let mut days = search.rules.protected_times.clone();
    for day in &search.rules.protected_days {
        let midnight = jiff::civil::Time::midnight();
        days[index(*day)].push((midnight, midnight));
    }
    if days.iter().all(Vec::is_empty) {
        return Vec::new();
    }
    stretches(&days, &ZoneOffsets::over(&search.owner.hours.zone, window))
}

/// Whether somebody who is busy with this cannot come.
pub(super) const fn blocks(what: BusyKind, rules: &SlotRules) -> bool {
    match what {
        BusyKind::Busy | BusyKind::OutOfOffice | BusyKind::OtherSession => true,
        BusyKind::Tentative => rules.tentative_is_busy,
        BusyKind::AllDay => rules.all_day_is_busy,
        BusyKind::FocusTime => false,
    }
}

/// How much the owner's busy time is widened, in seconds.
pub(super) fn buffer(rules: &SlotRules) -> i64 {
    let seconds = rules.buffer.as_secs().max(0);
    seconds.saturating_add(i64::from(rules.buffer.subsec_nanos() > 0))
}

/// What is known of somebody's busy time.
pub(super) fn known<'a>(diary: &Diary<'a>) -> &'a [Busy] {
    match diary.busy {
        Known::Known(busy) => busy,
        Known::Unknown => &[],
    }
}

fn taken(search: &Search<'_>, window: Stretch) -> Vec<Stretch> {
    let (owners, others) = (known(&search.owner), known(&search.other));
    let mut taken = Vec::with_capacity(owners.len() + others.len());
    let blocking = |busy: &&Busy| blocks(busy.what, search.rules) && busy.span.start < busy.span.end;
    let widen = if planted!("no-buffer") { 0 } else { buffer(search.rules) };
    let widened = owners.iter().filter(blocking).map(|busy| Stretch::around(busy.span).widened(widen));
    taken.extend(widened.filter_map(|busy| busy.within(window)));
    let plain = others
        .iter()
        .filter(|busy| blocking(busy) && !planted!("the-others-diary-is-ignored"))
        .map(|busy| Stretch::around(busy.span));
    taken.extend(plain.filter_map(|busy| busy.within(window)));
    settle(taken)
}
