//! OAuth 2.0: consent, codes with PKCE (RFC 7636), tokens and their expiry.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;

use super::encodings::{base64url, from_base64url, from_percent, sha256};
use super::refusal::{Refusal, oauth_error};
use super::state::World;
use super::wire::{Answer, Request};

/// The desktop client that the fake knows, and its secret that is none.
pub const CLIENT: (&str, &str) = ("1234567890-cadenced.apps.googleusercontent.com", "GOCSPX-fake");
/// A refresh token of a project in testing lives so long.
const TESTING: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What was granted, and how granting goes.
#[derive(Debug)]
pub struct Grants {
    codes: BTreeMap<String, Code>,
    refresh: BTreeMap<String, Refresh>,
    access: BTreeMap<String, Access>,
    /// How long an access token lives, in seconds.
    pub expires_in: i64,
    /// Whether the project is "in testing", so that refresh tokens die after seven days.
    pub testing: bool,
    /// What the user answers at once, without a page to click on.
    pub answer: Option<Consent>,
    /// How many access tokens were given for refresh tokens.
    pub refreshes: usize,
}

impl Default for Grants {
    fn default() -> Self {
        Self {
            codes: BTreeMap::new(),
            refresh: BTreeMap::new(),
            access: BTreeMap::new(),
            expires_in: 3599,
            testing: false,
            answer: None,
            refreshes: 0,
        }
    }
}

/// What a user answers on the page of consent.
#[derive(Clone, Debug)]
pub enum Consent {
    /// Allowed by this user, but for the scopes that hold one of these words.
    Allow {
        user: String,
        without: Vec<String>,
    },
    Deny,
}

#[derive(Debug)]
struct Code {
    user: String,
    scopes: Vec<String>,
    challenge: String,
    plain: bool,
    redirect: String,
    until: Timestamp,
}

#[derive(Debug)]
struct Refresh {
    user: String,
    scopes: Vec<String>,
    issued: Timestamp,
}

#[derive(Debug)]
struct Access {
    user: String,
    scopes: Vec<String>,
    until: Timestamp,
    refresh: Option<String>,
}

impl World {
    /// The user of a bearer token and the scopes that it holds.
    pub fn bearer(&self, request: &Request) -> Result<(String, Vec<String>), Refusal> {
        let header = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let token = header.or_else(|| request.parameter("access_token"));
        let access = token.and_then(|token| self.grants.access.get(token)).filter(|access| access.until > self.now);
        let access = access.ok_or_else(|| Refusal::new(401, "authError").at("header", "Authorization"))?;
        Ok((access.user.clone(), access.scopes.clone()))
    }

    /// A new access token.
    pub fn give_access(&mut self, user: &str, scopes: &[String], refresh: Option<String>) -> String {
        let token = format!("ya29.{}", self.secret());
        let until = self.now.checked_add(SignedDuration::from_secs(self.grants.expires_in)).unwrap_or(Timestamp::MAX);
        let access = Access { user: user.to_owned(), scopes: scopes.to_vec(), until, refresh };
        self.grants.access.insert(token.clone(), access);
        token
    }

    /// A new refresh token.
    pub fn give_refresh(&mut self, user: &str, scopes: &[String]) -> String {
        let token = format!("1//{}", self.secret());
        let refresh = Refresh { user: user.to_owned(), scopes: scopes.to_vec(), issued: self.now };
        self.grants.refresh.insert(token.clone(), refresh);
        token
    }

    /// Takes everything from a user that was granted.
    pub fn revoke(&mut self, user: &str) {
        self.grants.refresh.retain(|_, refresh| refresh.user != user);
        self.grants.access.retain(|_, access| access.user != user);
    }

    fn secret(&mut self) -> String {
        base64url(&sha256(format!("secret {}", self.number()).as_bytes()))
    }

