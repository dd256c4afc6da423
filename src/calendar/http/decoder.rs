//! Decompresses gzip, declared or not, and enforces the size limit.

use std::io::Write;

use flate2::write::MultiGzDecoder;

use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;

/// The first two bytes of every gzip file (RFC 1952 2.3.1); no calendar begins with them.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How much is unpacked at a time: gzip grows at most a thousandfold, so that this bounds the memory at about 4 MiB.
const PACKED_STEP: usize = 4096;

/// How many packed bytes may come for which nothing is unpacked, such as the heads of empty members (RFC 1952 2.2).
const MAX_UNPRODUCTIVE: u64 = 256 << 10;

/// Takes the next decoded bytes; an error ends the read.
pub type Sink<'a> = dyn FnMut(&[u8]) -> Result<(), Failure> + Send + 'a;

/// Unpacks and counts a body, piece by piece.
#[derive(Debug)]
pub struct Decoder {
    /// What the answer's headers announce as packed.
    announced: Option<Unpacker>,
    body: Body,
}

/// What is inside of the announced packing; it may be packed once more, since some publishers serve `.ics.gz` files.
#[derive(Debug)]
struct Body {
    cap: u64,
    seen: u64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Too few bytes yet to tell.
    Undecided(Vec<u8>),
    Plain,
    Gzip(Box<Unpacker>),
}

/// Unpacks gzip, as long as that yields anything.
#[derive(Debug)]
struct Unpacker {
    decoder: MultiGzDecoder<Vec<u8>>,
    packed: u64,
    unpacked: u64,
}

impl Decoder {
    /// A decoder that lets at most `cap` decoded bytes pass.
    pub fn new(cap: u64) -> Self {
        Self { announced: None, body: Body { cap, seen: 0, stage: Stage::Undecided(Vec::new()) } }
    }

    /// The same for an answer that is announced as gzip.
    pub fn gzip(cap: u64) -> Self {
        Self { announced: Some(Unpacker::new()), ..Self::new(cap) }
    }

    /// Hands the next bytes of the body on, unpacked.
    ///
    /// # Errors
    /// `TooLarge` past the cap and for packing that holds next to nothing, `Server` for damaged gzip, and what `sink` returns.
    pub fn push(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Failure> {
        let body = &mut self.body;
        match &mut self.announced {
            Some(unpacker) => unpacker.push(bytes, &mut |unpacked| body.push(unpacked, sink)),
            None => body.push(bytes, sink),
        }
    }

    /// Ends the body.
    ///
    /// # Errors
    /// `Truncated` where gzip breaks off, and as [`Decoder::push`].
    pub fn finish(mut self, sink: &mut Sink<'_>) -> Result<(), Failure> {
        let body = &mut self.body;
        if let Some(unpacker) = self.announced {
            unpacker.finish(&mut |unpacked| body.push(unpacked, sink))?;
        }
        self.body.finish(sink)
    }
}

impl Body {
    fn push(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Failure> {
        if let Stage::Undecided(head) = &mut self.stage {
            head.extend_from_slice(bytes);
            return if head.len() < GZIP_MAGIC.len() { Ok(()) } else { self.decide(sink) };
        }
        self.forward(bytes, sink)
    }

    fn decide(&mut self, sink: &mut Sink<'_>) -> Result<(), Failure> {
        let Stage::Undecided(head) = &mut self.stage else { return Ok(()) };
        let head = std::mem::take(head);
        self.stage = if head.starts_with(&GZIP_MAGIC) { Stage::Gzip(Box::new(Unpacker::new())) } else { Stage::Plain };
        self.forward(&head, sink)
    }

    fn forward(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Failure> {
        let Self { cap, seen, stage } = self;
        match stage {
            Stage::Gzip(unpacker) => unpacker.push(bytes, &mut |unpacked| pass(unpacked, seen, *cap, sink)),
            Stage::Plain | Stage::Undecided(_) => pass(bytes, seen, *cap, sink),
        }
    }

    fn finish(mut self, sink: &mut Sink<'_>) -> Result<(), Failure> {
        if matches!(self.stage, Stage::Undecided(_)) {
            self.decide(sink)?;
        }
        let Self { cap, mut seen, stage } = self;
        match stage {
            Stage::Gzip(unpacker) => unpacker.finish(&mut |unpacked| pass(unpacked, &mut seen, cap, sink)),
            Stage::Plain | Stage::Undecided(_) => Ok(()),
        }
    }
}

fn pass(bytes: &[u8], seen: &mut u64, cap: u64, sink: &mut Sink<'_>) -> Result<(), Failure> {
    *seen = seen.saturating_add(bytes.len() as u64);
    if *seen > cap {
        return Err(too_large(cap));
    }
    if bytes.is_empty() { Ok(()) } else { sink(bytes) }
}

impl Unpacker {
    fn new() -> Self {
        Self { decoder: MultiGzDecoder::new(Vec::new()), packed: 0, unpacked: 0 }
    }

    fn push(&mut self, bytes: &[u8], next: &mut Sink<'_>) -> Result<(), Failure> {
        for step in bytes.chunks(PACKED_STEP) {
            self.packed += step.len() as u64;
            self.decoder
                .write_all(step)
                .map_err(|_| Failure::new(ErrorKind::Server, "the compressed answer is damaged"))?;
            let unpacked = std::mem::take(self.decoder.get_mut());
            self.unpacked += unpacked.len() as u64;
            if self.packed > self.unpacked.saturating_mul(2).saturating_add(MAX_UNPRODUCTIVE) {
                let kibibytes = MAX_UNPRODUCTIVE >> 10;
                let why = format!("the compressed answer is nearly all overhead: more than {kibibytes} KiB of it");
                return Err(Failure::new(ErrorKind::TooLarge, why));
            }
            next(&unpacked)?;
        }
        Ok(())
    }

    fn finish(mut self, next: &mut Sink<'_>) -> Result<(), Failure> {
        // A refusal may announce packing and have no body at all.
        if self.packed == 0 {
            return Ok(());
        }
        self.decoder
            .try_finish()
            .map_err(|_| Failure::new(ErrorKind::Truncated, "the compressed answer is cut short"))?;
        next(&std::mem::take(self.decoder.get_mut()))
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
