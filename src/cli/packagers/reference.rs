//! Builds the config reference from the shipped config file: sections, keys, defaults and meanings.

use std::fmt::Write as _;

use clap_mangen::roff::{Roff, bold, roman};

use super::pages;

/// Tests hold that this file has every key of the code with its default, and no other.
const SHIPPED: &str = include_str!("../../../config/cadenced.toml");

/// The shipped file, taken apart.
#[derive(Debug, Default, PartialEq)]
struct Reference {
    /// What its head says, a sentence or a paragraph each.
    head: Vec<String>,
    /// Its sections, in its order.
    sections: Vec<Section>,
}

#[derive(Debug, Default, PartialEq)]
struct Section {
    /// As it is written: `[owner]`, `[[account]]`.
    header: String,
    about: String,
    entries: Vec<Entry>,
}

/// Keys that share one comment, as the days of a week do.
#[derive(Debug, Default, PartialEq)]
struct Entry {
    keys: Vec<Key>,
    about: String,
}

#[derive(Debug, PartialEq)]
struct Key {
    name: String,
    /// As TOML, on one line.
    value: String,
    /// Whether the value is the default; an example else, of what has no default.
    is_default: bool,
}

/// The reference as Markdown: `docs/config.md`.
pub fn markdown() -> String {
    let reference = read(SHIPPED);
    let mut page =
        "# Config\n\n<!-- Generated from config/cadenced.toml by `make reference`; a test checks that they agree. \
         -->\n\n"
            .to_owned();
    page += "Every key of `~/.config/cadenced/config.toml`, with what it takes, its default and what it means. ";
    page += "[config/cadenced.toml](../config/cadenced.toml) has the same as a file to copy and fill in, and `man \
             cadenced.toml` as a manual page. ";
    page += "`cadenced check` shows every problem in a config, with its line and how to fix it.\n\n";
    // Writing into a text cannot fail.
    let _ = writeln!(page, "{}", reference.values());
    for section in &reference.sections {
        let _ = writeln!(page, "\n## `{}`\n", section.header);
        if !section.about.is_empty() {
            let _ = writeln!(page, "{}\n", linked(&section.about));
        }
        page += "| key | takes | default | meaning |\n|---|---|---|---|\n";
        for entry in &section.entries {
            for (index, key) in entry.keys.iter().enumerate() {
                let about = if index == 0 { linked(&entry.about) } else { "as above".to_owned() };
                let row = [format!("`{}`", key.name), kind(key, &entry.about).to_owned(), default(key), about];
                let _ = writeln!(page, "| {} |", row.map(|cell| cell.replace('|', "\\|")).join(" | "));
            }
        }
    }
    page
}

/// The reference as a manual page: cadenced.toml(5).
pub fn page() -> String {
    let reference = read(SHIPPED);
    let mut roff = Roff::new();
    pages::title(&mut roff, "cadenced.toml", "5", "File Formats");
    roff.control("SH", ["NAME"]);
    roff.text([roman("cadenced.toml - the config of cadenced")]);
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([bold("~/.config/cadenced/config.toml")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "A file in TOML. An unknown key is an error. Below is every key, with its default or, where it has none, an \
         example.",
    )]);
    roff.control("PP", []);
    roff.text([roman(reference.values())]);
    for section in &reference.sections {
        section.write(&mut roff);
    }
    roff.control("SH", ["EXAMPLES"]);
    roff.text([roman("The minimum:")]);
    roff.control("PP", []);
    roff.control("nf", []);
    for line in EXAMPLE.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.control("SH", ["FILES"]);
    pages::item(&mut roff, "~/.config/cadenced/config.toml", "the config");
    pages::item(&mut roff, "~/.config/cadenced/profiles/NAME/config.toml", "that of the profile NAME");
    pages::item(
        &mut roff,
        "share/cadenced/cadenced.toml",
        "below where cadenced is installed: every key with its default, to copy",
    );
    pages::see_also(&mut roff, "cadenced(1), cadenced-check(1), cadenced-setup(1)");
    roff.render()
}

const EXAMPLE: &str = "[owner]\naddresses = [\"you@example.com\"]\n\n[[account]]\nname = \
                       \"work\"\n\n[[account.calendar]]\nname = \"main\"\nurl = \
                       \"https://calendar.example.com/you.ics\"";

impl Reference {
    /// How values are written; what comes before it at the head of the file is about the file.
    fn values(&self) -> &str {
        let last = self.head.last().map_or("", String::as_str);
        last.split_once("to change it. ").map_or(last, |(_, values)| values)
    }
}

impl Section {
    fn write(&self, roff: &mut Roff) {
        roff.control("SH", [self.header.as_str()]);
        if !self.about.is_empty() {
            roff.text([roman(self.about.as_str())]);
        }
        for entry in &self.entries {
            for (index, key) in entry.keys.iter().enumerate() {
                roff.control(if index == 0 { "TP" } else { "TQ" }, []);
                let lead = if key.is_default { " = " } else { "; for example " };
                roff.text([bold(key.name.as_str()), roman(lead), roman(key.value.as_str())]);
            }
            roff.text([roman(format!("({}) {}", kind(&entry.keys[0], &entry.about), entry.about))]);
        }
    }
}

