//! The real program signs in through the browser without leaking a secret.

use std::process::Stdio;

use url::Url;

use crate::google_account::{ANN, OWNER, fake};
use crate::google_fake::{CLIENT, Consent, Fake, Fault};
use crate::google_program::{Home, Said, Waiting, open};
use crate::google_reading::tuesdays;
use crate::notify_dbus::Bus;
use crate::waiting::{come, until};

const LOGIN: [&str; 3] = ["login", "work", "--no-browser"];

fn allow(fake: &Fake, without: &[&str]) {
    let without = without.iter().map(|word| (*word).to_owned()).collect();
    fake.consent(Some(Consent::Allow { user: OWNER.to_owned(), without }));
}

/// Signs in with a browser that clicks as the fake's user does; says the page that it ends on.
async fn sign_in(home: &Home) -> (String, Said) {
    let waiting = Waiting::start(home.command(&LOGIN)).await;
    let page = open(&waiting.page).await;
    (page, waiting.end().await)
}

fn query(page: &str, name: &str) -> String {
    let url = Url::parse(page).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_user_signs_in_and_the_calendars_are_shown_and_read() {
    let fake = fake().await;
    fake.as_user(OWNER).insert(tuesdays());
    fake.add_calendar("team@group.calendar.google.com", "The team", "Europe/Berlin", Some(OWNER));
    allow(&fake, &[]);
    let home = Home::new(&fake.url(), "", "");
    assert_eq!(home.run(&["sync"]).await.code, 77, "nobody has signed in yet");
    let (page, said) = sign_in(&home).await;
    assert!(page.contains("may be closed"), "{page}");
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.out.contains("Signed in to work"), "{said:#?}");
    assert!(said.out.contains("The team") && said.out.contains("calendar = \"team@group.calendar.google.com\""));
    let synced = home.run(&["sync"]).await;
    assert_eq!((synced.code, synced.out.as_str()), (0, "work/main: 1 event: 1 new\n"), "{synced:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_waits_for_the_sign_in_reads_as_soon_as_it_is_there() {
    let Some(bus) = Bus::start() else { return };
    let fake = fake().await;
    fake.as_user(OWNER).insert(tuesdays());
    allow(&fake, &[]);
    let home = Home::new(&fake.url(), "", "");
    let on_bus = |words: &[&str]| {
        let mut command = home.command(words);
        command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
        command
    };
    let mut daemon = on_bus(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let problem = async || home.run(&["status", "--format", "json"]).await.json()["sources"][0]["problem"].clone();
    come("the first look", async || (!problem().await.is_null()).then_some(())).await;
    let reads = || fake.requests().iter().filter(|request| request.path.ends_with("/events")).count();
    assert_eq!(reads(), 0, "nobody has signed in yet");
    let waiting = Waiting::start(on_bus(&LOGIN)).await;
    open(&waiting.page).await;
    assert_eq!(waiting.end().await.code, 0);
    until("a read before the next poll", || reads() > 0).await;
    daemon.kill().await.unwrap();
}

#[tokio::test]
async fn the_page_asks_for_the_tiers_own_scopes_with_a_challenge_and_a_state() {
    let fake = fake().await;
    for (access, scopes) in [
        ("", "calendar.events.readonly calendar.calendarlist.readonly"),
        ("access = \"write\"", "calendar.events calendar.calendarlist.readonly calendar.events.freebusy"),
    ] {
        let home = Home::new(&fake.url(), access, "");
        let waiting = Waiting::start(home.command(&LOGIN)).await;
        let asked = query(&waiting.page, "scope").replace("https://www.googleapis.com/auth/", "");
        assert_eq!(asked, scopes);
        assert_eq!(query(&waiting.page, "code_challenge_method"), "S256");
        assert!(query(&waiting.page, "code_challenge").len() >= 43 && query(&waiting.page, "state").len() >= 16);
        assert!(query(&waiting.page, "redirect_uri").starts_with("http://127.0.0.1:"));
        assert_eq!(
            (query(&waiting.page, "access_type"), query(&waiting.page, "client_id")),
            ("offline".into(), CLIENT.0.into())
        );
    }
}

#[tokio::test]
async fn an_answer_with_another_state_is_not_ours() {
    let fake = fake().await;
    allow(&fake, &[]);
    let home = Home::new(&fake.url(), "", "");
    let waiting = Waiting::start(home.command(&LOGIN)).await;
    let redirect = query(&waiting.page, "redirect_uri");
    let silent = tokio::net::TcpStream::connect(redirect.trim_start_matches("http://").trim_end_matches('/')).await;
    for stray in ["favicon.ico", "?code=4/0evil&state=guessed", "?error=access_denied", "?code=4/0evil"] {
        assert_eq!(open(&format!("{redirect}{stray}")).await, "", "{stray}");
    }
    open(&waiting.page).await;
    assert_eq!(waiting.end().await.code, 0);
    drop(silent);
}

#[tokio::test]
async fn a_user_who_refuses_or_leaves_out_a_box_is_told_and_nothing_changes() {
    let fake = fake().await;
    let home = Home::new(&fake.url(), "access = \"write\"", "");
    fake.consent(Some(Consent::Deny));
    let (page, said) = sign_in(&home).await;
    assert!(page.contains("Not signed in"), "{page}");
    assert_eq!(said.code, 77);
    assert!(said.err.contains("access_denied"), "{said:#?}");
    allow(&fake, &["freebusy"]);
    let (_, said) = sign_in(&home).await;
    assert_eq!(said.code, 77);
    assert!(said.err.contains("calendar.events.freebusy") && said.err.contains("tick every box"), "{said:#?}");
    assert!(!home.tokens().exists());
    home.keep("1//before");
    sign_in(&home).await;
    assert!(std::fs::read_to_string(home.tokens()).unwrap().contains("1//before"));
}

#[tokio::test]
async fn what_google_does_not_answer_is_tried_again_and_no_sign_in_is_lost() {
    let fake = fake().await;
    allow(&fake, &[]);
    let home = Home::new(&fake.url(), "", "");
    fake.fail(Fault::on("POST", "/token").refused(503, "backendError"));
    let (_, said) = sign_in(&home).await;
    assert_eq!(said.code, 75, "{said:#?}");
    fake.fail(Fault::on("POST", "/token").oauth_error(401, "invalid_client"));
    let (_, said) = sign_in(&home).await;
    assert_eq!(said.code, 77, "{said:#?}");
}

#[tokio::test]
async fn without_a_keyring_the_choice_is_named_before_anybody_clicks() {
    let fake = fake().await;
    let home = Home::new(&fake.url(), "", "");
    let text = std::fs::read_to_string(home.path("config.toml")).unwrap().replace("tokens = \"file\"", "");
    home.configure(&text);
    let said = home.run(&LOGIN).await;
    assert_eq!(said.code, 77, "{said:#?}");
    assert!(said.err.contains("no keyring") && said.err.contains("tokens = \"file\""), "{said:#?}");
    assert_eq!(fake.requests().len(), 0);
}

#[tokio::test]
async fn signing_out_gives_the_sign_in_back_and_forgets_it() {
    let fake = fake().await;
    fake.as_user(OWNER).insert(tuesdays());
    allow(&fake, &[]);
    let home = Home::new(&fake.url(), "", "");
    sign_in(&home).await;
    home.run(&["sync"]).await;
    let kept = std::fs::read_to_string(home.tokens()).unwrap();
    let said = home.run(&["logout", "work"]).await;
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(!home.tokens().exists());
    assert_eq!(home.run(&["sync"]).await.code, 77);
    // What was forgotten here is worth nothing elsewhere either.
    std::fs::write(home.tokens(), kept).unwrap();
    assert!(home.run(&["sync"]).await.out.contains("invalid_grant"));
    fake.fail(Fault::on("POST", "/revoke").refused(500, "backendError"));
    let said = home.run(&["logout", "work"]).await;
    assert_eq!(said.code, 1, "{said:#?}");
    assert!(said.err.contains("myaccount.google.com") && !home.tokens().exists(), "{said:#?}");
    assert!(home.run(&["logout", "work"]).await.out.contains("There was no sign-in to work"));
}

#[tokio::test]
async fn where_there_is_nothing_to_sign_in_to_that_is_said() {
    let fake = fake().await;
    let home = Home::new(&fake.url(), "", "");
    home.configure(&format!(
        "[owner]\naddresses = [\"{OWNER}\"]\n[[account]]\nname = \"feed\"\n[[account.calendar]]\nname = \"a\"\n\
         url = \"https://example.com/a.ics\"\n[[account]]\nname = \"dav\"\nkind = \"caldav\"\nserver = \"https://dav.example.com/\"\n\
         username = \"o\"\npassword_command = [\"true\"]\n[[account.calendar]]\nname = \"b\"\n"
    ));
    for (account, words) in [("feed", "read from their addresses alone"), ("dav", "password_command")] {
        for verb in ["login", "logout"] {
            let said = home.run(&[verb, account]).await;
            assert_eq!(said.code, 2, "{said:#?}");
            assert!(said.err.contains("not signed in to through a browser") && said.err.contains(words), "{said:#?}");
            assert_eq!(said.out, "", "{said:#?}");
        }
    }
    let said = home.run(&["login", "nobody"]).await;
    assert_eq!(said.code, 2);
    assert!(said.err.contains("feed, dav"), "{said:#?}");
}

#[tokio::test]
async fn a_client_in_testing_is_warned_of_at_once() {
    use cadenced::calendar::google::token_store::Kept;
    use cadenced::config::Secret;
    let home = Home::new("http://127.0.0.1:9", "", "");
    let until = Some("2026-11-09T08:00:00Z".parse().unwrap());
    let kept = Kept {
        refresh_token: Secret::new("1//x"),
        scopes: Vec::new(),
        since: "2026-11-02T08:00:00Z".parse().unwrap(),
        until,
    };
    let vault = cadenced::calendar::google::token_store::TokenStore::new(
        "work",
        cadenced::config::TokenPlace::File,
        &home.path("data/cadenced"),
    );
    std::fs::create_dir_all(home.path("data/cadenced")).unwrap();
    vault.save(&Kept { scopes: vec![crate::google_fake::FULL.to_owned()], ..kept }).await.unwrap();
    let said = home.at("2026-11-02T09:00:00Z", &["doctor"]).await;
    assert!(said.out.contains("ends it on") && said.out.contains("docs/google.md"), "{said:#?}");
}

/// Everything that the program says at the most talkative, over sign-in, reading, renewal, refusals and sign-out.
#[tokio::test]
async fn no_token_code_or_secret_shows_at_any_level() {
    let fake = fake().await;
    fake.as_user(ANN).insert(tuesdays());
    fake.as_user(OWNER).insert(tuesdays());
    allow(&fake, &[]);
    let home = Home::new(&fake.url(), "access = \"write\"", "");
    let loud = |words: &[&str]| {
        let mut command = home.command(words);
        command.env("CADENCED_LOG", "trace").env("RUST_LOG", "trace");
        command
    };
    let waiting = Waiting::start(loud(&[&["-vvvv"], &LOGIN[..]].concat())).await;
    open(&waiting.page).await;
    let mut all = waiting.end().await.all();
    let kept = std::fs::read_to_string(home.tokens()).unwrap();
    for words in [&["sync"][..], &["doctor", "--live", "work"], &["sync", "--full"]] {
        fake.fail(Fault::on("GET", "/events").refused(401, "authError"));
        all += &crate::google_program::said(loud(words).spawn().unwrap()).await.all();
    }
    let service = std::fs::read_to_string(home.path("config.toml")).unwrap();
    let service = service.replace(
        &format!("client_id = \"{}\"\nclient_secret = \"{}\"\n", CLIENT.0, CLIENT.1),
        &format!(
            "service_account = \"{}/tests/fixtures/google/service-account.json\"\nsubject = \"{ANN}\"\n",
            env!("CARGO_MANIFEST_DIR")
        ),
    );
    let user = std::fs::read_to_string(home.path("config.toml")).unwrap();
    home.configure(&service);
    all += &crate::google_program::said(loud(&["sync"]).spawn().unwrap()).await.all();
    home.configure(&user);
    all += &crate::google_program::said(loud(&["logout", "work"]).spawn().unwrap()).await.all();
    assert!(all.contains("TRACE") && all.contains("cadenced::calendar::google"), "the log was captured: {all}");
    let refresh = kept.split('"').find(|word| word.starts_with("1//")).unwrap().to_owned();
    let sent: Vec<String> =
        fake.requests().iter().filter_map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert!(sent.len() > 5 && sent.iter().all(|header| header.contains("ya29.")), "{sent:?}");
    for secret in
        [refresh.as_str(), "ya29.", "1//", "4/0", "GOCSPX", "eyJhbGci", "PRIVATE KEY", "code_verifier=", "whispered"]
    {
        assert!(!all.contains(secret), "{secret} shows in:\n{}", around(&all, secret));
    }
}

fn around<'a>(text: &'a str, word: &str) -> &'a str {
    let at = text.find(word).unwrap_or_default();
    text.get(at.saturating_sub(200)..(at + 200).min(text.len())).unwrap_or(text)
}
