-- Times are microseconds since 1970 in UTC, but for `starts` and `ends`, which are seconds; bodies are JSON.

CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    calendar TEXT NOT NULL,
    cursor TEXT,
    first_success INTEGER,
    last_success INTEGER,
    last_full INTEGER,
    failures_in_row INTEGER NOT NULL DEFAULT 0,
    stale_since INTEGER,
    problem TEXT,
    refresh_seconds INTEGER,
    problems TEXT NOT NULL DEFAULT '[]',
    problems_in_all INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, calendar)
) STRICT;

-- The body stands last, so that what is before it is found without reading a long one.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (id),
    uid TEXT NOT NULL,
    instance TEXT NOT NULL,
    recurring INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    modified INTEGER,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER,
    missed INTEGER,
    confirmed INTEGER,
    body TEXT NOT NULL,
    UNIQUE (source, uid, instance)
) STRICT;

CREATE INDEX event_in_time ON event (source, recurring, ends, starts);
CREATE INDEX event_gone ON event (source, missed) WHERE missed IS NOT NULL;

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    session TEXT NOT NULL,
    recorded INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE INDEX ledger_by_session ON ledger (session, id);

CREATE TABLE known (
    uid TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE decision (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- What waits to be told; once it is told or too late, only its key stays, in `told`.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    proposed INTEGER NOT NULL,
    until INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE told (
    key TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('sent', 'settled', 'expired'))
) STRICT;
