-- What a single event shows without its body, so that most bodies need not be read; see docs/decisions/outlines.md. A row without one is
-- read whole. Each index holds everything that a window asks of its rows.
ALTER TABLE event ADD COLUMN outline BLOB;
DROP INDEX event_in_time;
CREATE INDEX event_single ON event (source, ends, starts, confirmed, outline) WHERE recurring = 0;
CREATE INDEX event_series ON event (source, ends, starts, uid) WHERE recurring = 1;

-- How many events a source showed when it was last read well: an unchanged one is not counted again.
ALTER TABLE source ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
UPDATE source SET shown = (SELECT count(*) FROM event WHERE source = source.id AND missed IS NULL);

-- Whom a notice that was told was about, by the key of the person: nobody's facts use up the day's notices of others.
ALTER TABLE told ADD COLUMN about TEXT;