/// Takes the file apart. A line `# text` is a comment, `#key = value` a default, `key = value` an example; a comment belongs to
/// what follows it without a blank line.
fn read(text: &str) -> Reference {
    let mut reference = Reference::default();
    let mut comment: Vec<&str> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(words) = line.strip_prefix("# ") {
            comment.push(words);
        } else if line == "#" || line.is_empty() {
            if reference.sections.is_empty() && !comment.is_empty() {
                reference.head.push(comment.join(" "));
            }
            comment.clear();
        } else if line.starts_with('[') {
            let about = comment.join(" ");
            reference.sections.push(Section { header: line.to_owned(), about, entries: Vec::new() });
            comment.clear();
        } else if let Some(section) = reference.sections.last_mut() {
            let key = key(line, &mut lines);
            match section.entries.last_mut().filter(|_| comment.is_empty()) {
                Some(entry) => entry.keys.push(key),
                None => section.entries.push(Entry { keys: vec![key], about: comment.join(" ") }),
            }
            comment.clear();
        }
    }
    reference
}

/// The key of a line; a list over several lines takes the rest of them.
fn key<'a>(line: &str, rest: &mut impl Iterator<Item = &'a str>) -> Key {
    let is_default = line.starts_with('#');
    let (name, value) = line.trim_start_matches('#').split_once(" = ").unwrap_or((line, ""));
    let mut value = value.to_owned();
    if value == "[" {
        let items: Vec<&str> =
            rest.take_while(|line| *line != "#]").map(|line| line.trim_start_matches('#').trim()).collect();
        value = format!("[{}]", items.join(" ").trim_end_matches(','));
    }
    Key { name: name.to_owned(), value, is_default }
}

/// What a key takes, as its value and its comment show.
fn kind(key: &Key, about: &str) -> &'static str {
    let inner = key.value.trim_matches('"');
    let unit = |letters: &str| inner.trim_start_matches(|c: char| c.is_ascii_digit()) == letters && inner != letters;
    match key.value.as_str() {
        "true" | "false" => "true or false",
        value if value.starts_with("[\"") && value.contains(':') || key.name.starts_with("quiet") => "a list of times",
        _ if key.name == "protected_times" => "a list of times",
        value if value.starts_with('[') => "a list of texts",
        value if value.starts_with('{') => "a table",
        value if value.parse::<i64>().is_ok() => "a number",
        _ if ["m", "h", "s", " days"].iter().any(|letters| unit(letters)) || about.contains("like \"1") => {
            "a length of time"
        }
        _ if unit("MB") => "a size",
        _ if inner.len() == 5 && inner.as_bytes()[2] == b':' => "a time of day",
        _ => "a text",
    }
}

fn default(key: &Key) -> String {
    let items: Vec<&str> = key.value.trim_matches(['[', ']']).split(", ").collect();
    match () {
        () if !key.is_default => format!("none; for example `{}`", key.value),
        () if ["\"\"", "[]", "{}"].contains(&key.value.as_str()) => "not set".to_owned(),
        () if items.len() > 5 => format!("`[{}, …]`, {} in all", items[..3].join(", "), items.len()),
        () => format!("`{}`", key.value),
    }
}

/// The pages that a comment names, as links from beside them.
fn linked(about: &str) -> String {
    ["caldav", "google"].iter().fold(about.to_owned(), |text, page| {
        text.replace(&format!("docs/{page}.md"), &format!("[{page}.md]({page}.md)"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_config_md_is_what_the_shipped_file_says() {
        let stored =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/config.md")).unwrap_or_default();
        assert!(stored == markdown(), "docs/config.md does not match config/cadenced.toml: run make reference");
    }

    #[test]
    fn a_comment_belongs_to_what_follows_it_and_lists_to_their_key() {
        let text = "# Head.\n#\n# More.\n\n[a]\n# One.\nx = \"1\"\n# Two\n# lines.\n#y = 2\n#z = [\n#  \"p\", \
                    \"q\",\n#  \"r\",\n#]\n\n# B.\n[[b]]\n";
        let found = read(text);
        assert_eq!(found.head, ["Head.", "More."]);
        let [a, b] = &found.sections[..] else { panic!("{found:?}") };
        assert_eq!((a.entries.len(), a.entries[1].about.as_str(), a.entries[1].keys.len()), (2, "Two lines.", 2));
        assert_eq!(
            (a.entries[1].keys[1].value.as_str(), a.entries[0].keys[0].is_default),
            ("[\"p\", \"q\", \"r\"]", false)
        );
        assert_eq!((b.header.as_str(), b.about.as_str()), ("[[b]]", "B."));
    }

    #[test]
    fn every_key_says_what_it_takes_and_what_it_means() {
        let found = read(SHIPPED);
        assert!(found.sections.len() > 10);
        for entry in found.sections.iter().flat_map(|section| &section.entries) {
            assert!(!entry.about.is_empty(), "{entry:?} has no comment");
            assert!(entry.keys.iter().all(|key| !key.value.is_empty()), "{entry:?}");
        }
    }

    #[test]
    fn the_example_of_the_page_is_a_config() {
        let around = crate::config::Surroundings {
            zone: jiff::tz::TimeZone::UTC,
            folder: "/".into(),
            home: None,
            exposed: false,
        };
        assert_eq!(crate::config::check(EXAMPLE, &around).problems, []);
    }
}
