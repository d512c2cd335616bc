//! One access token that is kept good: the current one, and the single flight that renews it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use grantor_core::{Clock, TokenParameters};
use http::HeaderValue;
use tokio::sync::watch;
use tracing::Instrument;

use super::registry::Manager;
use super::rejections::Rejections;
use super::renewal::{Renewal, abandoned};
use super::share::{PublishedToken, TokenShare};
use super::single_flight::{Admission, SingleFlight};
use crate::error::Error;
use crate::observe::metrics::MetricEvent;
use crate::renew::grant::Grant;
use crate::runtime::instant::{NEVER, Nanos, nanos};
use crate::runtime::per_thread::shard;
use crate::token::access_token::AccessToken;
use crate::token::cached_token::{BEARER, CachedToken};
use crate::token::lifetime::{Freshness, Lifetime};
use crate::token::reason::RenewalReason;
use crate::token::subject::Subject;

/// How long after an early renewal was begun a caller looks after it again.
const RECHECK_AFTER: Nanos = 50_000_000;

/// What a renewal ends with, for all who wait for it.
pub(crate) type RenewalResult = Result<Arc<CachedToken>, Error>;

/// A renewal that has not ended.
pub(crate) type InFlight = watch::Receiver<Option<RenewalResult>>;

pub(crate) struct TokenSlot {
    pub(crate) manager: Arc<Manager>,
    pub(crate) parameters: Arc<TokenParameters>,
    /// Whose token it is, if not the client's or the login's.
    pub(crate) subject: Option<Subject>,
    /// By which it is found among those of others.
    key: [u8; 32],
    pub(crate) rejections: Rejections,
    clock: Arc<dyn Clock>,
    current: ArcSwapOption<PublishedToken>,
    next_generation: AtomicU64,
    single_flight: Mutex<SingleFlight<InFlight, Error>>,
}

impl TokenSlot {
    pub(crate) fn new(
        manager: Arc<Manager>,
        parameters: Arc<TokenParameters>,
        subject: Option<([u8; 32], Subject)>,
    ) -> Self {
        let (key, subject) = match subject {
            Some((key, subject)) => (key, Some(subject)),
            None => ([0; 32], None),
        };
        let clock = Arc::clone(&manager.shared.environment.clock);
        Self {
            manager,
            parameters,
            subject,
            key,
            rejections: Rejections::default(),
            clock,
            current: ArcSwapOption::empty(),
            next_generation: AtomicU64::new(0),
            single_flight: Mutex::default(),
        }
    }

    /// The token there is, if it may be used; starts its renewal when its end is near.
    #[inline]
    pub(crate) fn current_usable(self: &Arc<Self>) -> Option<Arc<TokenShare>> {
        let published = self.current.load();
        let published = published.as_ref()?;
        match published.current.freshness(self.now()) {
            Freshness::Fresh => {}
            Freshness::Stale => self.refresh_ahead(&published.current),
            Freshness::Expired => return None,
        }
        let shard = shard();
        self.manager.counters.hit(shard);
        if let Some(metrics) = &self.manager.metrics {
            metrics.count(MetricEvent::Hit);
        }
        published.share(shard).cloned()
    }

    /// The token there is, or the next one, for a request.
    pub(crate) async fn get(self: &Arc<Self>) -> Result<Arc<TokenShare>, Error> {
        match self.current_usable() {
            Some(share) => Ok(share),
            None => Ok(Arc::new(TokenShare::of(
                self.renew(RenewalReason::Missing).await?,
            ))),
        }
    }

    /// The token there is, or the next one.
    pub(crate) async fn get_token(self: &Arc<Self>) -> RenewalResult {
        Ok(Arc::clone(self.get().await?.current()))
    }

    /// Waits for the renewal that is under way, or for a new one.
    pub(crate) async fn renew(self: &Arc<Self>, reason: RenewalReason) -> RenewalResult {
        let outcome = self.start(reason)?;
        self.wait(outcome).await
    }

    /// The renewal that is under way, whoever began it.
    pub(crate) fn in_flight(&self) -> Option<InFlight> {
        self.single_flight().in_flight(std::process::id())
    }

