//! Classifies a Google event's fields by what changing them means, and digests them.

use serde_json::{Map, Value};

use crate::calendar::content::{Aspect, Content};
use crate::domain::fingerprint::Part;

/// Names, addresses and bookkeeping that change by themselves or not at all.
const NO_CONTENT: [&str; 11] = [
    "kind",
    "etag",
    "id",
    "iCalUID",
    "recurringEventId",
    "originalStartTime",
    "htmlLink",
    "status",
    "created",
    "updated",
    "creator",
];

/// What a guest answers.
const REPLY: [&str; 3] = ["responseStatus", "comment", "additionalGuests"];

/// The digests of an event as Google answered it.
pub fn of(event: &Map<String, Value>) -> Content {
    let shown = event.iter().filter(|(name, _)| !NO_CONTENT.contains(&name.as_str()));
    Content::of(shown.flat_map(|(name, value)| match (name.as_str(), value) {
        ("attendees", Value::Array(guests)) => guests.iter().flat_map(guest).collect(),
        (name, value) => vec![(Aspect::Part(part(name)), format!("{name} {value}"))],
    }))
}

fn part(name: &str) -> Part {
    match name {
        "start" | "end" | "endTimeUnspecified" | "recurrence" | "sequence" => Part::Time,
        "summary" => Part::Title,
        "organizer" | "attendees" | "attendeesOmitted" => Part::Guests,
        "location" | "hangoutLink" | "conferenceData" => Part::Place,
        "description" | "attachments" | "source" => Part::Notes,
        _ => Part::Other,
    }
}

fn guest(guest: &Value) -> Vec<(Aspect, String)> {
    let Some(fields) = guest.as_object() else { return vec![(Aspect::Part(Part::Guests), guest.to_string())] };
    let (reply, who): (Map<String, Value>, Map<String, Value>) =
        fields.clone().into_iter().partition(|(name, _)| REPLY.contains(&name.as_str()));
    let email = fields.get("email").map(Value::to_string).unwrap_or_default();
    let reply = format!("{email} {}", Value::Object(reply));
    vec![(Aspect::Part(Part::Guests), Value::Object(who).to_string()), (Aspect::Reply, reply)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({
            "id": "a", "etag": "\"1\"", "updated": "2026-11-16T08:00:00Z", "status": "confirmed", "sequence": 0, "summary": "Talk",
            "start": {"dateTime": "2026-11-17T10:00:00+01:00"}, "end": {"dateTime": "2026-11-17T10:30:00+01:00"},
            "attendees": [{"email": "ann@example.com", "responseStatus": "needsAction"}, {"email": "me@example.com"}],
        })
    }

    fn changed(change: impl FnOnce(&mut Value)) -> Vec<Part> {
        let mut after = event();
        change(&mut after);
        let print = |event: &Value| of(event.as_object().unwrap()).fingerprint("salt");
        print(&event()).changed_since(&print(&after))
    }

    #[test]
    fn each_change_is_of_its_part() {
        type Change = fn(&mut Value);
        let rows: [(Change, &[Part]); 13] = [
            (|_| {}, &[]),
            (|event| event["etag"] = json!("\"2\""), &[]),
            (|event| event["updated"] = json!("2026-11-16T09:00:00Z"), &[]),
            (|event| event["attendees"][0]["responseStatus"] = json!("accepted"), &[]),
            (|event| event["attendees"].as_array_mut().unwrap().reverse(), &[]),
            (|event| event["sequence"] = json!(2), &[Part::Time]),
            (|event| event["start"]["dateTime"] = json!("2026-11-17T11:00:00+01:00"), &[Part::Time]),
            (|event| event["summary"] = json!("Talks"), &[Part::Title]),
            (
                |event| event["attendees"].as_array_mut().unwrap().push(json!({"email": "c@example.com"})),
                &[Part::Guests],
            ),
            (|event| event["location"] = json!("Room 1"), &[Part::Place]),
            (|event| event["description"] = json!("bring the plan"), &[Part::Notes]),
            (|event| event["attachments"] = json!([{"title": "plan"}]), &[Part::Notes]),
            (|event| event["colorId"] = json!("4"), &[Part::Other]),
        ];
        for (index, (change, parts)) in rows.into_iter().enumerate() {
            assert_eq!(changed(change), parts, "row {index}");
        }
    }
}
