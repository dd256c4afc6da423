//! Deliberate faults, enabled one at a time, to prove that the tests find them. Only a build with `--cfg planted` contains any.
//! `tests/planted/faults.txt` lists them with the harm of each; `make planted` enables one after the other and runs the tests.
//!
//! `tests/planted/faults.txt` names them all with the harm of each; `make planted` plants one after the other and runs the tests.

/// Whether the fault of this name is planted: `false`, known to the compiler, in every ordinary build.
#[cfg(not(planted))]
macro_rules! planted {
    ($name:literal) => {
        false
    };
}

/// Whether the fault of this name is the one that the environment plants.
#[cfg(planted)]
macro_rules! planted {
    ($name:literal) => {
        $crate::planted::is($name)
    };
}

/// The variable that names the fault.
#[cfg(planted)]
const VARIABLE: &str = "CADENCED_PLANTED";

/// Whether `name` is the fault that is planted in this process.
#[cfg(planted)]
#[must_use]
pub fn is(name: &str) -> bool {
    static FAULT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    FAULT.get_or_init(|| std::env::var(VARIABLE).unwrap_or_default()) == name
}
