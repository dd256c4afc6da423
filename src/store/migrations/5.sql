-- Between which good reads of a source came what no plan has recorded yet.
ALTER TABLE source ADD COLUMN news_after INTEGER;
ALTER TABLE source ADD COLUMN news_before INTEGER;

-- One series can be the 1:1 of one person after another.
CREATE TABLE known_series (
    uid TEXT NOT NULL,
    one_on_one TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (uid, one_on_one)
) STRICT;
INSERT INTO known_series SELECT uid, coalesce(json_extract(body, '$.one_on_one'), ''), body FROM known WHERE json_valid(body);
DROP TABLE known;
ALTER TABLE known_series RENAME TO known;

-- When a session was lost used to be taken from its event's last change, or from whichever read came first. Neither says between
-- which reads it was lost, so nothing is said of it.
UPDATE ledger SET body = json_remove(body, '$.session.lost_at')
    WHERE json_valid(body) AND json_type(body, '$.session.lost_at') = 'text';
