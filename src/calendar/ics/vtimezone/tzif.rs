//! Writes a table of UTC offset changes as `TZif`, version 2 (RFC 9636).

use super::super::zone_names::{designation, posix_offset};
use super::Onset;

/// What follows the last onset: a POSIX string, and which of its offsets is the one of daylight saving time.
#[derive(Clone, Debug)]
pub(super) struct Footer {
    pub posix: String,
    pub daylight: i32,
}

/// The table: `first` seconds east of UTC before any onset; after the last one, the footer or the last offset for ever.
pub(super) fn write(first: i32, onsets: &[Onset], after: Option<&Footer>) -> Vec<u8> {
    let mut offsets = vec![first];
    for onset in onsets {
        if !offsets.contains(&onset.offset) && offsets.len() < 255 {
            offsets.push(onset.offset);
        }
    }
    let kind = |offset: i32| offsets.iter().position(|known| *known == offset).and_then(|at| u8::try_from(at).ok());
    let usable: Vec<(i64, u8)> =
        onsets.iter().filter_map(|onset| Some((onset.at.as_second(), kind(onset.offset)?))).collect();
    // The old block is not for us: the least that a reader takes.
    let mut bytes = header(0, 1, 1);
    bytes.extend([0; 7]);
    let mut names = Vec::new();
    let mut kinds = Vec::new();
    for offset in &offsets {
        kinds.extend(offset.to_be_bytes());
        kinds.push(u8::from(after.is_some_and(|footer| footer.daylight == *offset)));
        kinds.push(u8::try_from(names.len()).unwrap_or(0));
        // Past 255 bytes names can't be pointed at; nothing computes with them.
        if names.len() < 240 {
            names.extend(designation(*offset).bytes().chain([0]));
        }
    }
    bytes.extend(header(usable.len(), offsets.len(), names.len()));
    bytes.extend(usable.iter().flat_map(|(at, _)| at.to_be_bytes()));
    bytes.extend(usable.iter().map(|(_, kind)| kind));
    bytes.extend(kinds);
    bytes.extend(names);
    let last = onsets.last().map_or(first, |onset| onset.offset);
    let after = after.map_or_else(|| posix_offset(last), |footer| footer.posix.clone());
    bytes.extend(format!("\n{after}\n").bytes());
    bytes
}

fn header(transitions: usize, kinds: usize, name_bytes: usize) -> Vec<u8> {
    let mut bytes = b"TZif2".to_vec();
    bytes.extend([0; 15]);
    for count in [0, 0, 0, transitions, kinds, name_bytes] {
        bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
    }
    bytes
}
