//! One run of a story: its own store, the real reader and cycle, and checks after each step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cadenced::config::{Settings, Surroundings, check};
use cadenced::daemon::cycle::Cycle;
use cadenced::daemon::source_reader::Reader;
use cadenced::domain::assess::{assess, horizon};
use cadenced::domain::plan::Notice;
use cadenced::domain::session::{Decision, Evidence, LedgerLine, Loss, Outcome, SessionId};
use cadenced::domain::snapshot::{Horizon, Snapshot};
use cadenced::domain::source::SourceId;
use cadenced::domain::standing::{OneOnOne, Standing};
use cadenced::store::Store;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::forms::{Form, Google, Told};
use super::outline;
use super::runner::{Ending, Story};
use super::world::{Said, Shown, View, World, choice};

/// One telling, with a store of its own.
pub struct Telling<'s> {
    story: &'s Story,
    world: Arc<Mutex<World>>,
    settings: Settings,
    readers: Vec<Reader>,
    store: Store,
    cycle: Cycle,
    told: Vec<(Timestamp, Notice)>,
    next: usize,
    settled: BTreeMap<SessionId, LedgerLine>,
    /// The last time that any calendar could be read.
    read: Timestamp,
    google: Option<Google>,
    _folder: tempfile::TempDir,
}

fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

impl<'s> Telling<'s> {
    pub async fn begin(story: &'s Story, form: Form, order: &[usize], names: &[usize], how: &str) -> Self {
        let folder = folder();
        let google = if form == Form::Google { Some(Google::start().await) } else { None };
        let server = google.as_ref().map(|google| google.fake.url()).unwrap_or_default();
        let calendars = story.sources.iter().map(|source| (source.name.clone(), Shown::default())).collect();
        let world = Arc::new(Mutex::new(World { calendars, said: Vec::new() }));
        let account = |index: usize| format!("account-{}", names[index]);
        let settings = settings(story, &account, (form, &server), how);
        let reader = |&index: &usize| {
            let source = SourceId { account: account(index), calendar: "main".into() };
            let calendar = story.sources[index].name.clone();
            if let Some(google) = google.as_ref().filter(|_| index == 0) {
                return Reader::new(&settings, source, google.reader(&settings, folder.path())).unwrap();
            }
            let told = (index == 0 && form == Form::CalDav && story.sources.len() == 1).then(Told::nothing);
            let view = View { world: Arc::clone(&world), calendar, source: source.clone(), told };
            Reader::new(&settings, source, Box::new(view)).unwrap()
        };
        let readers = order.iter().map(reader).collect();
        let first = story.steps.iter().map(|step| step.0).min().unwrap();
        let (store, _) = Store::open(folder.path(), first).unwrap();
        let cycle =
            Cycle::new(store.clone(), &settings, folder.path().join("reports"), BTreeMap::new(), BTreeMap::new());
        Self {
            story,
            world,
            settings,
            readers,
            store,
            cycle,
            told: Vec::new(),
            next: 0,
            settled: BTreeMap::new(),
            read: Timestamp::MIN,
            google,
            _folder: folder,
        }
    }

    pub async fn tick(&mut self, at: Timestamp, how: &str) {
        while let Some((when, change)) = self.story.steps.get(self.next).filter(|step| step.0 <= at) {
            assert!(*when <= at);
            change(&mut self.world.lock().unwrap());
            self.next += 1;
        }
        if let Some(google) = &mut self.google {
            let entries = self.world.lock().unwrap().calendar("main").entries.clone();
            google.show(&entries, at);
        }
        if self.world.lock().unwrap().calendars.values().any(|calendar| !calendar.is_down) {
            self.read = at;
        }
        for (index, reader) in self.readers.iter_mut().enumerate() {
            let now = at + SignedDuration::from_secs(i64::try_from(index).unwrap());
            reader.read(&self.store, now, None).await.unwrap();
        }
        let now = at + SignedDuration::from_secs(10);
        self.turn(now, how).await;
        let said = std::mem::take(&mut self.world.lock().unwrap().said);
        if !said.is_empty() {
            for word in said {
                self.decide(&word, now).await;
            }
            self.turn(now + SignedDuration::from_secs(1), how).await;
        }
    }

    /// Looks, plans and acts; afterwards there is nothing left to do, and nothing that was settled is otherwise than before.
    async fn turn(&mut self, now: Timestamp, how: &str) {
        self.cycle.turn(now).await.unwrap();
        for notice in self.store.pending(now).await.unwrap() {
            self.store.sent(&notice.key, now).await.unwrap();
            self.told.push((now, notice));
        }
        // Notices that make each other possible settle within a second round.
        let again = self.cycle.turn(now).await.unwrap();
        assert!(!again.acted, "{how}: planning again at {now} finds something to do");
        let (standing, snapshot) = self.look(now).await;
        self.check(&standing, &snapshot, now, how);
    }

