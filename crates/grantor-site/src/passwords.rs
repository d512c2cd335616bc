use std::fmt;
use std::sync::{Arc, OnceLock};

use argon2::Params;
use grantor_core::Secret;
use tokio::sync::oneshot;

use crate::argon::Argon;
use crate::queue::{Caller, Queue, QueueLimits};

/// Hashes and checks passwords with argon2id on threads of its own.
///
/// A password hash is slow on purpose, so a flood of logins would delay everything on the same threads.
/// These threads are few and do nothing else. A bounded number of logins waits for them: in a queue of
/// its own, which goes first, those of browsers that signed in before; and of the others few that name
/// the same account. A further login fails with [`PasswordError::Busy`]. The threads start with the
/// first password, and no password is hashed for a browser that has gone.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    queue: OnceLock<Arc<Queue<Job>>>,
    threads: usize,
    limits: QueueLimits,
    params: Params,
    /// The hash that a password is compared with when there is no such account, so that both take
    /// equally long.
    decoy: OnceLock<String>,
}

type Job = Box<dyn FnOnce(&mut Argon) + Send>;

/// Why a password was neither right nor wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too many logins are waiting.
    Busy,
    /// The hash could not be made or read.
    Failed,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "too many logins are waiting",
            Self::Failed => "the password hash could not be made or read",
        })
    }
}

impl std::error::Error for PasswordError {}

impl Default for Passwords {
    /// 19 MiB, two passes, one lane: the second recommendation of OWASP's password cheat sheet. One
    /// thread for every two processors. At most 256 logins wait, 4 of them for one account, besides 64
    /// of browsers that signed in before.
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::new(Params::default(), processors.div_ceil(2), QUEUE)
    }
}

impl Passwords {
    /// A pool with parameters of argon2, a number of threads, and numbers of logins that may wait.
    fn new(params: Params, threads: usize, limits: QueueLimits) -> Self {
        Self(Arc::new(Inner {
            queue: OnceLock::new(),
            threads,
            limits,
            params,
            decoy: OnceLock::new(),
        }))
    }

    /// The cheapest parameters that argon2 takes, for tests that are about something else. A
    /// password hashed so can be guessed.
    #[must_use]
    pub fn danger_cheap() -> Self {
        let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or_default();
        Self::new(params, 1, QUEUE)
    }

    /// Hashes a password. The result holds the salt, which is 16 random bytes, and the parameters.
    ///
    /// # Errors
    /// The pool is full, or the library failed.
    pub async fn hash(&self, password: &Secret, salt: [u8; 16]) -> Result<String, PasswordError> {
        let (inner, password) = (Arc::clone(&self.0), password.clone());
        self.run(Caller::Known, move |argon| {
            argon.hash(&inner.params, &password, &salt)
        })
        .await?
    }

    /// Checks a password against `hash`. `None` takes equally long and is false, so an unknown user
    /// can't be told from a wrong password.
    ///
    /// # Errors
    /// The pool is full, or the hash can't be read.
    pub async fn verify(
        &self,
        password: &Secret,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        self.verify_for(Caller::Known, password, hash).await
    }

    /// As [`verify`](Self::verify), when it is the caller's turn.
    pub(super) async fn verify_for(
        &self,
        caller: Caller,
        password: &Secret,
        hash: Option<String>,
    ) -> Result<bool, PasswordError> {
        let (inner, password) = (Arc::clone(&self.0), password.clone());
        self.run(caller, move |argon| {
            inner.verify(argon, &password, hash.as_deref())
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        caller: Caller,
        work: impl FnOnce(&mut Argon) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (send, receive) = oneshot::channel();
        let job: Job = Box::new(move |argon| {
            // Nobody listens any more when the browser has gone.
            if !send.is_closed() {
                let _ = send.send(work(argon));
            }
        });
        let queue = self.0.queue.get_or_init(|| self.0.start());
        if !queue.push(caller, job) {
            return Err(PasswordError::Busy);
        }
        receive.await.map_err(|_| PasswordError::Failed)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.get() {
            queue.close();
        }
    }
}

impl Inner {
    fn start(&self) -> Arc<Queue<Job>> {
        let queue = Arc::new(Queue::<Job>::new(self.limits));
        let mut started = 0;
        for i in 0..self.threads {
            let jobs = Arc::clone(&queue);
            let work = move || {
                let mut argon = Argon::default();
                while let Some(job) = jobs.pop() {
                    job(&mut argon);
                }
            };
            let thread = std::thread::Builder::new().name(format!("grantor-passwords-{i}"));
            match thread.spawn(work) {
                Ok(_) => started += 1,
                Err(error) => tracing::error!(%error, "a thread for passwords can't be started"),
            }
        }
        if started == 0 {
            queue.close();
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
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

const QUEUE: QueueLimits = QueueLimits {
    known: 64,
    strangers: 256,
    one_name: 4,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn knows_a_password_and_no_other() {
        let passwords = Passwords::danger_cheap();
        let hash = passwords.hash(&"right".into(), [1; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        for (text, right) in [("right", true), ("wrong", false)] {
            let verified = passwords.verify(&text.into(), Some(hash.clone())).await;
            assert_eq!(verified, Ok(right));
        }
        assert_eq!(passwords.verify(&"right".into(), None).await, Ok(false));
        let bad = passwords.verify(&"right".into(), Some("x".into())).await;
        assert_eq!(bad, Err(PasswordError::Failed));
    }

    #[tokio::test]
    async fn a_flood_is_turned_away_and_a_known_browser_is_not() {
        let limits = QueueLimits {
            known: 1,
            strangers: 1,
            one_name: 1,
        };
        let passwords = Passwords::new(Params::default(), 1, limits);
        let (enter, entered) = std::sync::mpsc::channel();
        let (leave, left) = std::sync::mpsc::channel::<()>();
        let held = passwords.clone();
        let held = tokio::spawn(async move {
            held.run(Caller::Known, move |_| {
                enter.send(()).unwrap();
                left.recv().unwrap();
            })
            .await
        });
        tokio::task::spawn_blocking(move || entered.recv().unwrap())
            .await
            .unwrap();
        // One is at work and one waits; the third is turned away.
        let waiting = passwords.clone();
        let waiting = tokio::spawn(async move { waiting.run(Caller::Stranger(1), |_| ()).await });
        tokio::task::yield_now().await;
        let third = passwords.run(Caller::Stranger(2), |_| ()).await;
        assert_eq!(third, Err(PasswordError::Busy));
        let known = passwords.clone();
        let known = tokio::spawn(async move { known.run(Caller::Known, |_| ()).await });
        tokio::task::yield_now().await;
        leave.send(()).unwrap();
        assert_eq!(held.await.unwrap(), Ok(()));
        assert_eq!(waiting.await.unwrap(), Ok(()));
        assert_eq!(known.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn nothing_is_hashed_for_a_browser_that_has_gone() {
        let passwords = Passwords::danger_cheap();
        let (did, done) = std::sync::mpsc::channel();
        let (enter, entered) = std::sync::mpsc::channel::<()>();
        let first = passwords.run(Caller::Known, move |_| entered.recv().unwrap());
        let mut gone = Box::pin(passwords.run(Caller::Known, move |_| did.send(()).unwrap()));
        let mut first = Box::pin(first);
        tokio::select! {
            biased;
            _ = &mut first => {}
            _ = &mut gone => {}
            () = std::future::ready(()) => {}
        }
        drop(gone);
        enter.send(()).unwrap();
        first.await.unwrap();
        passwords.run(Caller::Known, |_| ()).await.unwrap();
        assert!(done.try_recv().is_err());
    }
}
