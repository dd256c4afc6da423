//! Percent encoding, base64url (RFC 4648 5) and lower-case base32hex.

use sha2::{Digest, Sha256};

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE32: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// The SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// The bytes as base64url without padding.
pub fn base64url(bytes: &[u8]) -> String {
    regroup(bytes.iter().copied(), 8, 6, true).into_iter().map(|six| char::from(URL_SAFE[usize::from(six)])).collect()
}

/// What base64url stands for; nothing where the text is not that.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    from_alphabet(text.trim_end_matches('='), URL_SAFE, 6)
}

/// The bytes in the alphabet of event ids (`a` to `v` and digits).
pub fn base32hex(bytes: &[u8]) -> String {
    regroup(bytes.iter().copied(), 8, 5, true).into_iter().map(|five| char::from(BASE32[usize::from(five)])).collect()
}

/// What such a text stands for.
pub fn from_base32hex(text: &str) -> Option<Vec<u8>> {
    from_alphabet(text, BASE32, 5)
}

/// The text with its `%XX` replaced; a plus stays a plus.
pub fn from_percent(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn from_alphabet(text: &str, alphabet: &[u8], width: u32) -> Option<Vec<u8>> {
    let digits = text.bytes().map(|byte| alphabet.iter().position(|one| *one == byte));
    let digits: Option<Vec<u8>> = digits.map(|at| at.and_then(|at| u8::try_from(at).ok())).collect();
    Some(regroup(digits?.into_iter(), width, 8, false))
}

/// The same bits in groups of another width; what is left over at the end is filled up with zeros or dropped.
fn regroup(from: impl Iterator<Item = u8>, width: u32, to: u32, keep_rest: bool) -> Vec<u8> {
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for group in from {
        bits = (bits << width) | u32::from(group);
        count += width;
        while count >= to {
            count -= to;
            out.push(u8::try_from((bits >> count) & ((1 << to) - 1)).unwrap());
        }
        bits &= (1 << count) - 1;
    }
    if keep_rest && count > 0 {
        out.push(u8::try_from((bits << (to - count)) & ((1 << to) - 1)).unwrap());
    }
    out
}
