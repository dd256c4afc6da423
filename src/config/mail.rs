//! Parses `[mail]`: the server through which the owner mails the report to themselves.

use super::accounts::feed::login;
use super::section::Section;
use super::{Mail, Owner, Security, parsers};

/// What mailing needs; `None` where no server is set.
pub(super) fn mail(section: Section<'_>, owner: Option<&Owner>) -> Option<Mail> {
    let server = section.text("server");
    let security = section.parsed("security", Security::StartTls, parsers::security);
    let port = port(&section, security);
    let login = login(&section);
    let to = section.optional("to", parsers::address);
    let from = section.optional("from", parsers::address);
    let reports = section.flag("reports", true);
    if let (Some(to), Some(owner)) = (&to, owner)
        && !owner.addresses.contains(to)
    {
        section.wrong(
            "has a `to` that is not one of your addresses",
            "mail only goes to yourself: add it to [owner] or change it",
        );
        return None;
    }
    let server = server.map(|text| (text.text.to_owned(), text.at));
    if let Some((name, at)) = &server
        && security == Security::None
        && !is_this_machine(name)
    {
        let remedy = "use security = \"starttls\" or \"tls\"; without either, the server must be on this machine";
        section.document.problems.error(at, "`server` is another machine, and nothing would be encrypted", remedy);
    }
    section.finish();
    let to = to.or_else(|| owner?.addresses.first().cloned())?;
    let from = from.unwrap_or_else(|| to.clone());
    let (server, _) = server?;
    Some(Mail { server, port, security, login, to, from, reports })
}

fn port(section: &Section<'_>, security: Security) -> u16 {
    let usual = match security {
        Security::StartTls => 587,
        Security::Tls => 465,
        Security::None => 25,
    };
    let port = section.count("port", usual);
    u16::try_from(port).unwrap_or_else(|_| {
        section.wrong("has a `port` above 65535", "587 is usual with STARTTLS, 465 with TLS");
        587
    })
}

fn is_this_machine(name: &str) -> bool {
    name == "localhost" || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
