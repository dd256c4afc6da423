//! Plays a story day by day through the real cycle, in every order of reading and naming, and compares the result.

use cadenced::domain::plan::Notice;
use cadenced::domain::session::SessionId;
use cadenced::domain::span::Span;
use cadenced::domain::standing::Standing;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;

use super::entry::{OWNER, alone, local};
use super::forms::Form;
use super::outline;
use super::telling::Telling;
use super::world::World;

/// A change of the world, and when it happens.
pub type Step = (Timestamp, Box<dyn Fn(&mut World)>);

/// A calendar of a story.
#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub kind: &'static str,
    pub whose: String,
}

/// One history and how it must end.
pub struct Story {
    name: &'static str,
    pub sources: Vec<Source>,
    pub config: String,
    pub owners: Vec<String>,
    pub steps: Vec<Step>,
    pauses: Vec<Span>,
    until: Timestamp,
    from: Timestamp,
    expected: Option<String>,
    former: Option<String>,
    none: Vec<(&'static str, &'static str)>,
    told: Vec<(&'static str, Vec<&'static str>)>,
    times: Option<Vec<&'static str>>,
}

/// How a telling of a story ended.
pub struct Ending {
    pub standing: Standing,
    pub told: Vec<(Timestamp, Notice)>,
}

impl Ending {
    /// Everything that the user gets to see, without the names of accounts.
    fn summary(&self) -> String {
        let all = Span::new(Timestamp::MIN, Timestamp::MAX);
        let told = self.told.iter().map(|(at, notice)| {
            let subject = serde_json::to_value(&notice.subject).unwrap();
            let session = subject["session"].as_str().and_then(|text| text.parse::<SessionId>().ok());
            let original = session.map(|session| clock(session.original)).unwrap_or_default();
            format!("{} {} {} {original}", clock(*at), subject["kind"], subject["person"]["name"])
        });
        let former = outline::of(&self.standing.former, all, &zone());
        let ones = outline::of(&self.standing.one_on_ones, all, &zone());
        format!("{ones}\nformer\n{former}\ntold\n{}", told.collect::<Vec<_>>().join("\n"))
    }
}

pub fn zone() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

pub fn instant(at: DateTime) -> Timestamp {
    at.to_zoned(zone()).unwrap().timestamp()
}

/// A story with one calendar, a live one called `main`.
pub fn story(name: &'static str) -> Story {
    let main = Source { name: "main".into(), kind: "caldav", whose: "owner".into() };
    Story {
        name,
        sources: vec![main],
        config: String::new(),
        owners: vec![OWNER.to_owned()],
        steps: Vec::new(),
        pauses: Vec::new(),
        until: Timestamp::MIN,
        from: Timestamp::MIN,
        expected: None,
        former: None,
        none: Vec::new(),
        told: Vec::new(),
        times: None,
    }
}

impl Story {
    /// Makes the first calendar a feed.
    pub fn feed(mut self) -> Self {
        self.sources[0].kind = "ics";
        self
    }

    /// The calendar is a published file; it is never empty, as a file that suddenly is empty is not believed.
    pub fn in_a_feed(mut self) -> Self {
        self.sources[0].kind = "ics";
        self.on("11-01 08:00", |world| world.put(alone("filler", "10-02 08:00", "Dentist")))
    }

    /// A further calendar.
    pub fn calendar(mut self, name: &str, kind: &'static str, whose: &str) -> Self {
        self.sources.push(Source { name: name.into(), kind, whose: whose.into() });
        self
    }

    /// Further sections of the config.
    pub fn config(mut self, more: &str) -> Self {
        self.config.push_str(more);
        self
    }

    /// Somebody in the config.
    pub fn person(self, name: &str, address: &str) -> Self {
        let addresses = if address.is_empty() { String::new() } else { format!("addresses = [\"{address}\"]\n") };
        self.config(&format!("[[person]]\nname = \"{name}\"\n{addresses}expected = false\n"))
    }

    /// A further address of the owner's.
    pub fn owners(mut self, address: &str) -> Self {
        self.owners.push(address.to_owned());
        self
    }

