//! Sets up logging: to the journal under systemd, to stderr elsewhere.

use std::os::linux::fs::MetadataExt;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
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
    let filter = filter(std::env::var("CADENCED_LOG").ok().as_deref(), level(globals, from));
    // A second call in one process (as in tests) keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(filter).with(journal).with(stderr).try_init();
}

/// What is logged of which part: what the environment names, and `level` of everything else. What cannot be read is left out.
fn filter(named: Option<&str>, level: LevelFilter) -> Targets {
    let directives = named.unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty());
    directives.filter_map(|text| text.parse::<Targets>().ok()).fold(Targets::new().with_default(level), |all, one| {
        let all = one.default_level().map_or(all.clone(), |level| all.with_default(level));
        all.with_targets(one)
    })
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
    fn the_environment_names_parts_and_what_it_does_not_name_stays() {
        use tracing::Level;
        let both = filter(Some("cadenced::daemon=debug, nonsense=loud"), LevelFilter::WARN);
        assert!(both.would_enable("cadenced::daemon::source_reader", &Level::DEBUG));
        assert!(!both.would_enable("cadenced::store", &Level::INFO));
        assert!(both.would_enable("cadenced::store", &Level::WARN));
        let all = filter(Some("trace"), LevelFilter::WARN);
        assert!(all.would_enable("cadenced::store", &Level::TRACE));
        assert!(!filter(None, LevelFilter::WARN).would_enable("cadenced", &Level::INFO));
    }

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
