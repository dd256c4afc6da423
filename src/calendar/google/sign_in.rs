//! Signs in through the browser (RFC 8252), with a listener on 127.0.0.1 that receives the answer.

use std::collections::HashMap;
use std::time::Duration;

use oauth2::PkceCodeVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use super::oauth::{Granted, OAuth};
use super::scopes;
use super::session::Session;
use super::token_store::Kept;
use crate::calendar::ErrorKind;
use crate::calendar::failure::Failure;
pub use crate::calendar::provider::Pages;
use crate::config::{Access, document};

/// The most of a request's head that is read.
const LONGEST_HEAD: usize = 16 << 10;

/// How long a connection may take to say what it wants; browsers open some that never do.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A sign-in that waits for its user.
pub struct SignIn {
    /// What the user has to open.
    pub page: Url,
    listener: TcpListener,
    redirect: Url,
    oauth: OAuth,
    state: String,
    verifier: PkceCodeVerifier,
    access: Access,
}

/// What came back to the listener.
enum Answer {
    Code(String),
    Refused(String),
}

impl SignIn {
    /// Prepares a sign-in to an account. Nothing leaves this machine yet.
    ///
    /// # Errors
    /// `Config` for a client that is none, `Local` where nothing can listen on 127.0.0.1.
    pub async fn begin(session: &Session) -> Result<Self, Failure> {
        let oauth = session.oauth().await?;
        let local = |error: std::io::Error| {
            Failure::new(ErrorKind::Local, format!("nothing can listen on 127.0.0.1 ({})", error.kind()))
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(local)?;
        let port = listener.local_addr().map_err(local)?.port();
        let redirect = Url::parse(&format!("http://127.0.0.1:{port}/"))
            .map_err(|_| Failure::new(ErrorKind::Local, "this machine has no address of its own"))?;
        let consent = oauth.consent(&redirect, scopes::of(session.access()));
        let (page, state, verifier) = (consent.page, consent.state, consent.verifier);
        Ok(Self { page, listener, redirect, oauth, state, verifier, access: session.access() })
    }

    /// Waits until the user has answered on the page, and turns the answer into a sign-in. Nothing is kept yet.
    ///
    /// # Errors
    /// `SignIn`, where the user refuses, answers nothing in `limit`, or leaves out what is needed; and those of the network.
    pub async fn finish(self, pages: Pages, limit: Duration) -> Result<Kept, Failure> {
        let minutes = limit.as_secs().div_ceil(60);
        let answer = timeout(limit, self.answer(pages)).await.map_err(|_| {
            Failure::new(ErrorKind::SignIn, format!("nobody signed in within {minutes} minutes; try again"))
        })??;
        let code = match answer {
            Answer::Code(code) => code,
            Answer::Refused(why) => {
                let detail = format!("the sign-in was refused ({why}); nothing was changed");
                return Err(Failure::new(ErrorKind::SignIn, detail));
            }
        };
        let granted = self.oauth.redeem(code, self.verifier, &self.redirect).await?;
        kept(granted, self.access)
    }

    /// The first answer that carries our own state. Connections are served side by side: a browser may open one and say nothing.
    async fn answer(&self, pages: Pages) -> Result<Answer, Failure> {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    let (stream, _) = accepted.map_err(|error| {
                        let detail = format!("the browser's answer cannot be received ({})", error.kind());
                        Failure::new(ErrorKind::Local, detail)
                    })?;
                    open.spawn(timeout(REQUEST_TIMEOUT, serve(stream, self.state.clone(), pages)));
                }
                Some(served) = open.join_next() => {
                    if let Ok(Ok(Some(answer))) = served {
                        return Ok(answer);
                    }
                }
            }
        }
    }
}

/// What is kept of what was granted, if it is enough.
fn kept(granted: Granted, access: Access) -> Result<Kept, Failure> {
    let asked = || scopes::of(access).iter().map(|scope| scope.name()).collect();
    let scopes = granted.scopes.unwrap_or_else(asked);
    let missing = scopes::missing(access, &scopes);
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|scope| scope.short()).collect();
        let detail = format!("Google did not grant {}; sign in again and tick every box", names.join(" and "));
        return Err(Failure::new(ErrorKind::SignIn, detail));
    }
    let refresh_token = granted.refresh_token.ok_or_else(|| {
        let detail =
            format!("Google gave no refresh token; is the client a desktop app? See {}", document("google.md"));
        Failure::new(ErrorKind::SignIn, detail)
    })?;
    let since = granted.now;
    Ok(Kept { refresh_token, scopes, since, until: granted.refresh_until })
}

/// Answers one request; a result is what it brought, if it was ours.
async fn serve(mut stream: TcpStream, state: String, pages: Pages) -> Option<Answer> {
    let target = target(&mut stream).await?;
    let url = Url::parse("http://127.0.0.1/").ok()?.join(&target).ok()?;
    let told: HashMap<String, String> = url.query_pairs().into_owned().collect();
    if url.path() != "/" || told.get("state") != Some(&state) {
        // An icon, another page's guess, or the answer to an older sign-in.
        reply(&mut stream, "404 Not Found", "").await;
        return None;
    }
    let answer = match (told.get("code"), told.get("error")) {
        (Some(code), None) => Answer::Code(code.clone()),
        (_, error) => Answer::Refused(word(error.map_or("no code", String::as_str))),
    };
    let page = if matches!(answer, Answer::Code(_)) { pages.allowed } else { pages.refused };
    reply(&mut stream, "200 OK", page).await;
    Some(answer)
}

/// What a request asks for. The rest of its head is read, so that closing the connection resets nothing.
async fn target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut more = [0; 1024];
        match stream.read(&mut more).await.ok()? {
            0 => return None,
            count => head.extend_from_slice(&more[..count]),
        }
        if head.len() > LONGEST_HEAD {
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let (method, rest) = head.split_once(' ')?;
    let target = rest.split(' ').next()?;
    (method == "GET" && target.starts_with('/')).then(|| target.to_owned())
}

async fn reply(stream: &mut TcpStream, status: &str, page: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: \
         no-store\r\n\
         Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\
         Connection: close\r\n\r\n",
        page.len()
    );
    // A browser that went away misses the page and nothing else.
    let _ = stream.write_all(format!("{head}{page}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Google's word for an error, fit to be shown whatever came.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ')).take(48).collect()
}
