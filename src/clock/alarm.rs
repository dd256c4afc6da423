//! [`Alarm`]: waits for a wall-clock time, also across suspends and clock changes.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A timer of the kernel on `CLOCK_REALTIME` (`timerfd_create(2)`).
///
/// The runtime's own timers count on a clock that stands still while the machine is suspended; who waits by them has to
/// look at the wall clock every few seconds, which wakes the processor for nothing.
#[derive(Debug)]
pub struct Alarm {
    timer: AsyncFd<OwnedFd>,
}

impl Alarm {
    /// Makes one that is not set.
    ///
    /// # Errors
    /// Where the system gives no timer.
    #[expect(
        deprecated,
        reason = "its replacement is unsafe; an `OwnedFd` has one descriptor for all its life, which is what that asks for"
    )]
    pub fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        Ok(Self { timer: AsyncFd::with_interest(timer, Interest::READABLE)? })
    }

    /// Waits this long by the wall clock; ends earlier where the clock is set, as then the wait may mean another time.
    ///
    /// Nothing is lost where it is given up half-way. A system that refuses the timer makes it a plain wait.
    pub async fn wait(&self, nap: Duration) {
        match self.set(nap) {
            Ok(()) => self.ring().await,
            Err(error) => {
                tracing::debug!(%error, "no alarm can be set");
                tokio::time::sleep(nap).await;
            }
        }
    }

    fn set(&self, nap: Duration) -> Result<(), Errno> {
        let now = clock_gettime(ClockId::Realtime);
        let nanoseconds = now.tv_nsec + i64::from(nap.subsec_nanos());
        let seconds = i64::try_from(nap.as_secs()).unwrap_or(i64::MAX).saturating_add(nanoseconds / 1_000_000_000);
        let at = Timespec { tv_sec: now.tv_sec.saturating_add(seconds), tv_nsec: nanoseconds % 1_000_000_000 };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: at };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        timerfd_settime(&self.timer, flags, &once).map(drop)
    }

    /// Waits for the timer; `ECANCELED` says that the clock was set.
    async fn ring(&self) {
        let read = |timer: &OwnedFd| {
            let mut times = [0_u8; 8];
            match rustix::io::read(timer, &mut times) {
                Err(Errno::AGAIN) => Err(io::ErrorKind::WouldBlock.into()),
                Ok(_) | Err(_) => Ok(()),
            }
        };
        // What else can fail is the runtime's end.
        let _ = self.timer.async_io(Interest::READABLE, read).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stopwatch;

    #[tokio::test]
    async fn an_alarm_rings_after_its_time_and_can_be_set_again() {
        let alarm = Alarm::new().unwrap();
        let watch = Stopwatch::start();
        alarm.wait(Duration::from_millis(30)).await;
        assert!(watch.elapsed() >= Duration::from_millis(29), "{:?}", watch.elapsed());
        let long = alarm.wait(Duration::from_hours(1));
        assert!(tokio::time::timeout(Duration::from_millis(20), long).await.is_err(), "an hour was over at once");
        alarm.wait(Duration::from_millis(1)).await;
    }

    #[tokio::test]
    async fn a_wait_of_nothing_ends_at_once() {
        Alarm::new().unwrap().wait(Duration::ZERO).await;
    }

    #[tokio::test]
    async fn a_wait_longer_than_time_goes_on() {
        let alarm = Alarm::new().unwrap();
        let long = alarm.wait(Duration::MAX);
        assert!(tokio::time::timeout(Duration::from_millis(20), long).await.is_err());
    }
}
