//! [`Redactor`]: removes everything private from a text.
//!
//! What is private cannot be listed, so that the other way round is gone: a word stays only if it stands in what cadenced ships
//! anyway (its guide, its config with every key, its own messages). What is known to be private goes even then.

use std::collections::{BTreeMap, BTreeSet};

/// Texts that everybody may read: the words of these, and no others, stay.
const PUBLIC: [&str; 17] = [
    include_str!("../../../config/cadenced.toml"),
    include_str!("../../../docs/guide.md"),
    include_str!("../../../docs/troubleshooting.md"),
    include_str!("../../../docs/caldav.md"),
    include_str!("../../../docs/google.md"),
    include_str!("../../../docs/dbus.md"),
    include_str!("../../calendar/http/error.rs"),
    include_str!("../../store/error.rs"),
    include_str!("clock.rs"),
    include_str!("config.rs"),
    include_str!("database.rs"),
    include_str!("desktop.rs"),
    include_str!("live.rs"),
    include_str!("pending.rs"),
    include_str!("secrets.rs"),
    include_str!("service.rs"),
    include_str!("sources.rs"),
];

/// What systems say when something fails, and words of our log.
const ALSO: &str = "no such file or directory permission denied connection refused reset by peer timed out network host is \
    unreachable temporary failure in name resolution broken pipe resource busy input output error operation not permitted \
    started stopped stopping starting running dead inactive active activating deactivating auto restart enabled disabled masked \
    linked static meetings reloading reloaded systemd main process exited code status failed with result cadenced service \
    INFO WARN ERROR DEBUG cycle summary events series sessions notices account calendar source kind detail ms os bus unix path user run";

/// Words that are in every sentence and name nobody by themselves, though they may be a part of a name or a title.
const FUNCTION: &str = "the a an and or of to in on at for by with from is it as be not no this that was are";

/// What stands for something that is neither public nor known.
const HIDDEN: &str = "[…]";

/// Shorter words are in too many others to be told apart.
const SHORTEST: usize = 2;

/// What a private text is, and so what stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The name of an account.
    Account,
    /// The name of a calendar.
    Calendar,
    /// A person's name.
    Person,
    /// A mail address.
    Address,
    /// A host, or an address on the web.
    Url,
    /// A file or folder.
    Path,
    /// A program with its arguments.
    Command,
    /// The name of an item in a keyring.
    Key,
    /// A title, or part of one.
    Title,
    /// A password or the like.
    Secret,
    /// Whose machine it is: its name, its user, its profile.
    Machine,
}

/// A text that is known to be private, so that longer ones stand before shorter ones.
type PrivateText = (std::cmp::Reverse<usize>, Vec<char>);

/// Takes what is private out of texts; the same text is always stood for by the same word.
#[derive(Debug, Default)]
pub struct Redactor {
    public: BTreeSet<String>,
    /// What is known to be private, in lower case, by its first letter and then longest first, and what stands for it.
    known: BTreeMap<char, BTreeMap<PrivateText, String>>,
    counts: BTreeMap<Class, usize>,
    domains: BTreeMap<String, usize>,
}

impl Redactor {
    /// A redactor that knows nothing private yet.
    pub fn new() -> Self {
        let public = PUBLIC.into_iter().chain([ALSO]).flat_map(words).map(str::to_lowercase).collect();
        Self { public, ..Self::default() }
    }

    /// Makes a text private, and gives back what stands for it.
    pub fn hide(&mut self, class: Class, text: &str) -> String {
        let text = text.trim();
        let known = key(text);
        let Some(first) = known.1.first().copied() else { return String::new() };
        if let Some(stand_in) = self.known.get(&first).and_then(|those| those.get(&known)) {
            return stand_in.clone();
        }
        let stand_in = self.stand_in(class, text);
        self.learn(text, &stand_in);
        // Names and mail addresses are used in parts as well: `Ann`, `ann.lee`.
        if matches!(class, Class::Person | Class::Address | Class::Machine | Class::Secret | Class::Command) {
            let is_usual = |word: &&str| class == Class::Address && is_top_level(word);
            let is_function = |word: &&str| FUNCTION.split(' ').any(|one| one.eq_ignore_ascii_case(word));
            for word in words(text).filter(|word| !is_usual(word) && !is_function(word)) {
                self.learn(word, &stand_in);
            }
        }
        stand_in
    }

    /// Makes the words of a text public: those of a time zone.
    pub fn publish(&mut self, text: &str) {
        self.public.extend(words(text).map(str::to_lowercase));
    }

    /// Makes an argument of a program private, unless it is a word that everybody may read, such as `show`.
    pub fn hide_argument(&mut self, text: &str) {
        if !words(text).all(|word| self.is_public(word)) {
            self.hide(Class::Command, text);
        }
    }

