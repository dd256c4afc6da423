//! Waiting for facts: a test goes on as soon as something is so, and fails where it never comes.

use std::time::Duration;

use cadenced::clock::Stopwatch;

/// What has not come by then hangs: far longer than anything takes, however busy the machine is.
pub const HANGS: Duration = Duration::from_mins(2);

/// A bound for an end that has to come at once. A busy machine takes its time too, so it only tells it from waiting for what the test
/// holds back: a silent server is waited for half a minute, a locked database ten seconds. The rigs measure the second that is promised.
pub const AT_ONCE: Duration = Duration::from_secs(8);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until there is something.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(watch.elapsed() < HANGS, "{what} never came");
        std::thread::sleep(PAUSE);
    }
}

/// The same for a test whose servers live on its own runtime.
pub async fn come<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(watch.elapsed() < HANGS, "{what} never came");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until something is so.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    come(what, async || is_so().then_some(())).await;
}