    /// Waits for a renewal.
    pub(crate) async fn wait(&self, mut outcome: InFlight) -> RenewalResult {
        self.manager.count(MetricEvent::Wait);
        match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(abandoned())),
            Err(_) => Err(abandoned()),
        }
    }

    #[cold]
    fn refresh_ahead(self: &Arc<Self>, current: &CachedToken) {
        // Whether it could be started is nobody's business while the token is good.
        let _ = self.start(RenewalReason::RefreshAhead);
        // Meanwhile the others need not stand in line to learn that it is under way.
        let recheck_at = self.now().saturating_add(RECHECK_AFTER);
        current.refresh_at.fetch_max(recheck_at, Ordering::Relaxed);
    }

    /// Joins the renewal that is under way, or starts one.
    fn start(self: &Arc<Self>, reason: RenewalReason) -> Result<InFlight, Error> {
        let (sender, outcome) = watch::channel(None);
        let admission = self.single_flight().join_or_lead(
            self.now(),
            std::process::id(),
            &outcome,
            || self.is_satisfied(reason),
            || self.manager.ensure_open(),
        );
        let number = match admission {
            Admission::Join(outcome) => return Ok(outcome),
            Admission::Satisfied(current) => return Ok(watch::channel(Some(Ok(current))).1),
            Admission::RecentFailure(error) => return Err(error),
            Admission::Lead(number) => number,
        };
        // From here on the renewal ends one way or the other, be it by being dropped before it ran.
        let renewal = Renewal::new(Arc::clone(self), number, sender);
        self.manager
            .spawn(renewal.run(reason).instrument(self.span(reason)));
        Ok(outcome)
    }

    fn span(&self, reason: RenewalReason) -> tracing::Span {
        let why = match reason {
            RenewalReason::RefreshAhead => "early",
            RenewalReason::Missing => "needed",
            RenewalReason::Rejected(_) => "rejected",
        };
        let app = self.manager.app.as_ref();
        let client_id = app.map(|app| &*app.client_id);
        let issuer = app.map(crate::authorization_server::ClientRegistration::name);
        tracing::info_span!("grantor.token", issuer, client_id, why)
    }

    /// The current token, if it is what a renewal would be for.
    fn is_satisfied(&self, reason: RenewalReason) -> Option<Arc<CachedToken>> {
        let current = self.current()?;
        let freshness = current.freshness(self.now());
        let is_satisfied = match reason {
            RenewalReason::RefreshAhead => freshness == Freshness::Fresh,
            RenewalReason::Missing => freshness != Freshness::Expired,
            RenewalReason::Rejected(generation) => {
                current.generation != generation && freshness != Freshness::Expired
            }
        };
        is_satisfied.then_some(current)
    }

    /// Makes a token the current one.
    pub(crate) fn publish(self: &Arc<Self>, token: AccessToken, life: Lifetime) -> RenewalResult {
        let mut header = HeaderValue::try_from(format!("{BEARER}{}", token.secret.expose()))
            .map_err(|_| Error::refused("the access token does not fit into a header"))?;
        header.set_sensitive(true);
        let refresh_at = match self.manager.grant {
            Grant::StaticToken => NEVER,
            _ => life.refresh_at(&self.manager.policy, self.manager.jitter()),
        };
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed) + 1;
        let slot = Arc::downgrade(self);
        let current = CachedToken::new(slot, generation, header, token.scope, life, refresh_at);
        let current = Arc::new(current);
        let published = match self.subject {
            Some(_) => PublishedToken::for_few(Arc::clone(&current)),
            None => PublishedToken::for_many(Arc::clone(&current)),
        };
        self.current.store(Some(Arc::new(published)));
        if self.subject.is_some() {
            self.manager.cache_subject(self.key, self);
        }
        Ok(current)
    }

    /// The token there is, good or not.
    pub(crate) fn current(&self) -> Option<Arc<CachedToken>> {
        let published = self.current.load();
        published.as_ref().map(|token| Arc::clone(&token.current))
    }

    pub(crate) fn forget(&self) {
        self.current.store(None);
        self.single_flight().clear_failure();
    }

    #[inline]
    pub(crate) fn now(&self) -> Nanos {
        nanos(self.clock.elapsed())
    }

    pub(super) fn complete(&self, number: u64, outcome: &RenewalResult) {
        let mut single_flight = self.single_flight();
        match outcome {
            Ok(_) => single_flight.succeed(number),
            Err(error) => {
                let backoff_until = |failures| self.backoff_until(failures, error);
                let until = single_flight.fail(number, error.clone(), backoff_until);
                if let Some(current) = self.current() {
                    current.refresh_at.fetch_max(until, Ordering::Relaxed);
                }
            }
        }
    }

    /// Until when a failure stands. That depends on whether anybody is without a token meanwhile: who
    /// comes after the token's end has not been told of any failure.
    fn backoff_until(&self, failures: u32, error: &Error) -> Nanos {
        let jitter = self.manager.jitter();
        let now = self.now();
        let after = |pause: Duration| now.saturating_add(nanos(pause));
        let good = |current: &Arc<CachedToken>| current.freshness(now) != Freshness::Expired;
        let until = match self.current().filter(good) {
            Some(current) => after(current.life.backoff(failures, jitter)).min(current.expires_at),
            None => {
                let doubled = Duration::from_millis(250) * 2u32.pow(failures.clamp(1, 8) - 1);
                let pause = doubled.min(Duration::from_secs(30));
                after(pause.mul_f64(0.5 + jitter / 2.0))
            }
        };
        until.max(after(error.retry_after().unwrap_or_default()))
    }

    fn single_flight(&self) -> MutexGuard<'_, SingleFlight<InFlight, Error>> {
        self.single_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSlot")
            .field("parameters", &self.parameters)
            .field("current", &self.current())
            .finish_non_exhaustive()
    }
}
