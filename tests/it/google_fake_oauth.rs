//! The fake's sign-in: consent, codes with PKCE, and expired and revoked tokens.

use crate::google_asking::{Asking, Told};
use crate::google_fake::{CLIENT, Consent, FULL, Fake, Fault};

const OWNER: &str = "owner@example.com";
const BACK: &str = "http://127.0.0.1:4711/back";
/// The verifier and the challenge of RFC 7636, appendix B.
const PKCE: (&str, &str) =
    ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");

async fn one() -> (Fake, Asking) {
    let fake = Fake::start().await;
    fake.add_user(OWNER, "UTC");
    let asking = Asking::new(&fake.url(), "");
    (fake, asking)
}

fn asked<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut query = vec![("client_id", CLIENT.0), ("redirect_uri", BACK), ("response_type", "code"), ("state", "s 1")];
    query.extend([("code_challenge", PKCE.1), ("code_challenge_method", "S256")]);
    query.extend_from_slice(more);
    query
}

/// The query of the address that the browser is sent back to.
fn back(told: &Told) -> Vec<(String, String)> {
    let address = url::Url::parse(told.headers["location"].to_str().unwrap()).unwrap();
    assert!(address.as_str().starts_with(BACK));
    address.query_pairs().into_owned().collect()
}

fn value(query: &[(String, String)], name: &str) -> String {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

async fn redeem(asking: &Asking, code: &str, verifier: &str) -> Told {
    let form = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier)];
    let client = [("client_id", CLIENT.0), ("client_secret", CLIENT.1), ("redirect_uri", BACK)];
    asking.form("/token", &[&form[..], &client[..]].concat()).await
}

async fn refresh(asking: &Asking, token: &str) -> Told {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    asking.form("/token", &[&form[..], &[("client_id", CLIENT.0), ("client_secret", CLIENT.1)]].concat()).await
}

#[tokio::test]
async fn a_click_leads_back_with_a_code_that_is_good_once() {
    let (fake, asking) = one().await;
    let scope = format!("{FULL}.events {FULL}.calendarlist.readonly");
    let path = "/o/oauth2/v2/auth";
    assert_eq!(asking.open(path, &asked(&[("scope", &scope)])).await.code, 200, "a page to click on");
    let kept = format!("{FULL}.events");
    let click = [("scope", scope.as_str()), ("fake_answer", "allow"), ("fake_user", OWNER), ("fake_scope", &kept)];
    let query = back(&asking.open(path, &asked(&click)).await);
    assert_eq!((value(&query, "state"), value(&query, "scope")), ("s 1".to_owned(), kept));
    let code = value(&query, "code");
    let tokens = redeem(&asking, &code, PKCE.0).await;
    assert_eq!(tokens.code, 200);
    assert_eq!(redeem(&asking, &code, PKCE.0).await.body["error"], "invalid_grant");
    let owner = Asking::new(&fake.url(), &tokens.text("access_token"));
    assert_eq!(owner.get("/calendars/primary/events").await.code, 200);
    assert_eq!(owner.get("/users/me/calendarList").await.reason(), "insufficientPermissions");
    assert_eq!(refresh(&asking, &tokens.text("refresh_token")).await.code, 200);
    assert_eq!(fake.refreshes(), 1);
}

#[tokio::test]
async fn a_wrong_verifier_and_a_refusal_give_no_token() {
    let (fake, asking) = one().await;
    fake.consent(Some(Consent::Allow { user: OWNER.to_owned(), without: Vec::new() }));
    let query = back(&asking.open("/o/oauth2/v2/auth", &asked(&[("scope", FULL)])).await);
    let wrong = redeem(&asking, &value(&query, "code"), "wrong").await;
    assert_eq!((wrong.code, &wrong.body["error"]), (400, &"invalid_grant".into()));
    fake.consent(Some(Consent::Deny));
    let query = back(&asking.open("/o/oauth2/v2/auth", &asked(&[("scope", FULL)])).await);
    assert_eq!((value(&query, "error"), value(&query, "state")), ("access_denied".to_owned(), "s 1".to_owned()));
    let foreign = [("client_id", CLIENT.0), ("redirect_uri", "https://example.org/"), ("response_type", "code")];
    assert_eq!(asking.open("/o/oauth2/v2/auth", &foreign).await.code, 400);
}

#[tokio::test]
async fn tokens_end_when_they_are_revoked_expired_or_a_week_old_in_testing() {
    let (fake, asking) = one().await;
    fake.expires_in(60);
    let token = fake.refresh_token(OWNER, &[FULL]);
    let access = refresh(&asking, &token).await;
    assert_eq!(access.body["expires_in"], 60);
    let owner = Asking::new(&fake.url(), &access.text("access_token"));
    assert_eq!(owner.get("/calendars/primary").await.code, 200);
    fake.set_now("2026-11-10T00:00:00Z".parse().unwrap());
    assert_eq!(owner.get("/calendars/primary").await.reason(), "authError");
    assert_eq!(refresh(&asking, &token).await.code, 200);
    fake.in_testing(true);
    assert_eq!(refresh(&asking, &token).await.body["error"], "invalid_grant");
    let token = fake.refresh_token(OWNER, &[FULL]);
    assert_eq!(asking.form("/revoke", &[("token", &token)]).await.code, 200);
    assert_eq!(refresh(&asking, &token).await.body["error"], "invalid_grant");
    let token = fake.refresh_token(OWNER, &[FULL]);
    fake.fail(Fault::on("POST", "/token").oauth_error(503, "internal_failure"));
    assert_eq!(refresh(&asking, &token).await.code, 503);
    fake.revoke(OWNER);
    assert_eq!(refresh(&asking, &token).await.body["error"], "invalid_grant");
}

#[tokio::test]
async fn a_service_account_acts_for_a_user_by_an_assertion() {
    let (fake, asking) = one().await;
    let assertion = |subject: &str| {
        let claims = format!(
            r#"{{"iss":"robot@example.com","sub":"{subject}","scope":"{FULL}","aud":"{}/token","iat":1,"exp":3601}}"#,
            fake.url()
        );
        let part = crate::google_fake::encodings::base64url;
        format!("{}.{}.{}", part(br#"{"alg":"RS256"}"#), part(claims.as_bytes()), part(b"unchecked"))
    };
    let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let told = asking.form("/token", &[grant, ("assertion", &assertion(OWNER))]).await;
    let owner = Asking::new(&fake.url(), &told.text("access_token"));
    assert_eq!(owner.get("/calendars/primary").await.text("id"), OWNER);
    let stranger = asking.form("/token", &[grant, ("assertion", &assertion("eve@example.org"))]).await;
    assert_eq!(stranger.body["error"], "invalid_grant");
}
