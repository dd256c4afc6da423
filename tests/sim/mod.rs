//! A made-up world of two people, several machines and a clock: random stories, and what must hold after every step of them.
//!
//! `SIM_SEEDS=20000 cargo nextest run sim` tells more of them; `SIM_SEED=17` tells one again.

mod adapter;
mod machine;
mod promises;
mod story;
mod world;

use story::Story;

/// How many stories are told where nobody asks for more.
const SEEDS: u64 = 1500;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn tell(seeds: impl Iterator<Item = u64>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for seed in seeds {
        let folder = folder();
        if let Err(broken) = runtime.block_on(Story::new(seed, folder.path()).tell()) {
            panic!("{broken}\nTo tell it again: SIM_SEED={seed} cargo nextest run sim");
        }
    }
}

/// In memory where that is possible: a story writes thousands of transactions.
fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A quarter of the seeds each, so that they are told side by side.
fn quarter(which: u64) {
    if let Some(seed) = number("SIM_SEED") {
        tell((seed % 4 == which).then_some(seed).into_iter());
    } else {
        let seeds = number("SIM_SEEDS").unwrap_or(SEEDS);
        tell((0..seeds).filter(|seed| seed % 4 == which));
    }
}

#[test]
fn no_story_breaks_a_promise_first_quarter() {
    quarter(0);
}

#[test]
fn no_story_breaks_a_promise_second_quarter() {
    quarter(1);
}

#[test]
fn no_story_breaks_a_promise_third_quarter() {
    quarter(2);
}

#[test]
fn no_story_breaks_a_promise_fourth_quarter() {
    quarter(3);
}
