//! Tests of parsing a whole config file.

use super::*;
use crate::config::{DavLogin, GoogleClient, Login, Provider, SecretSource, TokenPlace};
use crate::domain::source::{SourceKind, Whose};

const SHIPPED: &str = include_str!("../../config/cadenced.toml");
const SMALL: &str = "[owner]\naddresses = [\"ann@example.com\"]\n[[account]]\nname = \"work\"\n[[account.calendar]]\n\
                     name = \"main\"\nurl = \"https://calendar.example.com/ann.ics\"\n";

fn around() -> Surroundings {
    Surroundings { zone: TimeZone::UTC, folder: "/etc/here".into(), home: Some("/home/ann".into()), exposed: false }
}

fn problems(text: &str) -> Vec<String> {
    check(text, &around()).problems.iter().map(ToString::to_string).collect()
}

fn settings_of(text: &str) -> Settings {
    let checked = check(text, &around());
    assert_eq!(checked.problems, [], "{text}");
    checked.settings.expect("no problem, so there are settings")
}

/// The shipped file with every commented-out default switched on: a default's line begins with `#` and no space,
/// or continues a list.
fn uncommented() -> String {
    let default = |line: &str| line.starts_with("#  \"") || line.starts_with("#]") || !line.starts_with("# ");
    SHIPPED
        .lines()
        .map(|line| if default(line) { line.trim_start_matches('#') } else { line })
        .fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn the_defaults_in_the_shipped_file_are_the_built_in_ones() {
    let text = uncommented();
    assert!(text.contains("\nevery = \"15m\"") && text.contains("\n  \"vakantie\""), "{text}");
    let mut settings = settings_of(&text);
    assert!(!settings.learn_hours, "hours that are written down are not learnt");
    settings.learn_hours = true;
    assert_eq!(settings, settings_of(SHIPPED));
}

#[test]
fn the_shipped_file_has_every_key_and_no_other() {
    let text = uncommented();
    let (_, known) = read(&text, &around());
    let mut section = String::new();
    let mut written = BTreeSet::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.starts_with(['#', ' '])) {
            written.insert((section.clone(), key.to_owned()));
        }
    }
    let wanted: BTreeSet<(String, String)> = known
        .iter()
        .filter(|(section, key)| {
            !section.is_empty() && *section != "person.hours" && (*section, *key) != ("account", "calendar")
        })
        .map(|(section, key)| ((*section).to_owned(), (*key).to_owned()))
        .collect();
    assert_eq!(written, wanted);
}

#[test]
fn an_unknown_key_has_its_line_and_the_nearest_known_one() {
    let text = format!("{SMALL}evry = \"5m\"\n[notices]\nredacton = \"none\"\non = \"monday\"\n");
    assert_eq!(
        problems(&text),
        [
            "8:1: unknown key `evry` in [account.calendar]; did you mean `every`?",
            "10:1: unknown key `redacton` in [notices]; did you mean `redaction`?",
            "11:1: unknown key `on` in [notices]; it belongs in [report]",
        ]
    );
}

#[test]
fn every_problem_is_found_at_once_in_the_order_of_the_file() {
    let text = "[owner]\naddresses = [\"nobody\"]\nzone = \"Mars/Base\"\nfirst_weekday = 1\n[[account]]\nname = \"a/b\"\n\
                [[account.calendar]]\nevery = \"soon\"\nurl = \"gopher://example.com/\"\nmax_size = \"big\"\n[report]\non = \"noday\"\n";
    let found = problems(text);
    let lines: Vec<&str> = found.iter().filter_map(|problem| problem.split(':').next()).collect();
    assert_eq!(lines, ["2", "3", "4", "6", "7", "8", "9", "10", "12"], "{found:#?}");
}

#[test]
fn nothing_but_an_address_and_a_calendar_is_needed() {
    let settings = settings_of(SMALL);
    let calendars: Vec<_> = settings.calendars().collect();
    assert_eq!(calendars.len(), 1);
    assert_eq!(calendars[0].every, std::time::Duration::from_mins(15));
    assert_eq!(settings.sources()[0].id.to_string(), "work/main");
    let policy = settings.policy();
    assert_eq!(policy.working_days.len(), 5);
    assert_eq!((policy.mode, policy.overtaken), (Mode::Ask, Overtaken::Always));
}

