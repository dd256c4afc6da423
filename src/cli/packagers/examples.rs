//! Additional paragraphs and examples for the man page of each command.

/// The man page additions for one command.
pub struct ManExtras {
    /// What the help is too short for, a paragraph each.
    pub more: &'static [&'static str],
    /// What can be typed, and what it does.
    pub examples: &'static [(&'static str, &'static str)],
}

/// What is said of a verb, or of a verb within one (`series confirm`).
pub fn of(verb: &str) -> Option<&'static ManExtras> {
    VERBS.iter().find(|(name, _)| *name == verb).map(|(_, told)| told)
}

const VERBS: &[(&str, ManExtras)] = &[
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

const RUN: ManExtras = ManExtras {
    more: &[
        "The systemd user unit cadenced.service does this; cadenced@NAME.service does it for a profile. One daemon \
         runs for each profile: a second one says so and exits.",
        "It keeps running while offline. SIGHUP makes it read the config again; if that cannot be used, the old one \
         stays in force. SIGTERM and SIGINT stop it.",
    ],
    examples: &[
        ("cadenced run", "run the daemon until it is stopped"),
        ("cadenced -v --profile work run", "the same for the profile work, with more log output"),
    ],
};

const SETUP: ManExtras = ManExtras {
    more: &["It needs a terminal. If it is interrupted, it continues where it was when it is run again."],
    examples: &[("cadenced setup", "go from nothing to a config and a running daemon, step by step")],
};

const SYNC: ManExtras = ManExtras {
    more: &["When a read fails, what was read before is kept. A calendar that fails does not stop the others."],
    examples: &[
        ("cadenced sync", "read every calendar"),
        ("cadenced sync work --full", "read everything in the account work, not only what changed"),
    ],
};

const LOGIN: ManExtras = ManExtras {
    more: &[
        "The sign-in is kept in the keyring, or, with tokens = \"file\" in the config, in a file beside the database.",
    ],
    examples: &[
        ("cadenced login work", "open the browser, and sign in to the account work"),
        ("cadenced login work --no-browser", "the same, but only print the address to open"),
    ],
};

const LOGOUT: ManExtras = ManExtras {
    more: &[],
    examples: &[("cadenced logout work", "revoke the sign-in to the account work, and delete it")],
};

const DEMO: ManExtras = ManExtras {
    more: &["Nothing leaves the machine, and no config or data of yours is read or written."],
    examples: &[
        ("cadenced demo", "play the whole job, and leave its files in cadenced-demo"),
        ("cadenced demo --dir /tmp/demo --notify", "the same in another folder, with notices on the desktop"),
    ],
};

const CHECK: ManExtras = ManExtras {
    more: &[],
    examples: &[
        ("cadenced check", "show every problem in the default config"),
        ("cadenced --config new.toml check", "the same for a file that is not in use yet"),
    ],
};

const STATUS: ManExtras = ManExtras {
    more: &[],
    examples: &[
        ("cadenced status", "show how fresh each calendar is, what is next and what is owed"),
        ("cadenced status --format waybar", "the same as one line, for a custom waybar module"),
    ],
};

const SERIES: ManExtras = ManExtras {
    more: &[],
    examples: &[
        ("cadenced series", "the 1:1s found"),
        ("cadenced series --all", "the other series too, with why each is not a 1:1"),
        ("cadenced series confirm k3f9 --person 'Ann Example'", "say that it is a 1:1, and with whom"),
    ],
};

const CONFIRM: ManExtras = ManExtras {
    more: &[],
    examples: &[("cadenced series confirm k3f9", "say that it is a 1:1, whatever its title or guests suggest")],
};

const IGNORE: ManExtras = ManExtras {
    more: &[],
    examples: &[("cadenced series ignore k3f9", "say that it is not a 1:1, so nothing of it is owed")],
};

const SESSIONS: ManExtras = ManExtras {
    more: &[],
    examples: &[
        ("cadenced sessions --since 2026-11-01 --person ann", "show the sessions with Ann since November"),
        ("cadenced sessions --format csv", "export all sessions for a spreadsheet"),
    ],
};

const EXPLAIN: ManExtras = ManExtras {
    more: &[],
    examples: &[
        ("cadenced explain k3f9", "explain why a series is or is not a 1:1"),
        (
            "cadenced explain k3f9a2c1-20261123T090000Z",
            "explain what became of a session, on what evidence, and what can be done",
        ),
    ],
};

const PLAN: ManExtras = ManExtras {
    more: &[],
    examples: &[
        ("cadenced plan", "show what would be done about each owed session"),
        ("cadenced --now 2026-11-27T09:00:00Z plan", "the same, as of another time"),
    ],
};

const DRAFT: ManExtras = ManExtras {
    more: &["Nothing is sent: the message goes to stdout, for you to pass on."],
    examples: &[
        ("cadenced draft k3f9a2c1-20261123T090000Z", "print a message that proposes a new time"),
        ("cadenced draft k3f9a2c1-20261123T090000Z --ics invitation.ics", "also write an invitation to it"),
    ],
};

const INBOX: ManExtras =
    ManExtras { more: &[], examples: &[("cadenced inbox", "show what waits for you, with the words to type")] };

const DO: ManExtras = ManExtras {
    more: &[
        "For any session that is over, you can say what became of it: held, no-show, excuse or waive; clear takes \
         that back.",
    ],
    examples: &[
        ("cadenced do k3f9a2c1-20261123T090000Z take", "put the session back on the calendar at the offered time"),
        ("cadenced do k3f9a2c1-20261116T090000Z held", "say that it was held, whatever the calendar shows"),
    ],
};

const UNDO: ManExtras =
    ManExtras { more: &[], examples: &[("cadenced undo 4f81c2d0", "undo one move or one make-up")] };

const REPORT: ManExtras = ManExtras {
    more: &["A past week is shown as it stood when its report was due; later corrections are listed."],
    examples: &[
        ("cadenced report", "last week, on the terminal"),
        ("cadenced report --week 2026-W30 --open", "another week, in the browser"),
        ("cadenced report --mail --share", "mail yourself counts without names"),
    ],
};

const PEOPLE: ManExtras =
    ManExtras { more: &[], examples: &[("cadenced people", "show everybody, including who has no standing 1:1")] };

const DOCTOR: ManExtras = ManExtras {
    more: &[],
    examples: &[
        ("cadenced doctor", "show what is wrong on this machine, and how to fix it"),
        ("cadenced doctor --live work", "also check the account work with its server"),
        (
            "cadenced doctor --bundle",
            "write a report for a bug tracker, without names, addresses and titles; read it before you send it",
        ),
    ],
};

const EXPAND: ManExtras = ManExtras {
    more: &[],
    examples: &[
        ("cadenced expand export.ics --from 2026-11-01 --to 2026-12-01", "list every event of November in a file"),
        ("cadenced expand - --format json", "list the events of standard input, as JSON"),
    ],
};

const COMPLETIONS: ManExtras =
    ManExtras { more: &[], examples: &[("cadenced completions fish", "write completions where fish looks for them")] };

const MAN: ManExtras = ManExtras {
    more: &[],
    examples: &[
        ("cadenced man --dir man1", "write every page, for a package"),
        ("cadenced man cadenced.toml", "show only the page about the config"),
    ],
};
