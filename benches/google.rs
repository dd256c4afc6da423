//! The measured limits of reading Google calendars: a first sync against plain decoding, its memory, and a poll without news.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cadenced::calendar::http::{Client, Settings as HttpSettings};
use cadenced::calendar::{Connected, Cursor, Effort, Item, Reading, Shared, connect};
use cadenced::config::{Surroundings, check};
use google_calendar3::api;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const EVENTS: usize = 20_000;
const PAGE: usize = 1_000;
/// How often each side runs; the fastest counts.
const ROUNDS: usize = 5;
/// How many polls an average is taken of.
const POLLS: u32 = 200;
/// What one poll may send and get, headers included.
const POLL_BYTES: usize = 2048;
const POLL_TIME: Duration = Duration::from_millis(3);
/// What the process may grow by: a few pages, and the spool's share of memory.
const GROWTH_KIB: u64 = 24 * 1024;

/// What goes over the wire.
#[derive(Default)]
struct Traffic {
    requests: AtomicUsize,
    bytes: AtomicUsize,
}

fn main() -> ExitCode {
    let pages: Arc<Vec<Vec<u8>>> = Arc::new((0..EVENTS / PAGE).map(page).collect());
    let traffic = Arc::new(Traffic::default());
    let port = serve(Arc::clone(&pages), Arc::clone(&traffic));
    let folder = tempfile::tempdir().expect("a folder");
    let mut calendar = account(port, folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let size: usize = pages.iter().map(Vec::len).sum();
    println!("     {EVENTS} events on {} pages, {} kB of JSON", pages.len(), size / 1000);

    let before = memory("VmRSS:");
    let cursor = runtime.block_on(first_sync(&mut calendar));
    let growth = memory("VmHWM:").saturating_sub(before);
    let ours = fastest(|| drop(runtime.block_on(first_sync(&mut calendar))));
    let alone = fastest(|| {
        for page in pages.iter() {
            black_box(serde_json::from_slice::<api::Events>(page).expect("a good page"));
        }
    });
    let ratio = ours.as_secs_f64() / alone.as_secs_f64();
    println!("     decoding alone {alone:.2?} of CPU, a first sync {ours:.2?}");
    let mut good =
        verdict("a first sync costs less than 1.5 times the decoding", &format!("{ratio:.2} times"), ratio < 1.5);
    good &=
        verdict("a first sync does not grow the process by its size", &format!("{growth} KiB"), growth < GROWTH_KIB);
    let cheap = polls(&mut calendar, &cursor, &traffic, &runtime);
    if good && cheap { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Polls that find nothing new: requests, bytes and CPU of each.
fn polls(calendar: &mut Connected, cursor: &Cursor, traffic: &Traffic, runtime: &tokio::runtime::Runtime) -> bool {
    runtime.block_on(poll(calendar, cursor));
    let counted = |what: &AtomicUsize| what.swap(0, Ordering::SeqCst);
    counted(&traffic.requests);
    counted(&traffic.bytes);
    let start = cpu();
    for _ in 0..POLLS {
        runtime.block_on(poll(calendar, cursor));
    }
    let each = cpu().saturating_sub(start) / POLLS;
    let (requests, bytes) = (counted(&traffic.requests), counted(&traffic.bytes) / POLLS as usize);
    let mut good =
        verdict("a poll is one request", &format!("{requests} for {POLLS} polls"), requests == POLLS as usize);
    good &= verdict("a poll is less than 2 KiB both ways", &format!("{bytes} bytes"), bytes < POLL_BYTES);
    good & verdict("a poll costs less than 3 ms of CPU", &format!("{each:.2?}"), each < POLL_TIME)
}

fn verdict(name: &str, shown: &str, good: bool) -> bool {
    println!("{} {name}: {shown}", if good { "ok  " } else { "FAIL" });
    good
}

async fn first_sync(calendar: &mut Connected) -> Cursor {
    let Ok(Reading::Snapshot(snapshot)) = calendar.reader.read(None, Effort::Full).await else { panic!("a full list") };
    let kept = snapshot.items.filter(|item| matches!(item, Ok(Item::Kept { .. }))).count();
    assert_eq!(kept, EVENTS);
    snapshot.cursor
}

async fn poll(calendar: &mut Connected, cursor: &Cursor) {
    let read = calendar.reader.read(Some(cursor), Effort::Incremental).await;
    assert!(matches!(read, Ok(Reading::Unchanged { .. })), "nothing is new");
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let start = cpu();
        work();
        cpu().saturating_sub(start)
    };
    (0..ROUNDS).map(time).min().unwrap_or_default()
}

/// The CPU time of this thread, which does everything but serving.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = stat.split(' ').next().and_then(|word| word.parse().ok()).expect("a number");
    Duration::from_nanos(nanoseconds)
}

/// A line of this process's status, in KiB.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let found = status.lines().find_map(|text| text.strip_prefix(line)).expect("a size");
    found.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// An account that is signed in at the server of this benchmark.
fn account(port: u16, folder: &Path) -> Connected {
    let config = format!(
        "[owner]\naddresses = [\"owner@example.com\"]\n[[account]]\nname = \"work\"\nkind = \"google\"\nclient_id = \"a\"\n\
         tokens = \"file\"\nserver = \"http://127.0.0.1:{port}\"\n[[account.calendar]]\nname = \"main\"\n"
    );
    let around = Surroundings { zone: TimeZone::UTC, folder: folder.into(), home: None, exposed: false };
    let settings = check(&config, &around).settings.expect("a good config");
    std::fs::create_dir(folder.join("tokens")).expect("room for the sign-in");
    let kept = json!({"refresh_token": "1//a", "scopes": [], "since": "2026-11-01T08:00:00Z"});
    std::fs::write(folder.join("tokens/work.json"), kept.to_string()).expect("room for the sign-in");
    let client = Arc::new(Client::new(HttpSettings::default(), || Timestamp::UNIX_EPOCH));
    connect(
        &settings.accounts[0],
        &Shared { client, data_folder: folder.to_owned(), spool_folder: folder.to_owned(), owner: Vec::new() },
    )
    .remove(0)
}

/// A page of a calendar, as the API answers with only the fields that are asked for.
fn page(number: usize) -> Vec<u8> {
    let items: Vec<Value> = (0..PAGE).map(|n| event(number * PAGE + n)).collect();
    let mut page = json!({"accessRole": "owner", "timeZone": "Europe/Berlin", "items": items});
    if (number + 1) * PAGE < EVENTS {
        page["nextPageToken"] = json!(format!("page{}", number + 1));
    } else {
        page["nextSyncToken"] = json!("CPDAlvWDx70CEPDAlvWDx70CGAU=");
    }
    page.to_string().into_bytes()
}

/// One in four recurs; each has between one and four guests.
fn event(number: usize) -> Value {
    let (day, hour) = (1 + number % 28, 8 + number % 9);
    let guests: Vec<Value> = (0..=number % 4)
        .map(|guest| {
            json!({"email": format!("person{}@example.com", (number * 7 + guest) % 300), "displayName": format!("Person {guest}"),
                   "responseStatus": "accepted"})
        })
        .collect();
    let mut event = json!({
        "id": format!("{number:026}"), "iCalUID": format!("{number:026}@google.com"), "status": "confirmed",
        "summary": format!("Talk number {number}"), "eventType": "default", "sequence": number % 3,
        "updated": "2026-10-05T09:12:33.123Z",
        "organizer": {"email": "owner@example.com", "self": true},
        "start": {"dateTime": format!("2026-11-{day:02}T{hour:02}:00:00+01:00"), "timeZone": "Europe/Berlin"},
        "end": {"dateTime": format!("2026-11-{day:02}T{hour:02}:30:00+01:00"), "timeZone": "Europe/Berlin"},
        "attendees": guests,
    });
    if number.is_multiple_of(4) {
        event["recurrence"] = json!(["RRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20270630T215959Z;BYDAY=TU"]);
    }
    event
}

/// A server in threads of its own, so that its work is not counted.
fn serve(pages: Arc<Vec<Vec<u8>>>, traffic: Arc<Traffic>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (pages, traffic) = (Arc::clone(&pages), Arc::clone(&traffic));
            std::thread::spawn(move || converse(&stream, &pages, &traffic));
        }
    });
    port
}

