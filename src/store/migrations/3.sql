-- The facts of each report as it was first made.
CREATE TABLE report (
    week TEXT PRIMARY KEY,
    made INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- Letters to the owner. One is marked `sending` before its text goes out, so that it is never sent twice unknowingly.
CREATE TABLE mail (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    queued INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'uncertain', 'refused', 'expired')),
    tries INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    problem TEXT,
    body TEXT NOT NULL
) STRICT;

-- A session is named by its 1:1 and, in the last 16 characters, its original start in UTC: 20261116T090000Z.
CREATE INDEX ledger_by_start ON ledger (substr(session, -16));
CREATE INDEX ledger_owed ON ledger (session) WHERE json_extract(body, '$.session.owed');
CREATE INDEX ledger_held ON ledger (session)
    WHERE json_extract(body, '$.session.outcome') IN ('held_presumed', 'held_confirmed');
