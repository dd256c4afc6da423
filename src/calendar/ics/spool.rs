//! Spools a calendar's events to disk until the calendar is proven complete.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::SpooledTempFile;

use super::split::Component;

/// Up to this many bytes stay in memory; beyond it everything moves to a file without a name, which dies with us.
const MEMORY: usize = 4 << 20;

/// The bytes before each component: its line, its calendar and its length.
const HEAD: usize = 8 + 4 + 4;

/// Takes components, one after the other.
pub struct Spool {
    file: BufWriter<SpooledTempFile>,
    components: u64,
}

impl Spool {
    /// An empty spool that makes its nameless file in `folder`, should it need one.
    pub fn new(folder: &Path) -> Self {
        Self { file: BufWriter::with_capacity(64 << 10, tempfile::spooled_tempfile_in(MEMORY, folder)), components: 0 }
    }

    /// Adds a component at the end.
    ///
    /// # Errors
    /// Those of the disk; `InvalidInput` for a component of 4 GiB, which the splitter never makes.
    pub fn add(&mut self, component: &Component<'_>) -> io::Result<()> {
        let length = u32::try_from(component.text.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.file.write_all(&component.line.to_le_bytes())?;
        self.file.write_all(&component.calendar.to_le_bytes())?;
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(component.text)?;
        self.components += 1;
        Ok(())
    }

    /// Ends the writing and goes back to the first component.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn rewind(self) -> io::Result<Unspool> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Unspool { file: BufReader::with_capacity(64 << 10, file), left: self.components, text: Vec::new() })
    }
}

/// Gives the components back in their order.
pub struct Unspool {
    file: BufReader<SpooledTempFile>,
    left: u64,
    text: Vec<u8>,
}

impl Unspool {
    /// The next component, until all are out.
    ///
    /// # Errors
    /// Those of the disk; then the spool is of no more use, and gives nothing further.
    pub fn next(&mut self) -> io::Result<Option<Component<'_>>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        match self.fill() {
            Ok((line, calendar)) => Ok(Some(Component { line, calendar, text: &self.text })),
            Err(error) => {
                self.left = 0;
                Err(error)
            }
        }
    }

    fn fill(&mut self) -> io::Result<(u64, u32)> {
        let mut head = [0; HEAD];
        self.file.read_exact(&mut head)?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        self.text.resize(word(12) as usize, 0);
        self.file.read_exact(&mut self.text)?;
        Ok((u64::from(word(0)) | u64::from(word(4)) << 32, word(8)))
    }
}