#[test]
fn calendars_that_providers_have_for_public_holidays_are_holidays_unless_the_config_says_otherwise() {
    let whose = |calendar: &str, more: &str| {
        let google = "[[account]]\nname = \"work\"\nkind = \"google\"\nclient_id = \"x\"\nclient_secret = \"y\"\n";
        let feed = "[[account]]\nname = \"work\"\nkind = \"ics\"\n";
        let (head, key) = if calendar.contains("://") { (feed, "url") } else { (google, "calendar") };
        let text = format!(
            "[owner]\naddresses = [\"you@example.com\"]\n{head}[[account.calendar]]\nname = \"a\"\n{key} = \"{calendar}\"\n{more}"
        );
        settings_of(&text).sources().remove(0).whose
    };
    let of_google = "en.german#holiday@group.v.calendar.google.com";
    let as_feed =
        "https://calendar.google.com/calendar/ical/en.german%23holiday%40group.v.calendar.google.com/public/basic.ics";
    for calendar in [of_google, as_feed, "webcal://calendars.icloud.com/holidays/de_de.ics"] {
        assert_eq!(whose(calendar, ""), Whose::Holidays, "{calendar}");
        assert_eq!(whose(calendar, "whose = \"owner\"\n"), Whose::Owner, "{calendar}");
    }
    for calendar in ["team-holidays@group.calendar.google.com", "https://example.com/holidays.ics"] {
        assert_eq!(whose(calendar, ""), Whose::Owner, "{calendar}");
    }
}

#[test]
fn an_empty_file_says_what_is_missing() {
    let found = problems("");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("`addresses`") && found[1].contains("no calendar"), "{found:#?}");
}

#[test]
fn no_secret_shows_in_problems_or_debug_output() {
    let secret = "hunter2hunter2hunter2";
    let good = format!("{}?token={secret}\"\n", SMALL.trim_end().trim_end_matches('"'));
    let exposed = check(&good, &Surroundings { exposed: true, ..around() });
    assert_eq!(exposed.problems.len(), 1);
    assert_eq!(exposed.problems[0].severity, Severity::Warning);
    assert!(exposed.settings.is_some(), "a warning does not make the file unusable");
    assert!(!format!("{exposed:?}").contains(secret));
    for bad in ["gopher://x/", "http://example.com/", "not an address ", "https://", "file://elsewhere/"] {
        let text = SMALL.replace("https://calendar.example.com/ann.ics", &format!("{bad}{secret}"));
        let checked = check(&text, &around());
        assert!(checked.has_errors() || bad == "https://", "{bad}");
        assert!(!format!("{checked:?}").contains(secret), "{checked:?}");
    }
    let broken = good.replace("\"\n", "\n");
    assert!(!problems(&broken).concat().contains(secret));
}

#[test]
fn a_password_in_the_file_is_refused_with_the_way_out() {
    let found = problems(&format!("{SMALL}username = \"ann\"\npassword = \"hunter2\"\n"));
    assert!(found.iter().any(|problem| problem.contains("password_keyring")), "{found:#?}");
    assert!(!found.concat().contains("hunter2"));
}

#[test]
fn plain_http_is_for_this_machine_unless_allowed() {
    let with = |url: &str, more: &str| problems(&(SMALL.replace("https://calendar.example.com/ann.ics", url) + more));
    assert_eq!(with("http://127.0.0.1:8080/a.ics", ""), [""; 0]);
    assert_eq!(with("http://[::1]/a.ics", ""), [""; 0]);
    assert_eq!(with("http://example.com/a.ics", "").len(), 1);
    assert_eq!(with("http://example.com/a.ics", "allow_http = true\n"), [""; 0]);
    assert_eq!(with("http://localhost.example.com/a.ics", "").len(), 1);
}

#[test]
fn broken_toml_is_reported_with_its_line_and_without_what_follows_from_it() {
    let found = problems("[owner\naddresses = [\"ann@example.com\"]\n");
    assert!(!found.is_empty() && found.iter().all(|problem| problem.contains("not TOML")), "{found:#?}");
    assert!(found[0].starts_with("1:"), "{found:#?}");
}

#[test]
fn one_address_means_one_person() {
    let people = "[[person]]\nname = \"Bob\"\naddresses = [\"bob@example.com\", \"ANN@example.com\"]\n\
                  [[person]]\nname = \"Rob\"\naddresses = [\"bob@example.com\"]\n";
    let found = problems(&format!("{SMALL}{people}"));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("10:") && found[0].contains("the owner's own"), "{found:#?}");
    assert!(found[1].starts_with("13:") && found[1].contains("more than once"), "{found:#?}");
}

