//! Unfolds content lines from chunks of any size (RFC 5545 3.1).

/// The longest content line that is kept, in bytes after unfolding.
const LINE_CAP: usize = 256 * 1024;
/// How far into a line its name must end; longer "names" are text that strayed into the file.
const NAME_CAP: usize = 256;

/// Takes whole lines, and says beforehand which it wants, so that the others are never even copied.
pub(super) trait Lines {
    /// Whether the line of this name is worth keeping.
    fn wants(&self, name: &[u8]) -> bool;
    /// One wanted line without its line break; `row` is where it begins, counted from 1.
    fn line(&mut self, row: u64, line: &[u8]);
    /// A line that has no name: neither `:` nor `;` ends one.
    fn nameless(&mut self, row: u64);
    /// A wanted line longer than the cap; it is dropped.
    fn too_long(&mut self, row: u64);
}

/// Joins folded lines. Folds may split a UTF-8 sequence, so this works on bytes, before decoding.
///
/// Lines end with CRLF, LF or CR. Several breaks in a row are one, as some writers double them.
#[derive(Debug)]
pub(super) struct Unfolder {
    line: Vec<u8>,
    wanted: Wanted,
    at_break: bool,
    after_cr: bool,
    row: u64,
    line_row: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// The name is not complete yet.
    Unknown,
    Yes,
    No,
}

impl Unfolder {
    pub(super) const fn new() -> Self {
        Self { line: Vec::new(), wanted: Wanted::Unknown, at_break: true, after_cr: false, row: 1, line_row: 1 }
    }

    /// Takes the next chunk.
    pub(super) fn push(&mut self, mut bytes: &[u8], lines: &mut impl Lines) {
        while let Some(&first) = bytes.first() {
            if self.at_break {
                match first {
                    b'\r' | b'\n' => self.count_break(first),
                    b' ' | b'\t' => self.resume(),
                    _ => {
                        self.end_line(lines);
                        self.resume();
                        continue;
                    }
                }
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|b| matches!(b, b'\r' | b'\n'));
            let (text, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            self.take(text, lines);
            self.at_break = end.is_some();
            bytes = rest;
        }
    }

    /// Hands out what the last line holds: a file need not end with a line break.
    pub(super) fn finish(&mut self, lines: &mut impl Lines) {
        self.end_line(lines);
    }

    fn count_break(&mut self, byte: u8) {
        if byte == b'\r' || !self.after_cr {
            self.row += 1;
        }
        self.after_cr = byte == b'\r';
    }

    const fn resume(&mut self) {
        self.at_break = false;
        self.after_cr = false;
    }

    fn take(&mut self, text: &[u8], lines: &mut impl Lines) {
        if self.wanted == Wanted::No {
            return;
        }
        let before = self.line.len();
        // One byte past the cap is enough to know that it was passed.
        let room = (LINE_CAP + 1).saturating_sub(before);
        self.line.extend_from_slice(&text[..text.len().min(room)]);
        if self.wanted == Wanted::Unknown {
            self.decide(before, lines);
        }
        if self.line.len() > LINE_CAP {
            lines.too_long(self.line_row);
            self.drop_rest();
        }
    }

    fn decide(&mut self, searched: usize, lines: &mut impl Lines) {
        let end = self.line[searched..].iter().position(|b| matches!(b, b':' | b';')).map(|at| at + searched);
        match end {
            Some(end) if lines.wants(name(&self.line[..end])) => self.wanted = Wanted::Yes,
            Some(_) => self.drop_rest(),
            None if self.line.len() > NAME_CAP => {
                lines.nameless(self.line_row);
                self.drop_rest();
            }
            None => {}
        }
    }

    fn drop_rest(&mut self) {
        self.line.clear();
        self.wanted = Wanted::No;
    }

    fn end_line(&mut self, lines: &mut impl Lines) {
        match self.wanted {
            Wanted::Yes if self.continues_softly() => {
                self.line.pop();
                return;
            }
            Wanted::Yes => lines.line(self.line_row, &self.line),
            Wanted::Unknown if !self.line.trim_ascii().is_empty() => lines.nameless(self.line_row),
            Wanted::Unknown | Wanted::No => {}
        }
        self.line.clear();
        self.wanted = Wanted::Unknown;
        self.line_row = self.row;
    }

    /// vCalendar 1.0 breaks quoted-printable lines with a `=` and no fold.
    fn continues_softly(&self) -> bool {
        const MARK: &[u8] = b"QUOTED-PRINTABLE";
        self.line.ends_with(b"=")
            && self
                .line
                .split(|b| *b == b':')
                .next()
                .is_some_and(|head| head.windows(MARK.len()).any(|part| part.eq_ignore_ascii_case(MARK)))
    }
}

/// A property's name as written, without blanks and without a byte order mark before it.
pub(super) fn name(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text).trim_ascii()
}
