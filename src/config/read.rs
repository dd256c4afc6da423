//! Parses the whole config file into settings, or into all of its problems.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use jiff::civil::{Time, Weekday, time};
use jiff::tz::TimeZone;
use toml::de::DeTable;

use super::problem::Problems;
use super::section::{Document, Section};
use super::{LogLevel, Notices, Owner, Problem, Report, ReportFormat, Rules, Settings, Severity, parsers};
use super::{accounts, mail, people, slots};
use crate::domain::policy::{Mode, Overtaken, Redaction};

/// No config is longer, and one file must not fill the memory.
const MOST_BYTES: u64 = 1 << 20;

/// What the parser says of a key that is there twice.
const DUPLICATE_KEY: &str = "duplicate key";

/// Titles that are never a 1:1: job interviews have two people and may recur.
const EXCLUDED_TITLES: [&str; 7] = [
    "interview",
    "phone screen",
    "bewerbungsgespräch",
    "vorstellungsgespräch",
    "entretien d'embauche",
    "entrevista de trabajo",
    "sollicitatiegesprek",
];

/// Titles of an out-of-office. Each must be safe as a part of a longer title: `pto` is not (crypto), nor is `oof` (proof).
const OUT_OF_OFFICE_TITLES: [&str; 26] = [
    "out of office",
    "out-of-office",
    "ooo",
    "vacation",
    "annual leave",
    "parental leave",
    "sick leave",
    "on leave",
    "day off",
    "time off",
    "holiday",
    "urlaub",
    "abwesend",
    "abwesenheit",
    "krankgeschrieben",
    "elternzeit",
    "congé",
    "vacances",
    "absence",
    "hors du bureau",
    "arrêt maladie",
    "vacaciones",
    "fuera de la oficina",
    "baja médica",
    "vakantie",
    "afwezig",
];

/// Usual names of groups before the `@`.
const GROUP_NAMES: [&str; 29] = [
    "all",
    "all-hands",
    "allhands",
    "alle",
    "board",
    "crew",
    "dev",
    "devs",
    "dl",
    "engineering",
    "equipe",
    "equipo",
    "everybody",
    "everyone",
    "group",
    "hr",
    "leads",
    "list",
    "managers",
    "marketing",
    "office",
    "sales",
    "squad",
    "staff",
    "support",
    "team",
    "teams",
    "todos",
    "tous",
];

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The settings, unless an error makes the file unusable.
    pub settings: Option<Settings>,
    /// Every problem, in the order of the file.
    pub problems: Vec<Problem>,
}

/// What a file's meaning depends on besides its text.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The machine's zone, for an owner who names none.
    pub zone: TimeZone,
    /// The folder that relative paths start from: the file's own.
    pub folder: PathBuf,
    /// What `~/` means.
    pub home: Option<PathBuf>,
    /// Whether other users of the machine can read the file.
    pub exposed: bool,
}

impl Checked {
    /// Whether the file is unusable.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    fn unreadable(what: String, remedy: &str) -> Self {
        let problem = Problem { line: 1, column: 1, severity: Severity::Error, what, remedy: remedy.to_owned() };
        Self { settings: None, problems: vec![problem] }
    }
}

/// Checks a file on the disk; `zone` is the machine's.
pub fn check_file(path: &Path, zone: TimeZone) -> Checked {
    let (text, exposed) = match load(path) {
        Ok(loaded) => loaded,
        Err(failed) => return *failed,
    };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = absolute.parent().unwrap_or(Path::new("/")).to_path_buf();
    check(&text, &Surroundings { zone, folder, home: etcetera::home_dir().ok(), exposed })
}

/// The text of a file, and whether others can read it.
fn load(path: &Path) -> Result<(String, bool), Box<Checked>> {
    let unreadable = |what: String, remedy: &str| Box::new(Checked::unreadable(what, remedy));
    let failed = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            unreadable("there is no such file".to_owned(), "`cadenced setup` writes one with you")
        }
        _ => unreadable(format!("the file cannot be read ({error})"), "make it a file that you can read"),
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    let mode = file.metadata().map_err(|error| failed(&error))?.permissions().mode();
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unreadable("the file is larger than 1 MiB".to_owned(), "is it the right one?"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        let mut checked = Checked::unreadable("the file is not UTF-8 from here on".to_owned(), "save it as UTF-8");
        checked.problems[0].line = line;
        Box::new(checked)
    })?;
    Ok((text, mode & 0o044 != 0))
}

