//! The provider of published calendar files.

use std::path::Path;

use url::Url;

use super::feed;
use crate::calendar::provider::{Asks, Form, FormAccess, Help, Provider, SignIn};
use crate::calendar::{Connected, Shared};
use crate::config::{self, Feed, Secret, SecretSource};
use crate::domain::source::SourceId;

const NAME: &str = "ICS";

/// The feeds of an account.
pub struct Feeds<'a> {
    /// Which.
    pub feeds: &'a [Feed],
    /// What they are read with.
    pub shared: &'a Shared,
}

impl Provider for Feeds<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn connect(&self) -> Vec<Connected> {
        self.feeds.iter().map(|feed| feed::connect(feed, self.shared)).collect()
    }

    fn sign_in(&self) -> Result<&dyn SignIn, &'static str> {
        Err("its calendars are read from their addresses alone")
    }
}

/// Adds a feed by its address.
pub static ADDRESS_FORM: Form = Form {
    provider: NAME,
    choice: "An address that ends in .ics (Google, Outlook, Fastmail, … publish one)",
    help: Help::Lines(PUBLISHERS),
    question: "Paste the address (not shown; press Enter to go back)",
    asks: Asks::Secret,
    check: check_address,
    usual_name: |_| "work".to_owned(),
    access: FormAccess::Address(settings),
    can_be_written: false,
};

/// Adds a calendar file of this machine.
pub static FILE_FORM: Form = Form {
    provider: NAME,
    choice: "A calendar file on this machine",
    help: Help::None,
    question: "The file (press Enter to go back)",
    asks: Asks::File,
    check: |_| Ok(()),
    usual_name: |_| "file".to_owned(),
    access: FormAccess::File(file_settings),
    can_be_written: false,
};

const PUBLISHERS: &str = "\
Where to find your calendar's address:
  Google     on the web: Settings, your calendar, Integrate calendar,
             \"Secret address in iCal format\"
  Outlook    on the web: Settings, Calendar, Shared calendars, Publish a
             calendar: \"can view all details\", then the ICS link
  Fastmail   Settings, Calendars, the calendar's sharing: its private URL
  Nextcloud  the calendar's share menu, Share link, copied as subscription link
  elsewhere  look for \"ICS\", \"iCal\", \"publish\" or \"subscribe\"
";

fn settings(address: SecretSource) -> config::Provider {
    let id = SourceId { account: "new".to_owned(), calendar: "main".to_owned() };
    config::Provider::Ics(vec![Feed::new(id, address)])
}

fn file_settings(path: &Path) -> Result<config::Provider, String> {
    let url = Url::from_file_path(path).map_err(|()| "That is not a file name. Please try again.".to_owned())?;
    Ok(settings(SecretSource::Literal(Secret::new(url.as_str()))))
}

fn check_address(address: &str) -> Result<(), String> {
    let Ok(url) = Url::parse(address) else {
        return Err("That is not an address: it should start with https:// or webcal://. Please try again.".to_owned());
    };
    if !["https", "http", "webcal", "webcals", "file"].contains(&url.scheme()) {
        return Err("An address starts with https:// or webcal://. Please try again.".to_owned());
    }
    if url.path().ends_with("/public/basic.ics") {
        let why = "That is Google's public address, which works for public calendars only; use the secret one. Please try again.";
        return Err(why.to_owned());
    }
    Ok(())
}
