//! How the manager responds to notices.

use cadenced::domain::inbox::{About, Item, items, validate};
use cadenced::domain::plan::{Notice, Subject};
use cadenced::domain::session::{Choice, Decision};
use cadenced::notify::buttons::{Press, presses};

use super::chance::Chance;
use super::office::Office;

/// Everything that waits for the manager.
pub fn waiting(office: &Office) -> Vec<Item> {
    let standing = office.standing();
    items(&standing, &office.world.snapshot, &office.world.policy, &office.proposals(&standing))
}

/// The manager looks at a notice, and presses a button or none.
pub fn answer(office: &mut Office, notice: &Notice) -> Option<Choice> {
    let mut chance = Chance::new(13).of(&notice.key);
    let items = waiting(office);
    let decide = |press: Press| match press {
        Press::Decide { choice } => Some(choice),
        Press::OtherTimes { .. } | Press::Why { .. } | Press::Open { .. } => None,
    };
    let choices: Vec<Choice> = presses(notice, &items).into_iter().filter_map(decide).collect();
    let likely = match &notice.subject {
        Subject::PutBack { .. } => 20,
        _ => 55,
    };
    if choices.is_empty() || !chance.is(likely) {
        return None;
    }
    // Mostly the first button.
    let place = if chance.is(75) { 0 } else { usize::try_from(chance.below(3)).unwrap() % choices.len() };
    say(office, choices[place].clone())
}

/// Once in a while, the manager goes through the inbox.
pub fn tidy(office: &mut Office, mut chance: Chance) -> Vec<Choice> {
    let mut said = Vec::new();
    for item in waiting(office) {
        if !chance.is(30) || matches!(item.about, About::Operation { .. }) {
            continue;
        }
        let wanted = ["take", "held", "waive", "confirm"][usize::try_from(chance.below(4)).unwrap()];
        if let Some(choice) = item.choice(wanted).cloned() {
            said.extend(say(office, choice));
        }
    }
    said
}

fn say(office: &mut Office, choice: Choice) -> Option<Choice> {
    let standing = office.standing();
    let proposals = office.proposals(&standing);
    let world = &mut office.world;
    validate(&choice, &standing, &world.snapshot, &world.policy, &proposals).ok()?;
    world.snapshot.decisions.push(Decision { choice: choice.clone(), at: office.now });
    Some(choice)
}
