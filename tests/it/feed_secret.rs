//! Where secrets come from, what is said when they are missing, and that they never leak.

use std::time::Duration;

use cadenced::calendar::ErrorKind;
use cadenced::calendar::failure::Failure;
use cadenced::calendar::secret::{from_command, read};
use cadenced::config::{Secret, SecretSource};

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|word| (*word).to_owned()).collect()
}

async fn run(text: &[&str]) -> Result<Secret, Failure> {
    read(&SecretSource::Command(words(text))).await
}

#[tokio::test]
async fn the_first_line_of_a_command_is_the_secret() {
    assert_eq!(run(&["printf", "top secret \\r\\nlogin: mara\\n"]).await.unwrap().expose(), "top secret ");
    assert_eq!(run(&["printf", "no newline"]).await.unwrap().expose(), "no newline");
}

#[tokio::test]
async fn a_command_that_fails_says_so_without_its_arguments_or_output() {
    let failure = run(&["sh", "-c", "echo hunter2; exit 3"]).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::SignIn);
    assert_eq!(failure.detail, "the secret command `sh` failed (exit status: 3); run it by hand to see why");
}

#[tokio::test]
async fn a_command_that_is_not_there_prints_nothing_or_hangs_is_named() {
    let missing = run(&["/nowhere/cadenced-no-such-program", "hunter2"]).await.unwrap_err();
    assert_eq!(missing.kind, ErrorKind::SignIn);
    assert!(
        missing.detail.contains("`cadenced-no-such-program`") && !missing.detail.contains("hunter2"),
        "{missing:?}"
    );
    for silent in [&["true"][..], &["printf", "\\nsecond line"]] {
        assert_eq!(run(silent).await.unwrap_err().kind, ErrorKind::SignIn);
    }
    let slow = from_command(&words(&["sleep", "60"]), Duration::from_millis(50)).await.unwrap_err();
    assert!(slow.detail.contains("took longer"), "{slow:?}");
    assert_eq!(run(&[]).await.unwrap_err().kind, ErrorKind::Config);
}

#[tokio::test]
async fn an_endless_output_is_cut_and_does_not_fill_the_memory() {
    let failure = run(&["yes", ""]).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::SignIn);
}

#[test]
fn a_secret_shows_nothing_of_itself() {
    let source = SecretSource::Literal(Secret::new("hunter2"));
    assert_eq!(format!("{source:?}"), "Literal(…)");
}