#[test]
fn names_that_clash_would_mix_histories_and_are_refused() {
    let again = "[[account.calendar]]\nname = \"main\"\nurl_keyring = \"x\"\n[[account]]\nname = \"work\"\n\
                 [[account.calendar]]\nname = \"main\"\nurl_command = [\"echo\", \"x\"]\n";
    let found = problems(&format!("{SMALL}{again}"));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("9:") && found[1].starts_with("12:"), "{found:#?}");
}

#[test]
fn a_calendar_has_one_address_and_a_login_both_halves() {
    for (more, lines) in [
        ("url_keyring = \"x\"\n", 1),
        ("username = \"ann\"\n", 1),
        ("password_keyring = \"x\"\n", 1),
        ("username = \"ann\"\npassword_keyring = \"x\"\n", 0),
        ("username = \"ann\"\npassword_keyring = \"x\"\npassword_command = [\"pass\"]\n", 1),
        ("url_credential = \"x\"\n", 1),
        ("password_credential = \"x\"\n", 1),
        ("username = \"ann\"\npassword_credential = \"x\"\n", 0),
        ("username = \"ann\"\npassword_keyring = \"x\"\npassword_credential = \"y\"\n", 1),
    ] {
        assert_eq!(problems(&format!("{SMALL}{more}")).len(), lines, "{more}");
    }
}

#[test]
fn a_credential_is_a_name_that_leads_nowhere_else_and_is_never_shown() {
    let with = |name: &str| whole("", &format!("url_credential = {name:?}"));
    let settings = settings_of(&with("work.calendar_2"));
    let Provider::Ics(feeds) = &settings.accounts[0].provider else { panic!("{settings:?}") };
    assert_eq!(feeds[0].address, SecretSource::Credential { name: "work.calendar_2".into() });
    for bad in ["../x", "/etc/passwd", "..", "a b", "https://calendar.example.com/hunter2.ics", "a:b"] {
        let found = problems(&with(bad));
        assert_eq!(found.len(), 2, "{bad}: {found:#?}");
        assert!(found.iter().any(|one| one.contains("not the name of a credential")), "{found:#?}");
        assert!(!found.iter().any(|one| one.contains("hunter2")), "{found:#?}");
    }
}

#[test]
fn a_server_may_get_its_password_or_token_from_a_credential() {
    let dav = DAV.replace("password_keyring", "password_credential");
    let settings = settings_of(&whole(&dav, ""));
    let Provider::CalDav(dav) = &settings.accounts[0].provider else { panic!("{settings:?}") };
    let password = SecretSource::Credential { name: "dav".into() };
    assert_eq!(dav.login, DavLogin::Basic(Login { username: "ann".into(), password }));
    let token = DAV.replace("username = \"ann\"\npassword_keyring", "token_credential");
    assert_eq!(account(&token, ""), [""; 0]);
    assert!(account(&format!("{DAV}\ntoken_credential = \"t\""), "")[0].contains("more than one way"));
}

#[test]
fn folders_start_at_home_or_beside_the_file() {
    let settings = settings_of(&format!("{SMALL}[paths]\ndata = \"~/data\"\n[report]\nfolder = \"reports\"\n"));
    assert_eq!(settings.data, Some("/home/ann/data".into()));
    assert_eq!(settings.report.folder, Some("/etc/here/reports".into()));
}

#[test]
fn hours_that_are_not_set_are_the_usual_ones() {
    let settings = settings_of(&format!(
        "{SMALL}[hours]\nfriday = []\n[[person]]\nname = \"Bob\"\nhours.monday = [\"07:00-11:00\", \"12:00-15:00\"]\n"
    ));
    assert_eq!(settings.policy().working_days.len(), 4);
    assert_eq!(settings.people[0].hours.days[0].len(), 2);
    assert_eq!(settings.people[0].hours.days[4], [], "a person's missing days are as the owner's");
    assert_eq!(problems(&format!("{SMALL}[hours]\nmonday = [\"09:00-12:00\", \"11:00-15:00\"]\n")).len(), 1);
}

#[test]
fn quiet_hours_and_the_digest_can_be_switched_off() {
    let notices = settings_of(&format!("{SMALL}[notices]\nquiet = []\ndigest_at = \"never\"\n")).notices;
    assert_eq!((notices.quiet, notices.digest_at), (None, None));
    for bad in ["[\"18:00\"]", "[\"18:00\", \"18:00\"]", "[\"18:00\", \"late\"]", "\"18:00\""] {
        assert_eq!(problems(&format!("{SMALL}[notices]\nquiet = {bad}\n")).len(), 1, "{bad}");
    }
}

