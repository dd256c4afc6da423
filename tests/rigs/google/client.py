"""Walks through the fake with Google's own client, every reply judged.

client.py BASE CLIENT_ID SECRET TOKEN REFRESH_TOKEN GUEST_TOKEN
"""

import os
import sys
import urllib.parse
import urllib.request

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from judge import judge, schema_of

BASE, CLIENT_ID, SECRET, TOKEN, REFRESH, GUEST_TOKEN = sys.argv[1:]
OWNER, ANN = "owner@example.com", "ann@example.com"
FULL = "https://www.googleapis.com/auth/calendar"


def service(credentials):
    endpoint = {"api_endpoint": BASE + "/calendar/v3/"}
    return build("calendar", "v3", credentials=credentials, static_discovery=True, client_options=endpoint)


def ask(request, **headers):
    """The reply, judged."""
    request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    reply = request.execute()
    schema = schema_of(request.methodId)
    if schema:
        judge(schema, reply)
    return reply


def refused(code, reason, request, **headers):
    """The request fails with just this."""
    try:
        reply = ask(request, **headers)
    except HttpError as error:
        assert error.status_code == code, error
        assert error.error_details[0]["reason"] == reason, error
        return
    raise AssertionError(f"{request.methodId} was answered: {reply}")


def timed(day, hour, minute=0):
    return {"dateTime": f"2026-12-{day:02}T{hour:02}:{minute:02}:00+01:00", "timeZone": "Europe/Berlin"}


def weekly(**more):
    guests = [{"email": OWNER, "responseStatus": "accepted"}, {"email": ANN}]
    body = {"summary": "1:1", "start": timed(1, 10), "end": timed(1, 10, 30), "attendees": guests}
    return {**body, "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"], **more}


def tells(condition, *about):
    assert condition, about


def lists(events):
    """Calendar list, pages, sync tokens, and what these are not combined with."""
    listed = ask(OWNER_API.calendarList().list())
    tells(listed["nextSyncToken"] and listed["items"][0]["primary"], listed)
    ask(OWNER_API.calendarList().get(calendarId="primary"))
    tells(ask(OWNER_API.calendars().get(calendarId="primary"))["id"] == OWNER)
    pages = []
    request = events.list(calendarId="primary", singleEvents=True, maxResults=2, timeMax="2027-01-01T00:00:00Z")
    while request is not None:
        reply = ask(request)
        tells(("nextPageToken" in reply) != ("nextSyncToken" in reply), reply)
        tells(len(reply["items"]) <= 2, reply)
        pages += reply["items"]
        request = events.list_next(request, reply)
    tells(len(pages) == len({page["id"] for page in pages}) >= 5, pages)
    refused(410, "fullSyncRequired", events.list(calendarId="primary", syncToken="bogus"))
    token = ask(events.list(calendarId="primary"))["nextSyncToken"]
    for name, value in [
        ("timeMin", "2026-01-01T00:00:00Z"),
        ("orderBy", "updated"),
        ("q", "x"),
        ("iCalUID", "x"),
        ("updatedMin", "2026-01-01T00:00:00Z"),
    ]:
        refused(400, "badRequest", events.list(calendarId="primary", syncToken=token, **{name: value}))
    tells(ask(events.list(calendarId="primary", syncToken=token))["items"] == [])
    ordered = ask(
        events.list(calendarId="primary", singleEvents=True, orderBy="startTime", timeMax="2027-01-01T00:00:00Z")
    )
    starts = [event["start"]["dateTime"] for event in ordered["items"]]
    tells(starts == sorted(starts), starts)
    refused(400, "badRequest", events.list(calendarId="primary", orderBy="startTime"))
    refused(
        400,
        "timeRangeEmpty",
        events.list(calendarId="primary", timeMin="2026-02-01T00:00:00Z", timeMax="2026-01-01T00:00:00Z"),
    )


