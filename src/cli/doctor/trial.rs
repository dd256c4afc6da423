//! `cadenced doctor --notice`: says what became of a trial notice, and what to do where it was not seen.

use super::super::exit::Exit;
use super::{Finding, Kind};
use crate::notify::dbus::Error;
use crate::notify::trial::{self, BUTTON, LIMIT, Trial};

/// What is said while the notice is on the screen.
pub fn announcement() -> String {
    format!(
        "A trial notice is on its way to your screen. Press \"{BUTTON}\" in it; this waits for {} seconds.",
        LIMIT.as_secs()
    )
}

/// Shows one trial notice, and says what became of it.
pub async fn finding() -> Finding {
    of(&trial::show(LIMIT).await)
}

fn of(result: &Result<Trial, Error>) -> Finding {
    let what = "trial notice";
    match result {
        Ok(Trial::Pressed) => {
            Finding::fine(Kind::Notices, what, format!("\"{BUTTON}\" was pressed: notices reach you, and so do their buttons"))
        }
        Ok(Trial::Closed) => Finding::note(
            Kind::Notices,
            what,
            format!("it was closed by hand: notices reach you; whether their buttons work is not known, as \"{BUTTON}\" was not pressed"),
        )
        .remedy("`cadenced doctor --notice` again, and press the button"),
        Ok(Trial::NoButtons) => Finding::note(
            Kind::Notices,
            what,
            "the server took it and shows no buttons: only you know whether it was on the screen",
        )
        .remedy("if you did not see it: switch off do-not-disturb, and allow notices of cadenced in the desktop's settings"),
        Ok(Trial::NotPressed) => Finding::wrong(
            Kind::Notices,
            what,
            Exit::LookHere,
            format!("the server took it, and \"{BUTTON}\" was not pressed in {} s: it may keep notices from the screen", LIMIT.as_secs()),
        )
        .remedy(
            "if you did not see it: switch off do-not-disturb, and allow notices of cadenced in the desktop's settings; \
             until then `cadenced inbox` has what waits",
        ),
        Err(Error::NoServer) => Finding::wrong(Kind::Notices, what, Exit::LookHere, "not shown: there is no notification server")
            .remedy("start one, for example `dunst` or `mako`, and with the desktop"),
        Err(Error::NoBus(why)) => {
            Finding::wrong(Kind::Notices, what, Exit::LookHere, format!("not shown: there is no session bus ({why})"))
                .remedy("run this inside the desktop session, not over SSH or as another user")
        }
        Err(Error::NoAnswer) => {
            Finding::wrong(Kind::Notices, what, Exit::LookHere, "the notification server does not answer")
                .remedy("restart it, or sign in to the desktop again")
        }
        Err(Error::Refused(why)) => {
            Finding::wrong(Kind::Notices, what, Exit::LookHere, format!("the notification server refused it: {why}"))
                .remedy("restart the server, or use another, for example `dunst` or `mako`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn each_result_has_its_own_words_and_what_is_not_fine_a_remedy() {
        let refused = |error| Err(error);
        let results = [
            Ok(Trial::Pressed),
            Ok(Trial::Closed),
            Ok(Trial::NoButtons),
            Ok(Trial::NotPressed),
            refused(Error::NoServer),
            refused(Error::NoBus("x".to_owned())),
            refused(Error::NoAnswer),
            refused(Error::Refused("x".to_owned())),
        ];
        let found: Vec<Finding> = results.iter().map(of).collect();
        for (at, finding) in found.iter().enumerate() {
            assert!(found[..at].iter().all(|other| other.detail != finding.detail), "{finding:?}");
            assert_eq!(finding.remedy.is_none(), finding.state == State::Fine, "{finding:?}");
        }
        let wrong = |finding: &Finding| finding.state == State::Wrong(Exit::LookHere);
        assert_eq!(found.iter().map(wrong).collect::<Vec<_>>(), [false, false, false, true, true, true, true, true]);
    }
}
