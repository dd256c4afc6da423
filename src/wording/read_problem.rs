//! What to do about a calendar that cannot be read, by error and kind of account.

use crate::domain::source::{Credential, Distrust, ReadErrorKind};

/// What the user can do; `account` is the name of its account in the config.
#[must_use]
pub fn remedy(kind: ReadErrorKind, credential: Credential, account: &str) -> String {
    match kind {
        ReadErrorKind::SignIn => sign_in(credential, account),
        ReadErrorKind::NotFound => match credential {
            Credential::Browser | Credential::KeyFile => {
                format!("Compare `calendar` in the config with the list that `cadenced doctor --live {account}` shows.")
            }
            Credential::Password => "Check `server` and `calendar` in the config.".to_owned(),
            Credential::Address => "Copy its address again: publishers replace addresses.".to_owned(),
            Credential::File => "Check the path.".to_owned(),
        },
        ReadErrorKind::File => "Check the path, and that you have permission to read the file.".to_owned(),
        ReadErrorKind::NotACalendar => match credential {
            Credential::Browser | Credential::KeyFile => RETRIED.to_owned(),
            Credential::Password => "Check `server` in the config.".to_owned(),
            Credential::Address => "Check its address: one for subscribing ends in .ics or is called iCal.".to_owned(),
            Credential::File => "Check that it is an .ics file.".to_owned(),
        },
        ReadErrorKind::Insecure(distrust) => secure_again(distrust).to_owned(),
        ReadErrorKind::TooLarge => "Raise `max_size` in the config if that size is right.".to_owned(),
        ReadErrorKind::Emptied => "Nothing was deleted. Check that it is still the right calendar.".to_owned(),
        ReadErrorKind::Redirect => match credential {
            Credential::Address => "Use the address that it redirects to in a browser.".to_owned(),
            Credential::Browser | Credential::KeyFile | Credential::Password | Credential::File => {
                "Check `server` in the config.".to_owned()
            }
        },
        ReadErrorKind::Config => "`cadenced check` shows what is wrong in the config.".to_owned(),
        ReadErrorKind::Local => "`cadenced doctor` looks for what is wrong on this machine.".to_owned(),
        ReadErrorKind::Offline | ReadErrorKind::Wait { .. } | ReadErrorKind::Server | ReadErrorKind::Truncated => {
            RETRIED.to_owned()
        }
    }
}

/// What is said of failures that pass by themselves.
const RETRIED: &str = "The daemon tries again by itself.";

/// What makes a connection secure again.
#[must_use]
pub const fn secure_again(distrust: Distrust) -> &'static str {
    match distrust {
        Distrust::UnknownIssuer => {
            "Install the issuer's CA certificate (on Debian: into /usr/local/share/ca-certificates, then update-ca-certificates), or \
             ask whoever runs the server."
        }
        Distrust::SelfSigned => {
            "Let that issuer sign a certificate for the server's name, as mkcert does, and install the issuer's on this machine."
        }
        Distrust::WrongName => {
            "Use the host name that the server's own documents give, or ask whoever runs the server."
        }
        Distrust::Expired => {
            "Check this machine's clock; if it is right, whoever runs the server has to renew the certificate."
        }
        Distrust::NotValidYet => "Set the clock of this machine: timedatectl set-ntp true",
        Distrust::Revoked => "Do not sign in there, and ask whoever runs the server.",
        Distrust::BadCertificate => "Ask whoever runs the server.",
        Distrust::NoTls => "Check the port, and whether the server only speaks plain http:.",
        Distrust::NothingInCommon => "Whoever runs the server has to update it.",
        Distrust::Other => "Check the network: a proxy or a sign-in page may be in the way.",
    }
}

fn sign_in(credential: Credential, account: &str) -> String {
    match credential {
        Credential::Browser => format!("Sign in again: cadenced login {account}"),
        Credential::KeyFile => format!("Check the service account and its key file: cadenced doctor --live {account}"),
        Credential::Password => format!("Check the user name and the password: cadenced doctor --live {account}"),
        Credential::Address => "Copy its address again: publishers replace addresses.".to_owned(),
        Credential::File => "Check that you have permission to read the file.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn every_failure_has_the_remedy_for_how_the_calendar_is_reached() {
        let credentials =
            [Credential::Browser, Credential::KeyFile, Credential::Password, Credential::Address, Credential::File];
        let mut table = String::new();
        for kind in ReadErrorKind::ALL {
            let _ = writeln!(table, "{kind}");
            for credential in credentials.into_iter().filter(|&credential| kind.can_be_with(credential)) {
                let _ = writeln!(table, "  {credential:?}: {}", remedy(kind, credential, "work"));
            }
        }
        for distrust in Distrust::ALL {
            let _ = writeln!(table, "{distrust:?}: {}", secure_again(distrust));
        }
        insta::assert_snapshot!(table);
        assert_eq!(
            table.matches("cadenced login").count(),
            1,
            "only a sign-in through the browser can be renewed like that"
        );
    }
}
