//! A `CalDAV` server with one calendar, sync tokens and conditional writes, whose answers can be overridden.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;

use crate::caldav_reads::discovery;
use crate::caldav_server::{Asked, Server, Told, found, multistatus, status, told};

/// What is answered instead; none where nothing is wrong.
type Fault = Box<dyn FnMut(&Asked) -> Option<Told> + Send>;

#[derive(Default)]
pub struct Shelf {
    /// The objects by path, with the number of the change that wrote each; an empty one was deleted.
    objects: BTreeMap<String, (String, u32)>,
    changes: u32,
    now: Timestamp,
    fault: Option<Fault>,
}

pub struct Collection {
    pub server: Server,
    shelf: Arc<Mutex<Shelf>>,
}

impl Collection {
    pub async fn start(now: Timestamp) -> Self {
        let shelf = Arc::new(Mutex::new(Shelf { now, ..Shelf::default() }));
        let answering = Arc::clone(&shelf);
        let server = Server::start(move |asked| answering.lock().unwrap().answer(asked)).await;
        Self { server, shelf }
    }

    pub fn set_now(&self, now: Timestamp) {
        self.lock().now = now;
    }

    pub fn fail(&self, fault: impl FnMut(&Asked) -> Option<Told> + Send + 'static) {
        self.lock().fault = Some(Box::new(fault));
    }

    /// What another program of the owner's writes.
    pub fn put(&self, name: &str, text: &str) {
        self.lock().put(&format!("/cals/main/{name}"), text);
    }

    /// The objects as they are.
    pub fn objects(&self) -> Vec<(String, String)> {
        let shelf = self.lock();
        let alive = shelf.objects.iter().filter(|(_, (text, _))| !text.is_empty());
        alive.map(|(path, (text, _))| (path.replace("/cals/main/", ""), text.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap()
    }
}

impl Shelf {
    fn put(&mut self, path: &str, text: &str) {
        self.changes += 1;
        self.objects.insert(path.to_owned(), (text.to_owned(), self.changes));
    }

    fn answer(&mut self, asked: &Asked) -> Told {
        if let Some(told) = self.fault.as_mut().and_then(|fault| fault(asked)) {
            return told;
        }
        let date = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let answer = match asked.method.as_str() {
            "GET" => self.get(asked),
            "PUT" | "DELETE" => self.change(asked),
            "POST" => free(asked),
            _ if asked.body.contains("sync-collection") && !asked.body.contains("supported-report-set") => {
                self.changed(asked)
            }
            _ if asked.body.contains("calendar-multiget") => self.several(asked),
            _ => discovery(asked, true).unwrap_or_else(|| told(404, "")),
        };
        answer.with("Date", &date)
    }

    fn get(&self, asked: &Asked) -> Told {
        match self.objects.get(&asked.path) {
            Some((text, number)) if !text.is_empty() => told(200, text).with("ETag", &format!("\"{number}\"")),
            _ => told(404, ""),
        }
    }

    fn change(&mut self, asked: &Asked) -> Told {
        let is_there = self.objects.get(&asked.path).filter(|(text, _)| !text.is_empty());
        let etag = is_there.map(|(_, number)| format!("\"{number}\""));
        let fails = asked.header("if-match").is_some_and(|wanted| etag.as_deref() != Some(wanted))
            || (asked.header("if-none-match") == Some("*") && etag.is_some());
        if fails {
            return told(412, "");
        }
        self.put(&asked.path, &asked.body);
        told(204, "")
    }

    /// What changed after the token.
    fn changed(&self, asked: &Asked) -> Told {
        let token = asked.body.split_once("<D:sync-token>http://t/").and_then(|(_, rest)| rest.split_once('<'));
        let since = token.map_or(0, |(number, _)| number.parse().unwrap());
        let mut responses = String::new();
        for (path, (text, number)) in self.objects.iter().filter(|(_, (_, number))| *number > since) {
            if !text.is_empty() {
                responses.push_str(&found(path, &format!("<D:getetag>\"{number}\"</D:getetag>")));
            } else if since > 0 {
                responses.push_str(&status(path, 404));
            }
        }
        multistatus(&responses, Some(&format!("http://t/{}", self.changes)))
    }

    fn several(&self, asked: &Asked) -> Told {
        let paths = asked.body.split("<D:href>").skip(1).filter_map(|rest| rest.split_once("</D:href>"));
        let object = |path: &str| match self.objects.get(path) {
            Some((text, number)) if !text.is_empty() => {
                found(path, &format!("<D:getetag>\"{number}\"</D:getetag><C:calendar-data>{text}</C:calendar-data>"))
            }
            _ => status(path, 404),
        };
        multistatus(&paths.map(|(path, _)| object(path)).collect::<String>(), None)
    }
}

/// Everybody whom the outbox is asked about is free.
fn free(asked: &Asked) -> Told {
    let mut responses = String::new();
    for who in asked.body.lines().filter_map(|line| line.strip_prefix("ATTENDEE:")) {
        write!(
            responses,
            "<C:response><C:recipient><D:href>{}</D:href></C:recipient><C:request-status>2.0;Success</C:request-status>\
             <C:calendar-data>BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n</C:calendar-data></C:response>",
            who.trim()
        )
        .unwrap();
    }
    let text = format!(
        "<C:schedule-response xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">{responses}</C:schedule-response>"
    );
    told(200, &text)
}
