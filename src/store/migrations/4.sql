-- How guests learn of what is written to a calendar, as JSON; null where its server has not said.
ALTER TABLE source ADD COLUMN guest_notice TEXT;

-- The time that a notice last offered for a lost session. It is worth nothing once that time is past.
CREATE TABLE offer (
    session TEXT PRIMARY KEY,
    starts INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
