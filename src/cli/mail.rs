//! `cadenced report --mail`: queues the report as a mail, and sends it.

use anyhow::Context as _;

use super::context::{Context, waiting};
use super::exit::{Ended, Exit};
use super::output;
use crate::config::Mail;
use crate::daemon::mailer::{Sent, deliver};
use crate::domain::email::Fate;
use crate::domain::week::WeekFacts;
use crate::report::email;
use crate::store::Store;

/// Mails the report of a week to the owner. What cannot go out now waits in the queue, for the daemon or the next try.
///
/// # Errors
/// The store's own, and a mail that did not go out (exit codes 1, 75 and 77), or nowhere to send it to (78).
pub fn send(facts: &WeekFacts, share: bool, context: &Context, store: &Store) -> anyhow::Result<Exit> {
    let Some(mail) = &context.settings.mail else {
        let words = "no mail server is set: name one in [mail] of the config";
        return Err(Ended::new(Exit::BadConfig, words).into());
    };
    let sent = waiting()?.block_on(on_its_way(facts, share, mail, context, store))?;
    match told(sent, mail) {
        (Exit::Fine, words) => {
            output::print(&words)?;
            Ok(Exit::Fine)
        }
        (exit, words) => Err(Ended::new(exit, words).into()),
    }
}

async fn on_its_way(
    facts: &WeekFacts,
    share: bool,
    mail: &Mail,
    context: &Context,
    store: &Store,
) -> anyhow::Result<Option<Sent>> {
    let now = context.now();
    let usual = if share { format!("{}:shared", email::key(facts)) } else { email::key(facts) };
    let first = email::of(facts, mail, usual.clone(), share, now)?;
    let mut key = usual;
    if !store.post(first.clone(), now).await.context("queueing the mail")? {
        let known = store.posted(100).await.context("reading the queue")?;
        if known.iter().any(|letter| letter.key == key && letter.state == "sending") {
            return Ok(None);
        }
        // It went out before, and whoever types this wants it again.
        key = format!("{key}:{}", now.as_millisecond());
        let again = crate::domain::email::Email { key: key.clone(), ..first };
        store.post(again, now).await.context("queueing the mail")?;
    }
    let done = deliver(store, mail, context.clock).await.context("sending the mail")?;
    Ok(done.into_iter().find(|one| one.key == key))
}

fn told(sent: Option<Sent>, mail: &Mail) -> (Exit, String) {
    let Some(Sent { fate: Some(fate), wants_sign_in, .. }) = sent else {
        return (Exit::TryAgain, "another process is sending the mail".to_owned());
    };
    match fate {
        Fate::Sent => (Exit::Fine, format!("The report was mailed to {}.\n", mail.to)),
        Fate::Later { why, .. } if wants_sign_in => (Exit::SignIn, format!("{why}; the mail waits in the queue")),
        Fate::Later { why, .. } => (Exit::TryAgain, format!("not mailed yet: {why}; the mail waits in the queue")),
        Fate::Refused { why } => (Exit::LookHere, format!("not mailed: {why}")),
        Fate::Uncertain { why } => {
            (Exit::LookHere, format!("perhaps mailed, check your mailbox: {why}; it is not sent again automatically"))
        }
    }
}