    /// What happens, and when; the calendars are read right after it.
    pub fn on(mut self, when: &str, change: impl Fn(&mut World) + 'static) -> Self {
        self.steps.push((instant(local(when)), Box::new(change)));
        self
    }

    /// Nothing is read and nothing done from one instant to another: the machine is off.
    pub fn off(mut self, from: &str, to: &str) -> Self {
        self.pauses.push(Span::new(instant(local(from)), instant(local(to))));
        self
    }

    pub fn until(mut self, when: &str) -> Self {
        self.until = instant(local(when));
        self
    }

    /// Sessions before this day stand in no expectation.
    pub fn from(mut self, day: &str) -> Self {
        self.from = instant(local(&format!("{day} 00:00")));
        self
    }

    /// All 1:1s at the end, a line each, with their sessions up to a week ahead.
    pub fn ends(mut self, expected: &str) -> Self {
        self.expected = Some(expected.to_owned());
        self
    }

    /// What was a 1:1 and is no longer one, with its history.
    pub fn former(mut self, expected: &str) -> Self {
        self.former = Some(expected.to_owned());
        self
    }

    /// A series that is no 1:1, by its title, and the kind of the reason.
    pub fn none(mut self, title: &'static str, reason: &'static str) -> Self {
        self.none.push((title, reason));
        self
    }

    /// The notices of one kind, in order: `11-16 08:00 ann 11-23`, with the session that each is about.
    pub fn told(mut self, kind: &'static str, notices: &[&'static str]) -> Self {
        self.told.push((kind, notices.to_vec()));
        self
    }

    /// Between which reads each loss came, in order: `11-23: 11-16 08:00 to 11-16 20:00`.
    pub fn lost(mut self, times: &[&'static str]) -> Self {
        self.times = Some(times.to_vec());
        self
    }

    /// Tells the story in every order of reading and naming, and fails where it ends otherwise than it should.
    pub fn run(self) {
        let count = self.sources.len();
        let form = if self.sources[0].kind == "ics" { Form::Feed } else { Form::CalDav };
        for order in orders(count) {
            for names in orders(count) {
                let how = format!("{} (read in the order {order:?}, named in the order {names:?})", self.name);
                let ending = self.tell(form, &order, &names, &how);
                self.compare(&ending, &how);
            }
        }
    }

    /// Tells the story in every order of reading and naming, and fails where one ends otherwise than another.
    pub fn ends_the_same_in_every_order(self) {
        let mut first: Option<(String, String)> = None;
        for order in orders(self.sources.len()) {
            for names in orders(self.sources.len()) {
                let how = format!("read in the order {order:?}, named in the order {names:?}");
                let ending = self.tell(Form::CalDav, &order, &names, &how);
                let summary = ending.summary();
                match &first {
                    Some((before, expected)) => assert_eq!(&summary, expected, "{how}, after {before}"),
                    None => first = Some((how, summary)),
                }
            }
        }
    }

    /// Tells the story, which has one calendar, as every kind of provider shows it.
    pub fn in_every_form(self) {
        for form in Form::ALL {
            let how = format!("{} ({form:?})", self.name);
            let ending = self.tell(form, &[0], &[0], &how);
            self.compare(&ending, &how);
        }
    }

    fn tell(&self, form: Form, order: &[usize], names: &[usize], how: &str) -> Ending {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut telling = Telling::begin(self, form, order, names, how).await;
            for at in self.ticks() {
                telling.tick(at, how).await;
            }
            telling.end(self.until).await
        })
    }

    /// Eight in the morning and in the evening of each day, and whenever something happens.
    fn ticks(&self) -> Vec<Timestamp> {
        let zone = zone();
        let first = self.steps.iter().map(|step| step.0).min().expect("something happens");
        let mut ticks: Vec<Timestamp> = self.steps.iter().map(|step| step.0).collect();
        let mut day = zone.to_datetime(first).date();
        while day <= zone.to_datetime(self.until).date() {
            ticks.extend([8, 20].map(|hour| instant(day.at(hour, 0, 0, 0))));
            day = day.checked_add(1.day()).unwrap();
        }
        ticks.retain(|at| first <= *at && *at <= self.until);
        ticks.retain(|at| {
            !self.pauses.iter().any(|pause| pause.contains(*at)) || self.steps.iter().any(|step| step.0 == *at)
        });
        ticks.push(self.until);
        ticks.sort_unstable();
        ticks.dedup();
        ticks
    }

    fn compare(&self, ending: &Ending, how: &str) {
        let zone = zone();
        let begin = if self.from == Timestamp::MIN { self.steps[0].0 } else { self.from };
        let window = Span::new(begin, self.until + SignedDuration::from_hours(7 * 24));
        if let Some(expected) = &self.expected {
            let found = outline::of(&ending.standing.one_on_ones, window, &zone);
            assert_eq!(outline::trimmed(&found), outline::trimmed(expected), "{how}\n{found}\n");
        }
        if let Some(expected) = &self.former {
            let found = outline::of(&ending.standing.former, window, &zone);
            assert_eq!(outline::trimmed(&found), outline::trimmed(expected), "{how}\n{found}\n");
        }
        for (title, reason) in &self.none {
            let of_title = |other: &&cadenced::domain::standing::OtherSeries| other.title == *title;
            let other = ending.standing.others.iter().find(of_title);
            let other = other.unwrap_or_else(|| panic!("{how}: {title} is no other series"));
            let kinds: Vec<Value> =
                other.reasons.iter().map(|reason| kind_of(&serde_json::to_value(reason).unwrap())).collect();
            assert_eq!(kinds, [Value::from(*reason)], "{how}: {title}");
        }
        for (kind, expected) in &self.told {
            assert_eq!(told(&ending.told, kind), *expected, "{how}: {:#?}", ending.told);
        }
        if let Some(expected) = &self.times {
            assert_eq!(times(&ending.standing, window), *expected, "{how}");
        }
    }
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    shorter.iter().flat_map(|order| (0..count).map(move |at| insert(order, at, count - 1))).collect()
}

