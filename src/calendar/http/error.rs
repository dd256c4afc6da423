//! HTTP failures in words that contain no address and no secret.

use std::error::Error as StdError;
use std::io;
use std::iter;
use std::time::Duration;

use http::StatusCode;
use hyper_util::client::legacy;
use rustls::CertificateError;

use super::connect::{NoSuchName, ProxyRefused};
use super::meter::LimitExceeded;
use super::request::NoResponse;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
use crate::domain::source::Distrust;

/// When a request failed: before its answer began, or inside the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// There was no connection yet.
    Connecting,
    /// Nothing of the answer had come.
    Asking,
    /// The answer had begun.
    Reading,
}

/// What an answer that is no success means; `wait` is its `Retry-After`.
pub fn of_status(status: StatusCode, wait: Option<Duration>) -> Failure {
    let code = status.as_u16();
    let (kind, hint) = match code {
        401 => (ErrorKind::SignIn, "it does not accept the sign-in"),
        403 => (ErrorKind::SignIn, "it does not allow this"),
        404 | 410 => (ErrorKind::NotFound, "the calendar was moved, deleted or is no longer shared"),
        429 => (ErrorKind::Wait { after: wait }, "it has had too many requests"),
        503 => (ErrorKind::Wait { after: wait }, "it is not available at the moment"),
        407 => (ErrorKind::Config, "the proxy requires a login"),
        511 => (ErrorKind::Offline, "this network requires a sign-in first"),
        500..600 => (ErrorKind::Server, "the fault is on its side"),
        _ => (ErrorKind::Server, "it does not say why"),
    };
    Failure::new(kind, format!("the server answered {code}: {hint}"))
}

/// What a failed request means. Nothing of the error's own text is used, as it may name the address.
pub fn of_error(error: &(dyn StdError + 'static), phase: Phase) -> Failure {
    if causes(error).any(<dyn StdError>::is::<LimitExceeded>) {
        return too_much(phase);
    }
    if let Some(tls) = causes(error).find_map(<dyn StdError>::downcast_ref::<rustls::Error>) {
        let distrust = of_tls(tls);
        return Failure::new(ErrorKind::Insecure(distrust), detail(distrust));
    }
    causes(error).find_map(of_cause).unwrap_or_else(|| match phase {
        Phase::Connecting => Failure::new(ErrorKind::Offline, "no connection to the server"),
        Phase::Asking => Failure::new(ErrorKind::Offline, "the server closed the connection without an answer"),
        Phase::Reading => Failure::new(ErrorKind::Truncated, "the connection broke off in the middle of the answer"),
    })
}

/// What a failed request means to somebody who wanted to change something: only without a connection is it sure that nothing happened.
pub fn unanswered(error: &legacy::Error) -> NoResponse {
    if error.is_connect() {
        NoResponse::not_sent(of_error(error, Phase::Connecting))
    } else {
        NoResponse::unknown(of_error(error, Phase::Asking))
    }
}

/// What is said where a server takes its time.
pub fn too_slow() -> Failure {
    Failure::new(ErrorKind::Offline, "the server took too long")
}

fn too_much(phase: Phase) -> Failure {
    let detail = match phase {
        Phase::Connecting | Phase::Asking => "the server keeps sending, but its answer never begins",
        Phase::Reading => "the server keeps sending, but almost none of it is the answer",
    };
    Failure::new(ErrorKind::TooLarge, detail)
}

/// An error and everything below it; an `io::Error` hides what it wraps from `source`.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    })
}

fn of_cause(cause: &(dyn StdError + 'static)) -> Option<Failure> {
    if cause.is::<NoSuchName>() {
        return Some(Failure::new(ErrorKind::Offline, "the server's name cannot be found"));
    }
    if let Some(ProxyRefused(status)) = cause.downcast_ref() {
        return Some(match status {
            407 => Failure::new(ErrorKind::Config, "the proxy requires a login"),
            _ => Failure::new(
                ErrorKind::Offline,
                format!("the proxy does not connect to the server (it answered {status})"),
            ),
        });
    }
    if let Some(http) = cause.downcast_ref::<hyper::Error>() {
        return of_http(http);
    }
    let (kind, detail) = match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => (ErrorKind::Offline, "the server refused the connection"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            (ErrorKind::Offline, "the server broke the connection")
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            (ErrorKind::Offline, "there is no route to the server; is the network up?")
        }
        io::ErrorKind::TimedOut => (ErrorKind::Offline, "the server took too long"),
        io::ErrorKind::UnexpectedEof => (ErrorKind::Truncated, "the answer was cut short"),
        _ => return None,
    };
    Some(Failure::new(kind, detail))
}

