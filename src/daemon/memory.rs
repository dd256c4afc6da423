//! Returns unused memory to the system before the daemon goes idle.

use std::fs;
use std::time::Duration;

use super::Daemon;

/// A nap that is shorter is no rest.
const MIN_IDLE: Duration = Duration::from_secs(15);

impl Daemon {
    /// Gives memory back, if this nap is a rest after work.
    pub(super) async fn give_back_before(&mut self, nap: Duration) {
        if !self.stirred || nap < MIN_IDLE || self.reads.running() > 0 {
            return;
        }
        self.stirred = false;
        if let Err(error) = self.store.rest().await {
            self.on_store_error(error);
        }
        give_back();
    }
}

/// Gives back what was allocated and freed, and the pages of the program's own code.
///
/// A cycle takes in the events of half a year and drops them; the allocator keeps the room for the next time, which is
/// minutes or hours away. The same holds for code: most of what is mapped is needed at the start and in a cycle alone. Code comes back from
/// the system's cache, page by page, when it is run. `docs/decisions/memory-at-rest.md` has the numbers.
fn give_back() {
    trim();
    for (start, length) in fs::read_to_string("/proc/self/maps").iter().flat_map(|maps| own_code(maps)) {
        forget(start, length);
    }
}

/// Where the program's own code is in memory, by `proc_pid_maps(5)`: what of its file may be run and cannot be written.
fn own_code(maps: &str) -> Vec<(usize, usize)> {
    let Ok(program) = fs::read_link("/proc/self/exe") else { return Vec::new() };
    let Some(program) = program.to_str() else { return Vec::new() };
    let code = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (permissions, rest) = rest.split_once(' ')?;
        if permissions != "r-xp" || !rest.ends_with(&format!(" {program}")) {
            return None;
        }
        let (start, end) = range.split_once('-')?;
        let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
        Some((start, end.checked_sub(start)?))
    };
    maps.lines().filter_map(code).collect()
}

#[cfg(target_env = "gnu")]
fn trim() {
    #[expect(unsafe_code, reason = "malloc_trim(3) takes a number and no pointer, and may be called at any time")]
    // SAFETY: it is thread-safe, and touches nothing that is in use.
    let _ = unsafe { libc::malloc_trim(0) };
}

#[cfg(not(target_env = "gnu"))]
fn trim() {}

fn forget(start: usize, length: usize) {
    let code = std::ptr::with_exposed_provenance_mut(start);
    #[expect(unsafe_code, reason = "madvise(2) of pages that are the file's own and cannot be written")]
    // SAFETY: the pages are a private mapping of a file, readable and executable and never writable, so that what is read from the file
    // again is what was there; nothing that was changed can be lost.
    let done = unsafe { rustix::mm::madvise(code, length, rustix::mm::Advice::LinuxDontNeed) };
    if let Err(error) = done {
        tracing::debug!(%error, "the system keeps the pages of code");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_this_program_is_found() {
        let program = fs::read_link("/proc/self/exe").unwrap();
        let program = program.display();
        let maps = format!(
            "1000-3000 r--p 00000000 fe:00 7 {program}\n3000-8000 r-xp 00002000 fe:00 7 {program}\n\
             8000-9000 rw-p 00007000 fe:00 7 {program}\na000-b000 r-xp 00000000 fe:00 8 /usr/lib/libc.so.6\n\
             c000-d000 r-xp 00000000 00:00 0 [vdso]\n"
        );
        assert_eq!(own_code(&maps), [(0x3000, 0x5000)]);
    }

    #[test]
    fn the_program_goes_on_after_it_gave_back() {
        give_back();
        let words: Vec<String> = (0..1000).map(|n| format!("word {n}")).collect();
        give_back();
        assert_eq!(words[999], "word 999");
    }
}
