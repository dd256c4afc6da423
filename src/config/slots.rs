//! Parses the settings for putting sessions back on the calendar.

use jiff::SignedDuration;

use super::section::Section;
use super::{Slots, WorkingHours, value};

/// The section on slots.
pub(super) fn slots(section: Section<'_>) -> Slots {
    let times = section.list("protected_times", Vec::new(), value::time_span);
    let slots = Slots {
        notice: section.parsed("notice", SignedDuration::from_hours(4), value::length),
        buffer: section.parsed("buffer", SignedDuration::ZERO, value::length),
        shorter: section.optional("shorter", value::signed_duration),
        protected_days: section.list("protected_days", Vec::new(), value::weekday),
        protected_times: WorkingHours { days: std::array::from_fn(|_| times.clone()) },
        tentative_is_busy: section.flag("tentative_is_busy", true),
        all_day_is_busy: section.flag("all_day_is_busy", true),
        grace: section.parsed("grace", SignedDuration::from_mins(10), value::length),
        daily_limit: section.count("daily_limit", 3),
        ask_when_other_lost: section.flag("ask_when_other_lost", true),
        make_up_as_guest: section.flag("make_up_as_guest", false),
    };
    section.finish();
    slots
}
