//! Calendars of up to 64 KiB that make planning as expensive as they can.

/// The most that a calendar here holds.
pub const MOST: usize = 64 << 10;

/// A calendar with as many of these events as it may hold, at most so many.
fn calendar(most: usize, event: impl Fn(usize) -> String) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n".to_owned();
    for number in 0..most {
        let one = format!("BEGIN:VEVENT\r\n{}END:VEVENT\r\n", event(number).replace('\n', "\r\n"));
        if text.len() + one.len() + 20 > MOST {
            break;
        }
        text.push_str(&one);
    }
    text + "END:VCALENDAR\r\n"
}

/// An event of Ann's with one guest.
fn pair(number: usize, guest: &str, more: &str) -> String {
    let minute = number % 60;
    format!(
        "UID:{number}\nDTSTART:20251101T10{minute:02}00Z\nDURATION:PT30M\nORGANIZER:mailto:ann@corp.example\n\
         ATTENDEE:mailto:{guest}\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@corp.example\n{more}\n"
    )
}

/// An event of Ann's alone.
fn alone(number: usize, more: &str) -> String {
    let minute = number % 60;
    format!("UID:{number}\nDTSTART:20251101T10{minute:02}00Z\nDURATION:PT45M\n{more}\n")
}

/// An event of Ann's alone, in a calendar that shows a guest elsewhere.
fn among_others(number: usize, more: &str) -> String {
    if number == 0 { pair(0, "bob@corp.example", "RRULE:FREQ=WEEKLY") } else { alone(number, more) }
}

/// An invitation from somebody unknown that was never answered.
fn invitation(number: usize, more: &str) -> String {
    format!(
        "UID:{number}\nDTSTART:20251101T100000Z\nDURATION:PT30M\nORGANIZER:mailto:s{number}@far.example\n\
         ATTENDEE:mailto:s{number}@far.example\nATTENDEE:mailto:ann@corp.example\n{more}\n"
    )
}

fn guest(number: usize) -> String {
    format!("g{number}@corp.example")
}

fn list(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(",")
}

/// A day and a time of the last year, each number another one.
fn instant(number: usize) -> String {
    format!("2026{:02}{:02}T{:02}{:02}00Z", 1 + number / 28 % 12, 1 + number % 28, number / 336 % 24, number / 8064)
}

/// Every hostile calendar, with what is hostile about it.
pub fn hostile() -> Vec<(&'static str, String)> {
    let all = usize::MAX;
    let mut found = vec![
        ("60 series of every second", calendar(60, |n| pair(n, &guest(n), "RRULE:FREQ=SECONDLY"))),
        ("100 invitations of every minute", calendar(100, |n| invitation(n, "RRULE:FREQ=MINUTELY"))),
        ("daily invitations", calendar(all, |n| invitation(n, "RRULE:FREQ=DAILY"))),
        ("daily 1:1s with everybody", calendar(all, |n| pair(n, &guest(n), "RRULE:FREQ=DAILY"))),
        ("daily 1:1s with one", calendar(all, |n| pair(n, "bob@corp.example", "RRULE:FREQ=DAILY"))),
        ("weekly 1:1s with one, at all minutes", calendar(all, |n| pair(n, "bob@corp.example", "RRULE:FREQ=WEEKLY"))),
        ("weekly 1:1s with everybody", calendar(all, |n| pair(n, &guest(n), "RRULE:FREQ=WEEKLY"))),
        ("hourly, alone", calendar(all, |n| among_others(n, "RRULE:FREQ=HOURLY"))),
        ("every minute, alone", calendar(all, |n| among_others(n, "RRULE:FREQ=MINUTELY"))),
    ];
    found.extend(under_other_events());
    found.extend(by_rules());
    found
}

