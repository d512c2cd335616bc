//! How much of what clients send is held in memory, by one connection and by all of them.
//!
//! A connection counts as [`BASE`], which pays for its buffers and the first bytes of a request. A
//! longer request takes [`STEP`] after [`STEP`] from what all connections share, and waits when that
//! is used up. It gives nothing back before its connection closes, since hyper keeps its buffers too.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::options::Options;

/// The memory that all connections of a listener share.
#[derive(Debug)]
pub(crate) struct Memory {
    steps: Arc<Semaphore>,
    /// How many connections wait for a step.
    short: AtomicUsize,
    /// How many steps one connection may take.
    most: usize,
}

impl Memory {
    pub(crate) fn new(options: &Options) -> Self {
        let bases = max_connections(options).saturating_mul(BASE);
        let shared = options.max_memory.saturating_sub(bases) / STEP_COST;
        let most = options.max_connection_memory.saturating_sub(BASE) / STEP;
        Self {
            steps: Arc::new(Semaphore::new(shared.min(Semaphore::MAX_PERMITS))),
            short: AtomicUsize::new(0),
            // A connection that could never have enough would wait for ever.
            most: most.min(shared),
        }
    }

    /// How many connections wait for memory.
    pub(crate) fn short(&self) -> usize {
        self.short.load(Relaxed)
    }
}

/// How many connections may be open, since each needs its [`BASE`].
pub(crate) fn max_connections(options: &Options) -> usize {
    let affordable = options.max_memory / 4 * 3 / BASE;
    options.max_connections.min(affordable).max(1)
}

/// The longest head, since a connection has no room for a longer one.
pub(crate) fn max_head_bytes(options: &Options) -> usize {
    let room = options.max_connection_memory.saturating_sub(BASE - FREE);
    options.max_head_bytes.min(room).max(SMALLEST_BUFFER)
}

/// The longest body, since a connection has no room for a longer one.
pub(crate) fn max_body_bytes(options: &Options) -> usize {
    options
        .max_connection_memory
        .saturating_sub(BASE - FREE)
        .max(FREE)
}

/// The memory that one connection has taken.
pub(crate) struct Share {
    memory: Arc<Memory>,
    taken: Option<OwnedSemaphorePermit>,
    waiting: Option<Acquiring>,
    /// Bytes of the current request that have been read.
    read: usize,
}

type Acquiring = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

impl Share {
    pub(crate) fn new(memory: Arc<Memory>) -> Self {
        Self {
            memory,
            taken: None,
            waiting: None,
            read: 0,
        }
    }

    /// How many bytes may be read now. Zero: the request is longer than a connection may hold.
    pub(crate) fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        if self.read < self.granted() {
            return Poll::Ready(self.granted() - self.read);
        }
        if self.steps() >= self.memory.most {
            return Poll::Ready(0);
        }
        let acquiring = self.waiting.get_or_insert_with(|| {
            self.memory.short.fetch_add(1, Relaxed);
            Box::pin(Arc::clone(&self.memory.steps).acquire_owned())
        });
        let acquired = ready!(acquiring.as_mut().poll(context));
        self.stop_waiting();
        // The semaphore is never closed.
        if let Ok(permit) = acquired {
            match &mut self.taken {
                Some(taken) => taken.merge(permit),
                None => self.taken = Some(permit),
            }
        }
        Poll::Ready(self.granted() - self.read)
    }

    pub(crate) fn has_read(&mut self, bytes: usize) {
        self.read += bytes;
    }

    /// The next byte belongs to another request.
    pub(crate) fn begin_request(&mut self) {
        self.read = 0;
    }

    pub(crate) fn holds_steps(&self) -> bool {
        self.taken.is_some()
    }

    fn steps(&self) -> usize {
        self.taken
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits)
    }

    fn granted(&self) -> usize {
        FREE + self.steps() * STEP
    }

    fn stop_waiting(&mut self) {
        if self.waiting.take().is_some() {
            self.memory.short.fetch_sub(1, Relaxed);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.stop_waiting();
    }
}

/// A connection with hyper's buffers for reading and writing, its task, and [`FREE`] bytes.
pub(crate) const BASE: usize = 24 * 1024;
/// How long a request may be that takes no step.
const FREE: usize = 4 * 1024;
const STEP: usize = 8 * 1024;
/// As measured with 10,000 clients that fill it while others take their places: buffers double when they
/// grow, and leave room unused between them.
const STEP_COST: usize = STEP * 4;
/// hyper's smallest.
const SMALLEST_BUFFER: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn options(max_connections: usize, max_memory: usize) -> Options {
        Options {
            max_connections,
            max_memory,
            max_connection_memory: BASE + 2 * STEP,
            ..Options::default()
        }
    }

    fn read_all(share: &mut Share) -> Poll<usize> {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match share.poll_room(&mut context) {
                Poll::Ready(0) => return Poll::Ready(share.read),
                Poll::Ready(room) => share.has_read(room),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    #[test]
    fn a_connection_reads_up_to_its_limit() {
        let memory = Arc::new(Memory::new(&options(2, 3 * BASE + 2 * STEP_COST)));
        let mut share = Share::new(Arc::clone(&memory));
        assert_eq!(read_all(&mut share), Poll::Ready(FREE + 2 * STEP));
    }

    #[test]
    fn a_connection_waits_for_what_others_hold_and_goes_on_when_they_close() {
        let memory = Arc::new(Memory::new(&options(1, BASE + 2 * STEP_COST)));
        let (mut first, mut second) = (
            Share::new(Arc::clone(&memory)),
            Share::new(Arc::clone(&memory)),
        );
        assert!(read_all(&mut first).is_ready());
        assert!(read_all(&mut second).is_pending());
        assert_eq!(memory.short(), 1);
        first.begin_request();
        assert!(read_all(&mut second).is_pending());
        drop(first);
        assert!(read_all(&mut second).is_ready());
        assert_eq!(memory.short(), 0);
    }

    #[test]
    fn a_connection_that_closes_waits_no_longer() {
        let memory = Arc::new(Memory::new(&options(1, BASE + STEP_COST)));
        let (mut first, mut second) = (
            Share::new(Arc::clone(&memory)),
            Share::new(Arc::clone(&memory)),
        );
        assert!(read_all(&mut first).is_ready());
        assert!(read_all(&mut second).is_pending());
        drop(second);
        assert_eq!(memory.short(), 0);
    }

    #[test]
    fn connections_are_as_many_as_memory_allows() {
        assert_eq!(max_connections(&Options::default()), 8_000);
        assert_eq!(max_connections(&options(100, 4 * BASE)), 3);
        assert_eq!(max_connections(&options(100, 0)), 1);
    }
}
