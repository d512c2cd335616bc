//! Rate limits.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use grantor_core::{Environment, PeerAddress, TrustedProxies};
use grantor_store::{Counter, Key, Namespace, Stores, kinds};
use http::request::Parts;

use crate::error::Error;

/// The limits, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bucket {
    /// Logins from one address.
    LoginsFromAddress,
    /// Logins to one account, from browsers that never signed in to it.
    LoginsToAccount,
    /// Logins from a browser that signed in before, so that nobody else can lock it out.
    LoginsFromKnownBrowser,
    /// Wrong secrets of one client from one address.
    WrongClientSecrets,
    /// User codes of devices that were typed in from one address (RFC 8628 section 5.1).
    UserCodesFromAddress,
    /// User codes that were typed in by all whose address is not known.
    UserCodesWithoutAddress,
    /// Registrations from one address (RFC 7591).
    Registrations,
    /// Wrong initial access tokens at the registration endpoint from one address.
    WrongRegistrationTokens,
    /// Metadata documents of clients that are fetched for requests from one address.
    DocumentsFromAddress,
}

/// How often something may be tried within a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// The most tries.
    pub tries: u64,
    /// Within this time.
    pub window: Duration,
}

impl Limit {
    /// At most so many tries within a time.
    #[must_use]
    pub fn new(tries: u64, window: Duration) -> Self {
        Self { tries, window }
    }
}

impl Bucket {
    /// Its name in keys and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LoginsFromAddress => "logins from an address",
            Self::LoginsToAccount => "logins to an account",
            Self::LoginsFromKnownBrowser => "logins from a known browser",
            Self::WrongClientSecrets => "wrong client secrets",
            Self::UserCodesFromAddress => "user codes from an address",
            Self::UserCodesWithoutAddress => "user codes without an address",
            Self::Registrations => "registrations",
            Self::WrongRegistrationTokens => "wrong registration tokens",
            Self::DocumentsFromAddress => "documents for an address",
        }
    }

    /// The limit, unless [`Limits::with`] sets another.
    #[must_use]
    pub fn default_limit(self) -> Limit {
        match self {
            Self::LoginsFromAddress => Limit::new(60, Duration::from_secs(60)),
            Self::LoginsToAccount | Self::LoginsFromKnownBrowser => {
                Limit::new(20, Duration::from_secs(300))
            }
            // Programs that have not got a new secret yet go on with the old one for a while.
            Self::WrongClientSecrets | Self::WrongRegistrationTokens => {
                Limit::new(100, Duration::from_secs(60))
            }
            // A quarter of what is fetched from one host in a minute.
            Self::DocumentsFromAddress => Limit::new(30, Duration::from_secs(60)),
            Self::UserCodesFromAddress => Limit::new(20, Duration::from_secs(60)),
            // Of 34 bits, 6,000 guesses within the lifetime of a code are one in four million.
            Self::UserCodesWithoutAddress => Limit::new(600, Duration::from_secs(60)),
            Self::Registrations => Limit::new(60, Duration::from_secs(3600)),
        }
    }
}

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
    user_codes_without_address: AtomicU64,
    registrations: AtomicU64,
    wrong_registration_tokens: AtomicU64,
    documents_from_address: AtomicU64,
}

