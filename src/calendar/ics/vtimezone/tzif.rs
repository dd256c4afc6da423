//! Owns the writing of a table of onsets in `TZif` form, version 2 (RFC 9636).

use super::Onset;
use crate::calendar::ics::zone_names::posix_offset;

/// The table: `first` seconds east of UTC before any onset; after the last one, the POSIX string or its own offset.
pub(super) fn write(first: i32, onsets: &[Onset], after: Option<&str>) -> Vec<u8> {
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
    bytes.extend([0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(header(usable.len(), offsets.len(), 4));
    bytes.extend(usable.iter().flat_map(|(at, _)| at.to_be_bytes()));
    bytes.extend(usable.iter().map(|(_, kind)| kind));
    for offset in &offsets {
        bytes.extend(offset.to_be_bytes());
        bytes.extend([0, 0]);
    }
    bytes.extend(b"-00\0");
    let last = onsets.last().map_or(first, |onset| onset.offset);
    let after = after.map_or_else(|| posix_offset(last), str::to_owned);
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
