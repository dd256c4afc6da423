//! What the package ships keeps its own rules: config and snippets parse, files and headers stay readable.

use std::fs;
use std::path::{Path, PathBuf};

use cadenced::config::{Surroundings, check};
use jiff::tz::TimeZone;

/// Files may be this long; beyond it two nouns would serve better.
const MOST_LINES: usize = 500;
/// Functions may be this long.
const MOST_FUNCTION_LINES: usize = 70;

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder with this ending; a folder that isn't there has none.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<PathBuf> {
    ["src", "tests", "benches"].iter().flat_map(|folder| files(&top().join(folder), "rs")).collect()
}

fn assert_parses(name: &str, snippet: &str) {
    let around = Surroundings { zone: TimeZone::UTC, folder: top(), home: Some(top()), exposed: false };
    let checked = check(snippet, &around);
    assert!(checked.problems.is_empty(), "{name}: {:#?}\n{snippet}", checked.problems);
}

/// What stands between "```toml" and "```" in a page.
fn snippets(page: &str) -> Vec<String> {
    let blocks = page.split("```toml\n").skip(1);
    blocks.filter_map(|block| block.split_once("```").map(|(snippet, _)| snippet.to_owned())).collect()
}

#[test]
fn every_shipped_config_parses() {
    let configs = files(&top().join("config"), "toml");
    assert!(!configs.is_empty());
    for path in configs {
        assert_parses(&path.display().to_string(), &text(&path));
    }
}

#[test]
fn every_documented_config_parses() {
    let mut pages = vec![top().join("README.md")];
    pages.extend(files(&top().join("docs"), "md"));
    let found: Vec<(String, String)> = pages
        .iter()
        .flat_map(|page| snippets(&text(page)).into_iter().map(|snippet| (page.display().to_string(), snippet)))
        .collect();
    assert!(!found.is_empty(), "README.md shows a config");
    for (page, snippet) in found {
        assert_parses(&page, &snippet);
    }
}

#[test]
fn every_file_opens_with_what_it_owns() {
    for path in sources() {
        assert!(text(&path).starts_with("//! "), "{} does not open with a `//!` sentence", path.display());
    }
}

#[test]
fn every_file_is_on_the_map() {
    let page = text(&top().join("ARCHITECTURE.md"));
    let missing = off_the_map(&page, &files(&top().join("src"), "rs"), &top());
    assert!(missing.is_empty(), "not on the map in ARCHITECTURE.md:\n{}", missing.join("\n"));
    let planted = top().join("src/domain/nowhere.rs");
    assert_eq!(off_the_map(&page, &[planted], &top()), ["src/domain/nowhere.rs"]);
}

/// The files that have no line under their folder's heading.
fn off_the_map(page: &str, paths: &[PathBuf], top: &Path) -> Vec<String> {
    let mut folder = "";
    let mut mapped = Vec::new();
    for line in page.lines() {
        match line.strip_prefix("  ") {
            Some(entry) => mapped.push(format!("{folder}{}", entry.split(' ').next().unwrap_or_default())),
            None if line.ends_with('/') => folder = line,
            None => folder = "",
        }
    }
    let below = |path: &PathBuf| path.strip_prefix(top).unwrap_or(path).display().to_string();
    paths.iter().map(below).filter(|path| !mapped.contains(path)).collect()
}

#[test]
fn the_two_units_differ_in_the_profile_only() {
    let unit = |name: &str| text(&top().join("systemd").join(name));
    let plain = |unit: String| {
        let unit = unit.replace(" --profile %i", "").replace(" (profile %i)", "");
        unit.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(plain(unit("cadenced.service")), plain(unit("cadenced@.service")));
}

#[test]
fn no_file_or_function_is_too_long() {
    let mut long = Vec::new();
    for path in sources() {
        let text = text(&path);
        let lines = text.lines().count();
        if lines > MOST_LINES {
            long.push(format!("{}: {lines} lines", path.display()));
        }
        long.extend(long_functions(&text).into_iter().map(|found| format!("{}: {found}", path.display())));
    }
    assert!(long.is_empty(), "too long:\n{}", long.join("\n"));
}

#[test]
fn a_long_function_would_be_seen() {
    let function = |lines: usize| {
        format!("    pub(crate) async fn long() {{\n{}    }}\n", "        let x = 1;\n".repeat(lines - 2))
    };
    assert_eq!(long_functions(&function(MOST_FUNCTION_LINES)), [""; 0]);
    assert_eq!(long_functions(&function(MOST_FUNCTION_LINES + 1)), ["long has 71 lines"]);
    assert_eq!(long_functions("fn short() {\n    let y = 2;\n}\n").len(), 0);
}

/// Functions beyond the limit. The formatter puts a function's last brace below its first word, which ends it.
fn long_functions(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut long = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let words: Vec<&str> = line.split_whitespace().take(5).collect();
        let Some(at) = words.iter().position(|word| *word == "fn") else { continue };
        let before = ["pub", "pub(crate)", "pub(super)", "async", "const"];
        if !words[..at].iter().all(|word| before.contains(word)) || line.trim_end().ends_with(';') {
            continue;
        }
        let end = format!("{indent}}}");
        let length = lines[index..].iter().position(|line| *line == end).map_or(0, |length| length + 1);
        if length > MOST_FUNCTION_LINES {
            let name = words.get(at + 1).map_or("", |name| name.split(['(', '<']).next().unwrap_or_default());
            long.push(format!("{name} has {length} lines"));
        }
    }
    long
}
