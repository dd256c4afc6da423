//! [`Exit`]: the exit codes, and which errors lead to which.

use std::process::ExitCode;

use crate::calendar;

/// How the program ends; the numbers follow `sysexits.h` where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Fine.
    Fine,
    /// Something that the user must see: a part failed, or problems were found.
    LookHere,
    /// The command line makes no sense.
    Usage,
    /// It was not undone: somebody has changed the event since.
    Touched,
    /// Try again: offline, asked to wait, or the server has a fault.
    TryAgain,
    /// Sign-in needed.
    SignIn,
    /// The config is wrong.
    BadConfig,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::LookHere => 1,
            Self::Usage => 2,
            Self::Touched => 3,
            Self::TryAgain => 75,
            Self::SignIn => 77,
            Self::BadConfig => 78,
        }
    }

    /// The way to end that has this number; any other one is something to look at.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        let all =
            [Self::Fine, Self::LookHere, Self::Usage, Self::Touched, Self::TryAgain, Self::SignIn, Self::BadConfig];
        all.into_iter().find(|exit| exit.code() == code).unwrap_or(Self::LookHere)
    }

    /// How a read of a calendar that failed in this way ends.
    #[must_use]
    pub const fn of_reading(kind: calendar::ErrorKind) -> Self {
        use calendar::ErrorKind as Kind;
        match kind {
            Kind::Offline | Kind::Wait { .. } | Kind::Server => Self::TryAgain,
            Kind::SignIn => Self::SignIn,
            Kind::Config => Self::BadConfig,
            Kind::Insecure(_)
            | Kind::NotFound
            | Kind::NotACalendar
            | Kind::Truncated
            | Kind::TooLarge
            | Kind::Emptied
            | Kind::Redirect
            | Kind::File
            | Kind::Local => Self::LookHere,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error that ends in a code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub struct Ended {
    /// How to end.
    pub exit: Exit,
    /// What to tell the user: what failed, and what to do next.
    pub words: String,
}

impl Ended {
    /// An error that ends in `exit` and says `words`.
    pub fn new(exit: Exit, words: impl Into<String>) -> Self {
        Self { exit, words: words.into() }
    }
}

/// Notifies the user of an error, and says how to end. A reader that went away (`| head`) is no error.
pub fn report(error: &anyhow::Error) -> Exit {
    if is_broken_pipe(error) {
        return Exit::Fine;
    }
    anstream::eprintln!("cadenced: {}", words(error));
    exit_of(error)
}

/// An error with its causes, each said once: some already speak for theirs.
fn words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    if error.chain().next().is_some_and(<dyn std::error::Error>::is::<std::io::Error>) {
        "the result cannot be written".clone_into(&mut words);
    }
    for cause in error.chain().map(ToString::to_string) {
        if !words.contains(&cause) {
            words = if words.is_empty() { cause } else { format!("{words}: {cause}") };
        }
    }
    words
}

fn exit_of(error: &anyhow::Error) -> Exit {
    error.chain().find_map(of_cause).unwrap_or(Exit::LookHere)
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(ended) = cause.downcast_ref::<Ended>() {
        return Some(ended.exit);
    }
    cause.downcast_ref::<calendar::Error>().map(|error| Exit::of_reading(error.kind))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |io: &std::io::Error| io.kind() == std::io::ErrorKind::BrokenPipe;
    let in_json = |json: &serde_json::Error| json.io_error_kind() == Some(std::io::ErrorKind::BrokenPipe);
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(broken)
            || cause.downcast_ref::<serde_json::Error>().is_some_and(in_json)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_ends_in_the_code_that_its_cause_names() {
        let error = anyhow::Error::new(Ended::new(Exit::BadConfig, "line 3")).context("reading the config");
        assert_eq!(exit_of(&error), Exit::BadConfig);
        assert_eq!(exit_of(&anyhow::anyhow!("anything")), Exit::LookHere);
    }

    #[test]
    fn whatever_is_wrong_with_a_server_ends_alike() {
        use calendar::ErrorKind as Kind;
        // 500 and 502, 503 with and without a time, and no answer at all.
        for kind in [Kind::Server, Kind::Wait { after: None }, Kind::Offline] {
            assert_eq!(Exit::of_reading(kind), Exit::TryAgain, "{kind}");
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(report(&anyhow::Error::new(pipe).context("writing")), Exit::Fine);
        let json = serde_json::Error::io(std::io::ErrorKind::BrokenPipe.into());
        assert_eq!(report(&json.into()), Exit::Fine);
    }

    #[test]
    fn a_cause_is_said_once() {
        let cause = std::io::Error::other("no space left");
        let spoken = anyhow::Error::new(cause).context("week.html: no space left; make some");
        assert_eq!(words(&spoken), "week.html: no space left; make some");
        let bare = anyhow::Error::new(std::io::Error::other("no space left"));
        assert_eq!(words(&bare), "the result cannot be written: no space left");
    }
}