/// The problems of one account with these keys, and of its calendar.
fn account(keys: &str, calendar: &str) -> Vec<String> {
    problems(&whole(keys, calendar))
}

fn whole(keys: &str, calendar: &str) -> String {
    format!(
        "[owner]\naddresses = [\"ann@example.com\"]\n[[account]]\nname = \"work\"\n{keys}\n[[account.calendar]]\n\
         name = \"main\"\n{calendar}\n"
    )
}

const DAV: &str = "kind = \"caldav\"\nserver = \"https://dav.example.com/\"\nusername = \"ann\"\n\
                   password_keyring = \"dav\"";
const GOOGLE: &str = "kind = \"google\"\nclient_file = \"~/client.json\"";

#[test]
fn an_account_at_a_server_is_read_only_until_it_says_otherwise() {
    let settings = settings_of(&whole(DAV, "calendar = \"Work\""));
    let account = &settings.accounts[0];
    let Provider::CalDav(dav) = &account.provider else { panic!("{account:?}") };
    assert_eq!((dav.server.as_str(), dav.calendars[0].name.as_deref()), ("https://dav.example.com/", Some("Work")));
    assert!(matches!(&dav.login, DavLogin::Basic(login) if login.username == "ann"));
    let source = &settings.sources()[0];
    assert_eq!((source.kind, source.read_only), (SourceKind::Api, true));
    let settings = settings_of(&whole(&format!("{DAV}\naccess = \"write\""), ""));
    assert!(!settings.sources()[0].read_only);
    assert_eq!(settings.calendars().next().unwrap().every, std::time::Duration::from_mins(5));
}

#[test]
fn a_google_account_says_as_whom_and_where_its_tokens_are() {
    let settings = settings_of(&whole(GOOGLE, ""));
    let Provider::Google(google) = &settings.accounts[0].provider else { panic!("{settings:?}") };
    assert_eq!(google.client, GoogleClient::File("/home/ann/client.json".into()));
    assert_eq!((google.tokens, google.calendars[0].name.as_deref()), (TokenPlace::Keyring, None));
    assert!(account("kind = \"google\"", "")[0].contains("has no client"));
    assert!(account("kind = \"google\"\nservice_account = \"k.json\"", "")[0].contains("no `subject`"));
    assert!(account(&format!("{GOOGLE}\nclient_id = \"x\""), "")[0].contains("more than one client"));
}

#[test]
fn keys_of_another_kind_of_account_are_named() {
    let found = account(&format!("{DAV}\nclient_id = \"x\""), "url = \"https://calendar.example.com/a.ics\"");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("`client_id` has no effect here") && found[0].contains("google"), "{found:#?}");
    assert!(found[1].contains("`url` has no effect here") && found[1].contains("ics"), "{found:#?}");
    let ics = "url = \"https://calendar.example.com/a.ics\"";
    assert!(account("access = \"write\"", ics)[0].contains("published files can only be read"));
    assert!(account("server = \"https://dav.example.com\"", ics)[0].contains("caldav"));
}

#[test]
fn a_password_never_goes_over_plain_http_to_another_machine() {
    let server = |address: &str| account(&DAV.replace("https://dav.example.com/", address), "");
    assert_eq!(server("http://127.0.0.1:5232/"), [""; 0]);
    assert_eq!(server("ann@example.com"), [""; 0]);
    assert_eq!(server("example.com"), [""; 0]);
    assert!(server("http://dav.example.com/")[0].contains("plain HTTP"));
    assert!(server("gopher://x/")[0].contains("use https:"));
    assert!(server("what is this")[0].contains("neither an address nor a host name"));
    let google = |address: &str| account(&format!("{GOOGLE}\nserver = \"{address}\""), "");
    assert_eq!(google("http://127.0.0.1:8080/"), [""; 0]);
    assert!(google("https://example.com/")[0].contains("not on this machine"));
}

#[test]
fn an_account_says_how_to_sign_in_exactly_once() {
    let without = DAV.replace("\nusername = \"ann\"\npassword_keyring = \"dav\"", "");
    assert!(account(&without, "")[0].contains("does not say how to sign in"));
    assert_eq!(account(&format!("{without}\ntoken_command = [\"cat\", \"t\"]"), ""), [""; 0]);
    assert!(account(&format!("{DAV}\ntoken_keyring = \"t\""), "")[0].contains("more than one way"));
    assert!(account(&DAV.replace("server", "client_file"), "").iter().any(|one| one.contains("has no `server`")));
}
