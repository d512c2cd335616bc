//! One access token that is kept fresh: the current one, and the single flight that renews it.

mod flight;
mod remembered;
mod renewal;
pub(crate) mod share;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use grantor_core::{Clock, TokenParameters};
use tokio::sync::watch;

use self::remembered::{recall, remember};
use self::renewal::abandoned;
use self::share::{PublishedToken, TokenShare};
use super::rejections::Rejections;
use super::single_flight::SingleFlight;
use super::subject_cache::SubjectCache;
use crate::authorization_server::ClientRegistration;
use crate::error::Error;
use crate::observe::metrics::MetricEvent;
use crate::observe::observer::Observer;
use crate::renew::grant::Grant;
use crate::renew::{Acquired, Renewer};
use crate::runtime::instant::{NEVER, Nanos, nanos};
use crate::runtime::per_thread::shard;
use crate::token::cached_token::CachedToken;
use crate::token::lifetime::Freshness;
use crate::token::reason::RenewalReason;
use crate::token::subject::Subject;

/// Where the slot of a subject is kept among those of others, and by which key.
pub(crate) struct SubjectPlace {
    pub(crate) key: [u8; 32],
    pub(crate) cache: Arc<Mutex<SubjectCache<TokenSlot>>>,
}

impl SubjectPlace {
    /// Keeps a slot that has a token now, in place of the one that was not used for the longest time.
    fn insert(&self, slot: &Arc<TokenSlot>, capacity: usize) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let evicted = cache.insert(self.key, slot, capacity);
        drop(cache);
        // Callers that still use it, or wait for it, hold it.
        drop(evicted);
    }
}

/// The result of a renewal, for all who wait for it.
pub(crate) type RenewalResult = Result<Arc<CachedToken>, Error>;

/// A renewal that has not ended.
pub(crate) type InFlight = watch::Receiver<Option<RenewalResult>>;

pub(crate) struct TokenSlot {
    pub(crate) renewer: Arc<Renewer>,
    /// The observer of the renewer's services, nearer at hand.
    observer: Arc<Observer>,
    pub(crate) parameters: Arc<TokenParameters>,
    /// The subject of the token, if not the client or the user of the login.
    pub(crate) subject: Option<Subject>,
    /// Where it is kept among those of other subjects.
    subjects: Option<SubjectPlace>,
    pub(crate) rejections: Rejections,
    clock: Arc<dyn Clock>,
    current: ArcSwapOption<PublishedToken>,
    /// The number of the current token, or zero.
    current_number: AtomicU64,
    /// Held while both are set.
    replacing: Mutex<()>,
    next_generation: AtomicU64,
    single_flight: Mutex<SingleFlight<InFlight, Error>>,
}

impl TokenSlot {
    /// A slot for a token of the client's or the login's own.
    pub(crate) fn new(renewer: Arc<Renewer>, parameters: Arc<TokenParameters>) -> Self {
        let services = &renewer.services;
        let clock = Arc::clone(&services.environment().clock);
        Self {
            observer: Arc::clone(&services.observer),
            renewer,
            parameters,
            subject: None,
            subjects: None,
            rejections: Rejections::default(),
            clock,
            current: ArcSwapOption::empty(),
            current_number: AtomicU64::new(0),
            replacing: Mutex::default(),
            next_generation: AtomicU64::new(0),
            single_flight: Mutex::default(),
        }
    }

    /// The same for a subject, whose slot is in `place` once it has a token.
    pub(crate) fn for_subject(self, subject: Subject, place: SubjectPlace) -> Self {
        Self {
            subject: Some(subject),
            subjects: Some(place),
            ..self
        }
    }

    /// The token there is, if it may be used; starts its renewal when its end is near.
    // Part of every request: a call of its own costs a twentieth of it.
    #[inline(always)]
    pub(crate) fn current_usable(self: &Arc<Self>) -> Option<Arc<TokenShare>> {
        let number = self.current_number.load(Ordering::Relaxed);
        let share = match recall(number) {
            Some(share) => share,
            None => self.share_of_current()?,
        };
        match share.freshness(self.now()) {
            Freshness::Fresh => {}
            Freshness::Stale => self.refresh_ahead(share.token()),
            Freshness::Expired => return None,
        }
        self.observer.hit(shard());
        Some(share)
    }

    #[inline(never)]
    fn share_of_current(&self) -> Option<Arc<TokenShare>> {
        let published = self.current.load();
        remember(published.as_ref()?, shard())
    }

    /// The token there is, or the next one, for a request.
    pub(crate) async fn get(self: &Arc<Self>) -> Result<Arc<TokenShare>, Error> {
        match self.current_usable() {
            Some(share) => Ok(share),
            None => {
                let token = self.renew(RenewalReason::Missing).await?;
                Ok(Arc::new(TokenShare::new(token, self)))
            }
        }
    }

    /// The token there is, or the next one.
    pub(crate) async fn get_token(self: &Arc<Self>) -> RenewalResult {
        Ok(Arc::clone(self.get().await?.token()))
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
        self.observer.count(MetricEvent::Wait);
        match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(abandoned())),
            Err(_) => Err(abandoned()),
        }
    }

    // The log of a renewal names this module.
    fn span(&self, reason: RenewalReason) -> tracing::Span {
        let why = match reason {
            RenewalReason::RefreshAhead => "early",
            RenewalReason::Missing => "needed",
            RenewalReason::Rejected(_) => "rejected",
        };
        let server = self.renewer.services.server.get();
        let client = server.as_ref().map(|server| &server.registration);
        let client_id = client.map(|client| &*client.client_id);
        let issuer = client.map(ClientRegistration::name);
        tracing::info_span!("grantor.token", issuer, client_id, why)
    }

    /// Makes a token the current one.
    pub(crate) fn publish(self: &Arc<Self>, acquired: Acquired) -> Arc<CachedToken> {
        let Acquired {
            credential,
            lifetime,
            ..
        } = acquired;
        let refresh_at = match self.renewer.grant {
            Grant::StaticToken => NEVER,
            _ => lifetime.refresh_at(&self.renewer.services.policy, self.jitter()),
        };
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed) + 1;
        let token = Arc::new(CachedToken::new(
            generation, credential, lifetime, refresh_at,
        ));
        let slot = Arc::downgrade(self);
        let published = match self.subject {
            Some(_) => PublishedToken::for_few(Arc::clone(&token), slot),
            None => PublishedToken::for_many(Arc::clone(&token), slot),
        };
        self.replace_current(Some(published));
        if let Some(place) = &self.subjects {
            place.insert(self, self.renewer.services.policy.max_subject_tokens);
        }
        token
    }

    /// The token there is, good or not.
    pub(crate) fn current(&self) -> Option<Arc<CachedToken>> {
        let published = self.current.load();
        published
            .as_ref()
            .map(|published| Arc::clone(&published.token))
    }

    pub(crate) fn forget(&self) {
        self.replace_current(None);
        self.single_flight().clear_failure();
    }

    fn replace_current(&self, published: Option<PublishedToken>) {
        let _held = self.replacing.lock();
        let number = published.as_ref().map_or(0, |published| published.number);
        self.current_number.store(0, Ordering::Relaxed);
        self.current.store(published.map(Arc::new));
        self.current_number.store(number, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn now(&self) -> Nanos {
        nanos(self.clock.elapsed())
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
