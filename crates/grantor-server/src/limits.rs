//! Rate limits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use grantor_core::{Environment, TrustedProxies};
use grantor_store::{Counter, Key, Namespace, Stores, kinds};

use crate::error::Error;

mod address;
mod bucket;
mod by_source;

pub use bucket::{Bucket, Limit};
#[cfg(feature = "fetch")]
pub(crate) use by_source::DOCUMENTS;
pub(crate) use by_source::{KEPT_REQUESTS, REGISTRATIONS, USER_CODES};

/// Named buckets over a counter of the stores: processes that share a counter share the limits.
#[derive(Clone)]
pub struct Limits {
    counter: Arc<dyn Counter>,
    namespace: Namespace,
    environment: Environment,
    own: Vec<(Bucket, Limit)>,
    proxies: TrustedProxies,
    /// True once the log has the warning that a proxy hides its clients.
    warned: Arc<AtomicBool>,
    /// When something last counted against a limit in this process, in milliseconds of the clock that
    /// never jumps; zero for never. Until then, and a window later, requests need not ask the counter.
    last_counted: Arc<LastCounted>,
}

/// A time for each bucket.
#[derive(Debug, Default)]
struct LastCounted {
    logins_from_address: AtomicU64,
    logins_to_account: AtomicU64,
    logins_from_known_browser: AtomicU64,
    wrong_client_secrets: AtomicU64,
    user_codes_from_address: AtomicU64,
    user_codes_from_network: AtomicU64,
    user_codes_without_address: AtomicU64,
    kept_requests_from_address: AtomicU64,
    kept_requests_from_network: AtomicU64,
    registrations: AtomicU64,
    registrations_from_network: AtomicU64,
    registrations_without_address: AtomicU64,
    wrong_registration_tokens: AtomicU64,
    documents_from_address: AtomicU64,
    documents_from_network: AtomicU64,
}

impl LastCounted {
    fn of(&self, bucket: Bucket) -> &AtomicU64 {
        match bucket {
            Bucket::LoginsFromAddress => &self.logins_from_address,
            Bucket::LoginsToAccount => &self.logins_to_account,
            Bucket::LoginsFromKnownBrowser => &self.logins_from_known_browser,
            Bucket::WrongClientSecrets => &self.wrong_client_secrets,
            Bucket::UserCodesFromAddress => &self.user_codes_from_address,
            Bucket::UserCodesFromNetwork => &self.user_codes_from_network,
            Bucket::UserCodesWithoutAddress => &self.user_codes_without_address,
            Bucket::KeptRequestsFromAddress => &self.kept_requests_from_address,
            Bucket::KeptRequestsFromNetwork => &self.kept_requests_from_network,
            Bucket::Registrations => &self.registrations,
            Bucket::RegistrationsFromNetwork => &self.registrations_from_network,
            Bucket::RegistrationsWithoutAddress => &self.registrations_without_address,
            Bucket::WrongRegistrationTokens => &self.wrong_registration_tokens,
            Bucket::DocumentsFromAddress => &self.documents_from_address,
            Bucket::DocumentsFromNetwork => &self.documents_from_network,
        }
    }
}

impl Limits {
    /// Counts in the counter of `stores`.
    #[must_use]
    pub fn new(stores: &Stores) -> Self {
        Self {
            counter: Arc::clone(stores.counter()),
            namespace: stores.namespace(),
            environment: stores.environment().clone(),
            own: Vec::new(),
            proxies: TrustedProxies::default(),
            warned: Arc::default(),
            last_counted: Arc::default(),
        }
    }

    /// With another limit for a bucket.
    #[must_use]
    pub fn with(mut self, bucket: Bucket, limit: Limit) -> Self {
        self.own.insert(0, (bucket, limit));
        self
    }

    /// Behind these proxies, whose word about the address of a client is taken.
    #[must_use]
    pub fn behind(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// The limit of a bucket.
    #[must_use]
    pub fn limit(&self, bucket: Bucket) -> Limit {
        let own = self.own.iter().find(|(own, _)| *own == bucket);
        own.map_or(bucket.default_limit(), |(_, limit)| *limit)
    }

    /// Counts a try of `name`, and says whether it is within the limit.
    ///
    /// # Errors
    /// The counter failed.
    pub async fn try_now(&self, bucket: Bucket, name: &str) -> Result<bool, Error> {
        let sum = self.add(self.key(bucket, name), bucket, 1).await?;
        let tries = self.limit(bucket).tries;
        if sum <= tries || !bucket.is_given_back() {
            return Ok(sum <= tries);
        }
        let given_back = self.add(self.key_given_back(bucket, name), bucket, 0);
        Ok(sum.saturating_sub(given_back.await?) <= tries)
    }

    /// Gives a try back that was none of those that the bucket is for: a right password, in
    /// [`Bucket::LoginsToAccount`]. For other buckets it has no effect.
    ///
    /// # Errors
    /// The counter failed.
    pub async fn give_back(&self, bucket: Bucket, name: &str) -> Result<(), Error> {
        if bucket.is_given_back() {
            self.add(self.key_given_back(bucket, name), bucket, 1)
                .await?;
        }
        Ok(())
    }

    /// Returns whether another try of `name` would be beyond the limit. It counts nothing.
    ///
    /// # Errors
    /// The counter failed.
    pub async fn is_reached(&self, bucket: Bucket, name: &str) -> Result<bool, Error> {
        if !self.is_counting(bucket) {
            return Ok(false);
        }
        let sum = self.add(self.key(bucket, name), bucket, 0).await?;
        Ok(sum >= self.limit(bucket).tries)
    }

    /// Returns whether anything counted against the bucket within its window.
    pub(crate) fn is_counting(&self, bucket: Bucket) -> bool {
        let last = self.last_counted.of(bucket).load(Ordering::Relaxed);
        let window = self.limit(bucket).window;
        last != 0 && self.environment.clock.elapsed() <= Duration::from_millis(last) + window
    }

    async fn add(&self, key: Key, bucket: Bucket, n: u64) -> Result<u64, Error> {
        let now = self.environment.now();
        if n > 0 {
            let elapsed = self.environment.clock.elapsed().as_millis();
            let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX).max(1);
            self.last_counted
                .of(bucket)
                .store(elapsed, Ordering::Relaxed);
        }
        let window = self.limit(bucket).window;
        Ok(self.counter.add(&key, n, window, now).await?)
    }

    fn key_given_back(&self, bucket: Bucket, name: &str) -> Key {
        let name = format!("{} given back:{name}", bucket.name());
        self.namespace.key_of_name(kinds::COUNTS.letters(), &name)
    }

    fn key(&self, bucket: Bucket, name: &str) -> Key {
        let name = format!("{}:{name}", bucket.name());
        self.namespace.key_of_name(kinds::COUNTS.letters(), &name)
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}
