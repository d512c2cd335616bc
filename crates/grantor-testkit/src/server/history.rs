//! The requests so far, and assertions about them.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::Request;

use super::{Endpoint, FakeServer, RecordedRequest};

/// The requests that came in.
#[derive(Default)]
pub(super) struct History {
    requests: Vec<RecordedRequest>,
}

impl History {
    pub(super) fn push(&mut self, request: RecordedRequest) {
        self.requests.push(request);
    }

    fn at(&self, endpoint: Endpoint) -> impl Iterator<Item = &RecordedRequest> {
        let requests = self.requests.iter();
        requests.filter(move |request| request.endpoint() == endpoint)
    }
}

/// How many token requests are under way, and how many were at most.
#[derive(Debug, Default)]
pub(super) struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl AtOnce {
    pub(super) fn begin(&self) -> UnderWay<'_> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        UnderWay(self)
    }
}

/// One token request; it counts until it is dropped.
pub(super) struct UnderWay<'a>(&'a AtOnce);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Reads the requests that came in.
impl FakeServer {
    /// How many token requests came in.
    #[must_use]
    pub fn token_requests(&self) -> usize {
        self.count(Endpoint::Token)
    }

    /// How many token requests of this grant type came in.
    #[must_use]
    pub fn token_requests_of(&self, grant_type: &str) -> usize {
        let state = self.lock();
        let requests = state.history.at(Endpoint::Token);
        requests
            .filter(|request| request.grant_type().as_deref() == Some(grant_type))
            .count()
    }

    /// How many requests came in to this endpoint.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.lock().history.at(endpoint).count()
    }

    /// How many token requests were under way at once, at most.
    #[must_use]
    pub fn most_token_requests_at_once(&self) -> usize {
        self.shared.at_once.most.load(Ordering::SeqCst)
    }

    /// The requests to this endpoint, in order.
    #[must_use]
    pub fn requests(&self, endpoint: Endpoint) -> Vec<RecordedRequest> {
        self.lock().history.at(endpoint).cloned().collect()
    }

    /// The token request that came in last.
    #[must_use]
    pub fn last_token_request(&self) -> Option<RecordedRequest> {
        self.lock().history.at(Endpoint::Token).last().cloned()
    }

    /// All requests that came in to the server, in order; calls of the API are not among them.
    #[must_use]
    pub fn history(&self) -> Vec<Request<Bytes>> {
        let state = self.lock();
        let requests = state.history.requests.iter();
        requests
            .filter(|request| request.endpoint() != Endpoint::Api)
            .map(|request| request.request().clone())
            .collect()
    }

    /// Forgets what came in; all counters of requests begin anew. Tokens and logins stay.
    pub fn forget_history(&self) {
        self.lock().history = History::default();
        let now = self.shared.at_once.now.load(Ordering::SeqCst);
        self.shared.at_once.most.store(now, Ordering::SeqCst);
    }

    /// How often a spent refresh token was presented again.
    #[must_use]
    pub fn reuses(&self) -> usize {
        self.lock().logins.reuses
    }
}