impl LastCounted {
    fn of(&self, bucket: Bucket) -> &AtomicU64 {
        match bucket {
            Bucket::LoginsFromAddress => &self.logins_from_address,
            Bucket::LoginsToAccount => &self.logins_to_account,
            Bucket::LoginsFromKnownBrowser => &self.logins_from_known_browser,
            Bucket::WrongClientSecrets => &self.wrong_client_secrets,
            Bucket::UserCodesFromAddress => &self.user_codes_from_address,
            Bucket::UserCodesWithoutAddress => &self.user_codes_without_address,
            Bucket::Registrations => &self.registrations,
            Bucket::WrongRegistrationTokens => &self.wrong_registration_tokens,
            Bucket::DocumentsFromAddress => &self.documents_from_address,
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

    /// The name of the address that a request comes from, for buckets; none if many share it, as they
    /// do that of a proxy, or if it is this machine. It needs the extension [`PeerAddress`]. An IPv6
    /// address counts by its /64, which one client has to itself.
    ///
    /// The first request whose proxy hides its client is a warning in the log.
    #[must_use]
    pub fn address(&self, head: &Parts) -> Option<String> {
        let peer = *head.extensions.get::<PeerAddress>()?;
        let Some(address) = self.proxies.client_address(peer, &head.headers) else {
            self.warn_of(peer);
            return None;
        };
        if address.is_loopback() && !self.proxies.includes(peer) {
            return None;
        }
        Some(name_of(address))
    }

    /// The name of the address that a request comes from, for taking turns; none if a proxy hides it.
    /// Clients that share it share a turn, and are not refused for it.
    #[must_use]
    pub fn source(&self, head: &Parts) -> Option<String> {
        let peer = head.extensions.get::<PeerAddress>()?;
        let client = self.proxies.client_address(*peer, &head.headers);
        client.map(name_of)
    }

    fn warn_of(&self, PeerAddress(proxy): PeerAddress) {
        if self.warned.swap(true, Ordering::Relaxed) {
            return;
        }
        if self.proxies.includes(PeerAddress(proxy)) {
            tracing::warn!(
                %proxy,
                "a trusted proxy does not say where a request comes from, so no limit counts by \
                 address: have it send X-Forwarded-For with the client's address at the end",
            );
        } else {
            tracing::warn!(
                %proxy,
                "a proxy passes requests on that is not named, so no limit counts by address: name it \
                 in trusted_proxies",
            );
        }
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
        let sum = self.add(bucket, name, 1).await?;
        Ok(sum <= self.limit(bucket).tries)
    }

    /// Returns whether another try of `name` would be beyond the limit. It counts nothing.
    ///
    /// # Errors
    /// The counter failed.
    pub async fn is_reached(&self, bucket: Bucket, name: &str) -> Result<bool, Error> {
        if !self.is_counting(bucket) {
            return Ok(false);
        }
        let sum = self.add(bucket, name, 0).await?;
        Ok(sum >= self.limit(bucket).tries)
    }

    /// Returns whether anything counted against the bucket within its window.
    pub(crate) fn is_counting(&self, bucket: Bucket) -> bool {
        let last = self.last_counted.of(bucket).load(Ordering::Relaxed);
        let window = self.limit(bucket).window;
        last != 0 && self.environment.clock.elapsed() <= Duration::from_millis(last) + window
    }

    async fn add(&self, bucket: Bucket, name: &str, n: u64) -> Result<u64, Error> {
        let now = self.environment.now();
        if n > 0 {
            let elapsed = self.environment.clock.elapsed().as_millis();
            let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX).max(1);
            self.last_counted
                .of(bucket)
                .store(elapsed, Ordering::Relaxed);
        }
        let window = self.limit(bucket).window;
        Ok(self
            .counter
            .add(&self.key(bucket, name), n, window, now)
            .await?)
    }

    fn key(&self, bucket: Bucket, name: &str) -> Key {
        let name = format!("{}:{name}", bucket.name());
        self.namespace.key_of_name(kinds::COUNTS.letters(), &name)
    }
}

fn name_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grantor_core::ProxyHeader;
    use grantor_store::MemoryStore;

    fn of(proxies: &TrustedProxies, peer: &str, forwarded: Option<&str>) -> Option<String> {
        let store = Arc::new(MemoryStore::new());
        let stores = Stores::new(store, Namespace::new("t"), grantor_http::system());
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.extensions.insert(PeerAddress(peer.parse().unwrap()));
        if let Some(forwarded) = forwarded {
            let value = forwarded.parse().unwrap();
            head.headers.insert("x-forwarded-for", value);
        }
        Limits::new(&stores).behind(proxies.clone()).address(&head)
    }

    #[test]
    fn an_address_that_many_share_has_no_bucket() {
        let none = TrustedProxies::default();
        let of_none = |peer, forwarded| of(&none, peer, forwarded);
        assert_eq!(of_none("10.0.0.1", Some("192.0.2.1")), None);
        for own in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(of_none(own, None), None, "{own}");
        }
        assert_eq!(of_none("192.0.2.1", None).as_deref(), Some("192.0.2.1"));
        let one = of_none("2001:db8:1:2:3::4", None);
        assert_eq!(one.as_deref(), Some("2001:db8:1:2::/64"));
        assert_eq!(one, of_none("2001:db8:1:2:ffff::1", None));
        let named = TrustedProxies::parse(["10.0.0.1"], ProxyHeader::XForwardedFor).unwrap();
        let behind = |forwarded| of(&named, "10.0.0.1", forwarded);
        assert_eq!(behind(Some("192.0.2.1")).as_deref(), Some("192.0.2.1"));
        for hidden in [None, Some("unknown"), Some("192.0.2.1, unknown")] {
            assert_eq!(behind(hidden), None);
        }
    }

    #[test]
    fn a_private_client_of_a_named_proxy_has_a_bucket() {
        let named = |network| TrustedProxies::parse([network], ProxyHeader::XForwardedFor).unwrap();
        for (network, peer, client) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.7"),
            ("10.0.0.0/8", "10.0.0.1", "10.0.0.7"),
            ("127.0.0.1", "127.0.0.1", "192.168.1.2"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ] {
            let found = of(&named(network), peer, Some(client));
            assert_eq!(found.as_deref(), Some(client), "{network}");
        }
    }
}
