//! Reduces an event's content to digests as it is read, so that notes and places can be compared but are never stored.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::domain::fingerprint::{Fingerprint, Part};

/// What a change of one thing in an event means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// Somebody changed the event.
    Part(Part),
    /// A guest replied.
    Reply,
    /// The event's own modification time.
    Stamp,
}

/// The digests of an event, part by part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    parts: BTreeMap<Part, Sum>,
    replies: Sum,
    stamps: Sum,
}

type Sum = [u8; 32];

impl Content {
    /// The digests of everything that a server shows of an event, in any order.
    pub fn of(shown: impl IntoIterator<Item = (Aspect, String)>) -> Self {
        let (mut parts, mut replies, mut stamps) = (BTreeMap::<Part, Vec<String>>::new(), Vec::new(), Vec::new());
        for (aspect, text) in shown {
            match aspect {
                Aspect::Part(part) => parts.entry(part).or_default().push(text),
                Aspect::Reply => replies.push(text),
                Aspect::Stamp => stamps.push(text),
            }
        }
        let parts = parts.into_iter().map(|(part, shown)| (part, sum(shown))).collect();
        Self { parts, replies: sum(replies), stamps: sum(stamps) }
    }

    /// The fingerprint that is kept of it. Each event has a salt of its own, so that equal notes in two events have nothing in common.
    pub fn fingerprint(&self, salt: &str) -> Fingerprint {
        let salted = |sum: &Sum| hex(&Sha256::new().chain_update(salt).chain_update([0]).chain_update(sum).finalize());
        let parts = self.parts.iter().map(|(&part, sum)| (part, salted(sum))).collect();
        Fingerprint::new(parts, salted(&self.replies), salted(&self.stamps))
    }
}

fn sum(mut shown: Vec<String>) -> Sum {
    shown.sort_unstable();
    let mut hash = Sha256::new();
    for text in shown {
        // With its length, or "ab" and "c" would read as "a" and "bc".
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

/// Half of a digest: enough to tell two events apart.
fn hex(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().take(16).fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(title: &str, reply: &str, stamp: &str) -> Content {
        Content::of([
            (Aspect::Part(Part::Title), title.to_owned()),
            (Aspect::Reply, reply.to_owned()),
            (Aspect::Stamp, stamp.to_owned()),
        ])
    }

    #[test]
    fn a_reply_is_no_change_and_a_rewrite_without_one_is() {
        let before = content("Talk", "needsAction", "1").fingerprint("salt");
        for (title, reply, stamp, changed) in [
            ("Talk", "needsAction", "1", vec![]),
            ("Talk", "accepted", "1", vec![]),
            ("Talk", "accepted", "2", vec![]),
            ("Talk", "needsAction", "2", vec![Part::Other]),
            ("Talks", "accepted", "2", vec![Part::Title]),
        ] {
            let after = content(title, reply, stamp).fingerprint("salt");
            assert_eq!(before.changed_since(&after), changed, "{title} {reply} {stamp}");
        }
    }

    #[test]
    fn what_comes_and_what_goes_is_a_change_and_order_is_none() {
        let of = |texts: &[&str]| {
            Content::of(texts.iter().map(|text| (Aspect::Part(Part::Guests), (*text).to_owned()))).fingerprint("salt")
        };
        assert_eq!(of(&["ann", "bob"]).changed_since(&of(&["bob", "ann"])), []);
        for other in [&["ann"][..], &[], &["annb", "ob"]] {
            assert_eq!(of(&["ann", "bob"]).changed_since(&of(other)), [Part::Guests], "{other:?}");
            assert_eq!(of(other).changed_since(&of(&["ann", "bob"])), [Part::Guests], "{other:?}");
        }
    }

    #[test]
    fn equal_events_have_nothing_in_common_under_two_salts_and_no_word_shows() {
        let one = serde_json::to_string(&content("whispered", "", "").fingerprint("a")).unwrap();
        let other = serde_json::to_string(&content("whispered", "", "").fingerprint("b")).unwrap();
        let sums = |text: &str| text.split('"').filter(|part| part.len() == 32).map(str::to_owned).collect::<Vec<_>>();
        assert!(sums(&one).len() == 3 && sums(&one).iter().all(|sum| !sums(&other).contains(sum)), "{one} {other}");
        assert!(!one.contains("whispered"), "{one}");
    }
}
