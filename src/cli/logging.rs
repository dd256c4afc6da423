//! Owns where log lines go: the journal under systemd, stderr elsewhere.

use std::os::linux::fs::MetadataExt;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::Globals;
use crate::config::LogLevel;

/// Starts logging from a level on. `CADENCED_LOG` (such as `cadenced::daemon=debug`) goes over `-v` and `-q`.
pub fn start(globals: &Globals, from: LevelFilter) {
    let journal = if stderr_is_the_journal() { tracing_journald::layer().ok() } else { None };
    let stderr = journal.is_none().then(|| {
        tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never)
            .with_target(globals.verbose > 1)
            .without_time()
    });
    let filter = EnvFilter::builder().with_default_directive(level(globals, from).into());
    let filter = filter.with_env_var("CADENCED_LOG").from_env_lossy();
    // A second call in one process (as in tests) keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(filter).with(journal).with(stderr).try_init();
}

/// How much is logged: each `-v` is one level more than what the verb starts from.
fn level(globals: &Globals, default: LevelFilter) -> LevelFilter {
    let rising = [LevelFilter::ERROR, LevelFilter::WARN, LevelFilter::INFO, LevelFilter::DEBUG, LevelFilter::TRACE];
    if globals.quiet {
        return LevelFilter::ERROR;
    }
    let start = rising.iter().position(|level| *level == default).unwrap_or(0);
    rising[(start + usize::from(globals.verbose)).min(rising.len() - 1)]
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}

/// Whether systemd connected our stderr to its journal: `JOURNAL_STREAM` names its device and inode (systemd.exec(5)).
fn stderr_is_the_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    named == format!("{}:{}", stderr.st_dev(), stderr.st_ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_v_says_more_and_q_only_errors() {
        let told = |verbose, quiet| level(&Globals { verbose, quiet, ..Globals::default() }, LevelFilter::WARN);
        assert_eq!(told(0, false), LevelFilter::WARN);
        assert_eq!(told(1, false), LevelFilter::INFO);
        assert_eq!(told(9, false), LevelFilter::TRACE);
        assert_eq!(told(0, true), LevelFilter::ERROR);
        assert_eq!(level(&Globals { verbose: 1, ..Globals::default() }, LevelFilter::INFO), LevelFilter::DEBUG);
    }
}