    /// A text with nothing in it that is known to be private: for what the system says of itself.
    pub fn known(&self, text: &str) -> String {
        self.pieces(text).into_iter().map(|piece| piece.unwrap_or_else(|raw| raw)).collect()
    }

    /// A text of which only public words stay.
    pub fn strict(&self, text: &str) -> String {
        let mut out = String::new();
        for piece in self.pieces(text) {
            match piece {
                Ok(stand_in) => out.push_str(&stand_in),
                Err(raw) => out.push_str(&self.public_only(&raw)),
            }
        }
        collapse(&out)
    }

    fn stand_in(&mut self, class: Class, text: &str) -> String {
        let name = match class {
            Class::Account => "account",
            Class::Calendar => "calendar",
            Class::Person => "person",
            Class::Address => "user",
            Class::Url => "url",
            Class::Path => "path",
            Class::Command => "command",
            Class::Key => "key",
            Class::Title => "title",
            Class::Secret => "secret",
            Class::Machine => "machine",
        };
        let count = self.counts.entry(class).or_insert(0);
        *count += 1;
        let number = *count;
        match text.rsplit_once('@') {
            Some((_, domain)) if class == Class::Address => {
                let next = self.domains.len() + 1;
                let domain = *self.domains.entry(domain.to_lowercase()).or_insert(next);
                format!("user{number}@domain{domain}")
            }
            _ => format!("{name}-{number}"),
        }
    }

    fn learn(&mut self, text: &str, stand_in: &str) {
        let known = key(text);
        if let Some(first) = known.1.first().copied().filter(|_| known.1.len() >= SHORTEST) {
            self.known.entry(first).or_default().entry(known).or_insert_with(|| stand_in.to_owned());
        }
    }

    /// The text cut at what is known: what stands for that, and what lies in between.
    fn pieces(&self, text: &str) -> Vec<Result<String, String>> {
        let chars: Vec<char> = text.chars().collect();
        let lower: Vec<char> = chars.iter().map(|c| lowered(*c)).collect();
        let (mut pieces, mut raw, mut at) = (Vec::new(), String::new(), 0);
        while at < chars.len() {
            if let Some((length, stand_in)) = self.at(&lower, at) {
                pieces.push(Err(std::mem::take(&mut raw)));
                pieces.push(Ok(stand_in.clone()));
                at += length;
            } else {
                raw.push(chars[at]);
                at += 1;
            }
        }
        pieces.push(Err(raw));
        pieces
    }

    /// What is known and begins here, between the ends of words.
    fn at(&self, lower: &[char], at: usize) -> Option<(usize, &String)> {
        let is_word = |index: usize| lower.get(index).is_some_and(|c| c.is_alphanumeric());
        let rest = lower.get(at..)?;
        self.known.get(rest.first()?)?.iter().find_map(|((_, known), stand_in)| {
            let after = at + known.len();
            let starts = at == 0 || !is_word(at - 1) || !is_word(at);
            let ends = !is_word(after) || !is_word(after.saturating_sub(1));
            (starts && ends && rest.starts_with(known)).then_some((known.len(), stand_in))
        })
    }

    /// Each word that is not public is hidden, and so is what looks like an address of any kind.
    fn public_only(&self, text: &str) -> String {
        let mut out = String::new();
        for token in text.split_inclusive(char::is_whitespace) {
            if is_address(token) {
                out.push_str(HIDDEN);
                out.extend(token.chars().last().filter(|c| c.is_whitespace()));
                continue;
            }
            let mut word = String::new();
            for c in token.chars().chain(['\0']) {
                if c.is_alphanumeric() {
                    word.push(c);
                    continue;
                }
                out.push_str(if self.is_public(&word) { &word } else { HIDDEN });
                word.clear();
                // A fence of Markdown must not end where we did not put its end.
                match c {
                    '\0' => {}
                    '`' => out.push('\''),
                    '…' => out.push('…'),
                    c if c.is_ascii_graphic() || c == ' ' || c == '\n' => out.push(c),
                    c if c.is_whitespace() => out.push(' '),
                    _ => out.push('?'),
                }
            }
        }
        out
    }

    fn is_public(&self, word: &str) -> bool {
        word.is_empty() || is_number(word) || self.public.contains(&word.to_lowercase())
    }
}

/// Numbers are too short to name anybody, alone, in a time or in a version: `20T09`, `15s`, `2026a`.
fn is_number(word: &str) -> bool {
    let digits = word.strip_suffix(|c: char| c.is_ascii_alphabetic()).unwrap_or(word);
    let short = |part: &str| !part.is_empty() && part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.split('T').count() <= 2 && digits.split('T').all(short)
}

