//! Parses the settings for putting sessions back on the calendar.

use jiff::SignedDuration;

use super::section::Section;
use super::{Slots, WorkingHours, parsers};

/// The section on slots.
pub(super) fn slots(section: Section<'_>) -> Slots {
    let times = section.list("protected_times", Vec::new(), parsers::time_span);
    let slots = Slots {
        notice: section.parsed("notice", SignedDuration::from_hours(4), parsers::length),
        buffer: section.parsed("buffer", SignedDuration::ZERO, parsers::length),
        shorter: section.optional("shorter", parsers::signed_duration),
        protected_days: section.list("protected_days", Vec::new(), parsers::weekday),
        protected_times: WorkingHours { days: std::array::from_fn(|_| times.clone()) },
        tentative_is_busy: section.flag("tentative_is_busy", true),
        all_day_is_busy: section.flag("all_day_is_busy", true),
        grace: section.parsed("grace", SignedDuration::from_mins(10), parsers::length),
        daily_limit: section.count("daily_limit", 3),
        ask_when_other_lost: section.flag("ask_when_other_lost", true),
        make_up_as_guest: section.flag("make_up_as_guest", false),
    };
    section.finish();
    slots
}
