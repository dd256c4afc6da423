//! Applies a complete listing: compares each event with its row, and writes only those that differ.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Statement};

use super::mirror::Applied;
use super::{Error, ErrorKind, reach, readable, stamp};
use crate::domain::event::{Event, RecurrenceId, Status};
use crate::domain::outline;
use crate::domain::recurrence::Moment;
use crate::domain::source::{Item, Problem};

/// How many problems are kept for the user to read; beyond that they are only counted.
pub(super) const PROBLEMS: usize = 200;

const FIND: &str = "SELECT id, sequence, modified, missed IS NOT NULL, body, resource FROM event
    WHERE source = ?1 AND uid = ?2 AND instance = ?3";
const INSERT: &str = "INSERT OR IGNORE INTO event
    (source, uid, instance, recurring, starts, ends, sequence, modified, first_seen, body, resource, outline)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
const UPDATE: &str = "UPDATE event SET recurring = ?2, starts = ?3, ends = ?4, sequence = ?5, modified = ?6, body = ?7,
    resource = ?8, outline = ?9, last_seen = NULL, missed = NULL, confirmed = NULL WHERE id = ?1";
const UNREADABLE: &str = "UPDATE event SET last_seen = NULL, missed = NULL, confirmed = NULL
    WHERE source = ?1 AND uid = ?2 AND missed IS NOT NULL";
/// What is known of a session that was called off: its own event, else its series, which a source may have kept under that name.
const CALLED_OFF: &str =
    "SELECT body FROM event WHERE source = ?1 AND (resource = ?2 AND instance != '' OR resource = ?3 AND instance = '')
    ORDER BY instance = '' LIMIT 1";
const SAME_UID: &str = "SELECT id FROM event WHERE source = ?1 AND uid = ?2";

/// A pass over the listing of one source, inside a transaction.
pub(super) struct Pass<'db> {
    db: &'db Connection,
    source: i64,
    at: i64,
    /// Rows of the source before the pass; with none, nothing needs to be looked up first.
    before: u64,
    find: Statement<'db>,
    insert: Statement<'db>,
    update: Statement<'db>,
    unreadable: Statement<'db>,
    same_uid: Statement<'db>,
    /// Whether every item that was left out is known by its place.
    complete: bool,
    seen: Rows,
    counted: Rows,
    applied: Applied,
    problems: Vec<Problem>,
    /// The sessions that were called off: they wait for their series, which may come later.
    called_off: Vec<CalledOff>,
    /// The names of the objects that were shown; kept for deltas only.
    shown: Option<BTreeSet<String>>,
    /// The event at hand as it is stored, and the instance it overrides; kept to use their memory again.
    body: Vec<u8>,
    instance: String,
}

/// A session that was called off, by the names of its object and of its series' object.
struct CalledOff {
    resource: String,
    master: String,
    original: Moment,
    is_sure: bool,
}

/// What a pass saw.
pub(super) struct Seen {
    pub rows: Rows,
    /// The names of the objects that were shown, where that was asked for.
    pub shown: BTreeSet<String>,
    /// Objects that turned out to be gone, as they are no sessions of anything.
    pub also_gone: Vec<String>,
    /// Whether any row of the source was provably not there.
    pub missing: bool,
    pub applied: Applied,
    pub problems: Vec<Problem>,
}

/// The row that an event has already.
struct Row {
    id: i64,
    revision: (u32, Option<i64>),
    gone: bool,
    same: bool,
}

impl<'db> Pass<'db> {
    pub(super) fn begin(db: &'db Connection, source: i64, at: Timestamp) -> rusqlite::Result<Self> {
        let before = db.query_row("SELECT count(*) FROM event WHERE source = ?1", [source], |row| {
            row.get(0).map(i64::cast_unsigned)
        })?;
        Ok(Self {
            db,
            source,
            at: stamp(at),
            before,
            find: db.prepare(FIND)?,
            insert: db.prepare(INSERT)?,
            update: db.prepare(UPDATE)?,
            unreadable: db.prepare(UNREADABLE)?,
            same_uid: db.prepare(SAME_UID)?,
            complete: true,
            seen: Rows::default(),
            counted: Rows::default(),
            applied: Applied::default(),
            problems: Vec::new(),
            called_off: Vec::new(),
            shown: None,
            body: Vec::new(),
            instance: String::new(),
        })
    }