/// Whether a token is an address on the web, of a mailbox or of a machine, or hides one behind escapes.
fn is_address(token: &str) -> bool {
    let is_escape =
        |at: usize| token.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    let dotted = token
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .any(|part| part.split('.').filter(|number| !number.is_empty()).count() == 4);
    token.contains("://") || token.contains('@') || dotted || token.match_indices('%').any(|(at, _)| is_escape(at))
}

/// Endings of domains are no secret, and stand in too many other words.
fn is_top_level(word: &str) -> bool {
    matches!(word, "com" | "org" | "net" | "example" | "de" | "io")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn key(text: &str) -> PrivateText {
    let lower: Vec<char> = text.chars().map(lowered).collect();
    (std::cmp::Reverse(lower.len()), lower)
}

/// The lower case of one letter as one letter, so that places stay what they are.
fn lowered(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Several hidden words in a row say no more than one.
fn collapse(text: &str) -> String {
    let mut text = text.to_owned();
    for between in ["", " ", ".", "/", "-", "_", ":", "\\", "'", "+", "="] {
        let pair = format!("{HIDDEN}{between}{HIDDEN}");
        while text.contains(&pair) {
            text = text.replace(&pair, HIDDEN);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_words_stay_and_all_others_go() {
        let redactor = Redactor::new();
        let text = "calendar read 5m ago, form 3; Zürcher's Kündigung at 2026-11-20T09:00:00Z";
        assert_eq!(redactor.strict(text), "calendar read 5m ago, form 3; […]'s […] at 2026-11-20T09:00:00Z");
    }

    #[test]
    fn what_is_known_goes_even_where_its_words_are_public_and_is_always_called_the_same() {
        let mut redactor = Redactor::new();
        assert_eq!(redactor.hide(Class::Account, "work"), "account-1");
        assert_eq!(redactor.hide(Class::Person, "Will Read"), "person-1");
        assert_eq!(redactor.hide(Class::Address, "Will.Read@Example.com"), "user1@domain1");
        assert_eq!(redactor.hide(Class::Address, "ann@example.com"), "user2@domain1");
        assert_eq!(redactor.hide(Class::Address, "will.read@example.com"), "user1@domain1");
        assert_eq!(redactor.strict("WILL reads work; ANN@EXAMPLE.COM"), "person-1 reads account-1; user2@domain1");
        assert_eq!(redactor.known("WILL's own kernel"), "person-1's own kernel");
    }

    proptest::proptest! {
        #[test]
        fn nothing_private_comes_through_however_it_is_written(
            name in "[A-ZÄÖŁa-zäöüßéčł]{3,9} [A-Za-zåøß]{3,9}",
            local in "[a-z0-9]{2,8}[.][a-z0-9]{4,9}",
            host in "[a-z]{4,9}[.][a-z]{5,9}[.](com|example)",
            token in "[a-zA-Z0-9]{12,40}",
            before in "[ ,;:/(<=\"'`]",
        ) {
            let mut redactor = Redactor::new();
            let address = format!("{local}@{host}");
            redactor.hide(Class::Person, &name);
            redactor.hide(Class::Address, &address);
            let forms = [
                name.clone(), name.to_uppercase(), name.to_lowercase(), name.replace(' ', "."), name.replace(' ', "\u{a0}"),
                address.clone(), address.to_uppercase(), address.replace('@', "%40"), format!("mailto:{address}"),
                format!("https://{host}/{token}/x.ics?key={token}"), format!("//{token}"), token.clone(),
            ];
            for form in forms {
                let said = redactor.strict(&format!("calendar{before}{form}{before}read")).to_lowercase();
                for word in name.split(' ').chain([local.as_str(), host.as_str(), token.as_str()]) {
                    let word = word.to_lowercase();
                    let mut ours = ["calendar", "read", "person-1", "user1@domain1"].into_iter().chain(FUNCTION.split(' '));
                    let is_ours = ours.any(|ours| ours.contains(&word));
                    proptest::prop_assert!(is_ours || !said.contains(&word), "{word} in {said}");
                }
            }
        }
    }

    #[test]
    fn addresses_of_every_kind_go_whole() {
        let redactor = Redactor::new();
        for text in
            ["https://calendar.example.com/main", "a@b", "192.168.1.20", "you%2Ework", "(10.0.0.1:443)", "webcal://x"]
        {
            let said = redactor.strict(&format!("read {text} now"));
            assert_eq!(said, "read […] now", "{text}");
        }
        assert!(!redactor.strict("```\nread").contains('`'));
    }
}
