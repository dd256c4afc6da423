//! Lists an account's calendars.

use std::collections::HashSet;

use google_calendar3::api;

use super::session::Session;
use super::wire;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;

/// More pages than this are a server that runs in circles.
const MAX_PAGES: usize = 100;

/// One calendar that an account can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What the config calls it.
    pub id: String,
    /// The name that its user sees.
    pub name: String,
    /// Whether it is the account's main one.
    pub is_primary: bool,
    /// What the account may do with it: `owner`, `writer`, `reader` or `freeBusyReader`.
    pub role: String,
}

/// The calendars of an account.
///
/// # Errors
/// Those of the session; `NotACalendar` for what is no such list.
pub async fn calendars(session: &Session) -> Result<Vec<Listed>, Failure> {
    let api = session.endpoints()?.api;
    let mut all = Vec::new();
    let mut next: Option<String> = None;
    let mut asked = HashSet::new();
    for _ in 0..MAX_PAGES {
        let reply = session.read(&wire::calendars(&api, next.as_deref())).await?;
        let page = wire::page(&reply.body)?;
        let entries = page.items.iter().filter_map(|item| serde_json::from_str(item.get()).ok());
        all.extend(entries.filter_map(listed));
        match page.next_page_token {
            Some(more) if asked.insert(more.clone()) => next = Some(more),
            Some(_) => break,
            None => return Ok(all),
        }
    }
    Err(Failure::new(ErrorKind::Server, "the list of calendars does not end"))
}

fn listed(entry: api::CalendarListEntry) -> Option<Listed> {
    let id = entry.id?;
    Some(Listed {
        name: entry.summary_override.or(entry.summary).unwrap_or_else(|| id.clone()),
        is_primary: entry.primary == Some(true),
        role: entry.access_role.unwrap_or_default(),
        id,
    })
}