fn insert(order: &[usize], at: usize, what: usize) -> Vec<usize> {
    let mut longer = order.to_vec();
    longer.insert(at, what);
    longer
}

fn kind_of(value: &Value) -> Value {
    value["kind"].clone()
}

/// `11-16 08:00`.
fn clock(at: Timestamp) -> String {
    zone().to_datetime(at).strftime("%m-%d %H:%M").to_string()
}

fn told(notices: &[(Timestamp, Notice)], kind: &str) -> Vec<String> {
    let of_kind = notices.iter().filter_map(|(at, notice)| {
        let subject = serde_json::to_value(&notice.subject).unwrap();
        if subject["kind"] != kind {
            return None;
        }
        let address = subject["person"]["addresses"][0].as_str().unwrap_or_default();
        let mut line = format!("{} {}", clock(*at), address.split('@').next().unwrap_or_default());
        if let Some(session) = subject["session"].as_str().and_then(|text| text.parse::<SessionId>().ok()) {
            line.push_str(&zone().to_datetime(session.original).strftime(" %m-%d").to_string());
        }
        Some(line)
    });
    of_kind.collect()
}

fn times(standing: &Standing, window: Span) -> Vec<String> {
    let sessions = standing.one_on_ones.iter().flat_map(|one| &one.sessions);
    let lost = sessions.filter(|session| session.outcome.is_lost() && window.contains(session.id.original));
    let line = |session: &cadenced::domain::session::Session| {
        let value = serde_json::to_value(session).unwrap();
        let read = |name: &str| value["lost"][name].as_str().map(|text| clock(text.parse().unwrap()));
        let between = read("after").zip(read("before")).map(|(after, before)| format!("{after} to {before}"));
        let day = zone().to_datetime(session.id.original).strftime("%m-%d").to_string();
        format!("{day}: {}", between.unwrap_or_else(|| "unknown".to_owned()))
    };
    lost.map(line).collect()
}
