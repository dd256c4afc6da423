"""What python-caldav and recurring-ical-events read of the objects that cadenced wrote: judges.py SERVER EXPECTED.json"""

import datetime
import json
import sys

import caldav
import icalendar
import recurring_ical_events

server, wanted = sys.argv[1], json.load(open(sys.argv[2]))
utc = datetime.timezone.utc
window = datetime.datetime(2035, 11, 1, tzinfo=utc), datetime.datetime(2035, 12, 31, tzinfo=utc)
calendar = caldav.DAVClient(server, username="manager", password="pw").principal().calendars()[0]


def line(event):
    start, end = (event[name].dt.astimezone(utc).strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("DTSTART", "DTEND"))
    return start, end, str(event["SUMMARY"])


expected = sorted((one["start"], one["end"], one["title"]) for one in wanted)
whole = [icalendar.Calendar.from_ical(found.data) for found in calendar.events() if "for others" in found.data]
local = sorted(line(event) for one in whole for event in recurring_ical_events.of(one).between(*window))
assert local == expected, f"recurring-ical-events reads {local}, written was {expected}"
print(f"recurring-ical-events: {len(local)} sessions, all as written")

remote = [
    line(event)
    for found in calendar.search(start=window[0], end=window[1], event=True, expand=True)
    for event in icalendar.Calendar.from_ical(found.data).walk("VEVENT")
    if "for others" in str(event.get("SUMMARY"))
]
assert sorted(remote) == expected, f"python-caldav reads {sorted(remote)}, written was {expected}"
print(f"python-caldav: {len(remote)} sessions, all as written")

for one in whole:
    for event in one.walk("VEVENT"):
        assert len(event["ATTENDEE"]) == 2 and str(event["ORGANIZER"]) == "mailto:manager@example.com", event
print("every event names its organiser and both guests")
