//! Works out from a server's listing which objects to fetch, which are gone, and when that cannot be told.

use std::collections::{BTreeMap, BTreeSet};

use super::etag::same_version;
use super::replies::{MAX_RESPONSES, Multistatus};
use super::sync_state::Held;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;

/// A list of a collection, put together from its pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The objects that it names, with their etags; an empty one where none was told.
    pub there: BTreeMap<String, String>,
    /// The objects that it names as gone.
    pub gone: BTreeSet<String>,
}

/// The result of taking a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whether the server cut it short (RFC 6578 3.6), so that there is more to ask for.
    pub is_cut_short: bool,
    /// Whether it names anything that no page before did.
    pub is_news: bool,
}

impl List {
    /// Takes a page.
    ///
    /// # Errors
    /// `TooLarge`, where all pages together name more than [`MAX_RESPONSES`] objects.
    pub fn take(&mut self, collection: &str, page: Multistatus) -> Result<Taken, Failure> {
        let (mut is_cut_short, before) = (false, self.names());
        for response in page.responses {
            if response.path.trim_end_matches('/') == collection.trim_end_matches('/') {
                // Some servers name the collection among its members; only as 507 does that mean anything.
                is_cut_short |= response.status == Some(507);
                continue;
            }
            match response.status {
                Some(404 | 410) => {
                    self.there.remove(&response.path);
                    self.gone.insert(response.path);
                }
                Some(status) if !(200..300).contains(&status) => {}
                _ if response.found.types.iter().any(|kind| kind == "collection") => {}
                _ => {
                    self.gone.remove(&response.path);
                    self.there.insert(response.path, response.found.etag.unwrap_or_default());
                }
            }
        }
        if self.names() > MAX_RESPONSES {
            let why = format!("the server lists more than {MAX_RESPONSES} objects in one calendar");
            return Err(Failure::new(ErrorKind::TooLarge, why));
        }
        Ok(Taken { is_cut_short, is_news: self.names() > before })
    }

    fn names(&self) -> usize {
        self.there.len() + self.gone.len()
    }
}

/// What to do about a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The objects to fetch.
    pub changed: Vec<String>,
    /// The objects that are gone.
    pub gone: Vec<String>,
}

/// What a list of changes says; none where it may be a list of everything instead, by which nothing could be known to be gone.
///
/// Servers that forgot a token may answer like that. Such a list shows itself by an object that has not changed at all, or by naming
/// everything that there is.
pub fn of_changes(held: &Held, list: &List) -> Option<News> {
    let unchanged = |(path, etag): (&String, &String)| held.0.get(path).is_some_and(|own| same_version(own, etag));
    let names_all = !held.0.is_empty() && held.0.keys().all(|path| list.there.contains_key(path));
    if (list.there.iter().any(unchanged) || names_all) && !planted!("full-lists-are-changes") {
        return None;
    }
    let gone = list.gone.iter().cloned().collect();
    Some(News { changed: list.there.keys().cloned().collect(), gone })
}

/// What a list of everything says, held against what is mirrored.
pub fn of_everything(held: &Held, list: &List) -> News {
    let changed = |(path, etag): (&String, &String)| {
        let same = held.0.get(path).is_some_and(|own| same_version(own, etag));
        (!same).then(|| path.clone())
    };
    News {
        changed: list.there.iter().filter_map(changed).collect(),
        gone: held.0.keys().filter(|path| !list.there.contains_key(*path)).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::caldav::replies::{Found, Response};

    fn held(etags: &[(&str, &str)]) -> Held {
        Held(etags.iter().map(|(path, etag)| ((*path).to_owned(), (*etag).to_owned())).collect())
    }

    fn page(members: &[(&str, Option<&str>, Option<u16>)]) -> Multistatus {
        let response = |&(path, etag, status): &(&str, Option<&str>, Option<u16>)| Response {
            path: path.to_owned(),
            href: path.to_owned(),
            status,
            found: Found { etag: etag.map(str::to_owned), ..Found::default() },
        };
        Multistatus { responses: members.iter().map(response).collect(), token: None }
    }

    fn list(members: &[(&str, Option<&str>, Option<u16>)]) -> List {
        let mut list = List::default();
        assert!(!list.take("/cal/", page(members)).unwrap().is_cut_short);
        list
    }

    #[test]
    fn a_page_that_was_cut_short_says_so_at_the_collection() {
        let mut list = List::default();
        let mut take = |members: &[_]| list.take("/cal/", page(members)).unwrap();
        let first = take(&[("/cal/a", Some("1"), None), ("/cal", None, Some(507))]);
        assert_eq!(first, Taken { is_cut_short: true, is_news: true });
        let again = take(&[("/cal/a", Some("1"), None), ("/cal", None, Some(507))]);
        assert_eq!(again, Taken { is_cut_short: true, is_news: false });
        let last = take(&[("/cal/a", None, Some(404)), ("/cal/b", Some("2"), None), ("/cal/", Some("9"), None)]);
        assert!(!last.is_cut_short);
        assert_eq!(list.there.keys().collect::<Vec<_>>(), ["/cal/b"]);
        assert_eq!(list.gone.iter().collect::<Vec<_>>(), ["/cal/a"]);
    }

    #[test]
    fn changes_are_fetched_and_what_is_gone_is_gone() {
        let held = held(&[("/cal/a", "1"), ("/cal/b", "1"), ("/cal/c", "1")]);
        let told = list(&[("/cal/a", Some("2"), None), ("/cal/b", None, Some(404)), ("/cal/new", Some("1"), None)]);
        let news = of_changes(&held, &told).unwrap();
        assert_eq!((news.changed, news.gone), (vec!["/cal/a".into(), "/cal/new".into()], vec!["/cal/b".into()]));
    }

    #[test]
    fn a_list_of_everything_is_not_taken_for_changes() {
        let held = held(&[("/cal/a", "\"1\""), ("/cal/b", "\"1\""), ("/cal/c", "\"1\"")]);
        // The token was forgotten, and c deleted: a and b are listed as they are.
        let told = list(&[("/cal/a", Some("W/\"1\""), None), ("/cal/b", Some("\"2\""), None)]);
        assert_eq!(of_changes(&held, &told), None);
        assert_eq!(of_everything(&held, &told), News { changed: vec!["/cal/b".into()], gone: vec!["/cal/c".into()] });
        // All of them changed.
        let told = list(&[("/cal/a", Some("2"), None), ("/cal/b", Some("2"), None), ("/cal/c", Some("2"), None)]);
        assert_eq!(of_changes(&held, &told), None);
    }

    #[test]
    fn an_object_without_an_etag_is_always_fetched() {
        let held = held(&[("/cal/a", ""), ("/cal/b", "1")]);
        assert_eq!(
            of_everything(&held, &list(&[("/cal/a", None, None), ("/cal/b", Some("1"), None)])).changed,
            ["/cal/a"]
        );
    }
}
