//! Counts the bytes that arrive on a connection, and closes it where a server sends more than its limit.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much may come besides bodies: the handshake of TLS, and the head of an answer with whatever goes before it.
const HEAD: u64 = 512 << 10;

/// How much may come besides a body while it comes.
const AROUND: u64 = 1 << 20;

/// How many bytes may come for one byte of a body: what cuts it into pieces takes some, and more the smaller they are.
const FOR_ONE: u64 = 4;

/// How much is read at a time, so that what is made of it does not keep others waiting.
const STEP: usize = 16 << 10;

/// What has come over one connection, and what may; shared between the connection and the exchanges on it.
#[derive(Clone)]
pub struct Meter(Arc<Mutex<Count>>);

struct Count {
    read: u64,
    most: u64,
    /// How many exchanges have a grant; HTTP/2 has several at once.
    open: u32,
}

/// The leave to send a body. It grows with the body, and ends with its exchange.
pub struct Grant(Meter);

/// The end of a connection over which too much came.
#[derive(Debug, thiserror::Error)]
#[error("more came over the connection than the limit allows")]
pub struct LimitExceeded;

impl Meter {
    /// Nothing came yet, and a head may.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Count { read: 0, most: HEAD, open: 0 })))
    }

    /// Lets a body begin.
    #[must_use]
    pub fn grant(&self) -> Grant {
        let mut count = self.count();
        count.open += 1;
        count.most = count.most.saturating_add(AROUND);
        Grant(self.clone())
    }

    fn took(&self, bytes: usize) -> Result<(), LimitExceeded> {
        let mut count = self.count();
        count.read += bytes as u64;
        if count.read > count.most { Err(LimitExceeded) } else { Ok(()) }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Grant {
    /// Takes note of a piece of the body, for which more may come.
    pub fn extend(&self, bytes: usize) {
        let mut count = self.0.count();
        count.most = count.most.saturating_add(FOR_ONE * bytes as u64);
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        let mut count = self.0.count();
        count.open -= 1;
        if count.open == 0 {
            count.most = count.read + HEAD;
        }
    }
}

/// A stream that is counted.
pub struct Metered<S> {
    stream: S,
    meter: Meter,
}

impl<S> Metered<S> {
    /// Counts what is read of a stream.
    pub const fn new(stream: S, meter: Meter) -> Self {
        Self { stream, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buffer.remaining().min(STEP);
        let mut step = ReadBuf::new(buffer.initialize_unfilled_to(room));
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut step))?;
        let read = step.filled().len();
        buffer.advance(read);
        Poll::Ready(self.meter.took(read).map_err(io::Error::other))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(count: u64) -> usize {
        usize::try_from(count).unwrap()
    }

    #[test]
    fn a_body_may_take_four_times_what_it_holds_and_a_head_besides() {
        let meter = Meter::new();
        assert!(meter.took(bytes(HEAD)).is_ok());
        let grant = meter.grant();
        assert!(meter.took(bytes(AROUND)).is_ok());
        grant.extend(10);
        assert!(meter.took(40).is_ok());
        assert!(meter.took(1).is_err());
    }

    #[test]
    fn a_grant_ends_with_the_last_exchange_and_leaves_room_for_the_next_head() {
        let meter = Meter::new();
        let (first, second) = (meter.grant(), meter.grant());
        first.extend(1 << 20);
        drop(first);
        assert!(meter.took(bytes(HEAD + 2 * AROUND)).is_ok());
        drop(second);
        // What was left is gone, and a head may come.
        assert!(meter.took(bytes(HEAD)).is_ok());
        assert!(meter.took(1).is_err());
    }
}
