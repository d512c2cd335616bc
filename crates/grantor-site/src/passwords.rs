//! The pool of threads that hash passwords.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use argon2::Params;
use grantor_core::Secret;
use tokio::sync::oneshot;

use crate::argon::Argon;
use crate::error::PasswordError;
use crate::fair_queue::FairQueue;

/// Hashes and checks passwords with argon2id on threads of its own.
///
/// A password hash is slow on purpose, so a flood of logins would delay everything on the same threads.
/// These threads are few and do nothing else, and few logins may wait for them. Sources of logins take
/// turns, so that a source with many waits behind its own; beyond the limit those of the source
/// with the most fail with [`PasswordError::Busy`]. The threads start with the first password.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    queue: OnceLock<Arc<Queue>>,
    threads: usize,
    waiting: usize,
    params: Params,
    /// The hash that a password is compared with when there is no such account, so that both take
    /// equally long.
    decoy: OnceLock<String>,
}

/// Without argon2 it is turned away.
type Job = Box<dyn FnOnce(Option<&mut Argon>) + Send>;

/// Where the threads wait for passwords.
struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

struct QueueState {
    jobs: FairQueue<Job>,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; none once nobody asks any more.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.get() {
            queue.lock().closed = true;
            queue.changed.notify_all();
        }
    }
}

impl Default for Passwords {
    /// 19 MiB, two passes, one lane: the second recommendation of OWASP's password cheat sheet. One
    /// thread for every two processors, 64 logins waiting.
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(Params::default(), processors.div_ceil(2), 64)
    }
}

impl Passwords {
    /// A pool with parameters of argon2, a number of threads, and a number of logins that may wait.
    fn new(params: Params, threads: usize, waiting: usize) -> Self {
        Self(Arc::new(Inner {
            queue: OnceLock::new(),
            threads,
            waiting,
            params,
            decoy: OnceLock::new(),
        }))
    }

    /// The cheapest parameters that argon2 takes, for tests that are about something else. A
    /// password hashed so can be guessed.
    #[must_use]
    pub fn danger_cheap() -> Self {
        let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or_default();
        Self::new(params, 1, 64)
    }

    /// A pool in which nobody may wait.
    #[cfg(test)]
    pub(crate) fn without_places() -> Self {
        Self::new(Params::default(), 1, 0)
    }

    /// Hashes a password. The result holds the salt, which is 16 random bytes, and the parameters.
    ///
    /// # Errors
    /// The pool is full, or the library failed.
    pub async fn hash(&self, password: &Secret, salt: [u8; 16]) -> Result<String, PasswordError> {
        let (inner, password) = (Arc::clone(&self.0), password.clone());
        self.run("", move |argon| argon.hash(&inner.params, &password, &salt))
            .await?
    }

    /// Checks a password against `hash`. `None` takes equally long and is false, so an unknown user
    /// looks like a wrong password.
    ///
    /// # Errors
    /// The pool is full, or the hash can't be read.
    pub async fn verify(
        &self,
        password: &Secret,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        self.verify_from("", password, hash).await
    }

    /// Like [`verify`](Self::verify), in the turn of this source, such as an address.
    ///
    /// # Errors
    /// Too many logins are waiting, or the hash can't be read.
    pub async fn verify_from(
        &self,
        source: &str,
        password: &Secret,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        let (inner, password) = (Arc::clone(&self.0), password.clone());
        self.run(source, move |argon| {
            inner.verify(argon, &password, hash.as_deref())
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        source: &str,
        work: impl FnOnce(&mut Argon) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (send, receive) = oneshot::channel();
        let job: Job = Box::new(move |argon| {
            // No password is hashed for a browser that has gone.
            if send.is_closed() {
                return;
            }
            let _ = send.send(argon.map(work).ok_or(PasswordError::Busy));
        });
        let queue = self.0.queue.get_or_init(|| self.0.start());
        let turned_away = queue.lock().jobs.push(source, job);
        queue.changed.notify_one();
        if let Some(job) = turned_away {
            job(None);
        }
        receive.await.map_err(|_| PasswordError::Failed)?
    }
}

impl Inner {
    fn start(&self) -> Arc<Queue> {
        let queue = Arc::new(Queue {
            state: Mutex::new(QueueState {
                jobs: FairQueue::new(self.waiting),
                closed: false,
            }),
            changed: Condvar::new(),
        });
        for i in 0..self.threads {
            let queue = Arc::clone(&queue);
            let work = move || {
                let mut argon = Argon::default();
                while let Some(job) = queue.next() {
                    job(Some(&mut argon));
                }
            };
            let thread = std::thread::Builder::new().name(format!("grantor-passwords-{i}"));
            if let Err(error) = thread.spawn(work) {
                tracing::error!(%error, "a thread for passwords can't be started");
            }
        }
        queue
    }

    fn verify(
        &self,
        argon: &mut Argon,
        password: &Secret,
        hash: Option<&str>,
    ) -> Result<bool, PasswordError> {
        if let Some(hash) = hash {
            return argon.verify(password, hash);
        }
        let decoy = match self.decoy.get() {
            Some(decoy) => decoy,
            None => {
                let nobodys = Secret::new("no account has this password");
                let made = argon.hash(&self.params, &nobodys, &[0; 16])?;
                self.decoy.get_or_init(|| made)
            }
        };
        argon.verify(password, decoy)?;
        Ok(false)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords")
            .field("threads", &self.0.threads)
            .field("waiting", &self.0.waiting)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
