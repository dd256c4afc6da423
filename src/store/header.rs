//! Inspects a database file by its bytes, as opening it with SQLite may already write to it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::Error;
use super::migrate;

/// What the first hundred bytes say (<https://www.sqlite.org/fileformat.html>, 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// There is no file.
    Absent,
    /// There is a file without a byte: made, and never written to.
    Empty,
    /// It is no database.
    Garbage,
    /// It may be ours.
    Plausible,
}

/// Looks at the file; fails where a newer version or another program wrote it.
pub(super) fn read(path: &Path) -> Result<Header, Error> {
    let mut bytes = Vec::with_capacity(100);
    match File::open(path).and_then(|file| file.take(100).read_to_end(&mut bytes)) {
        Ok(0) => return Ok(Header::Empty),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Header::Absent),
        Err(error) => return Err(Error::io(path, &error)),
    }
    let (Some(version), Some(application)) = (number(&bytes, 60), number(&bytes, 68)) else {
        return Ok(Header::Garbage);
    };
    if !bytes.starts_with(b"SQLite format 3\0") {
        return Ok(Header::Garbage);
    }
    migrate::is_ours(version, application.cast_signed(), false)?;
    Ok(Header::Plausible)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}