/// Checks a text.
pub fn check(text: &str, around: &Surroundings) -> Checked {
    read(text, around).0
}

/// What a text says, and every key that was looked for, by section.
fn read(text: &str, around: &Surroundings) -> (Checked, BTreeSet<(&'static str, &'static str)>) {
    let (table, syntax) = DeTable::parse_recoverable(text);
    let document = Document::new(text);
    let settings = settings(Section::top(table.get_ref(), &document), around);
    let (problems, known) = document.finish();
    let mut problems = problems.into_sorted();
    if !syntax.is_empty() {
        // A broken line moves what follows it into the wrong section: what else was found may not be there at all.
        problems = syntax_problems(text, &syntax);
    }
    let usable = problems.iter().all(|problem| problem.severity == Severity::Warning);
    (Checked { settings: settings.filter(|_| usable), problems }, known)
}

/// What is wrong with the syntax.
fn syntax_problems(text: &str, errors: &[toml::de::Error]) -> Vec<Problem> {
    let problems = Problems::new(text);
    for error in errors {
        let at = error.span().unwrap_or(0..0);
        if let Some(key) = text.get(at.clone()).filter(|_| error.message() == DUPLICATE_KEY) {
            let key = key.trim();
            problems.error(&at, format!("`{key}` is set twice in the same section"), "remove one of the two");
        } else {
            let what = format!("this is not TOML: {}", error.message());
            problems.error(&at, what, "a line is `key = value`, with texts in \"quotes\"");
        }
    }
    problems.into_sorted()
}

fn settings(top: Section<'_>, around: &Surroundings) -> Option<Settings> {
    let owner = owner(top.section("owner", "owner"), around);
    let hours_section = top.section("hours", "hours");
    let hours = people::hours(&hours_section, &people::usual_hours());
    let learn_hours = hours_section.is_empty();
    hours_section.finish();
    let people = people::people(&top, owner.as_ref(), &hours);
    let accounts = accounts(&top, around);
    let mode = top.section("mode", "mode");
    let default_mode = mode.parsed("default", Mode::Ask, parsers::mode);
    let pause_when_locked = mode.flag("pause_when_locked", false);
    mode.finish();
    let slots = slots::slots(top.section("slots", "slots"));
    let rules = rules(top.section("rules", "rules"));
    let notices = notices(top.section("notices", "notices"));
    let report = report(top.section("report", "report"), around);
    let mail = mail::mail(top.section("mail", "mail"), owner.as_ref());
    let paths = top.section("paths", "paths");
    let data = path(&paths, "data", around);
    paths.finish();
    let log = top.section("log", "log");
    let level = log.parsed("level", LogLevel::Info, parsers::log_level);
    log.finish();
    top.finish();
    Some(Settings {
        owner: owner?,
        accounts,
        people,
        hours,
        learn_hours,
        mode: default_mode,
        pause_when_locked,
        slots,
        rules,
        notices,
        report,
        mail,
        data,
        log: level,
    })
}

fn owner(section: Section<'_>, around: &Surroundings) -> Option<Owner> {
    let addresses = section.list("addresses", Vec::new(), parsers::address);
    if addresses.is_empty() && section.texts("addresses").is_none_or(|texts| texts.is_empty()) {
        section.wrong("has no `addresses`", "list every address of yours: addresses = [\"you@example.com\"]");
    }
    let names = section.list("names", Vec::new(), parsers::plain);
    let zone = section.optional("zone", parsers::zone);
    if zone.is_none() && around.zone.is_unknown() && section.text("zone").is_none() {
        let at = section.at.clone();
        let remedy = "set `zone` in [owner], like zone = \"Europe/Berlin\"";
        section.document.problems.warning(&at, "the machine's time zone is not known, so UTC is used", remedy);
    }
    let first_weekday = section.parsed("first_weekday", Weekday::Monday, parsers::weekday);
    section.finish();
    Some(Owner { addresses, names, zone: zone.unwrap_or_else(|| around.zone.clone()), first_weekday })
        .filter(|owner| !owner.addresses.is_empty())
}

