//! One person of a pair at a real `CalDAV` server, with what their calendar program would do.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use cadenced::calendar::caldav::discover;
use cadenced::calendar::http::request::{Reply, Request};
use cadenced::calendar::{Connected, Shared, caldav};
use cadenced::config::{CalDav, DavLogin, Login, Secret, SecretSource};
use cadenced::domain::person::Address;
use cadenced::domain::recurrence::{Moment, Zone};
use reqwest::Method;
use reqwest::header::HeaderName;
use url::Url;

use crate::caldav_server::{settings, shared};

/// A zone as an object brings it along.
pub const ZONE: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:DAYLIGHT\r\nDTSTART:19810329T020000\r\nTZNAME:CEST\r\n\
    TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\n\
    DTSTART:19961027T030000\r\nTZNAME:CET\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
    END:STANDARD\r\nEND:VTIMEZONE\r\n";

/// One of the two people.
pub struct Side {
    pub settings: CalDav,
    pub shared: Shared,
    pub address: Address,
    pub calendar: Url,
    pub outbox: Option<Url>,
}

pub fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} says which server is meant; see tests/rigs"))
}

pub fn moment(local: &str) -> Moment {
    Moment::Zoned(local.parse().unwrap(), Zone::iana("Europe/Berlin").unwrap())
}

impl Side {
    pub async fn new(user: &str) -> Self {
        Self::at(user, &env("CADENCED_CALDAV_SERVER")).await
    }

    /// The same by another address of the server.
    pub async fn at(user: &str, server: &str) -> Self {
        let login = Login { username: user.into(), password: SecretSource::Literal(Secret::new("pw")) };
        let settings = CalDav { login: DavLogin::Basic(login), ..settings(server) };
        let address = Address::parse(&format!("{user}@example.com")).unwrap();
        let shared = shared(vec![address.clone()]);
        let found = discover(&settings, &shared).await.unwrap();
        let calendar = found.choose(None).unwrap().url.clone();
        Self { settings, shared, address, calendar, outbox: found.outbox.clone() }
    }

    pub fn connect(&self) -> Connected {
        caldav::connect(&self.settings, &self.shared).remove(0)
    }

    pub async fn raw(&self, method: Method, name: &str, headers: &[(HeaderName, &str)], body: &str) -> Reply {
        let url = self.calendar.join(name).unwrap();
        let DavLogin::Basic(login) = &self.settings.login else { panic!() };
        let login =
            cadenced::calendar::http::address::Login { username: login.username.clone(), password: Secret::new("pw") };
        let request = || {
            let mut request = Request::new(method.clone(), &url).with_login(&login).unwrap();
            if !body.is_empty() {
                let kind = if body.starts_with('<') { "application/xml" } else { "text/calendar" };
                request = request.with_body(&format!("{kind}; charset=utf-8"), body).unwrap();
            }
            for (name, value) in headers {
                request = request.with(name.clone(), value).unwrap();
            }
            request
        };
        match self.shared.client.send(request()).await {
            Ok(reply) => reply,
            // SOGo closes connections without announcing it.
            Err(_) => self.shared.client.send(request()).await.unwrap(),
        }
    }

    pub async fn put(&self, name: &str, body: &str) -> Reply {
        let reply = self.raw(Method::PUT, name, &[], body).await;
        assert!(reply.status.is_success(), "PUT answered {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
        reply
    }

    pub async fn text(&self, name: &str) -> String {
        String::from_utf8(self.raw(Method::GET, name, &[], "").await.body).unwrap()
    }

    /// The paths of everything in the calendar.
    pub async fn paths(&self) -> Vec<String> {
        let asked = caldav::requests::etags();
        let reply = self.raw(asked.method, "", &[(HeaderName::from_static("depth"), "1")], &asked.body).await;
        let all = caldav::replies::multistatus(&reply.body).unwrap().responses.into_iter().map(|member| member.path);
        all.filter(|path| path.trim_end_matches('/') != self.calendar.path().trim_end_matches('/')).collect()
    }

    /// Deletes everything in the calendar.
    pub async fn empty(&self) {
        for path in self.paths().await {
            self.raw(Method::DELETE, &path, &[], "").await;
        }
    }
}