/// What answers, but not as HTTP has it.
fn of_http(error: &hyper::Error) -> Option<Failure> {
    if error.is_parse_too_large() {
        return Some(Failure::new(ErrorKind::TooLarge, "the headers of the server's answer are too large"));
    }
    // Above all, a port that speaks TLS.
    let why = "whatever answers there does not speak HTTP; is the port right, and should the address begin with \
               https:?";
    error.is_parse().then(|| Failure::new(ErrorKind::Server, why))
}

/// Why there is no trusted connection.
fn of_tls(error: &rustls::Error) -> Distrust {
    use rustls::{AlertDescription as Alert, Error as Tls};
    match error {
        Tls::InvalidCertificate(reason) => of_certificate(reason),
        Tls::InvalidMessage(_) | Tls::InappropriateMessage { .. } | Tls::InappropriateHandshakeMessage { .. } => {
            Distrust::NoTls
        }
        Tls::PeerIncompatible(_)
        | Tls::NoApplicationProtocol
        | Tls::AlertReceived(Alert::ProtocolVersion | Alert::HandshakeFailure | Alert::InsufficientSecurity) => {
            Distrust::NothingInCommon
        }
        _ => Distrust::Other,
    }
}

fn of_certificate(reason: &CertificateError) -> Distrust {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotValidYet,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Distrust::WrongName,
        // A signature that does not match is that of an issuer who shares a trusted one's name, as after an own issuer was made once more.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Distrust::UnknownIssuer,
        CertificateError::Revoked => Distrust::Revoked,
        CertificateError::Other(why) if is_own_issuer(why) => Distrust::SelfSigned,
        _ => Distrust::BadCertificate,
    }
}

/// Whether a server uses the certificate of an issuer, as `openssl req -x509` makes them.
fn is_own_issuer(why: &rustls::OtherError) -> bool {
    why.0.downcast_ref::<webpki::Error>().is_some_and(|why| *why == webpki::Error::CaUsedAsEndEntity)
}

/// What happened; what to do about it is said elsewhere. The certificate's names are left out, as the host is part of the address.
const fn detail(distrust: Distrust) -> &'static str {
    match distrust {
        Distrust::UnknownIssuer => "the server's certificate is from an issuer that this machine does not trust",
        Distrust::SelfSigned => {
            "the server uses an issuer's own certificate (self-signed, with CA:TRUE), which is not safe"
        }
        Distrust::WrongName => "the server's certificate is for another name",
        Distrust::Expired => "the server's certificate has expired",
        Distrust::NotValidYet => "the server's certificate is not valid yet",
        Distrust::Revoked => "the server's certificate was revoked",
        Distrust::BadCertificate => "the server's certificate is not valid",
        Distrust::NoTls => "whatever answers there does not speak TLS",
        Distrust::NothingInCommon => "the server speaks no version of TLS that is still safe (1.2 or 1.3)",
        Distrust::Other => "no secure connection could be made",
    }
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, Error as Tls, InvalidMessage};

    use super::*;

    #[test]
    fn each_failure_of_tls_has_its_name() {
        let certificate = |reason| Tls::InvalidCertificate(reason);
        let cases = [
            (certificate(CertificateError::UnknownIssuer), Distrust::UnknownIssuer),
            (certificate(CertificateError::NotValidForName), Distrust::WrongName),
            (certificate(CertificateError::Expired), Distrust::Expired),
            (certificate(CertificateError::NotValidYet), Distrust::NotValidYet),
            (certificate(CertificateError::Revoked), Distrust::Revoked),
            (certificate(CertificateError::BadEncoding), Distrust::BadCertificate),
            (Tls::InvalidMessage(InvalidMessage::InvalidContentType), Distrust::NoTls),
            (Tls::AlertReceived(AlertDescription::ProtocolVersion), Distrust::NothingInCommon),
            (Tls::AlertReceived(AlertDescription::InternalError), Distrust::Other),
        ];
        let mut said = std::collections::BTreeSet::new();
        for (error, distrust) in cases {
            // As it comes out of a connection: inside of an error of the system.
            let wrapped = io::Error::new(io::ErrorKind::InvalidData, error);
            let failure = of_error(&wrapped, Phase::Connecting);
            assert_eq!(failure.kind, ErrorKind::Insecure(distrust));
            assert!(said.insert(failure.detail.clone()), "two say the same: {}", failure.detail);
        }
    }
}
