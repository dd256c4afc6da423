//! What setup adds to a config is read back as intended, and every other byte stays.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cadenced::cli::setup::account::{NewAccount, NewCalendar, short, unique};
use cadenced::cli::setup::config_edit::{ConfigEdit, HEADER};
use cadenced::cli::setup::config_file::{Added, ConfigFile};
use cadenced::config::{
    Access, Account, CalDav, DavLogin, Feed, Google, GoogleClient, Login, Provider, Secret, SecretSource, Settings,
    TokenPlace, check_file,
};
use cadenced::domain::person::Address;
use cadenced::domain::policy::Mode;
use cadenced::domain::source::SourceId;
use jiff::civil::{Time, date};
use jiff::tz::TimeZone;
use tempfile::TempDir;

const ODD: [&str; 6] = [
    "plain",
    "with \"quotes\" and 'more'",
    "C:\\Users\\Ann\\calendar",
    "Ärger & Ünïcode 日程",
    "[x] = #1",
    "tab\there",
];

fn calendar(name: &str, remote: Option<&str>) -> NewCalendar {
    NewCalendar { name: name.to_owned(), remote: remote.map(str::to_owned), is_holidays: false }
}

fn feed(name: &str, address: SecretSource) -> NewAccount {
    let id = SourceId { account: name.to_owned(), calendar: "main".to_owned() };
    let provider = Provider::Ics(vec![Feed::new(id, address)]);
    NewAccount { name: name.to_owned(), provider, calendars: vec![calendar("main", None)] }
}

fn keyring(key: &str) -> SecretSource {
    SecretSource::Keyring { key: key.to_owned() }
}

fn file(folder: &TempDir) -> ConfigFile {
    ConfigFile::new(&folder.path().join("config.toml"), TimeZone::UTC, date(2026, 11, 21))
}

fn owner(addresses: &[&str], names: &[&str]) -> ConfigEdit {
    let addresses = addresses.iter().map(|text| Address::parse(text).unwrap()).collect();
    ConfigEdit::Owner { addresses, names: names.iter().map(|name| (*name).to_owned()).collect() }
}

fn settings(folder: &TempDir) -> Settings {
    let checked = check_file(&folder.path().join("config.toml"), TimeZone::UTC);
    checked.settings.unwrap_or_else(|| panic!("{:#?}", checked.problems))
}

fn text(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("config.toml")).unwrap()
}

fn added(file: &mut ConfigFile, additions: &[ConfigEdit]) {
    for addition in additions {
        assert_eq!(file.add(addition).unwrap(), Added::Done, "{addition:?}");
    }
}

#[test]
fn whatever_was_answered_is_read_back_as_it_was_meant() {
    for odd in ODD {
        let folder = TempDir::new().unwrap();
        let name = short(odd);
        let password = SecretSource::Command(vec!["cat".to_owned(), odd.to_owned()]);
        let login = DavLogin::Basic(Login { username: odd.to_owned(), password });
        let dav = CalDav { server: "https://dav.example.com/".to_owned(), login, calendars: Vec::new() };
        let dav = NewAccount {
            name: name.clone(),
            provider: Provider::CalDav(dav),
            calendars: vec![calendar(&name, Some(odd))],
        };
        let names = [odd.replace('\t', " ")];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        added(&mut file(&folder), &[ConfigEdit::Account(dav), owner(&["ann@example.com"], &names)]);
        let settings = settings(&folder);
        let [Account { name: read, provider: Provider::CalDav(server), access: Access::Read }] = &settings.accounts[..]
        else {
            panic!("{settings:#?}")
        };
        let DavLogin::Basic(login) = &server.login else { panic!("{server:#?}") };
        assert_eq!((read, login.username.as_str()), (&name, odd));
        assert_eq!(login.password, SecretSource::Command(vec!["cat".to_owned(), odd.to_owned()]));
        assert_eq!(server.calendars[0].name.as_deref(), Some(odd));
        assert_eq!(settings.owner.names, names);
    }
}

