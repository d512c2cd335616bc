//! The connections that read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use grantor_store::Error;
use rusqlite::Connection;

/// One reading connection per core. A read holds one for microseconds.
pub(crate) struct Readers {
    connections: Vec<Mutex<Connection>>,
    next: AtomicUsize,
}

impl Readers {
    pub(crate) fn open(open: impl Fn() -> Result<Connection, Error>) -> Result<Self, Error> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let connections: Result<_, _> = (0..cores.min(8)).map(|_| open().map(Mutex::new)).collect();
        Ok(Self {
            connections: connections?,
            next: AtomicUsize::new(0),
        })
    }

    /// A connection that nobody uses, or else the next one when it is free.
    pub(crate) fn take(&self) -> MutexGuard<'_, Connection> {
        for connection in &self.connections {
            match connection.try_lock() {
                Ok(connection) => return connection,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len();
        self.connections[next]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
