//! Enforces the layers of ARCHITECTURE.md, and the absences it lists.

use std::fs;
use std::path::{Path, PathBuf};

/// Lower layers first; modules of one layer never import each other. `main.rs` and `lib.rs` join them and are in none, nor is
/// `planted.rs`, whose macro is of no module.
const LAYERS: [&[&str]; 7] = [
    &["domain"],
    &["clock", "config"],
    &["wording"],
    &["calendar", "store", "notify", "report", "mail"],
    &["writer"],
    &["daemon"],
    &["cli"],
];

/// The rooms of the domain, lower ones first; rooms side by side never import each other. What stands in `facts` can also be named
/// without it: `domain::session` is `domain::facts::session`.
const DOMAIN: [&[&str]; 16] = [
    &["collation"],
    &["recurrence"],
    &["facts"],
    &["sanitize", "hours"],
    &["slot"],
    &["policy"],
    &["budget"],
    &["detection"],
    &["series"],
    &["outcome"],
    &["outline"],
    &["assess"],
    &["week"],
    &["reschedule"],
    &["inbox"],
    &["plan"],
];

/// What a source file must not hold: where, what, and why not.
const ABSENT: [(Place, &str, &str); 14] = [
    (Place::In("domain"), "async ", "nothing in domain awaits"),
    (Place::In("domain"), ".await", "nothing in domain awaits"),
    (Place::In("domain"), "Timestamp::now", "nothing in domain reads a clock"),
    (Place::In("domain"), "Zoned::now", "nothing in domain reads a clock"),
    (Place::In("domain"), "TimeZone::system", "nothing in domain asks for the machine's zone"),
    (Place::In("domain"), "std::fs", "nothing in domain does I/O"),
    (Place::In("domain"), "std::net", "nothing in domain does I/O"),
    (Place::In("domain"), "tokio", "nothing in domain does I/O"),
    (Place::In("domain"), "std::env", "nothing in domain looks around"),
    (Place::NotIn("store"), "rusqlite", "no SQL outside store"),
    (Place::NotIn("store"), "INSERT INTO", "no SQL outside store"),
    (Place::NotIn("store"), "SELECT ", "no SQL outside store"),
    (Place::NotIn("store"), "DELETE FROM", "no SQL outside store"),
    (Place::NotIn("clock"), "SystemTime::now", "only clock.rs reads a clock"),
];

