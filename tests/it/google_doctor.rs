//! `cadenced doctor` with a Google account: what it finds locally and from the server.

use serde_json::json;

use crate::google_account::{OWNER, fake};
use crate::google_fake::{FULL, Fault};
use crate::google_program::Home;
use crate::google_reading::tuesdays;

const LIVE: [&str; 3] = ["doctor", "--live", "work"];

#[tokio::test]
async fn a_healthy_account_is_fine_from_its_sign_in_to_its_free_busy_and_clocks_that_disagree_are_told() {
    let fake = fake().await;
    let series = fake.as_user(OWNER).insert(tuesdays());
    fake.as_user(OWNER).cancel_instance(&series, "2026-11-17T10:00:00+01:00");
    let home = Home::new(&fake.url(), "access = \"write\"", "");
    home.keep(&fake.refresh_token(OWNER, &[FULL]));
    let said = home.at("2026-11-02T08:00:00Z", &LIVE).await;
    for words in [
        "fine   config",
        "fine   sign-in to work",
        "note   calendar work/main: not read yet",
        "fine   calendar list: 1 calendars",
        "fine   access to work/main: owner",
        "fine   events of work/main: 1 read, 1 sessions called off, 0 skipped or repaired",
        "fine   changes of work/main: none since",
        "fine   free/busy of yourself: 1 busy stretches",
    ] {
        assert!(said.out.contains(words), "{words} in {said:#?}");
    }
    // The fake has a clock of its own, which is not the machine's.
    assert!(said.out.contains("wrong  clock of work/main") && said.code == 1, "{said:#?}");
    let wrote = |method: &str, path: &str| method != "GET" && !path.ends_with("/token") && !path.ends_with("/freeBusy");
    assert!(fake.requests().iter().all(|request| !wrote(&request.method, &request.path)), "it only reads");
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_remedy_and_decides_the_exit_code() {
    let fake = fake().await;
    let home = Home::new(&fake.url(), "access = \"write\"", "");
    let said = home.run(&["doctor"]).await;
    assert_eq!(said.code, 77, "{said:#?}");
    assert!(said.out.contains("run `cadenced login work`"), "{said:#?}");
    home.keep(&fake.refresh_token(OWNER, &[FULL]));
    assert_eq!(home.run(&["doctor"]).await.code, 0);
    let kept = std::fs::read_to_string(home.tokens()).unwrap();
    std::fs::write(home.tokens(), kept.replace(FULL, "https://www.googleapis.com/auth/calendar.events")).unwrap();
    let said = home.run(&["doctor"]).await;
    assert_eq!(said.code, 77, "{said:#?}");
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("calendar.calendarlist.readonly and calendar.events.freebusy"), "{said:#?}");
    std::fs::write(home.tokens(), kept).unwrap();
    fake.fail(Fault::on("GET", "/events").times(9).refused(403, "accessNotConfigured"));
    let said = home.run(&LIVE).await;
    assert_eq!(said.code, 78, "{said:#?}");
    assert!(said.out.contains("not enabled"), "{said:#?}");
    home.configure("nonsense = 1\n");
    assert_eq!(home.run(&["doctor"]).await.code, 78);
}

#[tokio::test]
async fn an_odd_event_is_counted_and_placed_without_its_title() {
    let fake = fake().await;
    fake.as_user(OWNER).insert(tuesdays());
    let home = Home::signed_in(&fake);
    fake.fail(Fault::on("GET", "/events").odd_event(json!({"id": "odd", "summary": "Quiet title", "start": 7})));
    let said = home.run(&LIVE).await;
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("1 skipped or repaired; event 1"), "{said:#?}");
    assert!(!said.out.contains("Quiet"), "{said:#?}");
}
