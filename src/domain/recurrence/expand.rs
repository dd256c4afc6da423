//! Expands a series: collects the starts of its rules and dates, removes the excluded ones, and applies overrides.

use super::frame::Frame;
use super::overrides::Overrides;
use super::placing::{Shape, View};
use super::starts::{CandidateStart, Starts};
use super::steps::Steps;
use super::{Expansion, Instance, Moment, Options, Series, Window, exclusion};

/// The most instances of one expansion: with the index of overrides it keeps within 1 MiB.
pub(super) const MAX_INSTANCES: usize = 4_096;

/// The instances of `series` that fall into `window`.
///
/// Its cost is in proportion to what the window holds, wherever DTSTART lies; only a rule that is finite by COUNT and
/// irregular is counted, period by period. It allocates less than 1 MiB, returns at most 4,096 instances and looks at no
/// more than 8,192 overrides; whatever ends it early sets `truncated`.
///
/// ```
/// use cadenced::domain::recurrence::{Moment, Options, Recurrence, Series, Window, Zone, expand};
/// use jiff::{SignedDuration, tz::TimeZone};
///
/// let start = Moment::Zoned("2016-10-03T10:00".parse()?, Zone::iana("Europe/Berlin")?);
/// let end = start.plus(SignedDuration::from_mins(30));
/// let recurrence = Recurrence { rules: vec!["FREQ=WEEKLY;BYDAY=MO".parse()?], ..Recurrence::default() };
/// let series = Series { start: &start, end: &end, recurrence: &recurrence, overrides: &[] };
/// let window = Window {
///     from: "2026-10-19T00:00Z".parse()?,
///     to: "2026-10-27T00:00Z".parse()?,
///     here: TimeZone::UTC,
/// };
/// let expansion = expand(&series, &window, Options::default());
/// let starts: Vec<_> = expansion.instances.iter().map(|it| it.start.instant(&window.here).to_string()).collect();
/// // It is ten o'clock in Berlin both times: clocks are changed in between.
/// assert_eq!(starts, ["2026-10-19T08:00:00Z", "2026-10-26T09:00:00Z"]);
/// assert!(!expansion.truncated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn expand(series: &Series<'_>, window: &Window, options: Options) -> Expansion {
    let view = View::of(window);
    let mut steps = Steps::new(options.budget);
    if view.is_empty() {
        return Expansion::default();
    }
    let frame = Frame::of(series.start);
    let overrides = Overrides::index(series, &frame, &mut steps);
    let mut found = Starts { series, frame: &frame, view: &view, overrides: &overrides, options }.collect(&mut steps);
    found.retain(|start| !overrides.has(start.key));
    exclusion::mark(&mut found, series.recurrence, &frame, &mut steps);
    if !options.keep_excluded {
        found.retain(|start| !start.excluded);
    }
    let mut placing = Placing {
        series,
        frame: &frame,
        view: &view,
        instances: Vec::with_capacity(found.len()),
        in_order: true,
        last: LEAST,
        most: options.most.min(MAX_INSTANCES),
    };
    placing.place_found(&found, &overrides);
    placing.place_overridden(&overrides, &mut steps);
    let instances = placing.finish();
    Expansion { instances, truncated: steps.left_work_undone(), full: steps.found_no_room(), steps: steps.taken() }
}

/// Before every place in the order.
const LEAST: (i64, i64) = (i64::MIN, i64::MIN);

/// The last stage: instances where they are now.
struct Placing<'a> {
    series: &'a Series<'a>,
    frame: &'a Frame<'a>,
    view: &'a View<'a>,
    instances: Vec<Instance>,
    in_order: bool,
    last: (i64, i64),
    most: usize,
}

impl Placing<'_> {
    fn place_found(&mut self, found: &[CandidateStart], overrides: &Overrides) {
        let mut range = None;
        let mut shape = Shape::of_master(self.series);
        for start in found {
            let in_force = overrides.range_at(start.key);
            if in_force != range {
                range = in_force;
                shape = Shape::in_force(self.series, range, self.frame);
            }
            self.place(start, &shape);
        }
    }

    fn place(&mut self, start: &CandidateStart, shape: &Shape<'_>) {
        let unmoved = shape.overridden_by.is_none();
        let mut placed = shape.place(start.local, start.key, self.view, self.frame);
        if let Some(end) = start.period.filter(|_| unmoved).and_then(|at| self.end_of_period(at)) {
            placed.to = self.view.instant(end);
            placed.end = end.clone();
        }
        if self.view.meets(placed.from, placed.to) {
            let overridden_by = shape.overridden_by;
            let original = if unmoved { placed.start.clone() } else { self.frame.moment(start.local) };
            let instance =
                Instance { original, start: placed.start, end: placed.end, overridden_by, excluded: start.excluded };
            self.push((placed.from, start.key), instance);
        }
    }

    fn end_of_period(&self, at: u32) -> Option<&Moment> {
        self.series.recurrence.dates.get(usize::try_from(at).ok()?)?.end.as_ref()
    }

    /// Overridden instances are looked for where they are now, whether or not the rules generate the original.
    fn place_overridden(&mut self, overrides: &Overrides, steps: &mut Steps) {
        for (key, at) in overrides.winners() {
            let Some(over) = self.series.overrides.get(at).filter(|over| self.view.may_meet(&over.start, &over.end))
            else {
                continue;
            };
            if !steps.take() {
                return;
            }
            if self.instances.len() >= self.most {
                return steps.end();
            }
            let (from, to) = (self.view.instant(&over.start), self.view.instant(&over.end));
            if self.view.meets(from, to) {
                let original = self.frame.moment(self.frame.local_of(key));
                let (start, end) = (over.start.clone(), over.end.clone());
                self.push((from, key), Instance { original, start, end, overridden_by: Some(at), excluded: false });
            }
        }
    }

    fn push(&mut self, place: (i64, i64), instance: Instance) {
        self.in_order &= self.last <= place;
        self.last = place;
        if self.instances.len() == self.instances.capacity() {
            // Doubling could reserve more than may ever be used.
            let more = self.instances.len().clamp(4, MAX_INSTANCES);
            self.instances.reserve_exact(more.min(MAX_INSTANCES.saturating_sub(self.instances.len()).max(1)));
        }
        self.instances.push(instance);
    }

    fn finish(mut self) -> Vec<Instance> {
        if !self.in_order {
            let (view, frame) = (self.view, self.frame);
            self.instances.sort_by_cached_key(|instance| {
                (view.instant(&instance.start), frame.key_of_stated(&instance.original))
            });
        }
        self.instances
    }
}
