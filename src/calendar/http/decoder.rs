//! Owns the way from the bytes of an answer to the bytes of a calendar: unpacking gzip that nobody announced, and the size cap.

use std::io::Write;

use flate2::write::MultiGzDecoder;

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;

/// The first two bytes of every gzip file (RFC 1952 2.3.1); no calendar begins with them.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How much is unpacked at a time: gzip grows at most a thousandfold, so that this bounds the memory at about 4 MiB.
const PACKED_STEP: usize = 4096;

/// Takes the next decoded bytes; an error ends the read.
pub type Sink<'a> = dyn FnMut(&[u8]) -> Result<(), Failure> + Send + 'a;

/// Unpacks and counts a body, piece by piece.
#[derive(Debug)]
pub struct Decoder {
    cap: u64,
    seen: u64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Too few bytes yet to tell.
    Undecided(Vec<u8>),
    Plain,
    Gzip(MultiGzDecoder<Vec<u8>>),
}

impl Decoder {
    /// A decoder that lets at most `cap` decoded bytes pass.
    pub fn new(cap: u64) -> Self {
        Self { cap, seen: 0, stage: Stage::Undecided(Vec::new()) }
    }

    /// Hands the next bytes of the body on, unpacked.
    ///
    /// # Errors
    /// `TooLarge` past the cap, `Server` for damaged gzip, and what `sink` returns.
    pub fn push(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Failure> {
        match &mut self.stage {
            Stage::Plain => self.pass(bytes, sink),
            Stage::Gzip(_) => self.unpack(bytes, sink),
            Stage::Undecided(head) => {
                head.extend_from_slice(bytes);
                if head.len() < GZIP_MAGIC.len() { Ok(()) } else { self.decide(sink) }
            }
        }
    }

    /// Ends the body.
    ///
    /// # Errors
    /// `Truncated` where gzip breaks off, and as [`Decoder::push`].
    pub fn finish(mut self, sink: &mut Sink<'_>) -> Result<(), Failure> {
        if matches!(self.stage, Stage::Undecided(_)) {
            self.decide(sink)?;
        }
        let Stage::Gzip(decoder) = &mut self.stage else { return Ok(()) };
        decoder.try_finish().map_err(|_| Failure::new(ErrorKind::Truncated, "the packed body breaks off"))?;
        let rest = std::mem::take(decoder.get_mut());
        self.pass(&rest, sink)
    }

    fn decide(&mut self, sink: &mut Sink<'_>) -> Result<(), Failure> {
        let Stage::Undecided(head) = &mut self.stage else { return Ok(()) };
        let head = std::mem::take(head);
        if head.starts_with(&GZIP_MAGIC) {
            self.stage = Stage::Gzip(MultiGzDecoder::new(Vec::new()));
            return self.unpack(&head, sink);
        }
        self.stage = Stage::Plain;
        self.pass(&head, sink)
    }

    fn unpack(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Failure> {
        for step in bytes.chunks(PACKED_STEP) {
            let Stage::Gzip(decoder) = &mut self.stage else { return Ok(()) };
            decoder.write_all(step).map_err(|_| Failure::new(ErrorKind::Server, "the packed body is damaged"))?;
            let unpacked = std::mem::take(decoder.get_mut());
            self.pass(&unpacked, sink)?;
        }
        Ok(())
    }

    fn pass(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Failure> {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        if self.seen > self.cap {
            return Err(too_large(self.cap));
        }
        if bytes.is_empty() { Ok(()) } else { sink(bytes) }
    }
}

/// What is said of a body that goes past the cap.
pub fn too_large(cap: u64) -> Failure {
    let mebibytes = cap.div_ceil(1 << 20);
    Failure::new(
        ErrorKind::TooLarge,
        format!("the calendar is larger than the {mebibytes} MiB that are allowed for it"),
    )
}