    fn check(&mut self, standing: &Standing, snapshot: &Snapshot, now: Timestamp, how: &str) {
        let lines: BTreeMap<&SessionId, &LedgerLine> =
            snapshot.ledger.iter().map(|line| (&line.session.id, line)).collect();
        for (one, session) in standing.one_on_ones.iter().flat_map(OneOnOne::sessions_with) {
            let recorded = lines.get(&session.id).map(|line| line.session.outcome);
            // Of what a stranger sent and nobody answered, the ledger learns nothing.
            let expected = Some(session.outcome).filter(|_| !one.is_unanswered());
            if session.outcome != Outcome::Upcoming {
                assert_eq!(recorded, expected, "{how}: {now}: the ledger has {} otherwise", session.id);
            }
        }
        self.check_promises(standing, how);
        for line in &snapshot.ledger {
            if let Some(before) = self.settled.get(&line.session.id) {
                stays(before, line, snapshot, how);
            }
            if line.was_over() && !matches!(line.session.outcome, Outcome::Unknown | Outcome::Upcoming) {
                self.settled.insert(line.session.id.clone(), line.clone());
            }
        }
    }

    /// What holds whatever the calendars show: one event pays one debt, one time of a pair is one session, and without a read nothing
    /// is missed or held.
    fn check_promises(&self, standing: &Standing, how: &str) {
        let (mut paid, mut times) = (BTreeMap::new(), BTreeMap::new());
        for one in standing.all() {
            for session in &one.sessions {
                let id = &session.id;
                if let Some(event) = &session.made_up_by {
                    let other = paid.insert((event.uid.clone(), event.span.start), id);
                    assert_eq!(other, None, "{how}: one event makes up for {id} too");
                }
                if !session.is_moved() {
                    let other = times.insert((outline::name(&one.person), id.original), id);
                    assert_eq!(other, None, "{how}: {id} is the same session");
                }
                let is_held = session.outcome == Outcome::HeldPresumed;
                assert!(!is_held || session.span.end <= self.read, "{how}: {id} is held by what nobody read");
                let is_missed = session.state == Some(Loss::Missed);
                assert!(!is_missed || session.deadline <= self.read, "{how}: {id} is missed by what nobody read");
            }
        }
    }

    async fn look(&self, now: Timestamp) -> (Standing, Snapshot) {
        let span = horizon(now);
        let snapshot = self.store.snapshot(self.cycle.sources.clone(), Horizon(span)).await.unwrap().known_at(now);
        let policy = self.settings.policy();
        (assess(&snapshot, &policy, span, now), snapshot)
    }

    async fn decide(&self, said: &Said, now: Timestamp) {
        let (standing, _) = self.look(now).await;
        let choice = choice(said, &standing);
        self.store.decide(Decision { choice, at: now }).await.unwrap();
    }

    pub async fn end(self, until: Timestamp) -> Ending {
        let (standing, _) = self.look(until + SignedDuration::from_secs(20)).await;
        Ending { standing, told: self.told }
    }
}

/// What was once settled may be shown lost later, or be decided by the user; nothing else changes it.
fn stays(before: &LedgerLine, line: &LedgerLine, snapshot: &Snapshot, how: &str) {
    let (was, is) = (before.session.outcome, line.session.outcome);
    let is_shown = matches!(is, Outcome::Cancelled | Outcome::Declined | Outcome::Conflicted | Outcome::Excused);
    let is_said = snapshot.decisions.iter().any(|decision| decision.at <= line.recorded);
    // What is asked of a whole series includes the conflicts of it that were recorded one by one before.
    let is_asked = was == Outcome::Conflicted
        && line.session.evidence.iter().any(|evidence| matches!(evidence, Evidence::StandingOverlap { .. }));
    let is_moved = line.session.span != before.session.span;
    let may = was == is
        || is_said
        || is_asked
        || is_moved
        || (is_shown && was == Outcome::HeldPresumed)
        || is == Outcome::Excused;
    let id = &line.session.id;
    assert!(may, "{how}: {id} was {was:?} ({:?}) and is {is:?} ({:?})", before.session.evidence, line.session.evidence);
    if was == is {
        assert_eq!(before.session.deadline, line.session.deadline, "{how}: the deadline of {id} changed");
    }
}

fn settings(story: &Story, account: &dyn Fn(usize) -> String, (form, server): (Form, &str), how: &str) -> Settings {
    let mut text = format!(
        "[owner]\naddresses = {:?}\nnames = [\"Olga Owner\"]\nzone = \"Europe/Berlin\"\n\
         [hours]\nmonday = [\"08:00-18:00\"]\n[notices]\nquiet = []\nremind = \"never\"\nflood = 100\ndaily_limit = 1000\n\
         [report]\nformats = [\"json\"]\n",
        story.owners
    );
    let mut accounts: Vec<(String, String)> = story.sources.iter().enumerate().map(|(index, source)| {
        let name = account(index);
        let form = if index == 0 { form } else if source.kind == "ics" { Form::Feed } else { Form::CalDav };
        let (head, key) = (form.account(server), form.calendar());
        let whose = &source.whose;
        let text = format!(
            "[[account]]\nname = \"{name}\"\n{head}[[account.calendar]]\nname = \"main\"\n{key}whose = \"{whose}\"\n"
        );
        (name, text)
    }).collect();
    accounts.sort();
    text.extend(accounts.into_iter().map(|(_, text)| text));
    text.push_str(&story.config);
    let around = Surroundings { zone: TimeZone::UTC, folder: "/".into(), home: None, exposed: false };
    let checked = check(&text, &around);
    checked.settings.unwrap_or_else(|| panic!("{how}: {:?}", checked.problems))
}
