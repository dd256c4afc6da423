//! Sends a [`Email`] over SMTP (RFC 5321), and never knowingly twice.

pub mod text;

use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use crate::config::{Mail, Secret, Security};
use crate::domain::email::Email;

/// How long everything before the text may take.
const BEFORE: Duration = Duration::from_mins(1);

/// How long a server may think about the text; RFC 5321 (4.5.3.2.6) grants ten minutes, our queue gives up a little earlier.
const TEXT: Duration = Duration::from_mins(5);

/// How a mail did not go out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Not now: offline, or the server asks to come back (a greylist does).
    #[error("{0}")]
    Later(String),
    /// The server does not know this name and password, or none is available.
    #[error("{0}")]
    SignIn(String),
    /// The server does not take it at all.
    #[error("{0}")]
    Refused(String),
    /// The text went out, and no answer came back.
    #[error("{0}")]
    Uncertain(String),
    /// Somebody else is sending it.
    #[error("another process is sending it")]
    Taken,
}

/// A server that is ready for the text of one letter.
pub struct Ready {
    connection: AsyncSmtpConnection,
    text: Vec<u8>,
}

/// Signs in and announces a mail: everything but its text, so that nothing is sent by this.
///
/// # Errors
/// [`Failure`], never `Uncertain`.
pub async fn announce(mail: &Mail, password: Option<&Secret>, letter: &Email) -> Result<Ready, Failure> {
    let text = text::of(letter).map_err(Failure::Refused)?.formatted();
    let way = async {
        let mut connection = connect(mail).await?;
        sign_in(&mut connection, mail, password).await?;
        let (from, to) = (text::parsed(&letter.from), text::parsed(&letter.to));
        let (from, to) = (from.map_err(Failure::Refused)?, to.map_err(Failure::Refused)?);
        said(connection.command(MailFrom::new(Some(from), Vec::new())).await)?;
        said(connection.command(Rcpt::new(to, Vec::new())).await)?;
        said(connection.command(Data).await)?;
        Ok(connection)
    };
    let slow = || Failure::Later(format!("{} takes too long to answer", mail.server));
    let connection = timeout(BEFORE, way).await.map_err(|_| slow())??;
    Ok(Ready { connection, text })
}

impl Ready {
    /// Sends the text. Whoever calls this has noted before that it is on its way.
    ///
    /// # Errors
    /// [`Failure`]: `Later` and `Refused` by the server's own word, `Uncertain` where there is none.
    pub async fn send(mut self) -> Result<(), Failure> {
        let answer = timeout(TEXT, self.connection.message(&self.text)).await;
        match answer {
            Ok(Ok(_)) => {
                // It is taken; how the connection ends no longer matters.
                let _ = timeout(Duration::from_secs(5), self.connection.quit()).await;
                Ok(())
            }
            Ok(Err(error)) if error.status().is_some() => Err(by_word(&error)),
            Ok(Err(error)) => {
                Err(Failure::Uncertain(format!("no answer after the message was sent: {}", words(&error))))
            }
            Err(_) => Err(Failure::Uncertain("no answer within five minutes after the message was sent".to_owned())),
        }
    }

    /// Leaves without sending anything.
    pub async fn leave(mut self) {
        let _ = timeout(Duration::from_secs(5), self.connection.abort()).await;
    }
}

async fn connect(mail: &Mail) -> Result<AsyncSmtpConnection, Failure> {
    let host = mail.server.trim_matches(['[', ']']);
    let tls = || TlsParameters::new(host.to_owned()).map_err(|error| Failure::Later(words(&error)));
    let hello = ClientId::default();
    let at_once = if mail.security == Security::Tls { Some(tls()?) } else { None };
    let address = (host, mail.port);
    let connected = AsyncSmtpConnection::connect_tokio1(address, Some(BEFORE), &hello, at_once, None).await;
    let mut connection = connected.map_err(|error| unreached(mail, &error))?;
    if mail.security == Security::StartTls {
        if !connection.can_starttls() {
            let _ = connection.quit().await;
            return Err(Failure::Later(format!("{} offers no STARTTLS, and nothing is sent unencrypted", mail.server)));
        }
        connection.starttls(tls()?, &hello).await.map_err(|error| unreached(mail, &error))?;
    }
    Ok(connection)
}

async fn sign_in(connection: &mut AsyncSmtpConnection, mail: &Mail, password: Option<&Secret>) -> Result<(), Failure> {
    let (Some(login), Some(password)) = (&mail.login, password) else { return Ok(()) };
    let credentials = Credentials::new(login.username.clone(), password.expose().to_owned());
    let answer = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
    answer.map(|_| ()).map_err(|error| {
        if error.is_permanent() || error.is_client() {
            Failure::SignIn(format!("{} does not accept this user name and password: {}", mail.server, words(&error)))
        } else {
            Failure::Later(words(&error))
        }
    })
}

fn said<T>(answer: Result<T, SmtpError>) -> Result<T, Failure> {
    answer.map_err(|error| if error.status().is_some() { by_word(&error) } else { Failure::Later(words(&error)) })
}

/// What the server itself said no to.
fn by_word(error: &SmtpError) -> Failure {
    if error.is_permanent() { Failure::Refused(words(error)) } else { Failure::Later(words(error)) }
}

fn unreached(mail: &Mail, error: &SmtpError) -> Failure {
    Failure::Later(format!("{} port {}: {}", mail.server, mail.port, words(error)))
}

/// An error on one line, with its cause.
fn words(error: &SmtpError) -> String {
    crate::domain::sanitize::one_line(&error.to_string(), 200)
}