    /// The same for a pass over what changed only.
    pub(super) fn over_changes(db: &'db Connection, source: i64, at: Timestamp) -> rusqlite::Result<Self> {
        Ok(Self { shown: Some(BTreeSet::new()), ..Self::begin(db, source, at)? })
    }

    pub(super) fn take(&mut self, item: Item) -> Result<(), Error> {
        match item {
            Item::Event(event) => self.event(&event, None),
            Item::Kept { resource, event } => self.kept(&event, resource),
            Item::CalledOff { resource, master, original, is_sure } => {
                self.called_off.push(CalledOff { resource, master, original, is_sure });
                Ok(())
            }
            Item::Problem(problem) => self.problem(problem),
        }
    }

    /// Ends the pass; `gone` are the names of objects that are gone with everything in them. Only a session of a series that is still
    /// there was called off.
    pub(super) fn end(mut self, gone: &[String]) -> Result<Seen, Error> {
        let mut also_gone = Vec::new();
        for called_off in std::mem::take(&mut self.called_off) {
            if !gone.contains(&called_off.master) {
                also_gone.extend(self.call_off(called_off)?);
            }
        }
        let missing = (self.complete || planted!("incomplete-lists-delete"))
            && self.seen.count() < self.before + self.applied.added;
        let shown = self.shown.unwrap_or_default();
        Ok(Seen { rows: self.seen, shown, also_gone, missing, applied: self.applied, problems: self.problems })
    }

    fn kept(&mut self, event: &Event, resource: String) -> Result<(), Error> {
        self.event(event, Some(&resource))?;
        if let Some(shown) = &mut self.shown {
            shown.insert(resource);
        }
        Ok(())
    }

    /// Takes a session that was called off, from what is known of it or of its series. Of a series that nobody ever saw, it says
    /// nothing that matters; then its object is gone, unless it is known to be a session.
    fn call_off(&mut self, what: CalledOff) -> Result<Option<String>, Error> {
        let CalledOff { resource, master, original, is_sure } = what;
        let known: Option<String> = self
            .db
            .prepare_cached(CALLED_OFF)?
            .query_row((self.source, &resource, &master), |row| row.get(0))
            .optional()?;
        let Some(event) = known.and_then(|body| readable::<Event>("event", &resource, &body)) else {
            return Ok((!is_sure).then_some(resource));
        };
        let event = match event.overrides {
            Some(_) => Event { status: Status::Cancelled, ..event },
            None => event.called_off(&original),
        };
        self.kept(&event, resource)?;
        Ok(None)
    }

    fn event(&mut self, event: &Event, resource: Option<&str>) -> Result<(), Error> {
        self.body.clear();
        serde_json::to_writer(&mut self.body, event)?;
        self.instance.clear();
        if let Some(id) = &event.overrides {
            name_instance(id, &mut self.instance);
        }
        if self.before == 0 && self.add(event, resource)? {
            return Ok(());
        }
        match self.row_of(event, resource)? {
            None => self.add(event, resource).map(drop),
            Some(row) if self.seen.has(row.id) => self.duplicate(event, resource, &row),
            Some(row) => {
                self.seen.add(row.id);
                if row.same && !row.gone {
                    self.applied.unchanged += 1;
                    return Ok(());
                }
                self.applied.changed += 1;
                self.counted.add(row.id);
                self.replace(event, resource, row.id)
            }
        }
    }

    /// Adds the event at hand; `false` where it has a row already.
    fn add(&mut self, event: &Event, resource: Option<&str>) -> Result<bool, Error> {
        let reach = reach::of(event);
        let (sequence, modified) = revision(event);
        let added = self.insert.execute((
            self.source,
            &event.uid,
            &self.instance,
            is_recurring(event),
            reach.starts,
            reach.ends,
            sequence,
            modified,
            self.at,
            text(&self.body)?,
            resource,
            outline(event),
        ))? > 0;
        if added {
            let id = self.db.last_insert_rowid();
            self.seen.add(id);
            self.counted.add(id);
            self.applied.added += 1;
        }
        Ok(added)
    }

