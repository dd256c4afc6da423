//! Shares a day's notices out fairly among people.

use std::collections::BTreeMap;

use super::Notice;
use crate::domain::series::people::person_key;

/// How many notices were told on a day, and how many of them were about each person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaysShare {
    told: usize,
    about: BTreeMap<String, usize>,
}

impl FromIterator<Option<String>> for DaysShare {
    /// From the key of the person whom each notice was about, if it was about one.
    fn from_iter<T: IntoIterator<Item = Option<String>>>(told: T) -> Self {
        let mut share = Self::default();
        told.into_iter().for_each(|about| share.add(about));
        share
    }
}

impl DaysShare {
    /// Whether one more notice may be told where a day has so many: half of these may be about one person.
    #[must_use]
    pub fn allows(&self, notice: &Notice, a_day: usize) -> bool {
        let about = notice.subject.person().and_then(|person| self.about.get(&person_key(person)));
        self.told < a_day && about.is_none_or(|&told| told < a_day.div_ceil(2))
    }

    /// Notes that a notice was told.
    pub fn note(&mut self, notice: &Notice) {
        self.add(notice.subject.person().map(person_key));
    }

    fn add(&mut self, about: Option<String>) {
        self.told += 1;
        if let Some(person) = about {
            *self.about.entry(person).or_default() += 1;
        }
    }
}

/// The notices in turns: the first of everybody, then the second of each, and so on; what is about nobody comes with the first.
#[must_use]
pub fn in_turns(notices: Vec<Notice>) -> Vec<Notice> {
    let mut of_each: BTreeMap<String, usize> = BTreeMap::new();
    let with_turn = notices.into_iter().map(|notice| {
        let turn = notice.subject.person().map_or(0, |person| {
            let turn = of_each.entry(person_key(person)).or_default();
            *turn += 1;
            *turn - 1
        });
        (turn, notice)
    });
    let mut with_turn: Vec<(usize, Notice)> = with_turn.collect();
    with_turn.sort_by_key(|(turn, _)| *turn);
    with_turn.into_iter().map(|(_, notice)| notice).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::one_on_one::OneOnOneId;
    use crate::domain::person::{Address, Person, Relation};
    use crate::domain::plan::Subject;

    fn about(name: &str, number: usize) -> Notice {
        let addresses = Address::parse(&format!("{name}@example.com")).into_iter().collect();
        let person = Person { name: name.to_owned(), addresses, relation: Relation::Other };
        let one_on_one = OneOnOneId(name.to_owned());
        let subject = Subject::Lapsed { one_on_one, person, since: Timestamp::UNIX_EPOCH };
        Notice { key: format!("{name}{number}"), settles: Vec::new(), subject, until: Timestamp::MAX }
    }

    #[test]
    fn the_facts_of_one_person_take_half_of_a_day_at_most_and_wait_for_the_first_of_others() {
        let mut pending: Vec<Notice> = (0..20).map(|number| about("mallory", number)).collect();
        pending.push(about("bob", 0));
        pending.push(about("bob", 1));
        pending.push(Notice { subject: Subject::More { count: 1 }, ..about("nobody", 0) });
        let mut share = DaysShare::default();
        let mut told = Vec::new();
        for notice in in_turns(pending) {
            if share.allows(&notice, 6) {
                share.note(&notice);
                told.push(notice.key.clone());
            }
        }
        assert_eq!(told, ["mallory0", "bob0", "nobody0", "mallory1", "bob1", "mallory2"]);
        assert!(!share.allows(&about("bob", 9), 6), "the day has enough");
        assert!(share.allows(&about("bob", 9), 7) && !share.allows(&about("mallory", 9), 6));
        let of_mallory =
            |times| std::iter::repeat_n(Some("mallory@example.com".to_owned()), times).collect::<DaysShare>();
        assert!(of_mallory(2).allows(&about("mallory", 9), 6) && !of_mallory(3).allows(&about("mallory", 9), 6));
        assert!(of_mallory(3).allows(&about("bob", 9), 6));
    }
}
