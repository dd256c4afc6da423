-- Until when servers asked not to be bothered: with reads of one calendar, or with writes to any of an account (calendar is empty).
CREATE TABLE back_off (
    account TEXT NOT NULL,
    calendar TEXT NOT NULL,
    until INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (account, calendar)
) STRICT;
