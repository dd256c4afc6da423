//! Compares text in Unicode normal form, ignoring case and accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text in the form in which texts compare: `Zoë`, `ZOE` and `Zoe` with a combining accent are alike.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase) {
        // Lower case can bring marks of its own (`İ`).
        if !is_combining_mark(letter) {
            push_plain(letter, &mut folded);
        }
    }
    folded
}

/// Letters that have no decomposition and that people write plainly anyway, and signs that look alike.
fn push_plain(letter: char, into: &mut String) {
    match letter {
        'ø' => into.push('o'),
        'ł' => into.push('l'),
        'đ' | 'ð' => into.push('d'),
        'ı' => into.push('i'),
        'ß' => into.push_str("ss"),
        'æ' => into.push_str("ae"),
        'œ' => into.push_str("oe"),
        'þ' => into.push_str("th"),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => into.push('-'),
        '\u{2236}' => into.push(':'),
        '\u{2018}' | '\u{2019}' => into.push('\''),
        other => into.push(other),
    }
}

/// Whether `words` stand in `text` on their own, and not inside a longer word or number: `ooo` is not in `cooods`. Both are folded.
#[must_use]
pub fn has_words(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + words.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_normal_forms_are_aside() {
        for (one, other) in [
            ("Zoë", "Zoe\u{308}"),
            ("ZOË", "zoe"),
            ("Søren", "soren"),
            ("Łukasz", "LUKASZ"),
            ("Straße", "STRASSE"),
            ("İpek", "ipek"),
            ("Peña", "pen\u{303}a"),
            ("１：１", "1:1"),
            ("1∶1", "1:1"),
            ("1–1", "1-1"),
            ("Nguyễn", "nguyen"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("Anna"), fold("Hanna"));
    }

    #[test]
    fn words_stand_on_their_own() {
        assert!(has_words("at the ooo today", "ooo") && has_words("ooo", "ooo"));
        assert!(!has_words("cooods", "ooo") && !has_words("21:15", "1:1"));
    }
}