/// 1:1s under much that takes the owner's time.
fn under_other_events() -> Vec<(&'static str, String)> {
    let all = usize::MAX;
    vec![
        (
            "daily 1:1s under daily events",
            calendar(all, |n| {
                if n % 2 == 0 { pair(n, &guest(n), "RRULE:FREQ=DAILY") } else { alone(n, "RRULE:FREQ=DAILY") }
            }),
        ),
        (
            "daily 1:1s under events of a year",
            calendar(all, |n| match n % 2 {
                0 => pair(n, &guest(n), "RRULE:FREQ=DAILY"),
                _ => format!("UID:{n}\nDTSTART:20260101T000000Z\nDTEND:20270101T000000Z\n"),
            }),
        ),
        (
            "daily 1:1s under daily vacations",
            calendar(all, |n| match n % 2 {
                0 => pair(n, &guest(n), "RRULE:FREQ=DAILY"),
                _ => format!("UID:{n}\nSUMMARY:Vacation\nDTSTART:20251101T000000Z\nDURATION:PT20H\nRRULE:FREQ=DAILY\n"),
            }),
        ),
        (
            "daily 1:1s with everything excepted",
            calendar(all, |n| {
                let excepted = list(330, |day| instant(day).replace("T0000", &format!("T10{:02}", n % 60)));
                pair(n, &guest(n), &format!("RRULE:FREQ=DAILY\nEXDATE:{excepted}"))
            }),
        ),
    ]
}

/// Rules, dates and overrides that are hard to follow, long names, and single events.
fn by_rules() -> Vec<(&'static str, String)> {
    let all = usize::MAX;
    let long = "u".repeat(900);
    vec![
        (
            "overrides of one series",
            calendar(all, |n| match n {
                0 => pair(0, "bob@corp.example", "RRULE:FREQ=DAILY"),
                _ => format!(
                    "UID:0\nRECURRENCE-ID:{}\nDTSTART:2026{:02}{:02}T1{}{:02}00Z\nDURATION:PT30M\n",
                    instant(n).replace("T0000", "T1000"),
                    1 + n / 28 % 12,
                    1 + n % 28,
                    n % 9,
                    n % 60
                ),
            }),
        ),
        (
            "cancelled overrides that no rule has, of a counted rule",
            calendar(all, |n| match n {
                0 => pair(0, "bob@corp.example", "RRULE:FREQ=MONTHLY;BYDAY=-1MO,2TU;BYSETPOS=1;COUNT=90000"),
                _ => format!("UID:0\nRECURRENCE-ID:{0}\nDTSTART:{0}\nDURATION:PT30M\nSTATUS:CANCELLED\n", instant(n)),
            }),
        ),
        (
            "rules that cost much and give nothing",
            calendar(all, |n| {
                let rule = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30,31;BYSETPOS=1";
                pair(n, &guest(n), rule).replace("20251101", "19010101")
            }),
        ),
        (
            "counted rules from 1901",
            calendar(all, |n| {
                let rule = "RRULE:FREQ=YEARLY;BYMONTH=1,3,5;BYMONTHDAY=29,30,31;BYDAY=MO,TU;COUNT=90000";
                pair(n, &guest(n), rule).replace("20251101", "19010101")
            }),
        ),
        (
            "rules of every second that are weekly in fact",
            calendar(all, |n| pair(n, &guest(n), "RRULE:FREQ=SECONDLY;BYDAY=MO;BYHOUR=10;BYMINUTE=0;BYSECOND=0")),
        ),
        ("further dates", calendar(all, |n| pair(n, &guest(n), &format!("RDATE:{}", list(3_500, instant))))),
        (
            "excluded rules",
            calendar(all, |n| {
                pair(
                    n,
                    &guest(n),
                    "RRULE:FREQ=DAILY\nEXRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1,50;COUNT=9000",
                )
            }),
        ),
        (
            "long names of daily 1:1s",
            calendar(all, |n| pair(n, &guest(n), "RRULE:FREQ=DAILY").replace("UID:", &format!("UID:{long}"))),
        ),
        (
            "single events with one",
            calendar(all, |n| pair(n, "bob@corp.example", "").replace("20251101T10", &instant(n % 336)[..11])),
        ),
        (
            "single events with everybody",
            calendar(all, |n| pair(n, &guest(n / 3), "").replace("20251101T10", &instant(n % 3 * 7 + 300)[..11])),
        ),
    ]
}
