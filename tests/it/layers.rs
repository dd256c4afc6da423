//! The layers of ARCHITECTURE.md hold: nothing imports what stands above it, and what must be absent is absent.

use std::fs;
use std::path::{Path, PathBuf};

/// Lower layers first; modules of one layer never import each other. `main.rs` and `lib.rs` join them and are in none, nor is
/// `planted.rs`, whose macro is of no module.
const LAYERS: [&[&str]; 7] = [
    &["domain"],
    &["clock", "config"],
    &["wording"],
    &["calendar", "store", "notify", "report", "mail"],
    &["mover"],
    &["daemon"],
    &["cli"],
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
    if module != "calendar"
        && ["google::", "caldav::", "ics::"].iter().any(|kind| code.contains(&format!("calendar::{kind}")))
    {
        // Reading a file for `expand` and writing one for `demo` are no connections.
        if !matches!(module, "cli") {
            found.push(format!("{module} names a kind of calendar: only calendar::connect knows which exist"));
        }
    }
    found
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The code without comments and without tests: a test module stands last in a file.
fn own_code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).fold(String::new(), |all, line| all + line + "\n")
}

/// The modules of this crate that a file names, by `crate::NAME` or `use crate::{NAME::…, NAME}`.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
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
        ("daemon", "use crate::calendar::ics::feed::Feed;"),
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