#[derive(Clone, Copy)]
enum Place {
    In(&'static str),
    NotIn(&'static str),
}

/// What a file breaks, if anything; `module` is the first word of its path below `src`.
fn violations(module: &str, text: &str) -> Vec<String> {
    let code: String = own_code(text);
    let mut found = Vec::new();
    if let Some(own) = layer(module) {
        for used in imports(&code) {
            if used != module && layer(&used).is_some_and(|other| other >= own) {
                found.push(format!("{module} imports {used}, which does not stand below it"));
            }
        }
    }
    for (place, needle, why) in ABSENT {
        let applies = match place {
            Place::In(only) => module == only,
            Place::NotIn(except) => module != except,
        };
        if applies && code.contains(needle) {
            found.push(format!("{module} holds `{needle}`: {why}"));
        }
    }
    if !["calendar", "config"].contains(&module) {
        for word in kinds_named(&code) {
            found.push(format!("{module} names `{word}`: only calendar and config know which kinds of calendar exist"));
        }
    }
    found
}

/// Where code names a kind of calendar: a folder of one below `calendar`, or its settings. Words in messages do not count.
fn kinds_named(code: &str) -> Vec<String> {
    const FOLDERS: [&str; 3] = ["caldav", "google", "ics"];
    const SETTINGS: [&str; 6] = ["CalDav", "DavLogin", "Google", "GoogleClient", "Ics", "Feed"];
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for statement in code.split(';').map(str::trim_start).filter(|text| text.starts_with("use ")) {
        let words = statement.split(|c: char| !is_part(c));
        let is_ours = statement.starts_with("use crate::calendar") || statement.starts_with("use crate::config");
        found.extend(words.filter(|word| is_ours && (FOLDERS.contains(word) || SETTINGS.contains(word))));
    }
    for (at, _) in code.match_indices("::") {
        let before = code[..at].rsplit(|c: char| !is_part(c)).next().unwrap_or_default();
        let after = code[at + 2..].split(|c: char| !is_part(c)).next().unwrap_or_default();
        if before == "calendar" && FOLDERS.contains(&after) {
            found.push(after);
        }
        if ["Provider", "config"].contains(&before) && SETTINGS.contains(&after) {
            found.push(after);
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(str::to_owned).collect()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The rooms of the domain that a file of one room names and must not; `below` is its path below `src/domain`.
fn domain_violations(below: &Path, text: &str, facts: &[String]) -> Vec<String> {
    let own = room_of(&module_of(below, Path::new("")), facts);
    let Some(level) = domain_level(&own) else { return Vec::new() };
    let code = own_code(text);
    let is_room = below.file_name().is_some_and(|name| name == "mod.rs");
    let to_domain = "super::".repeat(below.components().count() - usize::from(is_room));
    let mut used = named_after(&code, "crate::domain::");
    // A longer chain of `super` holds a shorter one; only the exact one leads to the domain.
    used.extend(named_after(&code, &to_domain).into_iter().filter(|name| name != "super"));
    let rooms = used.iter().map(|name| room_of(name, facts)).filter(|room| *room != own);
    rooms
        .filter(|room| domain_level(room).is_some_and(|other| other >= level))
        .map(|room| format!("{own} imports {room}, which does not stand below it"))
        .collect()
}

fn room_of(name: &str, facts: &[String]) -> String {
    if facts.iter().any(|fact| fact == name) { "facts".to_owned() } else { name.to_owned() }
}

fn domain_level(room: &str) -> Option<usize> {
    DOMAIN.iter().position(|rooms| rooms.contains(&room))
}

/// The code without comments and without tests: a test module stands last in a file.
fn own_code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).fold(String::new(), |all, line| all + line + "\n")
}

/// The modules of this crate that a file names, by `crate::NAME` or `use crate::{NAME::…, NAME}`.
fn imports(code: &str) -> Vec<String> {
    named_after(code, "crate::")
}

/// The first words after each `prefix` of a path: one, or all members of a group.
fn named_after(code: &str, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with("::") {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => found.push(first_word(rest)),
            Some(group) => found.extend(group_members(group)),
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first words of the members of `use crate::{…}`, nested braces left out.
fn group_members(group: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut members = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            _ if depth == 0 => members.last_mut().expect("there is always one").push(c),
            _ => {}
        }
    }
    members.iter().map(|member| first_word(member.trim())).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The first word of a path below `src`: `store` for both `store/mod.rs` and `store.rs`.
fn module_of(path: &Path, src: &Path) -> String {
    let below = path.strip_prefix(src).unwrap_or(path);
    let first =
        below.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

fn is_test_file(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests"))
        || path.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn no_module_imports_what_stands_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in sources(&src) {
        let below = path.strip_prefix(&src).unwrap_or(&path);
        if !is_test_file(below) {
            let broken = violations(&module_of(&path, &src), &fs::read_to_string(&path).unwrap());
            found.extend(broken.into_iter().map(|what| format!("{}: {what}", below.display())));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_room_of_the_domain_imports_one_above_it() {
    let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain");
    let facts = facts(&domain);
    let mut found = Vec::new();
    for path in sources(&domain) {
        let below = path.strip_prefix(&domain).unwrap_or(&path);
        let is_top = below == Path::new("mod.rs");
        if is_top || is_test_file(below) {
            continue;
        }
        let room = room_of(&module_of(&path, &domain), &facts);
        assert!(domain_level(&room).is_some(), "{room} has no place among the rooms of the domain");
        let broken = domain_violations(below, &fs::read_to_string(&path).unwrap(), &facts);
        found.extend(broken.into_iter().map(|what| format!("{}: {what}", below.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn facts(domain: &Path) -> Vec<String> {
    let folder = domain.join("facts");
    sources(&folder).iter().map(|path| module_of(path, &folder)).filter(|name| name != "mod").collect()
}

#[test]
fn a_planted_violation_among_the_rooms_of_the_domain_is_found() {
    let facts = ["session".to_owned(), "event".to_owned()];
    let planted = [
        ("series/known.rs", "use crate::domain::outcome::owed;"),
        ("series/mod.rs", "use super::plan::Action;"),
        ("series/mod.rs", "use super::{event::Event, plan::Action};"),
        ("facts/session.rs", "use crate::domain::policy::Policy;"),
        ("facts/session.rs", "use super::super::policy::Policy;"),
        ("budget.rs", "use super::series::Series;"),
        ("hours/mod.rs", "use super::sanitize::name;"),
    ];
    for (below, text) in planted {
        assert_eq!(domain_violations(Path::new(below), text, &facts).len(), 1, "{below}: {text}");
    }
    let fine = [
        ("series/known.rs", "use super::plan;"),
        ("series/mod.rs", "use super::session::Session; use crate::domain::event::Event;"),
        ("facts/session.rs", "use super::event::Event; use crate::domain::recurrence::Moment;"),
        ("plan/mod.rs", "use super::reschedule::Proposal;"),
    ];
    for (below, text) in fine {
        assert_eq!(domain_violations(Path::new(below), text, &facts), [""; 0], "{below}: {text}");
    }
}

#[test]
fn every_module_has_a_layer() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let module = module_of(&path, &src);
        assert!(
            layer(&module).is_some() || ["main", "lib", "planted"].contains(&module.as_str()),
            "{module} stands in no layer"
        );
    }
}

#[test]
fn a_planted_violation_is_found() {
    let planted = [
        ("domain", "use crate::store::Store;"),
        ("config", "use crate::clock::Clock;"),
        ("store", "fn f() { crate::notify::tell(); }"),
        ("calendar", "use crate::{domain::event::Event, daemon::backoff};"),
        ("report", "use crate::{\n    config::{self, Settings},\n    cli,\n};"),
        ("domain", "async fn f() {}"),
        ("domain", "fn f() { jiff::Timestamp::now(); }"),
        ("daemon", "fn f() { db.execute(\"SELECT 1\"); }"),
        ("daemon", "use crate::calendar::ics::feed;"),
        ("cli", "use crate::calendar::{self, Shared, google};"),
        ("cli", "fn f(account: &Account) { matches!(account.provider, Provider::CalDav(_)); }"),
        ("cli", "use crate::config::{Access, GoogleClient};"),
        ("cli", "fn f() { crate::calendar::caldav::discover(); }"),
    ];
    for (module, text) in planted {
        assert_eq!(violations(module, text).len(), 1, "{module}: {text}: {:?}", violations(module, text));
    }
    let fine = [
        ("cli", "use crate::{config, daemon};"),
        ("store", "use crate::domain::event::Event; const Q: &str = \"SELECT 1\";"),
        ("domain", "// `crate::store` keeps these.\n#[cfg(test)]\nmod tests { use crate::clock; }"),
    ];
    for (module, text) in fine {
        assert_eq!(violations(module, text), [""; 0], "{module}: {text}");
    }
}