fn rules(section: Section<'_>) -> Rules {
    let usual = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let rules = Rules {
        excluded_titles: section.list("excluded_titles", usual(&EXCLUDED_TITLES), parsers::lower),
        out_of_office_titles: section.list("out_of_office_titles", usual(&OUT_OF_OFFICE_TITLES), parsers::lower),
        group_names: section.list("group_names", usual(&GROUP_NAMES), parsers::lower),
        settle_feed: section.parsed("settle_feed", SignedDuration::from_hours(6), parsers::signed_duration),
        settle_api: section.parsed("settle_api", SignedDuration::from_mins(10), parsers::signed_duration),
        overtaken: section.parsed("overtaken", Overtaken::Always, parsers::overtaken),
    };
    section.finish();
    rules
}

fn notices(section: Section<'_>) -> Notices {
    let notices = Notices {
        enabled: section.flag("enabled", true),
        quiet: quiet(&section),
        digest_at: digest(&section),
        flood: section.count("flood", 3),
        daily_limit: section.count("daily_limit", 12),
        remind: reminder(&section),
        redaction: section.parsed("redaction", Redaction::Full, parsers::redaction),
        redaction_when_locked: section.parsed("redaction_when_locked", Redaction::None, parsers::redaction),
        sound: section.flag("sound", false),
        stale_after: section.parsed("stale_after", SignedDuration::from_hours(24), parsers::signed_duration),
    };
    section.finish();
    notices
}

/// The quiet hours: a start and an end, or an empty list for none.
fn quiet(section: &Section<'_>) -> Option<(Time, Time)> {
    let usual = Some((time(18, 0, 0, 0), time(8, 0, 0, 0)));
    let Some(texts) = section.texts("quiet") else { return usual };
    let times = section.list("quiet", Vec::new(), parsers::time);
    match (texts.as_slice(), times.as_slice()) {
        ([], _) => None,
        (_, [start, end]) if start != end => Some((*start, *end)),
        ([first, ..], times) if times.len() == texts.len() => {
            let what = "`quiet` is not a start and a different end";
            let remedy = "write it like quiet = [\"18:00\", \"08:00\"], or [] for no quiet hours";
            section.document.problems.error(&first.at, what, remedy);
            None
        }
        _ => None,
    }
}

/// The time of the digest; `"never"` switches it off.
fn digest(section: &Section<'_>) -> Option<Time> {
    let parse = |text: &str| if text == "never" { Ok(None) } else { parsers::time(text).map(Some) };
    section.parsed("digest_at", Some(time(9, 0, 0, 0)), parse)
}

/// How long before a session the user is reminded; `"never"` switches it off.
fn reminder(section: &Section<'_>) -> Option<SignedDuration> {
    let parse = |text: &str| if text == "never" { Ok(None) } else { parsers::signed_duration(text).map(Some) };
    section.parsed("remind", Some(SignedDuration::from_mins(5)), parse)
}

fn report(section: Section<'_>, around: &Surroundings) -> Report {
    let report = Report {
        on: section.parsed("on", Weekday::Monday, parsers::weekday),
        at: section.parsed("at", time(8, 0, 0, 0), parsers::time),
        formats: section.list("formats", vec![ReportFormat::Html, ReportFormat::Markdown], parsers::report_format),
        folder: path(&section, "folder", around),
        metrics_file: path(&section, "metrics_file", around),
    };
    section.finish();
    report
}

/// A file or folder: `~/` is the home, and a relative one starts beside the config.
pub(super) fn path(section: &Section<'_>, key: &'static str, around: &Surroundings) -> Option<PathBuf> {
    let text = section.text(key)?;
    match (text.text.strip_prefix("~/"), &around.home) {
        (Some(rest), Some(home)) => Some(home.join(rest)),
        (Some(_), None) => {
            let what = format!("`{key}` starts in the home folder, and none is known");
            section.document.problems.error(&text.at, what, "write the full path");
            None
        }
        (None, _) => Some(around.folder.join(text.text)),
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
