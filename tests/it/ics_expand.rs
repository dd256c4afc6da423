//! `cadenced expand` shows every event in a window in the documented format, and reports every problem.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use cadenced::cli::expand::{ExpandArgs, ExpandFormat, expand};
use serde_json::{Value, json};

struct Ran {
    code: u8,
    json: Value,
    stderr: String,
}

impl Ran {
    fn starts(&self) -> Vec<&str> {
        self.json["events"].as_array().unwrap().iter().map(|event| event["start"].as_str().unwrap()).collect()
    }
}

fn run_in(lines: &str, from: &str, to: &str, format: ExpandFormat) -> (u8, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ics");
    std::fs::write(&file, format!("BEGIN:VCALENDAR\n{lines}END:VCALENDAR\n")).unwrap();
    let args = ExpandArgs { file, from: Some(from.into()), to: Some(to.into()), format };
    let now = "2026-01-10T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = expand(&args, &now, &mut out, &mut err).unwrap();
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn run(lines: &str, from: &str, to: &str) -> Ran {
    let (code, out, stderr) = run_in(lines, from, to, ExpandFormat::Json);
    Ran { code, json: serde_json::from_str(&out).unwrap(), stderr }
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:a\nSUMMARY:Ann / Bob\n{lines}\nEND:VEVENT\n")
}

#[test]
fn the_json_has_the_documented_shape() {
    let ran = run(
        &event("DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:20260105T093000"),
        "2026-01-01",
        "2026-02-01",
    );
    assert_eq!(
        ran.json,
        json!({"events": [{
            "uid": "a", "original_start": "2026-01-05T09:00:00+01:00", "start": "2026-01-05T09:00:00+01:00",
            "end": "2026-01-05T09:30:00+01:00", "zone": "Europe/Berlin", "all_day": false, "status": "confirmed",
            "summary": "Ann / Bob",
        }], "problems": []})
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn dates_floating_and_utc_times_are_kept_apart() {
    let lines =
        ["DTSTART;VALUE=DATE:20260105", "DTSTART:20260105T090000", "DTSTART:20260105T090000Z"].map(event).concat();
    let lines = lines.replacen("UID:a", "UID:b", 1).replacen("UID:a", "UID:c", 1);
    let ran = run(&lines, "2026-01-01", "2026-02-01");
    assert_eq!(ran.starts(), ["2026-01-05", "2026-01-05T09:00:00", "2026-01-05T09:00:00+00:00"]);
    assert_eq!(ran.json["events"][0]["end"], "2026-01-06");
    assert_eq!(ran.json["events"][0]["all_day"], true);
    assert_eq!((&ran.json["events"][1]["zone"], &ran.json["events"][2]["zone"]), (&Value::Null, &json!("UTC")));
}

#[test]
fn the_window_is_half_open_and_selects_by_overlap() {
    let lines = event("DTSTART:20260105T090000Z\nDTEND:20260105T100000Z");
    let count = |from, to| run(&lines, from, to).starts().len();
    assert_eq!(count("2026-01-05T09:30:00Z", "2026-01-05T09:31:00Z"), 1);
    assert_eq!(count("2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"), 0);
    assert_eq!(count("2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z"), 0);
    let point = event("DTSTART:20260105T090000Z");
    assert_eq!(run(&point, "2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z").starts().len(), 1);
    assert_eq!(run(&point, "2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z").starts().len(), 0);
}

#[test]
fn a_series_follows_the_wall_clock_and_leaves_out_what_is_excluded() {
    let series = "DTSTART;TZID=Europe/Berlin:20260316T090000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=5\n";
    let with = |exdate: &str| run(&event(&format!("{series}{exdate}")), "2026-03-01", "2026-05-01");
    // By its zone, by UTC, and by its date.
    for exdate in ["EXDATE;TZID=Europe/Berlin:20260323T090000", "EXDATE:20260323T080000Z", "EXDATE;VALUE=DATE:20260323"]
    {
        let expected = [
            "2026-03-16T09:00:00+01:00",
            "2026-03-30T09:00:00+02:00",
            "2026-04-06T09:00:00+02:00",
            "2026-04-13T09:00:00+02:00",
        ];
        assert_eq!(with(exdate).starts(), expected, "{exdate}");
    }
}

#[test]
fn a_moved_instance_is_there_once_whatever_zone_names_it() {
    let master = event("DTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=3");
    let moved =
        event("RECURRENCE-ID:20260112T080000Z\nDTSTART;TZID=Europe/Berlin:20260113T100000\nDURATION:PT30M\nSEQUENCE:1");
    let older = event(
        "RECURRENCE-ID;TZID=America/New_York:20260112T030000\nDTSTART;TZID=Europe/Berlin:20260114T100000\nDURATION:PT30M",
    );
    let ran = run(&format!("{older}{master}{moved}"), "2026-01-01", "2026-02-01");
    assert_eq!(ran.starts(), ["2026-01-05T09:00:00+01:00", "2026-01-13T10:00:00+01:00", "2026-01-19T09:00:00+01:00"]);
    assert_eq!(ran.json["events"][1]["original_start"], "2026-01-12T09:00:00+01:00");
}

#[test]
fn an_override_moved_into_the_window_is_seen_and_one_moved_out_is_not() {
    let master = event("DTSTART:20260105T090000Z\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=3");
    let moved = event("RECURRENCE-ID:20260112T090000Z\nDTSTART:20260301T090000Z\nDURATION:PT30M");
    let lines = format!("{master}{moved}");
    assert_eq!(run(&lines, "2026-03-01", "2026-03-03").starts(), ["2026-03-01T09:00:00+00:00"]);
    assert_eq!(run(&lines, "2026-01-12", "2026-01-13").starts(), Vec::<&str>::new());
}

#[test]
fn an_override_without_its_master_stands_by_itself() {
    let ran = run(
        &event("RECURRENCE-ID:20260112T090000Z\nDTSTART:20260113T090000Z\nDURATION:PT30M"),
        "2026-01-01",
        "2026-02-01",
    );
    assert_eq!(ran.starts(), ["2026-01-13T09:00:00+00:00"]);
    assert_eq!(ran.json["events"][0]["original_start"], "2026-01-12T09:00:00+00:00");
}

#[test]
fn cancelled_ones_are_there_and_say_so() {
    let master = event("DTSTART:20260105T090000Z\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=2");
    let off = event("RECURRENCE-ID:20260112T090000Z\nDTSTART:20260112T090000Z\nDURATION:PT30M\nSTATUS:CANCELLED");
    let ran = run(&format!("{master}{off}"), "2026-01-01", "2026-02-01");
    assert_eq!(
        (&ran.json["events"][0]["status"], &ran.json["events"][1]["status"]),
        (&json!("confirmed"), &json!("cancelled"))
    );
}

#[test]
fn problems_are_in_the_json_and_on_stderr_and_in_the_exit_code() {
    let ran =
        run(&format!("{}{}", event("DTSTART:soon"), event("DTSTART:20260105T090000Z")), "2026-01-01", "2026-02-01");
    assert_eq!((ran.code, ran.starts().len()), (1, 1));
    assert_eq!(ran.json["problems"][0]["where"], "line 2, uid a");
    assert!(
        ran.stderr.contains("line 2, uid a: the event was left out: its DTSTART is not a date or time"),
        "{}",
        ran.stderr
    );
}

#[test]
fn hostile_rules_end_in_time_and_say_that_they_were_cut() {
    for rule in [
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;COUNT=1000000000",
        "FREQ=MINUTELY;BYSECOND=0,1,2,3,4,5,6,7,8,9;COUNT=1000000000",
    ] {
        let ran = run(&event(&format!("DTSTART:19700101T000000Z\nRRULE:{rule}")), "2026-01-01", "2026-01-08");
        assert!(ran.code == 0 || ran.json["problems"][0]["what"].as_str().unwrap().contains("too much work"), "{rule}");
    }
    let ran = run(&event("DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;INTERVAL=0"), "2026-01-01", "2026-01-08");
    assert_eq!(ran.code, 1, "an interval of nothing is refused");
}

#[test]
fn copies_of_one_event_are_shown_once() {
    let lines =
        event("DTSTART:20260105T090000Z\nSEQUENCE:1").repeat(2) + &event("DTSTART:20260104T090000Z\nSEQUENCE:0");
    let ran = run(&lines, "2026-01-01", "2026-02-01");
    assert_eq!((ran.starts().len(), ran.code), (1, 1));
}

#[test]
fn the_text_form_has_a_line_per_event() {
    let (_, out, _) =
        run_in(&event("DTSTART:20260105T090000Z\nDURATION:PT30M"), "2026-01-01", "2026-02-01", ExpandFormat::Text);
    assert_eq!(out, "2026-01-05  09:00–09:30  UTC                   Ann / Bob\n");
}

#[test]
fn the_machines_own_zone_moves_no_date_and_no_floating_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ics");
    let lines = event("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;COUNT=2")
        + &event("DTSTART:20260105T233000").replace("UID:a", "UID:b");
    std::fs::write(&file, format!("BEGIN:VCALENDAR\n{lines}END:VCALENDAR\n")).unwrap();
    let seen = |here: &str| {
        let args =
            ExpandArgs { file: file.clone(), from: Some("2026-01-01".into()), to: None, format: ExpandFormat::Json };
        let now = here.parse().unwrap();
        let mut out = Vec::new();
        expand(&args, &now, &mut out, &mut Vec::new()).unwrap();
        String::from_utf8(out).unwrap()
    };
    let berlin = seen("2026-01-10T12:00:00+01:00[Europe/Berlin]");
    assert_eq!(berlin.matches("\"start\"").count(), 3, "{berlin}");
    assert_eq!(berlin, seen("2026-01-10T12:00:00+14:00[Pacific/Kiritimati]"));
    assert_eq!(berlin, seen("2026-01-10T12:00:00-10:00[Pacific/Honolulu]"));
}