#[test]
fn every_way_to_keep_a_secret_and_every_kind_is_read_back() {
    let folder = TempDir::new().unwrap();
    let here = SecretSource::Literal(Secret::new("https://example.com/private-0123456789abcdef0/basic.ics"));
    let client = GoogleClient::File("/c/client \"1\".json".into());
    let google = Google { client, tokens: TokenPlace::File, server: None, calendars: Vec::new() };
    let google = Provider::Google(google);
    let holidays =
        NewCalendar { is_holidays: true, ..calendar("days", Some("de#holiday@group.v.calendar.google.com")) };
    let google = NewAccount {
        name: "g".to_owned(),
        provider: google,
        calendars: vec![calendar("main", None), holidays.clone()],
    };
    let mut file = file(&folder);
    added(
        &mut file,
        &[
            ConfigEdit::Account(feed("a", here.clone())),
            ConfigEdit::Account(feed("b", keyring("b"))),
            ConfigEdit::Account(google),
            owner(&["ann@example.com", "a@example.com"], &["Ann", "Ann Example"]),
            ConfigEdit::Mode(Mode::Auto),
            ConfigEdit::Write("g".to_owned()),
        ],
    );
    let settings = settings(&folder);
    let addresses = settings.accounts.iter().filter_map(|account| match &account.provider {
        Provider::Ics(feeds) => Some(feeds[0].address.clone()),
        _ => None,
    });
    let addresses: Vec<_> = addresses.into_iter().collect();
    assert_eq!(addresses, [here, keyring("b")]);
    let google = &settings.accounts[2];
    assert_eq!((google.access, google.calendars().count()), (Access::Write, 2));
    assert_eq!(settings.mode, Mode::Auto);
    let mode = fs::metadata(folder.path().join("config.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(text(&folder).starts_with(&format!("{HEADER}\n[owner]\n")), "the owner comes first: {}", text(&folder));
}

const HAND_WRITTEN: &str = "\
# My own config; [mode] is below.\r
[owner] # me
addresses = [ 'me@example.com',   # the usual one
  \"old@example.com\" ]

[hours]
friday = []   # free
[[account]]
kind = 'caldav' # at home
name = \"home\"
server = \"https://dav.example.com\"
username = \"me\"
password_command = [\"pass\", \"dav\"]
[[account.calendar]]
name = \"main\"

[mode]
# careful
pause_when_locked = true";

/// What is left of a text when the lines and words of another are taken out, each once.
fn lacks_nothing_of(after: &str, before: &str) {
    let mut rest = after;
    for piece in before.split_inclusive([' ', '\n']) {
        let at = rest.find(piece.trim()).unwrap_or_else(|| panic!("{piece:?} is gone from:\n{after}"));
        rest = &rest[at + piece.trim().len()..];
    }
}

#[test]
fn a_config_of_somebodys_own_keeps_every_byte_but_what_was_agreed_to() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("config.toml"), HAND_WRITTEN).unwrap();
    let mut file = file(&folder);
    let nine = (Time::constant(9, 0, 0, 0), Time::constant(17, 0, 0, 0));
    let mut days: [Vec<(Time, Time)>; 7] = std::array::from_fn(|_| vec![nine]);
    days[6] = Vec::new();
    let additions = [
        ConfigEdit::Mode(Mode::Off),
        ConfigEdit::Write("home".to_owned()),
        owner(&["new@example.com", "me@example.com"], &["Me"]),
        ConfigEdit::Account(feed("work", keyring("work"))),
    ];
    added(&mut file, &additions);
    let after = text(&folder);
    lacks_nothing_of(&after, HAND_WRITTEN);
    let read = settings(&folder);
    for addition in &additions {
        assert!(addition.is_in(&read), "{addition:?}");
    }
    assert_eq!(read.owner.addresses.len(), 3, "{after}");
    assert!(read.pause_when_locked && read.hours.days[4].is_empty());
    added(&mut file, &[ConfigEdit::Hours(days.clone())]);
    assert_eq!(settings(&folder).hours.days, days);
    let copy = folder.path().join("config.toml.2026-11-21");
    assert_eq!(fs::read_to_string(&copy).unwrap(), HAND_WRITTEN, "the copy is of what was there at first");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "one copy is enough");
}

#[test]
fn saying_the_same_again_changes_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("config.toml"), HAND_WRITTEN).unwrap();
    added(&mut file(&folder), &[owner(&["me@example.com"], &[])]);
    assert_eq!(text(&folder), HAND_WRITTEN);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing changed, and so nothing was copied");
}

#[test]
fn a_way_of_writing_that_is_not_known_is_left_alone_and_the_lines_are_told() {
    let folder = TempDir::new().unwrap();
    let inline = "mode = {}\n[owner]\naddresses = [\"me@example.com\"]\n[[account]]\nname = \"a\"\n\
                  [[account.calendar]]\nname = \"main\"\nurl = \"file:///a.ics\"\n";
    fs::write(folder.path().join("config.toml"), inline).unwrap();
    let result = file(&folder).add(&ConfigEdit::Mode(Mode::Auto)).unwrap();
    assert_eq!(result, Added::ByHand("[mode]\ndefault = \"auto\"\n".to_owned()));
    assert_eq!(text(&folder), inline);
}

#[test]
fn a_link_stays_a_link() {
    let folder = TempDir::new().unwrap();
    let real = folder.path().join("dotfiles.toml");
    fs::write(&real, HAND_WRITTEN).unwrap();
    std::os::unix::fs::symlink(&real, folder.path().join("config.toml")).unwrap();
    added(&mut file(&folder), &[ConfigEdit::Mode(Mode::Off)]);
    assert!(fs::symlink_metadata(folder.path().join("config.toml")).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("default = \"off\""));
}

#[test]
fn an_unfinished_config_is_known_for_what_it_has() {
    let folder = TempDir::new().unwrap();
    assert_eq!(file(&folder).known().unwrap(), None);
    let mut file = file(&folder);
    added(&mut file, &[ConfigEdit::Account(feed("work", keyring("k")))]);
    let known = file.known().unwrap().unwrap();
    assert!(known.is_ours && !known.has_owner && !known.has_mode);
    added(&mut file, &[owner(&["me@example.com"], &[]), ConfigEdit::Mode(Mode::Ask)]);
    let known = file.known().unwrap().unwrap();
    assert!(known.has_owner && known.has_mode);
    fs::write(file.path(), "[owner\n").unwrap();
    assert!(file.known().is_err());
}

#[test]
fn names_are_short_and_differ() {
    assert_eq!(short("a/b\tc "), "a b c");
    assert_eq!(short(" "), "main");
    assert_eq!(short(&"é".repeat(99)).chars().count(), 40);
    let taken = ["work".to_owned(), "work 2".to_owned()];
    assert_eq!((unique("work", &taken), unique("home", &taken)), ("work 3".to_owned(), "home".to_owned()));
}
