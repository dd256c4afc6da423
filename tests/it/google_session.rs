//! Google sessions: one token refresh at a time, and which errors end a sign-in.

use std::os::unix::fs::PermissionsExt;

use cadenced::calendar::ErrorKind;
use jiff::Timestamp;

use crate::google_account::{ANN, Account, OWNER, failure, fake, kept, now, read};
use crate::google_fake::{FULL, Fake, Fault};
use crate::google_reading::tuesdays;

/// An account with four calendars.
async fn four() -> (Fake, Account) {
    let fake = fake().await;
    fake.as_user(OWNER).insert(tuesdays());
    let mut sections = Vec::new();
    for number in 0..3 {
        let id = format!("team{number}@group.calendar.google.com");
        fake.add_calendar(&id, "Team", "Europe/Berlin", Some(OWNER));
        sections.push(format!("[[account.calendar]]\nname = \"team{number}\"\ncalendar = \"{id}\"\n"));
    }
    let account = Account::at(&fake, "", &sections.concat());
    (fake, account)
}

fn asked(fake: &Fake, path: &str) -> usize {
    fake.requests().iter().filter(|request| request.path == path).count()
}

#[tokio::test]
async fn calendars_that_are_read_at_once_share_one_renewal() {
    let (fake, account) = four().await;
    let mut calendars = account.connect();
    let reads = calendars.iter_mut().map(|calendar| read(calendar, None));
    let told = join_all(reads.collect()).await;
    assert_eq!((told.len(), fake.refreshes()), (4, 1));
}

