//! Which host to connect to: the first of several that takes writes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use grantor_store::{Applied, Error};
use tokio::time::timeout;

/// One host.
pub struct Host<O> {
    /// For messages.
    pub name: String,
    /// How the driver connects to it.
    pub options: O,
}

/// The hosts of one database.
pub struct Hosts<O> {
    database: &'static str,
    hosts: Vec<Host<O>>,
    connect_timeout: Duration,
    /// The one that is tried first: which took writes last, or comes after one that failed since.
    first: AtomicUsize,
}

impl<O> Hosts<O> {
    /// `database` is its kind, for messages. A host may take `connect_timeout` to be connected to.
    #[must_use]
    pub fn new(database: &'static str, hosts: Vec<Host<O>>, connect_timeout: Duration) -> Self {
        Self {
            database,
            hosts,
            connect_timeout,
            first: AtomicUsize::new(0),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.hosts.len()
    }

    /// Connects by `open` to the first that takes writes, beginning with the one that did last. Each
    /// has the same time, so one that hangs does not keep the others from being tried. A search that is
    /// dropped midway is continued by the next one: with the host after the one that it was trying.
    ///
    /// # Errors
    /// What `open` said of each host: a configuration error, if all of them are.
    pub async fn connect<'h, C, F>(&'h self, open: impl Fn(&'h O) -> F) -> Result<C, Error>
    where
        F: Future<Output = Result<C, Error>>,
    {
        let (count, first) = (self.hosts.len(), self.first.load(Ordering::Relaxed));
        let mut failures = Vec::new();
        for index in (first..first + count).map(|index| index % count) {
            let Some(host) = self.hosts.get(index) else {
                continue;
            };
            let attempt = Attempt {
                first: &self.first,
                index,
                next: (index + 1) % count,
            };
            let failure = match timeout(self.connect_timeout, open(&host.options)).await {
                Ok(Ok(connection)) => {
                    drop(attempt);
                    self.first.store(index, Ordering::Relaxed);
                    return Ok(connection);
                }
                Ok(Err(error)) => error,
                Err(_) => Error::unavailable("it does not answer", Applied::No),
            };
            failures.push((&host.name, failure));
        }
        let configuration = failures.iter().all(|(_, error)| error.is_configuration());
        let texts = failures.iter();
        let texts: Vec<_> = texts
            .map(|(name, error)| format!("{name}: {error}"))
            .collect();
        let message = format!(
            "no {} server can be used: {}",
            self.database,
            texts.join("; ")
        );
        Err(match configuration {
            true => Error::configuration(message),
            false => Error::unavailable(message, Applied::No),
        })
    }
}

/// One host is being tried. When that ends, also because the operation has no time left and drops it,
/// the next search begins with another one.
struct Attempt<'h> {
    first: &'h AtomicUsize,
    index: usize,
    next: usize,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let (index, next, order) = (self.index, self.next, Ordering::Relaxed);
        // Of several searches that fail at one host, one moves on.
        let _ = self.first.compare_exchange(index, next, order, order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(options: &[&'static str]) -> Hosts<&'static str> {
        let host = |options: &&'static str| Host {
            name: format!("{options}.example"),
            options: *options,
        };
        let hosts = options.iter().map(host).collect();
        Hosts::new("Nile", hosts, Duration::from_secs(1))
    }

    async fn open(options: &str) -> Result<&str, Error> {
        match options {
            "hangs" => std::future::pending().await,
            "wrong" => Err(Error::configuration("no such user")),
            name => Ok(name),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_host_that_took_writes_is_asked_first_the_next_time() {
        let hosts = hosts(&["hangs", "wrong", "good"]);
        let began = tokio::time::Instant::now();
        assert_eq!(
            hosts.connect(|options| open(options)).await.unwrap(),
            "good"
        );
        assert_eq!(began.elapsed(), Duration::from_secs(1));
        assert_eq!(
            hosts.connect(|options| open(options)).await.unwrap(),
            "good"
        );
        assert_eq!(began.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn searches_that_have_no_time_for_all_hosts_get_to_the_good_one() {
        let hosts = hosts(&["hangs", "hangs", "hangs", "good"]);
        let half_a_second = Duration::from_millis(500);
        let search = || timeout(half_a_second, hosts.connect(|options| open(options)));
        for _ in 0..3 {
            // Two at once are as far as one.
            let (one, other) = tokio::join!(search(), search());
            assert!(one.is_err() && other.is_err());
        }
        assert_eq!(search().await.unwrap().unwrap(), "good");
        assert_eq!(search().await.unwrap().unwrap(), "good");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_wrong_with_each_is_said() {
        let both = hosts(&["hangs", "wrong"])
            .connect(|options| open(options))
            .await;
        let error = both.unwrap_err();
        assert!(!error.is_configuration());
        assert_eq!(
            error.to_string(),
            "no Nile server can be used: hangs.example: it does not answer; wrong.example: no such user"
        );
        let all = hosts(&["wrong", "wrong"])
            .connect(|options| open(options))
            .await;
        assert!(all.unwrap_err().is_configuration());
    }
}