    fn replace(&mut self, event: &Event, resource: Option<&str>, id: i64) -> Result<(), Error> {
        let reach = reach::of(event);
        let (sequence, modified) = revision(event);
        let body = text(&self.body)?;
        let (recurs, outline) = (is_recurring(event), outline(event));
        self.update.execute((id, recurs, reach.starts, reach.ends, sequence, modified, body, resource, outline))?;
        Ok(())
    }

    /// One key twice in a listing: the highest SEQUENCE wins, then the later LAST-MODIFIED, then the first one.
    fn duplicate(&mut self, event: &Event, resource: Option<&str>, row: &Row) -> Result<(), Error> {
        if revision(event) > row.revision || planted!("copies-outlive-their-revision") {
            self.replace(event, resource, row.id)?;
            if !self.counted.has(row.id) {
                self.counted.add(row.id);
                self.applied.unchanged -= 1;
                self.applied.changed += 1;
            }
        }
        self.problem(Problem {
            place: format!("uid {}", event.uid),
            what: "it is there more than once; the newest revision was taken".into(),
            skipped: false,
        })
    }

    fn problem(&mut self, problem: Problem) -> Result<(), Error> {
        self.applied.problems += 1;
        if problem.skipped {
            match uid_in(&problem.place) {
                Some(uid) => self.keep_unreadable(uid)?,
                // An item without a uid was never stored; but what is not even a line of its own may hide any of them.
                None => self.complete &= problem.place.starts_with("line "),
            }
        }
        if self.problems.len() < PROBLEMS {
            self.problems.push(problem);
        }
        Ok(())
    }

    /// An event that cannot be read today is there anyway: it stays as it was when it could be read.
    fn keep_unreadable(&mut self, uid: &str) -> Result<(), Error> {
        self.applied.changed += self.unreadable.execute((self.source, uid))? as u64;
        let mut rows = self.same_uid.query((self.source, uid))?;
        while let Some(row) = rows.next()? {
            self.seen.add(row.get(0)?);
        }
        Ok(())
    }

    fn row_of(&mut self, event: &Event, resource: Option<&str>) -> rusqlite::Result<Option<Row>> {
        let body = self.body.as_slice();
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Row {
                id: row.get(0)?,
                revision: (row.get(1)?, row.get(2)?),
                gone: row.get(3)?,
                same: row.get_ref(4)?.as_bytes()? == body && row.get_ref(5)?.as_str_or_null()? == resource,
            })
        };
        self.find.query_row((self.source, &event.uid, &self.instance), read).optional()
    }
}

fn text(body: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(body).map_err(|_| Error::new(ErrorKind::Internal, Path::new(""), "JSON that is not UTF-8"))
}

fn is_recurring(event: &Event) -> bool {
    event.recurrence.is_some() || event.overrides.is_some()
}

fn outline(event: &Event) -> Option<Vec<u8>> {
    (!is_recurring(event)).then(|| outline::of(event))
}

fn revision(event: &Event) -> (u32, Option<i64>) {
    (event.sequence, event.modified.map(stamp))
}

/// Names an instance so that the same one has the same name in every zone.
fn name_instance(id: &RecurrenceId, into: &mut String) {
    use std::fmt::Write;
    let zone = jiff::tz::TimeZone::UTC;
    let local = id.original.local();
    // Writing to a String does not fail.
    let _ = match &id.original {
        Moment::Date(_) => write!(into, "{}", local.strftime("%Y%m%d")),
        Moment::Floating(_) => write!(into, "{}", local.strftime("%Y%m%dT%H%M%S")),
        Moment::Zoned(..) => {
            let at = zone.to_datetime(id.original.instant(&zone));
            write!(into, "{}", at.strftime("%Y%m%dT%H%M%SZ"))
        }
    };
    if id.this_and_future {
        into.push('+');
    }
}

/// The uid in the place of a problem, `line 120, uid abc`.
fn uid_in(place: &str) -> Option<&str> {
    place.split_once("uid ").map(|(_, uid)| uid.trim())
}

/// A set of row numbers, one bit each: they are dense, and a listing may be long.
#[derive(Default)]
pub(super) struct Rows(Vec<u64>);

impl Rows {
    pub(super) fn has(&self, id: i64) -> bool {
        let (word, bit) = place(id);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    fn add(&mut self, id: i64) {
        let (word, bit) = place(id);
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

fn place(id: i64) -> (usize, u64) {
    let id = usize::try_from(id).unwrap_or_default();
    (id / 64, 1 << (id % 64))
}
