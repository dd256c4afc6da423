-- The name that its source gives the object which holds an event; several events may share one. Feeds have none.
ALTER TABLE event ADD COLUMN resource TEXT;

CREATE INDEX event_by_resource ON event (source, resource) WHERE resource IS NOT NULL;

-- What was last learnt of somebody's time, whichever calendar's server said it.
CREATE TABLE availability (
    who TEXT PRIMARY KEY,
    asked INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- What cadenced set out to write to a calendar, and how far it got. A row is there before anything is sent. A session is named by its
-- series' uid and its original start, which stay when more of a 1:1 is seen.
CREATE TABLE operation (
    id TEXT PRIMARY KEY,
    session TEXT NOT NULL,
    state TEXT NOT NULL,
    automatic INTEGER NOT NULL,
    started INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE INDEX operation_by_session ON operation (session);