fn converse(stream: &TcpStream, pages: &[Vec<u8>], traffic: &Traffic) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut sent = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut sent).ok()?;
        let body = answer(&head, pages);
        let reply = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\
             Cache-Control: private, max-age=0, must-revalidate, no-transform\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        (&*stream).write_all(&[reply.as_bytes(), &body].concat()).ok()?;
        traffic.requests.fetch_add(1, Ordering::SeqCst);
        traffic.bytes.fetch_add(head.len() + sent.len() + reply.len() + body.len(), Ordering::SeqCst);
    }
}

fn answer(head: &str, pages: &[Vec<u8>]) -> Vec<u8> {
    if head.starts_with("POST /token") {
        return json!({"access_token": "ya29.".to_owned() + &"a".repeat(200), "expires_in": 3599, "token_type": "Bearer"})
            .to_string()
            .into_bytes();
    }
    if head.contains("syncToken=") {
        let token = "CPDAlvWDx70CEPDAlvWDx70CGAU=";
        return json!({"accessRole": "owner", "timeZone": "Europe/Berlin", "items": [], "nextSyncToken": token})
            .to_string()
            .into_bytes();
    }
    let number = head.split("pageToken=page").nth(1).map_or("0", |rest| rest.split([' ', '&']).next().unwrap_or("0"));
    pages[number.parse::<usize>().expect("a page")].clone()
}