def writes(events, guest):
    """One series moved, cancelled, deleted; etags, ids, copies and what a sync token then tells."""
    token = ask(events.list(calendarId="primary"))["nextSyncToken"]
    master = ask(events.insert(calendarId="primary", sendUpdates="all", body=weekly()))
    key = master["id"]
    tells(master["organizer"]["self"] and master["creator"]["email"] == OWNER, master)
    tells(master["iCalUID"] == key + "@google.com" and master["sequence"] == 0, master)
    instances = ask(events.instances(calendarId="primary", eventId=key))["items"]
    tells(
        [one["start"]["dateTime"][:10] for one in instances]
        == ["2026-12-01", "2026-12-08", "2026-12-15", "2026-12-22"],
        instances,
    )
    tells(all(one["recurringEventId"] == key and "recurrence" not in one for one in instances))
    tells(not any(key in one["id"] for one in instances), "ids of instances are opaque")
    one = ask(events.instances(calendarId="primary", eventId=key, originalStart="2026-12-08T09:00:00Z"))["items"]
    tells(len(one) == 1 and one[0]["id"] == instances[1]["id"], one)
    moved = {"start": timed(9, 10), "end": timed(9, 10, 30)}
    second = instances[1]["id"]
    refused(412, "conditionNotMet", events.patch(calendarId="primary", eventId=second, body=moved), If_Match='"stale"')
    answer = ask(
        events.patch(calendarId="primary", eventId=second, body=moved, sendUpdates="all"), If_Match=one[0]["etag"]
    )
    tells(answer["originalStartTime"]["dateTime"] == "2026-12-08T10:00:00+01:00", answer)
    tells(answer["start"] == timed(9, 10) and answer["sequence"] == 1, answer)
    refused(
        412, "conditionNotMet", events.patch(calendarId="primary", eventId=second, body=moved), If_Match=one[0]["etag"]
    )
    copy = ask(guest.get(calendarId="primary", eventId=second))
    tells(copy["start"] == timed(9, 10) and "self" not in copy["organizer"], copy)
    tells([one.get("self") for one in copy["attendees"]] == [None, True], copy)
    tells(copy["attendees"][1]["responseStatus"] == "needsAction", copy)
    ask(events.delete(calendarId="primary", eventId=instances[2]["id"]))
    exception = [one for one in ask(events.list(calendarId="primary"))["items"] if one["id"] == instances[2]["id"]][0]
    tells(set(exception) == {"kind", "etag", "id", "status", "recurringEventId", "originalStartTime"}, exception)
    delta = ask(events.list(calendarId="primary", syncToken=token))["items"]
    tells(len(delta) == 3, delta)
    private = ask(guest.patch(calendarId="primary", eventId=key, body={"summary": "mine"}))
    tells(private["summary"] == "mine" and ask(events.get(calendarId="primary", eventId=key))["summary"] == "1:1")
    refused(404, "notFound", guest.patch(calendarId=OWNER, eventId=key, body={"summary": "x"}))
    ask(events.delete(calendarId="primary", eventId=key))
    refused(410, "deleted", events.delete(calendarId="primary", eventId=key))
    gone = [one for one in ask(events.list(calendarId="primary", syncToken=token))["items"] if one["id"] == key][0]
    tells(set(gone) == {"kind", "etag", "id", "status"} and gone["status"] == "cancelled", gone)
    tells(not any(one["id"] == key for one in ask(guest.list(calendarId="primary"))["items"]))


