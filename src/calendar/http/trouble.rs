//! Owns what HTTP failures mean, in words that hold no address and no secret.

use std::error::Error as StdError;
use std::io;
use std::iter;
use std::time::Duration;

use reqwest::StatusCode;
use rustls::CertificateError;

use super::exchange::Unanswered;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;

/// When a request failed: before its answer began, or inside the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing of the answer had come.
    Asking,
    /// The answer had begun.
    Reading,
}

/// What an answer that is no success means; `wait` is its `Retry-After`.
pub fn of_status(status: StatusCode, wait: Option<Duration>) -> Failure {
    let code = status.as_u16();
    let (kind, hint) = match code {
        401 | 403 => (ErrorKind::SignIn, "check the address, the user name and the password"),
        404 | 410 => (ErrorKind::NotFound, "the calendar was moved, deleted or is no longer shared"),
        429 | 503 => (ErrorKind::Wait { after: wait }, "it is asked again later"),
        407 => (ErrorKind::Config, "the proxy wants a login of its own"),
        511 => (ErrorKind::Offline, "this network wants a sign-in first"),
        _ => (ErrorKind::Server, "it is asked again later"),
    };
    Failure::new(kind, format!("the server answered {code}; {hint}"))
}

/// What a failed request means. Nothing of the error's own text is used, as it may name the address.
pub fn of_error(error: &reqwest::Error, phase: Phase) -> Failure {
    if error.is_builder() {
        return Failure::new(ErrorKind::Config, "no request can be made from this address or login");
    }
    if error.is_timeout() {
        return Failure::new(ErrorKind::Offline, "the server took too long");
    }
    if error.is_dns() {
        return Failure::new(ErrorKind::Offline, "the server's name cannot be found");
    }
    causes(error).find_map(of_cause).unwrap_or_else(|| match phase {
        Phase::Asking if error.is_connect() => Failure::new(ErrorKind::Offline, "no connection to the server"),
        Phase::Asking => Failure::new(ErrorKind::Offline, "the server closed the connection without an answer"),
        Phase::Reading => Failure::new(ErrorKind::Truncated, "the answer broke off"),
    })
}

/// What a failed request means to somebody who wanted to change something: only without a connection is it sure that nothing happened.
pub fn unanswered(error: &reqwest::Error) -> Unanswered {
    let failure = of_error(error, Phase::Asking);
    if error.is_builder() || error.is_connect() { Unanswered::not_sent(failure) } else { Unanswered::unknown(failure) }
}

/// An error and everything below it; an `io::Error` hides what it wraps from `source`.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    })
}

fn of_cause(cause: &(dyn StdError + 'static)) -> Option<Failure> {
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(Failure::new(ErrorKind::Offline, of_tls(tls)));
    }
    let (kind, detail) = match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => (ErrorKind::Offline, "the server refused the connection"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            (ErrorKind::Offline, "the server broke the connection")
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            (ErrorKind::Offline, "there is no way to the server; is the network up?")
        }
        io::ErrorKind::TimedOut => (ErrorKind::Offline, "the server took too long"),
        io::ErrorKind::UnexpectedEof => (ErrorKind::Truncated, "the answer ended before its end"),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => (ErrorKind::Server, "the packed body is damaged"),
        _ => return None,
    };
    Some(Failure::new(kind, detail))
}

/// Why there is no trusted connection. The certificate's names are left out, as the host is part of the address.
fn of_tls(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the server's certificate has expired; is the clock of this machine right?"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet; is the clock of this machine right?"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the server's certificate is for another name"
            }
            CertificateError::UnknownIssuer => {
                "the server's certificate is from an issuer that this machine does not trust; are the CA certificates installed?"
            }
            _ => "the server's certificate is not good",
        },
        _ => "no secure connection could be made",
    }
}