/// All of these at once.
async fn join_all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).map(Some).collect();
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (slot, result) in waiting.iter_mut().zip(&mut done) {
            if let Some(future) = slot
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                (*slot, *result) = (None, Some(value));
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_token_is_used_until_shortly_before_its_end() {
    let (fake, account) = four().await;
    let mut calendar = account.calendar();
    read(&mut calendar, None).await;
    read(&mut calendar, None).await;
    assert_eq!(fake.refreshes(), 1);
    // One that ends within a minute is not worth a request.
    fake.expires_in(59);
    let mut calendar = account.calendar();
    read(&mut calendar, None).await;
    read(&mut calendar, None).await;
    assert_eq!(fake.refreshes(), 3);
}

#[tokio::test]
async fn a_token_that_google_does_not_take_is_renewed_once_and_no_more() {
    let (fake, account) = four().await;
    let mut calendar = account.calendar();
    fake.fail(Fault::on("GET", "/events").refused(401, "authError"));
    assert_eq!(read(&mut calendar, None).await.events.len(), 1);
    assert_eq!(fake.refreshes(), 2);
    fake.fail(Fault::on("GET", "/events").times(9).refused(401, "authError"));
    let error = failure(&mut calendar, None).await;
    assert_eq!((error.kind, fake.refreshes()), (ErrorKind::SignIn, 3));
    assert!(error.detail.contains("cadenced login work"), "{error}");
}

#[tokio::test]
async fn a_sign_in_that_was_revoked_is_not_tried_again_until_there_is_a_new_one() {
    let (fake, account) = four().await;
    let mut calendar = account.calendar();
    let first = read(&mut calendar, None).await;
    fake.revoke(OWNER);
    for _ in 0..3 {
        let error = failure(&mut calendar, Some(&first.cursor)).await;
        assert_eq!(error.kind, ErrorKind::SignIn);
        assert!(error.detail.contains("invalid_grant") && error.detail.contains("cadenced login work"), "{error}");
        assert!(!error.detail.contains("testing"), "{error}");
    }
    // The one of the first read, and the one that was refused.
    assert_eq!(asked(&fake, "/token"), 2);
    account.keep(&kept(&fake.refresh_token(OWNER, &[FULL]), "2026-11-02T08:00:00Z"));
    assert_eq!(read(&mut calendar, Some(&first.cursor)).await.how, "unchanged");
}

#[tokio::test]
async fn a_sign_in_that_ends_after_seven_days_names_the_trap() {
    let (fake, account) = four().await;
    let token = fake.refresh_token(OWNER, &[FULL]);
    fake.in_testing(true);
    fake.set_now("2026-11-09T09:00:00Z".parse().unwrap());
    // The daemon's clock stands at the second of November.
    account.keep(&kept(&token, "2026-10-26T07:59:00Z"));
    let error = failure(&mut account.calendar(), None).await;
    assert!(error.detail.contains("7 days") && error.detail.contains("docs/google.md"), "{error}");
}

#[tokio::test]
async fn a_network_that_is_down_is_no_missing_sign_in() {
    let (fake, account) = four().await;
    fake.fail(Fault::on("POST", "/token").times(1));
    let error = failure(&mut account.calendar(), None).await;
    assert_eq!(error.kind, ErrorKind::Offline, "a lost answer: {error}");
    for (fault, kind) in [
        (Fault::on("POST", "/token").refused(503, "backendError"), ErrorKind::Wait { after: None }),
        (Fault::on("POST", "/token").not_json(), ErrorKind::NotACalendar),
    ] {
        fake.fail(fault);
        assert_eq!(failure(&mut account.calendar(), None).await.kind, kind);
    }
    let nobody = Account::signed_out("http://127.0.0.1:9", "", "");
    nobody.keep(&kept("1//token", "2026-11-01T08:00:00Z"));
    assert_eq!(failure(&mut nobody.calendar(), None).await.kind, ErrorKind::Offline);
    assert_eq!(read(&mut account.calendar(), None).await.events.len(), 1);
}

#[tokio::test]
async fn without_a_sign_in_nothing_is_asked_and_the_remedy_is_named() {
    let fake = fake().await;
    let account = Account::signed_out(&fake.url(), "", "");
    let error = failure(&mut account.calendar(), None).await;
    assert_eq!(error.kind, ErrorKind::SignIn);
    assert!(error.detail.ends_with("run `cadenced login work`"), "{error}");
    account.keep("no json");
    assert_eq!(failure(&mut account.calendar(), None).await.kind, ErrorKind::SignIn);
    assert_eq!(fake.requests().len(), 0);
}

#[tokio::test]
async fn a_client_that_google_does_not_know_is_said_to_be_that() {
    let (fake, account) = four().await;
    fake.fail(Fault::on("POST", "/token").oauth_error(401, "invalid_client"));
    let error = failure(&mut account.calendar(), None).await;
    assert_eq!(error.kind, ErrorKind::SignIn);
    assert!(error.detail.contains("invalid_client"), "{error}");
}

#[tokio::test]
async fn a_sign_in_in_a_file_is_for_its_owners_eyes() {
    use cadenced::calendar::google::token_store::{Kept, TokenStore};
    use cadenced::config::{Secret, TokenPlace};
    let folder = tempfile::tempdir().unwrap();
    let vault = TokenStore::new("work", TokenPlace::File, folder.path());
    assert_eq!(vault.load().await.unwrap(), None);
    let until = Some("2026-11-09T08:00:00Z".parse::<Timestamp>().unwrap());
    let kept = Kept { refresh_token: Secret::new("1//a"), scopes: vec![FULL.to_owned()], since: now(), until };
    for _ in 0..2 {
        vault.save(&kept).await.unwrap();
        assert_eq!(vault.load().await.unwrap().as_ref(), Some(&kept));
    }
    let mode = |path: &str| std::fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("tokens"), mode("tokens/work.json")), (0o700, 0o600));
    assert_eq!(std::fs::read_dir(folder.path().join("tokens")).unwrap().count(), 1, "nothing is left beside it");
    vault.forget().await.unwrap();
    vault.forget().await.unwrap();
    assert_eq!(vault.load().await.unwrap(), None);
    assert!(!format!("{kept:?}").contains("1//a"));
}

#[tokio::test]
async fn a_service_account_acts_for_its_subject_without_anybody_signing_in() {
    let fake = fake().await;
    fake.as_user(ANN).insert(tuesdays());
    let account = service(&fake, ANN);
    let told = read(&mut account.calendar(), None).await;
    assert_eq!(told.titles(), ["Owner / Ann"]);
    assert!(!account.folder.path().join("tokens").exists());
    let stranger = failure(&mut service(&fake, "stranger@example.com").calendar(), None).await;
    assert_eq!(stranger.kind, ErrorKind::SignIn);
    assert!(stranger.detail.contains("service account") && !stranger.detail.contains("login"), "{stranger}");
}

/// The same account with the key of a service account.
fn service(fake: &Fake, subject: &str) -> Account {
    let mut account = Account::signed_out(&fake.url(), "", "");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/google/service-account.json").into();
    let subject = cadenced::domain::person::Address::parse(subject).unwrap();
    if let cadenced::config::Provider::Google(google) = &mut account.settings.accounts[0].provider {
        google.client = cadenced::config::GoogleClient::ServiceAccount { file, subject };
    }
    account
}
