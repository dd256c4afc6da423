//! Builds the MIME message (RFC 5322): plain text, with the HTML report attached.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};

use crate::domain::email::Email;
use crate::domain::person;

/// Says that no person wrote it, so that nothing answers by itself (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The whole text of a mail. Its `Message-ID` is the same whenever it is sent, so that a mailbox can tell a second copy.
///
/// # Errors
/// Words for the user, where an address or a type cannot be written.
pub fn of(letter: &Email) -> Result<Message, String> {
    let mailbox = |address: &person::Address| Ok::<_, String>(Mailbox::new(None, parsed(address)?));
    let written = u64::try_from(letter.written.as_second()).unwrap_or(0);
    let builder = Message::builder()
        .from(mailbox(&letter.from)?)
        .to(mailbox(&letter.to)?)
        .subject(letter.subject.clone())
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(written))
        .message_id(Some(message_id(letter)))
        .header(AutoSubmitted);
    let plain = SinglePart::plain(letter.text.clone());
    let message = match &letter.page {
        None => builder.singlepart(plain),
        Some((name, html)) => {
            let kind = ContentType::parse("text/html; charset=utf-8").map_err(|error| error.to_string())?;
            let page = Attachment::new(name.clone()).body(html.clone(), kind);
            builder.multipart(MultiPart::mixed().singlepart(plain).singlepart(page))
        }
    };
    message.map_err(|error| format!("the mail cannot be written: {error}"))
}

/// An address as the mail library has it.
///
/// # Errors
/// Words for the user, where it is none that can be mailed to.
pub fn parsed(address: &person::Address) -> Result<Address, String> {
    address.as_str().parse().map_err(|_| format!("{address} is not an address that can be mailed to"))
}

fn message_id(letter: &Email) -> String {
    let digest = Sha256::digest(format!("{}\n{}", letter.key, letter.to).as_bytes());
    let name: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let domain: String =
        letter.from.domain().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    format!("<cadenced.{name}@{}>", if domain.is_empty() { "localhost" } else { &domain })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Email {
        let me = person::Address::parse("me@example.com").unwrap();
        Email {
            key: "report:2026-W47".into(),
            from: me.clone(),
            to: me,
            subject: "1:1s in week 2026-W47".into(),
            text: "● held\n.\nBcc: eve@example.com\n".into(),
            page: Some(("week.html".into(), "<p>Çağla</p>".into())),
            written: "2026-11-23T08:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_letter_keeps_its_name_and_date_however_often_it_is_written() {
        let text = String::from_utf8(of(&letter()).unwrap().formatted()).unwrap();
        let again = String::from_utf8(of(&letter()).unwrap().formatted()).unwrap();
        let line = |text: &str, name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        for name in ["Message-ID:", "Date:", "Subject:", "Auto-Submitted: auto-generated"] {
            assert_eq!(line(&text, name), line(&again, name));
        }
        assert!(line(&text, "Date:").contains("Mon, 23 Nov 2026 08:00:00"), "{text}");
        assert!(text.is_ascii(), "no server has to know 8BITMIME");
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(!head.contains("Bcc:") && head.contains("To: me@example.com"), "{head}");
    }
}
