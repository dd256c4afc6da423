//! [`Section`]: a TOML table read key by key, so that keys nobody reads are reported as unknown.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::parsers::Bad;
use super::problem::Problems;

/// How alike a mistyped key must be to one that exists (Jaro-Winkler, 0 to 1) to be suggested.
const SUGGEST_SIMILARITY: f64 = 0.75;

/// What all sections of one file share.
pub(super) struct Document<'a> {
    pub(super) problems: Problems<'a>,
    known: RefCell<BTreeSet<(&'static str, &'static str)>>,
    unknown: RefCell<Vec<Unknown>>,
}

/// A key that nobody read.
struct Unknown {
    section: &'static str,
    key: String,
    at: Range<usize>,
}

impl<'a> Document<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { problems: Problems::new(text), known: RefCell::default(), unknown: RefCell::default() }
    }

    /// Reports the keys that nobody read. It comes last, as a key may belong to a section that is read later.
    pub(super) fn finish(self) -> (Problems<'a>, BTreeSet<(&'static str, &'static str)>) {
        let known = self.known.into_inner();
        for Unknown { section, key, at } in self.unknown.into_inner() {
            let place = if section.is_empty() { "at the top".to_owned() } else { format!("in [{section}]") };
            self.problems.error(&at, format!("unknown key `{key}` {place}"), suggestion(&known, section, &key));
        }
        (self.problems, known)
    }
}

/// What somebody may have meant by a key that does not exist.
fn suggestion(known: &BTreeSet<(&str, &str)>, section: &str, key: &str) -> String {
    if key == "password" {
        return "a password does not belong in this file; use `password_keyring`, `password_command` or `password_credential`".to_owned();
    }
    let siblings: Vec<&str> = known.iter().filter(|(of, _)| *of == section).map(|(_, name)| *name).collect();
    let nearest = siblings
        .iter()
        .map(|name| (strsim::jaro_winkler(name, &key.to_lowercase()), *name))
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    if let Some((score, name)) = nearest
        && score >= SUGGEST_SIMILARITY
    {
        return format!("did you mean `{name}`?");
    }
    if let Some((elsewhere, _)) = known.iter().find(|(_, name)| *name == key) {
        return if elsewhere.is_empty() {
            format!("`{key}` is at the top of the file, before any [section]")
        } else {
            format!("it belongs in [{elsewhere}]")
        };
    }
    format!("remove it; the keys here are {}", siblings.join(", "))
}

/// A table of the file; an absent one reads as empty, so that every default comes from one place.
pub(super) struct Section<'a> {
    name: &'static str,
    table: Option<&'a DeTable<'a>>,
    pub(super) at: Range<usize>,
    pub(super) document: &'a Document<'a>,
}