    /// The page of consent, and what follows from the answer on it.
    pub fn consent(&mut self, request: &Request) -> Answer {
        let get = |name: &str| request.parameter(name).unwrap_or_default();
        let redirect = Url::parse(get("redirect_uri")).ok().filter(is_loopback);
        let challenged = matches!(get("code_challenge_method"), "S256" | "plain" | "");
        let wrong = match redirect {
            _ if get("client_id") != CLIENT.0 => "Error 401: invalid_client",
            None => "Error 400: redirect_uri_mismatch",
            _ if get("response_type") != "code" || get("scope").is_empty() || !challenged => {
                "Error 400: invalid_request"
            }
            _ => "",
        };
        let Some(mut redirect) = redirect.filter(|_| wrong.is_empty()) else {
            return Answer::new(400, "text/html", format!("<html><title>{wrong}</title><p>{wrong}</p></html>"));
        };
        let scopes: Vec<String> = get("scope").split_whitespace().map(str::to_owned).collect();
        let Some(answer) = self.grants.answer.clone().or_else(|| clicked(request, &scopes)) else {
            return Answer::new(200, "text/html; charset=utf-8", self.consent_page(request, &scopes));
        };
        let mut query = redirect.query_pairs_mut();
        query.append_pair("state", get("state"));
        match answer {
            Consent::Deny => drop(query.append_pair("error", "access_denied")),
            Consent::Allow { user, without } => {
                let granted: Vec<String> =
                    scopes.into_iter().filter(|scope| !without.iter().any(|word| scope.contains(word))).collect();
                let code = format!("4/0{}", self.secret());
                query.append_pair("code", &code).append_pair("scope", &granted.join(" "));
                let code_of = Code {
                    user,
                    scopes: granted,
                    challenge: get("code_challenge").to_owned(),
                    plain: get("code_challenge_method") != "S256",
                    redirect: get("redirect_uri").to_owned(),
                    until: self.now.checked_add(SignedDuration::from_mins(10)).unwrap_or(Timestamp::MAX),
                };
                self.grants.codes.insert(code, code_of);
            }
        }
        drop(query);
        Answer::new(302, "text/html", "").with("Location", redirect.as_str())
    }

    /// A page with a box for each scope, one for each user, and the two buttons.
    fn consent_page(&self, request: &Request, scopes: &[String]) -> String {
        let hidden = request.query.iter().map(|(name, value)| field("hidden", name, value, "", ""));
        let hint = request.parameter("login_hint").filter(|hint| self.users.contains_key(*hint));
        let chosen = hint.or_else(|| self.users.keys().next().map(String::as_str));
        let users = self.users.keys().map(|user| {
            field("radio", "fake_user", user, if Some(user.as_str()) == chosen { "checked" } else { "" }, user)
        });
        let boxes = scopes.iter().map(|scope| field("checkbox", "fake_scope", scope, "checked", scope));
        let fields: String = hidden.chain(users).chain(boxes).collect();
        format!(
            "<!doctype html><html lang=\"en\"><title>Sign in</title><h1>cadenced wants access to your account</h1>\
             <form action=\"{}\">{fields}<p><button id=\"allow\" name=\"fake_answer\" value=\"allow\">Allow</button> \
             <button id=\"deny\" name=\"fake_answer\" value=\"deny\">Deny</button></p></form></html>",
            request.path
        )
    }

