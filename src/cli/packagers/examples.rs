//! Owns what the manual pages show of each verb beyond its help: a paragraph where one is needed, and examples.

/// What is said of one verb.
pub struct Told {
    /// What the help is too short for, a paragraph each.
    pub more: &'static [&'static str],
    /// What can be typed, and what it does.
    pub examples: &'static [(&'static str, &'static str)],
}

/// What is said of a verb, or of a verb within one (`series confirm`).
pub fn of(verb: &str) -> Option<&'static Told> {
    VERBS.iter().find(|(name, _)| *name == verb).map(|(_, told)| told)
}

const VERBS: &[(&str, Told)] = &[
    ("run", RUN),
    ("setup", SETUP),
    ("sync", SYNC),
    ("login", LOGIN),
    ("logout", LOGOUT),
    ("demo", DEMO),
    ("check", CHECK),
    ("status", STATUS),
    ("series", SERIES),
    ("series confirm", CONFIRM),
    ("series ignore", IGNORE),
    ("sessions", SESSIONS),
    ("explain", EXPLAIN),
    ("plan", PLAN),
    ("draft", DRAFT),
    ("inbox", INBOX),
    ("do", DO),
    ("undo", UNDO),
    ("report", REPORT),
    ("people", PEOPLE),
    ("doctor", DOCTOR),
    ("expand", EXPAND),
    ("completions", COMPLETIONS),
    ("man", MAN),
];

const RUN: Told = Told {
    more: &[
        "The systemd user unit cadenced.service does this; cadenced@NAME.service does it for a profile. One daemon runs for each \
         profile: a second one says so and leaves.",
        "Being offline does not end it. SIGHUP makes it read the config again, and a config that cannot be used then leaves the old \
         one in force. SIGTERM and SIGINT end it.",
    ],
    examples: &[
        ("cadenced run", "the daemon, until it is told to stop"),
        ("cadenced -v --profile work run", "the same for the profile work, saying more"),
    ],
};

const SETUP: Told = Told {
    more: &["It needs a terminal. Interrupted, it goes on where it was when it is called again."],
    examples: &[("cadenced setup", "from nothing to a config and a running daemon, step by step")],
};

const SYNC: Told = Told {
    more: &[
        "What a calendar said stays known when a later read fails. A calendar that fails does not stop the others.",
    ],
    examples: &[
        ("cadenced sync", "read every calendar"),
        ("cadenced sync work --full", "read all of the account work, whatever its server says of changes"),
    ],
};

const LOGIN: Told = Told {
    more: &[
        "The sign-in is kept in the keyring, or, with tokens = \"file\" in the config, in a file beside the database.",
    ],
    examples: &[
        ("cadenced login work", "open the browser, and sign in to the account work"),
        ("cadenced login work --no-browser", "the same, with the address to open shown instead"),
    ],
};

const LOGOUT: Told = Told {
    more: &[],
    examples: &[("cadenced logout work", "give the sign-in to the account work back, and forget it")],
};

const DEMO: Told = Told {
    more: &["Nothing leaves the machine, and no config or data of yours is read or written."],
    examples: &[
        ("cadenced demo", "the whole job, with its files left in cadenced-demo"),
        ("cadenced demo --dir /tmp/demo --notify", "the same elsewhere, with its notices on the desktop"),
    ],
};

const CHECK: Told = Told {
    more: &[],
    examples: &[
        ("cadenced check", "every problem of the usual config"),
        ("cadenced --config new.toml check", "those of a file that is not in use yet"),
    ],
};

const STATUS: Told = Told {
    more: &[],
    examples: &[
        ("cadenced status", "how fresh each calendar is, what is next and what is owed"),
        ("cadenced status --format waybar", "the same as one line, for a custom module of waybar"),
    ],
};

const SERIES: Told = Told {
    more: &[],
    examples: &[
        ("cadenced series", "the 1:1s found"),
        ("cadenced series --all", "the rest as well, with why each is no 1:1"),
        ("cadenced series confirm k3f9 --person 'Ann Example'", "it is a 1:1, and with whom"),
    ],
};

const CONFIRM: Told = Told {
    more: &[],
    examples: &[("cadenced series confirm k3f9", "it is a 1:1, whatever its title or its guests say")],
};

const IGNORE: Told =
    Told { more: &[], examples: &[("cadenced series ignore k3f9", "it is none, and nothing of it is owed")] };

const SESSIONS: Told = Told {
    more: &[],
    examples: &[
        ("cadenced sessions --since 2026-11-01 --person ann", "those with Ann since November"),
        ("cadenced sessions --format csv", "all of them, for a spreadsheet"),
    ],
};

const EXPLAIN: Told = Told {
    more: &[],
    examples: &[
        ("cadenced explain k3f9", "why a series is a 1:1 or is none"),
        (
            "cadenced explain k3f9a2c1-20261123T090000Z",
            "what became of a session, by which evidence, and what can be done",
        ),
    ],
};

const PLAN: Told = Told {
    more: &[],
    examples: &[
        ("cadenced plan", "what would be done about each owed session"),
        ("cadenced --now 2026-11-27T09:00:00Z plan", "the same, as of another time"),
    ],
};

const DRAFT: Told = Told {
    more: &["Nothing is sent: the message goes to stdout, for you to pass on."],
    examples: &[
        ("cadenced draft k3f9a2c1-20261123T090000Z", "a message that proposes a new time"),
        ("cadenced draft k3f9a2c1-20261123T090000Z --ics invitation.ics", "an invitation to it as well"),
    ],
};

const INBOX: Told = Told { more: &[], examples: &[("cadenced inbox", "what waits for you, with the words to type")] };

const DO: Told = Told {
    more: &[
        "Of any session that is over it can be said what became of it: held, no-show, excuse, waive, and clear to take that back.",
    ],
    examples: &[
        ("cadenced do k3f9a2c1-20261123T090000Z take", "put the session back at the time that was offered"),
        ("cadenced do k3f9a2c1-20261116T090000Z held", "it did happen, whatever the calendar says"),
    ],
};

const UNDO: Told = Told { more: &[], examples: &[("cadenced undo 4f81c2d0", "take back one move or one make-up")] };

const REPORT: Told = Told {
    more: &["A past week is shown as it stood when its report was due; what was corrected since is named."],
    examples: &[
        ("cadenced report", "last week, on the terminal"),
        ("cadenced report --week 2026-W30 --open", "another week, in the browser"),
        ("cadenced report --mail --share", "counts without names, to yourself"),
    ],
};

const PEOPLE: Told = Told { more: &[], examples: &[("cadenced people", "everybody, with who has no standing 1:1")] };

const DOCTOR: Told = Told {
    more: &[],
    examples: &[
        ("cadenced doctor", "what is wrong here, each with its remedy"),
        ("cadenced doctor --live work", "what the server of the account work says, too"),
        (
            "cadenced doctor --bundle",
            "a file for a bug tracker, without names, addresses and titles; read it before you send it",
        ),
    ],
};

const EXPAND: Told = Told {
    more: &[],
    examples: &[
        ("cadenced expand export.ics --from 2026-11-01 --to 2026-12-01", "every event of November in a file"),
        ("cadenced expand - --format json", "what comes in on standard input, for programs"),
    ],
};

const COMPLETIONS: Told = Told {
    more: &[],
    examples: &[("cadenced completions fish", "the completions of fish, to put where it looks for them")],
};

const MAN: Told = Told {
    more: &[],
    examples: &[
        ("cadenced man --dir man1", "every page, for a package"),
        ("cadenced man cadenced.toml", "the page of the config alone"),
    ],
};
