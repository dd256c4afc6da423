//! Fetches listed objects in batches, and spools them to disk until the read is complete.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use url::Url;

use super::account::{Account, aside};
use super::replies::{self, Multistatus};
use super::requests;
use super::sync_state::Held;
use crate::calendar::failure::Failure;
use crate::calendar::http::decoder;
use crate::calendar::ics::read::{self, read_calendar};
use crate::calendar::ics::split::Component;
use crate::calendar::ics::spool::{Spool, Unspool};
use crate::calendar::{ErrorKind, Item, Problem};

/// How many objects are asked for at once.
const BATCH: usize = 250;

/// The most bytes that the answer about one batch may hold; a batch beyond it is asked for in halves.
const MOST_IN_ANSWER: u64 = 8 << 20;

/// How many batches of one read may be too large.
const MAX_HALVED: usize = 64;

/// The objects that were fetched.
pub struct Objects {
    /// How many events they hold.
    pub events: u64,
    /// Those that were given, with their etags.
    pub held: Held,
    /// Those that the list named and the server did not give.
    pub missing: Vec<String>,
    /// Those that hold no event.
    pub empty: Vec<String>,
    /// What is wrong with those that were not given.
    problems: Vec<Item>,
    /// The text of each, outside of memory, behind its path.
    spool: Spool,
    /// How many bytes they are, and may be.
    bytes: u64,
    max_bytes: u64,
}

/// Fetches the objects at these paths of a collection, of no more than `max_bytes` in all; `folder` is for those that do not fit into memory.
///
/// # Errors
/// [`Failure`], as requests have it; `TooLarge` beyond `max_bytes`.
pub async fn fetch(
    account: &Account,
    collection: &Url,
    paths: &[String],
    folder: &Path,
    max_bytes: u64,
) -> Result<Objects, Failure> {
    let mut objects = Objects::new(folder, max_bytes);
    let mut batches: Vec<&[String]> = paths.chunks(BATCH).rev().collect();
    let mut halved = 0;
    while let Some(batch) = batches.pop() {
        let asked: Vec<&str> = batch.iter().map(String::as_str).collect();
        let most = MOST_IN_ANSWER.min(max_bytes);
        let mut reply = match account.ask(collection, &requests::objects(&asked), most).await {
            Ok((_, reply)) => reply,
            Err(Failure { kind: ErrorKind::TooLarge, .. }) => {
                halved += 1;
                match batch {
                    _ if halved > MAX_HALVED => return Err(too_many_large(most)),
                    [one] => objects.too_large(one, most),
                    _ => {
                        let (first, second) = batch.split_at(batch.len() / 2);
                        batches.extend([second, first]);
                    }
                }
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let body = super::account::body_of_multistatus(&mut reply)?;
        let asked = batch.to_vec();
        objects = aside(move || objects.take(&asked, replies::multistatus(&body)?)).await??;
    }
    Ok(objects)
}

impl Objects {
    fn new(folder: &Path, max_bytes: u64) -> Self {
        Self {
            events: 0,
            held: Held::default(),
            missing: Vec::new(),
            empty: Vec::new(),
            problems: Vec::new(),
            spool: Spool::new(folder),
            bytes: 0,
            max_bytes,
        }
    }

    /// Takes the answer about a batch.
    fn take(mut self, asked: &[String], told: Multistatus) -> Result<Self, Failure> {
        let mut missing: HashSet<&String> = asked.iter().collect();
        for response in told.responses {
            let Some(path) = missing.take(&response.path) else { continue };
            match (response.found.data, response.status) {
                (Some(data), _) => self.keep(path, &data, response.found.etag.unwrap_or_default())?,
                // Deleted between the list and the question: the next list says so.
                (None, None | Some(404 | 410)) => self.missing.push(path.clone()),
                (None, Some(status)) => {
                    self.problems.push(broken(format!("the server refuses to return it ({status})")));
                    self.missing.push(path.clone());
                }
            }
        }
        self.missing.extend(missing.into_iter().cloned());
        Ok(self)
    }

    fn keep(&mut self, path: &str, data: &str, etag: String) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(data.len() as u64);
        if self.bytes > self.max_bytes {
            return Err(decoder::too_large(self.max_bytes));
        }
        let items = items(path, data);
        self.events += items.iter().filter(|item| matches!(item, Item::Kept { .. })).count() as u64;
        if items.is_empty() {
            self.empty.push(path.to_owned());
        }
        self.held.0.insert(path.to_owned(), etag);
        let text = [path, "\n", data].concat();
        self.spool.add(&Component { line: 0, calendar: 0, text: text.as_bytes() }).map_err(|error| disk(&error))
    }

    fn too_large(&mut self, path: &str, most: u64) {
        let mebibytes = most.div_ceil(1 << 20);
        self.problems.push(broken(format!("it is larger than {mebibytes} MiB")));
        self.missing.push(path.to_owned());
    }

    /// Everything that they hold, each read as it is asked for.
    ///
    /// # Errors
    /// `Local`, where the disk fails.
    pub fn into_items(self) -> Result<Box<dyn Iterator<Item = io::Result<Item>> + Send>, Failure> {
        let kept = SpooledItems { ready: self.problems, texts: self.spool.rewind().map_err(|error| disk(&error))? };
        Ok(Box::new(kept))
    }
}

/// The items of objects that were spooled.
struct SpooledItems {
    /// Those of the last object, the first one last.
    ready: Vec<Item>,
    texts: Unspool,
}

impl Iterator for SpooledItems {
    type Item = io::Result<Item>;

    fn next(&mut self) -> Option<io::Result<Item>> {
        loop {
            if let Some(item) = self.ready.pop() {
                return Some(Ok(item));
            }
            match self.texts.next() {
                Err(error) => return Some(Err(error)),
                Ok(None) => return None,
                Ok(Some(object)) => {
                    let text = String::from_utf8_lossy(object.text);
                    let (path, data) = text.split_once('\n').unwrap_or_default();
                    self.ready = items(path, data);
                    self.ready.reverse();
                }
            }
        }
    }
}

/// What one object holds, through the reader of feeds: its events under its name, and what is wrong with it.
fn items(path: &str, data: &str) -> Vec<Item> {
    let read = match read_calendar(data.as_bytes()) {
        Ok(read) => read,
        Err(error) => return vec![broken(format!("the object cannot be read ({})", error.kind()))],
    };
    let read::Calendar { events, problems, .. } = read;
    let kept = events.into_iter().map(|event| Item::Kept { resource: path.to_owned(), event: Box::new(event) });
    problems.into_iter().map(Item::Problem).chain(kept).collect()
}

/// An object that could not be fetched. Its name stays out of what is told.
fn broken(what: String) -> Item {
    Item::Problem(Problem { place: "one object of the calendar".into(), what, skipped: true })
}

fn too_many_large(most: u64) -> Failure {
    let mebibytes = most.div_ceil(1 << 20);
    let why = format!("more than {MAX_HALVED} responses for its objects are larger than {mebibytes} MiB");
    Failure::new(ErrorKind::TooLarge, why)
}

fn disk(error: &io::Error) -> Failure {
    Failure::new(ErrorKind::Local, format!("the calendar could not be written to the data folder ({})", error.kind()))
}
