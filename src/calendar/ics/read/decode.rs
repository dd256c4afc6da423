//! Guesses an encoding: ICS is UTF-8 (RFC 5545 3.1.4), and what is not is nearly always windows-1252.

use std::borrow::Cow;

/// What windows-1252 has where latin-1 has control characters; the five that it leaves out stay as they are.
const FROM_80_TO_9F: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text, and whether any of its lines had to be read as windows-1252.
pub(super) fn text(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.into(), false);
    }
    let mut decoded = String::with_capacity(bytes.len() + 16);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => decoded.push_str(line),
            Err(_) => decoded.extend(line.iter().map(|byte| windows_1252(*byte))),
        }
    }
    (decoded.into(), true)
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => FROM_80_TO_9F[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
