//! Random sequences of reads against a model of the vanishing rule: only two good reads delete anything.

use std::collections::BTreeMap;

use cadenced::domain::snapshot::Vanished;
use cadenced::domain::source::ReadErrorKind;
use cadenced::store::Unchanged;
use jiff::Timestamp;
use proptest::prelude::*;

use super::store_given::{apply, feed, open, poll, problem, series, single, wait, year};

#[derive(Clone, Debug)]
enum Read {
    /// A complete listing: for each of five uids, which form it has, if it is there.
    Listing([Option<u8>; 5]),
    /// A 304 or the same body.
    Unchanged,
    /// A 403, a timeout, a login page.
    Failure,
    /// The daemon is started again.
    Restart,
}

fn read() -> impl Strategy<Value = Read> {
    prop_oneof![
        4 => proptest::array::uniform5(proptest::option::weighted(0.7, 0u8..3)).prop_map(Read::Listing),
        2 => Just(Read::Unchanged),
        2 => Just(Read::Failure),
        1 => Just(Read::Restart),
    ]
}

/// What should be stored of one uid.
#[derive(Clone, Debug, PartialEq)]
struct Expected {
    form: u8,
    first_seen: Timestamp,
    vanished: Option<Vanished>,
}

#[derive(Default)]
struct Model {
    rows: BTreeMap<usize, Expected>,
    last_good: Option<Timestamp>,
}

impl Model {
    fn good(&mut self, at: Timestamp, shown: Option<&[Option<u8>; 5]>) {
        for vanished in self.rows.values_mut().filter_map(|row| row.vanished.as_mut()) {
            vanished.confirmed = vanished.confirmed.or(Some(at));
        }
        for (uid, form) in shown.into_iter().flatten().enumerate() {
            if let Some(form) = *form {
                let row = self.rows.entry(uid).or_insert(Expected { form, first_seen: at, vanished: None });
                (row.form, row.vanished) = (form, None);
            } else if let Some(row) = self.rows.get_mut(&uid) {
                let last_seen = self.last_good.unwrap_or(at);
                row.vanished = row.vanished.or(Some(Vanished { last_seen, missed: at, confirmed: None }));
            }
        }
        self.last_good = Some(at);
    }
}

fn form(uid: usize, form: u8) -> cadenced::domain::event::Event {
    let uid = format!("{uid}");
    match form {
        0 => single(&uid, "11-20T09:00"),
        1 => single(&uid, "11-21T09:00"),
        _ => series(&uid, "11-02T09:00", "FREQ=WEEKLY"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_reads_leaves_what_the_vanishing_rule_says(reads in proptest::collection::vec(read(), 1..25)) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(dir.path());
        let mut model = Model::default();
        for (n, read) in (0..).zip(&reads) {
            let at = poll(n);
            match read {
                Read::Listing(shown) => {
                    let events = shown.iter().enumerate().filter_map(|(uid, kind)| kind.map(|kind| form(uid, kind)));
                    apply(&store, n, events);
                    model.good(at, Some(shown));
                }
                Read::Unchanged => {
                    wait(store.apply_unchanged(feed(), at, Unchanged::default())).unwrap();
                    model.good(at, None);
                }
                Read::Failure => wait(store.apply_failure(feed(), at, problem(ReadErrorKind::Server, "500"))).unwrap(),
                Read::Restart => {
                    wait(store.close()).unwrap();
                    store = open(dir.path());
                }
            }
            let snapshot = year(&store);
            let found: BTreeMap<usize, _> = snapshot.events.iter().map(|one| (one.event.uid.parse().unwrap(), one)).collect();
            prop_assert_eq!(found.len(), model.rows.len());
            for (uid, row) in &model.rows {
                prop_assert_eq!(&found[uid].event, &form(*uid, row.form));
                prop_assert_eq!((found[uid].first_seen, found[uid].vanished), (row.first_seen, row.vanished));
            }
            prop_assert_eq!(snapshot.sources[0].last_success, model.last_good);
            let alive = model.rows.values().filter(|row| row.vanished.is_none()).count();
            prop_assert_eq!(wait(store.alive(feed())).unwrap(), alive as u64);
        }
    }
}
