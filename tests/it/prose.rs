//! Headers and texts are plain English: each file opens with one sentence that the map repeats, and stock phrases stay out.

use std::fs;
use std::path::{Path, PathBuf};

/// How no header begins: these say who owns a subject or what the file is about, and not what it does.
const OPENINGS: [&str; 11] = [
    "Owns ",
    "The way ",
    "The word ",
    "The look ",
    "The asking",
    "The reading of",
    "The writing of",
    "The taking in of",
    "The gathering of",
    "The learning of",
    "What a server shows",
];

/// Phrases of translated English, with what to write instead.
const PHRASES: [(&str, &str); 7] = [
    ("anew", "again"),
    ("mend", "fix"),
    ("mends", "fixes"),
    ("mended", "fixed"),
    ("is to be had", "comes from, is available"),
    ("does not do any more", "is no longer available"),
    ("any more", "no longer"),
];

/// Where these phrases must not stand: folders, with the endings of their files.
const PLACES: [(&str, &[&str]); 4] =
    [("src", &["rs"]), ("docs", &["md", "json"]), ("templates", &["html"]), ("config", &["toml"])];

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder that end in one of `endings`.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The first sentence of a file's header, without its full stop and without the brackets of links.
fn header(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let paragraph = lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let is_start = |at: &usize| paragraph[*at + 2..].starts_with(|c: char| c.is_uppercase() || "`[*".contains(c));
    let end = paragraph.match_indices(". ").map(|(at, _)| at).find(is_start).unwrap_or(paragraph.len());
    paragraph[..end].trim_end_matches('.').replace("[`", "`").replace("`]", "`")
}

/// What is wrong with a header.
fn bad_header(header: &str) -> Option<String> {
    if header.is_empty() {
        return Some("there is no header".to_owned());
    }
    OPENINGS.iter().find(|opening| header.starts_with(**opening)).map(|opening| format!("it begins with {opening:?}"))
}

/// The phrases that stand in a text as words of their own, each with its line.
fn stock_phrases(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric();
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for (phrase, instead) in PHRASES {
            let alone = |at: usize| {
                !line[..at].ends_with(is_word)
                    && !line[at + phrase.len()..].starts_with(|c: char| is_word(c) || c == '_')
            };
            if line.match_indices(phrase).any(|(at, _)| alone(at)) {
                found.push(format!("{}: {phrase:?}; write: {instead}", number + 1));
            }
        }
    }
    found
}

/// The lines of the map in ARCHITECTURE.md as paths with their sentences.
fn map(page: &str) -> Vec<(String, String)> {
    let mut folder = "";
    let mut entries = Vec::new();
    for line in page.lines() {
        match line.strip_prefix("  ") {
            Some(entry) if folder.starts_with("src/") => {
                let (name, sentence) = entry.split_once(' ').unwrap_or((entry, ""));
                entries.push((format!("{folder}{name}"), sentence.trim().to_owned()));
            }
            Some(_) => {}
            None if line.ends_with('/') => folder = line,
            None => folder = "",
        }
    }
    entries
}

#[test]
fn every_header_is_a_plain_sentence() {
    let mut bad = Vec::new();
    for folder in ["src", "tests/it", "tests/support"] {
        for path in files(&top().join(folder), &["rs"]) {
            let header = header(&fs::read_to_string(&path).unwrap());
            bad.extend(bad_header(&header).map(|why| format!("{}: {why}", path.display())));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(bad_header(&header("//! Owns the words.\n")).is_some());
    assert!(bad_header(&header("use std::fs;\n")).is_some());
    assert_eq!(bad_header(&header("//! Reads words.\n")), None);
}

#[test]
fn the_map_repeats_each_header() {
    let page = fs::read_to_string(top().join("ARCHITECTURE.md")).unwrap();
    let entries = map(&page);
    assert!(entries.len() > 100, "the map has {} lines", entries.len());
    let mut bad = Vec::new();
    for (path, sentence) in entries {
        let header = header(&fs::read_to_string(top().join(&path)).unwrap_or_default());
        if header != sentence {
            bad.push(format!("{path}\n  the map: {sentence}\n  the file: {header}"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    let two = "//! [`Days`]: a set of\n//! days (RFC 5545 3.3. and more). It is small.\n//!\n//! Further.\n";
    assert_eq!(header(two), "`Days`: a set of days (RFC 5545 3.3. and more)");
}

#[test]
fn phrases_of_translated_english_stay_out() {
    let mut pages = vec![top().join("README.md"), top().join("CONTRIBUTING.md"), top().join("ARCHITECTURE.md")];
    for (folder, endings) in PLACES {
        pages.extend(files(&top().join(folder), endings));
    }
    let mut bad = Vec::new();
    for path in pages {
        let found = stock_phrases(&fs::read_to_string(&path).unwrap());
        bad.extend(found.into_iter().map(|what| format!("{}:{what}", path.display())));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!(stock_phrases("It is read anew, and\nmended.").len(), 2);
    assert_eq!(stock_phrases("How many more? Amendments, a renewed `mender`."), [""; 0]);
}
