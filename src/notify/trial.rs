//! Shows one trial notice and waits for its button, which tells a server that shows notices from one that swallows them.

use std::time::Duration;

use notify_rust::{CloseReason, Notification, NotificationResponse, Timeout};
use tokio::time::timeout;
use zbus::Connection;

use super::dbus::{Error, why};
use super::server;

/// How long the user has to press the button.
pub const LIMIT: Duration = Duration::from_secs(20);

/// The button of the trial notice.
pub const BUTTON: &str = "I see it";

/// How long the bus and the server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(5);

const KEY: &str = "seen";

/// What became of a trial notice that the server took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// The user pressed it: it was shown, and presses come back.
    Pressed,
    /// The user closed it without a press: it was shown.
    Closed,
    /// Nobody pressed it in time. Whether it was on the screen is not known.
    NotPressed,
    /// The server shows no buttons, so that nothing can come back.
    NoButtons,
}

/// Shows the notice on the session bus, and waits at most `limit` for its user. It is withdrawn after that.
///
/// # Errors
/// Where there is no bus or no server, or the server does not take it.
pub async fn show(limit: Duration) -> Result<Trial, Error> {
    let bus = timeout(PATIENCE, Connection::session()).await.map_err(|_| Error::NoAnswer)?;
    let bus = bus.map_err(|error| Error::NoBus(error.to_string()))?;
    let about = timeout(PATIENCE, server::look(&bus)).await.map_err(|_| Error::NoAnswer)?.map_err(why)?;
    let has_buttons = about.can("actions");
    let shown = timeout(PATIENCE, notice(limit, has_buttons).show_async()).await.map_err(|_| Error::NoAnswer)?;
    let shown = shown.map_err(|error| Error::Refused(error.to_string()))?;
    if !has_buttons {
        return Ok(Trial::NoButtons);
    }
    let mut answer = None;
    // A bus that goes away ends the wait without an answer, like the time.
    let _ =
        timeout(limit, shown.wait_for_action_async(|response: &NotificationResponse| answer = Some(said(response))))
            .await;
    if answer.is_none() {
        // A server that does not answer now has the notice expire by itself.
        let _ = timeout(PATIENCE, shown.close_async()).await;
    }
    Ok(answer.unwrap_or(Trial::NotPressed))
}

fn notice(limit: Duration, has_buttons: bool) -> Notification {
    let seconds = limit.as_secs();
    let body = if has_buttons {
        format!("Press \"{BUTTON}\" within {seconds} seconds. Nothing else happens.")
    } else {
        "If you can read this, notices reach you.".to_owned()
    };
    let mut notice = Notification::new();
    notice.appname("cadenced").icon("x-office-calendar").summary("A trial notice of cadenced").body(&body);
    notice.timeout(Timeout::from(limit));
    if has_buttons {
        notice.action(KEY, BUTTON);
    }
    notice
}

fn said(response: &NotificationResponse) -> Trial {
    match response {
        // A click on the notice itself is a press where the server has no place for buttons.
        NotificationResponse::Action(_) | NotificationResponse::Default | NotificationResponse::Reply(_) => {
            Trial::Pressed
        }
        NotificationResponse::Closed(CloseReason::Dismissed) => Trial::Closed,
        NotificationResponse::Closed(CloseReason::Expired | CloseReason::CloseAction | CloseReason::Other(_)) => {
            Trial::NotPressed
        }
    }
}