    /// The token endpoint.
    pub fn token(&mut self, request: &Request) -> Answer {
        let form: BTreeMap<String, String> = request.form().into_iter().chain(basic(request)).collect();
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" {
            return self.assertion(get("assertion"));
        }
        if get("client_id") != CLIENT.0 {
            return oauth_error(401, "invalid_client", "The OAuth client was not found.");
        }
        if get("client_secret") != CLIENT.1 {
            return oauth_error(401, "invalid_client", "Unauthorized");
        }
        match get("grant_type") {
            "authorization_code" => self.redeem(&form),
            "refresh_token" => {
                let token = get("refresh_token");
                let dead = |issued: Timestamp| self.grants.testing && self.now.duration_since(issued) > TESTING;
                let held = self.grants.refresh.get(token).filter(|refresh| !dead(refresh.issued));
                let Some((user, scopes)) = held.map(|refresh| (refresh.user.clone(), refresh.scopes.clone())) else {
                    return oauth_error(400, "invalid_grant", "Token has been expired or revoked.");
                };
                self.grants.refreshes += 1;
                let access = self.give_access(&user, &scopes, Some(token.to_owned()));
                self.granted(&access, &scopes, None)
            }
            _ => oauth_error(400, "unsupported_grant_type", "Invalid grant_type"),
        }
    }

    fn redeem(&mut self, form: &BTreeMap<String, String>) -> Answer {
        let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        // A code is good for one attempt.
        let code = self.grants.codes.remove(get("code")).filter(|code| code.until > self.now);
        let Some(code) = code else { return oauth_error(400, "invalid_grant", "Malformed auth code.") };
        let verifier = get("code_verifier");
        let proof = if code.plain { verifier.to_owned() } else { base64url(&sha256(verifier.as_bytes())) };
        if !code.challenge.is_empty() && verifier.is_empty() {
            return oauth_error(400, "invalid_grant", "Missing code verifier.");
        }
        if !code.challenge.is_empty() && proof != code.challenge {
            return oauth_error(400, "invalid_grant", "Invalid code verifier.");
        }
        if code.redirect != get("redirect_uri") {
            return oauth_error(400, "redirect_uri_mismatch", "Bad Request");
        }
        let refresh = self.give_refresh(&code.user, &code.scopes);
        let access = self.give_access(&code.user, &code.scopes, Some(refresh.clone()));
        self.granted(&access, &code.scopes, Some(&refresh))
    }

    fn granted(&self, access: &str, scopes: &[String], refresh: Option<&str>) -> Answer {
        let mut body = json!({
            "access_token": access, "expires_in": self.grants.expires_in, "scope": scopes.join(" "),
            "token_type": "Bearer",
        });
        if let Some(refresh) = refresh {
            body["refresh_token"] = refresh.into();
        }
        Answer::json(200, &body)
    }

    /// A service account's assertion (RFC 7523). The claims are checked and the signature is not; nor are the times
    /// compared with the fake's, because the libraries that sign take them from the wall clock.
    fn assertion(&mut self, jwt: &str) -> Answer {
        let part = |n: usize| jwt.split('.').nth(n).and_then(from_base64url);
        let read = |n: usize| part(n).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let (Some(header), Some(claims), Some(_)) = (read(0), read(1), part(2)) else {
            return oauth_error(400, "invalid_grant", "Invalid JWT");
        };
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let life = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat);
        let audience = [format!("{}/token", self.base), "https://oauth2.googleapis.com/token".to_owned()];
        let wrong = if header["alg"] != "RS256" {
            "Invalid JWT Signature."
        } else if !text("iss").contains('@') || text("scope").is_empty() {
            "Invalid issuer or scope."
        } else if !audience.contains(&text("aud")) {
            "Invalid JWT: Failed audience check."
        } else if life.is_none_or(|life| !(1..=3600).contains(&life)) {
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
        } else if !self.users.contains_key(&text("sub")) {
            "Invalid email or User ID"
        } else {
            ""
        };
        if !wrong.is_empty() {
            return oauth_error(400, "invalid_grant", wrong);
        }
        let scopes: Vec<String> = text("scope").split_whitespace().map(str::to_owned).collect();
        let access = self.give_access(&text("sub"), &scopes, None);
        let body = json!({"access_token": access, "expires_in": self.grants.expires_in, "token_type": "Bearer"});
        Answer::json(200, &body)
    }

    /// The revocation endpoint (RFC 7009): either token ends the whole grant.
    pub fn revoke_token(&mut self, request: &Request) -> Answer {
        let form = request.form();
        let token = form.iter().chain(&request.query).find(|(name, _)| name == "token").map(|(_, token)| token.clone());
        let token = token.unwrap_or_default();
        let access = self.grants.access.remove(&token);
        let refresh = access.as_ref().and_then(|access| access.refresh.clone()).unwrap_or(token);
        if self.grants.refresh.remove(&refresh).is_none() && access.is_none() {
            return oauth_error(400, "invalid_token", "Token expired or revoked");
        }
        self.grants.access.retain(|_, access| access.refresh.as_ref() != Some(&refresh));
        Answer::json(200, &json!({}))
    }
}

/// The client's id and secret where they come as HTTP Basic authentication (RFC 6749 2.3.1).
fn basic(request: &Request) -> Vec<(String, String)> {
    let encoded = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    let bytes = encoded.and_then(|text| from_base64url(&text.replace('+', "-").replace('/', "_")));
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let pair = text.split_once(':').map(|(id, secret)| [("client_id", id), ("client_secret", secret)]);
    pair.into_iter().flatten().map(|(name, value)| (name.to_owned(), from_percent(value))).collect()
}

/// What somebody clicked on the page.
fn clicked(request: &Request, scopes: &[String]) -> Option<Consent> {
    if request.parameter("fake_answer")? != "allow" {
        return Some(Consent::Deny);
    }
    let ticked = |scope: &&String| request.query.iter().any(|(name, value)| name == "fake_scope" && value == *scope);
    let without = scopes.iter().filter(|scope| !ticked(scope)).cloned().collect();
    Some(Consent::Allow { user: request.parameter("fake_user")?.to_owned(), without })
}

/// Where a desktop client may be redirected to (RFC 8252 7.3).
fn is_loopback(address: &Url) -> bool {
    address.scheme() == "http" && matches!(address.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

fn field(kind: &str, name: &str, value: &str, more: &str, label: &str) -> String {
    let safe = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let (name, value, label) = (safe(name), safe(value), safe(label));
    format!("<p><label><input type=\"{kind}\" name=\"{name}\" value=\"{value}\" {more}> {label}</label></p>")
}
