//! A made-up world of several people, their machines and a clock: random stories, and what must hold in every one of them.
//!
//! `SIM_SEEDS=20000 cargo nextest run sim` tells more of them. A story that breaks a promise is made as short as it can be.

mod adapter;
mod gate;
mod judgement;
mod machine;
mod ops;
mod promises;
mod story;
mod world;

use ops::stories;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use story::Story;

/// How many stories are told where nobody asks for more.
const STORIES: u32 = 240;

fn folder() -> tempfile::TempDir {
    // In memory where that is possible: a story writes thousands of transactions.
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A quarter of the stories, so that they are told side by side; always the same ones.
fn quarter(which: u8) {
    let asked = std::env::var("SIM_SEEDS").ok().and_then(|number| number.parse().ok());
    let config = Config {
        cases: asked.unwrap_or(STORIES).div_ceil(4),
        failure_persistence: None,
        max_shrink_iters: 4000,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[which; 32]));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let told = runner.run(&stories(), |(setup, ops)| {
        let folder = folder();
        runtime.block_on(Story::new(&setup, folder.path()).tell(&ops)).map_err(TestCaseError::fail)
    });
    match told {
        Ok(()) => {}
        Err(TestError::Fail(broken, (setup, ops))) => {
            let ops: Vec<String> = ops.iter().map(|op| format!("  {op:?}")).collect();
            panic!("broken: {broken}\nof {setup:?}\n{}", ops.join("\n"));
        }
        Err(error) => panic!("{error}"),
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