def chosen_ids(events):
    """A chosen id is taken for ever, and PUT clears what PATCH leaves."""
    body = weekly(
        id="cdn0123456789abv",
        extendedProperties={"private": {"op": "1"}},
        reminders={"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]},
    )
    ask(events.insert(calendarId="primary", body=body))
    patched = ask(
        events.patch(calendarId="primary", eventId=body["id"], body={"summary": "other", "attendees": [{"email": ANN}]})
    )
    tells(patched["extendedProperties"] == body["extendedProperties"] and len(patched["attendees"]) == 1, patched)
    put = ask(events.update(calendarId="primary", eventId=body["id"], body={"start": timed(2, 9), "end": timed(2, 10)}))
    tells("summary" not in put and "recurrence" not in put and "extendedProperties" not in put, put)
    ask(events.delete(calendarId="primary", eventId=body["id"]))
    refused(409, "duplicate", events.insert(calendarId="primary", body=body))
    refused(
        403,
        "forbidden",
        events.update(calendarId="primary", eventId=body["id"], body={"start": timed(2, 9), "end": timed(2, 10)}),
    )
    refused(400, "invalid", events.insert(calendarId="primary", body=weekly(id="XYZ_w")))
    refused(400, "invalid", events.insert(calendarId="primary", body=weekly(recurrence=["RRULE:FREQ=NEVER"])))


def busy():
    """Free/busy: merged times, errors for each calendar, at most fifty."""
    query = {
        "timeMin": "2026-11-03T00:00:00Z",
        "timeMax": "2026-11-04T00:00:00Z",
        "items": [{"id": ANN}, {"id": "nobody@example.org"}],
    }
    reply = ask(OWNER_API.freebusy().query(body=query))["calendars"]
    tells(reply[ANN]["busy"] == [{"start": "2026-11-03T09:00:00Z", "end": "2026-11-03T09:30:00Z"}], reply)
    tells(reply["nobody@example.org"]["errors"][0]["reason"] == "notFound", reply)
    refused(400, "invalid", OWNER_API.freebusy().query(body={**query, "items": [{"id": ANN}] * 51}))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def sign_in():
    """Google's own sign-in with PKCE, a refresh, a service account, and a revoked grant."""
    client = {
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "auth_uri": BASE + "/o/oauth2/v2/auth",
        "token_uri": BASE + "/token",
    }
    scopes = [FULL + ".events", FULL + ".calendarlist.readonly"]
    flow = Flow.from_client_config(
        {"installed": client}, scopes, redirect_uri="http://127.0.0.1:9/", autogenerate_code_verifier=True
    )
    address, state = flow.authorization_url(access_type="offline")
    clicks = [("fake_answer", "allow"), ("fake_user", OWNER)] + [("fake_scope", scope) for scope in scopes]
    try:
        urllib.request.build_opener(NoRedirect).open(address + "&" + urllib.parse.urlencode(clicks))
        raise AssertionError("the click led nowhere")
    except urllib.error.HTTPError as answer:
        back = answer.headers["Location"]
    tells(urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["state"] == [state], back)
    flow.fetch_token(authorization_response=back)
    tells(flow.credentials.refresh_token and set(flow.credentials.granted_scopes) == set(scopes))
    ask(service(flow.credentials).events().list(calendarId="primary", maxResults=1))
    # A token that is no good is refreshed by the library after the 401.
    stale = Credentials(
        "nonsense", refresh_token=REFRESH, token_uri=BASE + "/token", client_id=CLIENT_ID, client_secret=SECRET
    )
    ask(service(stale).calendarList().list())
    tells(stale.token != "nonsense")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    robot = {
        "type": "service_account",
        "client_email": "robot@example.com",
        "private_key": pem.decode(),
        "token_uri": BASE + "/token",
    }
    robot = service_account.Credentials.from_service_account_info(robot, scopes=[FULL], subject=ANN)
    tells(ask(service(robot).calendars().get(calendarId="primary"))["id"] == ANN)
    form = urllib.parse.urlencode({"token": flow.credentials.refresh_token}).encode()
    urllib.request.urlopen(BASE + "/revoke", form)
    try:
        flow.credentials.refresh(Request())
        raise AssertionError("a revoked grant was refreshed")
    except RefreshError as error:
        tells("invalid_grant" in str(error), error)


OWNER_API = service(Credentials(TOKEN))
GUEST_API = service(Credentials(GUEST_TOKEN))
lists(OWNER_API.events())
writes(OWNER_API.events(), GUEST_API.events())
chosen_ids(OWNER_API.events())
busy()
sign_in()
print("Google's client and discovery document find nothing wrong")
