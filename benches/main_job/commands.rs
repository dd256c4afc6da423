//! What one run of the program costs, from its start to its end.
#![expect(unsafe_code, reason = "the system tells what children cost in no other way")]
#![expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]

use std::mem::MaybeUninit;
use std::path::Path;
use std::process::Command;

use crate::planning::NOW;

/// How often each command runs; the one in the middle counts.
const ROUNDS: usize = 5;

/// What a command cost.
pub struct Cost {
    /// Its processor time, in milliseconds.
    pub processor: f64,
    /// The most memory that it, or any command before it, held, in KiB.
    pub memory: f64,
}

/// What a command costs on the store of a config. The first one after a change reads the whole database through, and is not counted.
pub fn cost(command: &str, config: &Path) -> Cost {
    run(command, config);
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let before = children().0;
            run(command, config);
            children().0 - before
        })
        .collect();
    times.sort_by(f64::total_cmp);
    Cost { processor: times[ROUNDS / 2], memory: children().1 }
}

fn run(command: &str, config: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_cadenced"))
        .arg("--config")
        .arg(config)
        .args(["--now", NOW, command])
        .env("TZ", "UTC")
        .output()
        .unwrap();
    assert!(output.status.success() && !output.stdout.is_empty(), "{output:?}");
}

/// The processor time of all children so far, in milliseconds, and the most that one of them held, in KiB.
fn children() -> (f64, f64) {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call fills the structure that it is given, which is valid as zeroes before.
    let usage = unsafe {
        assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()), 0);
        usage.assume_init()
    };
    let milliseconds = |time: libc::timeval| time.tv_sec as f64 * 1e3 + time.tv_usec as f64 / 1e3;
    (milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime), usage.ru_maxrss as f64)
}