/// A text of the file, and where it stands.
#[derive(Clone)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) at: Range<usize>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn top(table: &'a DeTable<'a>, document: &'a Document<'a>) -> Self {
        Self { name: "", table: Some(table), at: 0..0, document }
    }

    /// Whether it says nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_none_or(toml::map::Map::is_empty)
    }

    fn error(&self, at: &Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.document.problems.error(at, what, remedy);
    }

    /// The value of a key, which is known from here on.
    fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.document.known.borrow_mut().insert((self.name, key));
        let (_, value) = self.table?.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(value)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str, example: &str) {
        let found = value.get_ref().type_str();
        self.error(
            &value.span(),
            format!("`{key}` is of type {found}, not {wanted}"),
            format!("write it like {example}"),
        );
    }

    /// A text that is not empty: everywhere in this file `""` means "not set".
    pub(super) fn text(&self, key: &'static str) -> Option<Text<'a>> {
        let value = self.get(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "text", &format!("{key} = \"…\""));
            return None;
        };
        (!text.trim().is_empty()).then(|| Text { text: text.trim(), at: value.span() })
    }

    /// A text that must be there.
    pub(super) fn required(&self, key: &'static str, remedy: &str) -> Option<Text<'a>> {
        let before = self.get(key).map(Spanned::span);
        let text = self.text(key);
        if text.is_none() && self.get(key).is_none_or(|value| value.get_ref().is_str()) {
            self.error(&before.unwrap_or_else(|| self.at.clone()), format!("{} has no `{key}`", self.title()), remedy);
        }
        text
    }

    /// A list of texts, empty ones left out; `None` where the key is absent or no such list.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<Text<'a>>> {
        let value = self.get(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list", &format!("{key} = [\"…\", \"…\"]"));
            return None;
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) if !text.trim().is_empty() => texts.push(Text { text: text.trim(), at: item.span() }),
                Some(_) => {}
                None => self.wrong_type(key, item, "a list of texts", &format!("{key} = [\"…\", \"…\"]")),
            }
        }
        Some(texts)
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.get(key) else { return default };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(key, value, "true or false", &format!("{key} = {default}"));
            default
        })
    }

    /// A whole number of 1 or more.
    pub(super) fn count(&self, key: &'static str, default: usize) -> usize {
        let Some(value) = self.get(key) else { return default };
        let Some(number) = value.get_ref().as_integer() else {
            self.wrong_type(key, value, "a number", &format!("{key} = {default}"));
            return default;
        };
        let digits = number.as_str().replace('_', "");
        match usize::from_str_radix(&digits, number.radix()) {
            Ok(count) if count > 0 => count,
            _ => {
                self.error(
                    &value.span(),
                    format!("`{key}` is not 1 or more"),
                    format!("write it like {key} = {default}"),
                );
                default
            }
        }
    }

    /// A text that means something; the default where it is absent, empty or bad.
    pub(super) fn parsed<T>(&self, key: &'static str, default: T, parse: impl Fn(&str) -> Result<T, Bad>) -> T {
        self.optional(key, parse).unwrap_or(default)
    }

    /// A text that means something, if it is set.
    pub(super) fn optional<T>(&self, key: &'static str, parse: impl Fn(&str) -> Result<T, Bad>) -> Option<T> {
        self.text(key).and_then(|text| self.understand(key, &text, parse))
    }

    /// A list of texts that mean something; the default where the key is absent.
    pub(super) fn list<T>(&self, key: &'static str, default: Vec<T>, parse: impl Fn(&str) -> Result<T, Bad>) -> Vec<T> {
        match self.texts(key) {
            Some(texts) => texts.iter().filter_map(|text| self.understand(key, text, &parse)).collect(),
            None => default,
        }
    }

    fn understand<T>(&self, key: &str, text: &Text<'_>, parse: impl Fn(&str) -> Result<T, Bad>) -> Option<T> {
        parse(text.text)
            .map_err(|bad| self.error(&text.at, format!("`{key}`: {:?} {}", text.text, bad.what), bad.remedy))
            .ok()
    }

    /// Reports something wrong with this section as a whole.
    pub(super) fn wrong(&self, what: &str, remedy: &str) {
        self.error(&self.at, format!("{} {what}", self.title()), remedy);
    }

    /// The section as people know it.
    fn title(&self) -> String {
        match self.name {
            "account" | "account.calendar" | "person" => format!("this [[{}]]", self.name),
            name => format!("[{name}]"),
        }
    }

    /// A table inside this one; `name` is its full name.
    pub(super) fn section(&self, key: &'static str, name: &'static str) -> Self {
        let value = self.get(key);
        let table = value.and_then(|value| value.get_ref().as_table());
        if let (Some(value), None) = (value, table) {
            self.wrong_type(key, value, "a section", &format!("[{name}]"));
        }
        Self { name, table, at: value.map_or(self.at.clone(), Spanned::span), document: self.document }
    }

    /// A list of tables inside this one; `name` is its full name.
    pub(super) fn sections(&self, key: &'static str, name: &'static str) -> Vec<Self> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let items = value.get_ref().as_array().map(|items| items.iter().collect::<Vec<_>>());
        let Some(items) = items.filter(|items| items.iter().all(|item| item.get_ref().is_table())) else {
            self.wrong_type(key, value, "a list of sections", &format!("[[{name}]], with two brackets"));
            return Vec::new();
        };
        let section = |item: &&'a Spanned<DeValue<'a>>| Self {
            name,
            table: item.get_ref().as_table(),
            at: item.span(),
            document: self.document,
        };
        items.iter().map(section).collect()
    }

    /// Makes a key known that says nothing here.
    pub(super) fn know(&self, key: &'static str) {
        self.get(key);
    }

    /// Reports the keys of another kind of section, but for those that mean something here as well.
    pub(super) fn misplaced(&self, keys: &[&'static str], shared: &[&str], remedy: &str) {
        for key in keys.iter().filter(|key| !shared.contains(*key)) {
            let is_set = |value: &DeValue<'_>| {
                value.as_str() != Some("") && value.as_array().is_none_or(|list| !list.is_empty())
            };
            if let Some(value) = self.get(key).filter(|value| is_set(value.get_ref())) {
                self.error(&value.span(), format!("`{key}` has no effect here"), remedy);
            }
        }
    }

    /// Takes note of the keys that nobody read.
    pub(super) fn finish(self) {
        let known = self.document.known.borrow();
        for (key, _) in self.table.into_iter().flatten() {
            if !planted!("unknown-keys-are-taken")
                && !known.iter().any(|(section, name)| *section == self.name && name == key.get_ref())
            {
                let unknown = Unknown { section: self.name, key: key.get_ref().to_string(), at: key.span() };
                self.document.unknown.borrow_mut().push(unknown);
            }
        }
    }
}
