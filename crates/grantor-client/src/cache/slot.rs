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
use super::renewal::{Flight, abandoned};
use super::share::{Published, Share};
use super::single_flight::{Boarding, Flights};
use crate::error::Error;
use crate::observe::counters::stripe;
use crate::observe::metrics::Counted;
use crate::renew::grant::Grant;
use crate::token::cached_token::{
    AccessToken, BEARER, Current, Freshness, Instant, Life, NEVER, instant,
};
use crate::token::subject::Subject;

/// How long after an early renewal was begun a caller looks after it again.
const NEXT_LOOK: Instant = 50_000_000;

/// What a renewal ends with, for all who wait for it.
pub(crate) type Outcome = Result<Arc<Current>, Error>;

/// A renewal that has not ended.
pub(crate) type UnderWay = watch::Receiver<Option<Outcome>>;

/// Why a token is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The one there is still good, and its end is near.
    Early,
    /// There is none, or it has ended.
    Needed,
    /// An API or the user does not want the one of this generation.
    Rejected(u64),
}

pub(crate) struct Slot {
    pub(crate) manager: Arc<Manager>,
    pub(crate) ask: Arc<TokenParameters>,
    /// Whose token it is, if not the client's or the login's.
    pub(crate) subject: Option<Subject>,
    /// By which it is found among those of others.
    name: [u8; 32],
    pub(crate) rejections: Rejections,
    clock: Arc<dyn Clock>,
    current: ArcSwapOption<Published>,
    generations: AtomicU64,
    flights: Mutex<Flights<UnderWay, Error>>,
}

impl Slot {
    pub(crate) fn new(
        manager: Arc<Manager>,
        ask: Arc<TokenParameters>,
        subject: Option<([u8; 32], Subject)>,
    ) -> Self {
        let (name, subject) = match subject {
            Some((name, subject)) => (name, Some(subject)),
            None => ([0; 32], None),
        };
        let clock = Arc::clone(&manager.shared.environment.clock);
        Self {
            manager,
            ask,
            subject,
            name,
            rejections: Rejections::default(),
            clock,
            current: ArcSwapOption::empty(),
            generations: AtomicU64::new(0),
            flights: Mutex::default(),
        }
    }

    /// The token there is, if it may be used; starts its renewal when its end is near.
    #[inline]
    pub(crate) fn ready(self: &Arc<Self>) -> Option<Arc<Share>> {
        let published = self.current.load();
        let published = published.as_ref()?;
        match published.current.freshness(self.now()) {
            Freshness::Fresh => {}
            Freshness::Stale => self.renew_early(&published.current),
            Freshness::Expired => return None,
        }
        let stripe = stripe();
        self.manager.counters.hit(stripe);
        if let Some(metrics) = &self.manager.metrics {
            metrics.count(Counted::Hit);
        }
        published.share(stripe).cloned()
    }

    /// The token there is, or the next one, for a request.
    pub(crate) async fn share(self: &Arc<Self>) -> Result<Arc<Share>, Error> {
        match self.ready() {
            Some(share) => Ok(share),
            None => Ok(Arc::new(Share::of(self.renew(Why::Needed).await?))),
        }
    }

    /// The token there is, or the next one.
    pub(crate) async fn token(self: &Arc<Self>) -> Outcome {
        Ok(Arc::clone(self.share().await?.current()))
    }

    /// Waits for the renewal that is under way, or for a new one.
    pub(crate) async fn renew(self: &Arc<Self>, why: Why) -> Outcome {
        let outcome = self.start(why)?;
        self.wait(outcome).await
    }

    /// The renewal that is under way, whoever began it.
    pub(crate) fn under_way(&self) -> Option<UnderWay> {
        self.flights().under_way(std::process::id())
    }

    /// Waits for a renewal.
    pub(crate) async fn wait(&self, mut outcome: UnderWay) -> Outcome {
        self.manager.count(Counted::Wait);
        match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(abandoned())),
            Err(_) => Err(abandoned()),
        }
    }

    #[cold]
    fn renew_early(self: &Arc<Self>, current: &Current) {
        // Whether it could be started is nobody's business while the token is good.
        let _ = self.start(Why::Early);
        // Meanwhile the others need not stand in line to learn that it is under way.
        let next_look = self.now().saturating_add(NEXT_LOOK);
        current.refresh_at.fetch_max(next_look, Ordering::Relaxed);
    }

    /// Joins the renewal that is under way, or starts one.
    fn start(self: &Arc<Self>, why: Why) -> Result<UnderWay, Error> {
        let (sender, outcome) = watch::channel(None);
        let boarding = self.flights().board(
            self.now(),
            std::process::id(),
            &outcome,
            || self.settles(why),
            || self.manager.open(),
        );
        let number = match boarding {
            Boarding::Join(outcome) => return Ok(outcome),
            Boarding::Settled(current) => return Ok(watch::channel(Some(Ok(current))).1),
            Boarding::Told(error) => return Err(error),
            Boarding::Fly(number) => number,
        };
        // From here on the flight ends one way or the other, be it by being dropped unflown.
        let flight = Flight::new(Arc::clone(self), number, sender);
        self.manager
            .spawn(flight.fly(why).instrument(self.span(why)));
        Ok(outcome)
    }

    fn span(&self, why: Why) -> tracing::Span {
        let why = match why {
            Why::Early => "early",
            Why::Needed => "needed",
            Why::Rejected(_) => "rejected",
        };
        let app = self.manager.app.as_ref();
        let client_id = app.map(|app| &*app.client_id);
        let issuer = app.map(crate::authorization_server::App::name);
        tracing::info_span!("grantor.token", issuer, client_id, why)
    }

    /// The current token, if it is what a renewal would be for.
    fn settles(&self, why: Why) -> Option<Arc<Current>> {
        let current = self.current()?;
        let freshness = current.freshness(self.now());
        let settles = match why {
            Why::Early => freshness == Freshness::Fresh,
            Why::Needed => freshness != Freshness::Expired,
            Why::Rejected(generation) => {
                current.generation != generation && freshness != Freshness::Expired
            }
        };
        settles.then_some(current)
    }

    /// Makes a token the current one.
    pub(crate) fn publish(self: &Arc<Self>, token: AccessToken, life: Life) -> Outcome {
        let mut header = HeaderValue::try_from(format!("{BEARER}{}", token.secret.expose()))
            .map_err(|_| Error::refused("the access token does not fit into a header"))?;
        header.set_sensitive(true);
        let refresh_at = match self.manager.grant {
            Grant::Fixed => NEVER,
            _ => life.refresh_at(&self.manager.policy, self.manager.jitter()),
        };
        let generation = self.generations.fetch_add(1, Ordering::Relaxed) + 1;
        let slot = Arc::downgrade(self);
        let current = Current::new(slot, generation, header, token.scope, life, refresh_at);
        let current = Arc::new(current);
        let published = match self.subject {
            Some(_) => Published::for_few(Arc::clone(&current)),
            None => Published::for_many(Arc::clone(&current)),
        };
        self.current.store(Some(Arc::new(published)));
        if self.subject.is_some() {
            self.manager.keep_subject(self.name, self);
        }
        Ok(current)
    }

    /// The token there is, good or not.
    pub(crate) fn current(&self) -> Option<Arc<Current>> {
        let published = self.current.load();
        published.as_ref().map(|token| Arc::clone(&token.current))
    }

    pub(crate) fn forget(&self) {
        self.current.store(None);
        self.flights().forgive();
    }

    #[inline]
    pub(crate) fn now(&self) -> Instant {
        instant(self.clock.elapsed())
    }

    pub(super) fn finish(&self, number: u64, outcome: &Outcome) {
        let mut flights = self.flights();
        match outcome {
            Ok(_) => flights.land(number),
            Err(error) => {
                let quiet_until = |failures| self.quiet_until(failures, error);
                let until = flights.crash(number, error.clone(), quiet_until);
                if let Some(current) = self.current() {
                    current.refresh_at.fetch_max(until, Ordering::Relaxed);
                }
            }
        }
    }

    /// Until when a failure stands. That depends on whether anybody is without a token meanwhile: who
    /// comes after the token's end has not been told of any failure.
    fn quiet_until(&self, failures: u32, error: &Error) -> Instant {
        let jitter = self.manager.jitter();
        let now = self.now();
        let after = |pause: Duration| now.saturating_add(instant(pause));
        let good = |current: &Arc<Current>| current.freshness(now) != Freshness::Expired;
        let until = match self.current().filter(good) {
            Some(current) => after(current.life.pause(failures, jitter)).min(current.expires_at),
            None => {
                let doubled = Duration::from_millis(250) * 2u32.pow(failures.clamp(1, 8) - 1);
                let pause = doubled.min(Duration::from_secs(30));
                after(pause.mul_f64(0.5 + jitter / 2.0))
            }
        };
        until.max(after(error.retry_after().unwrap_or_default()))
    }

    fn flights(&self) -> MutexGuard<'_, Flights<UnderWay, Error>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("ask", &self.ask)
            .field("current", &self.current())
            .finish_non_exhaustive()
    }
}
