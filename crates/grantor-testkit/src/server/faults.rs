//! The faults of a request, and the queues of faults.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::Timestamp;
use http::Response;

use super::{Endpoint, FakeServer, RecordedRequest, fault_answer};

/// The fault of one request.
///
/// There are two kinds: faults on the way, and answers of the server in place of the right one.
/// Faults on the way are the same over a socket, except that there a request that never leaves,
/// one that is lost and a panic all end in a connection that is closed without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request never leaves.
    Unsent,
    /// The request is lost on its way.
    RequestLost,
    /// The server does what it was asked, and its answer is lost.
    AnswerLost,
    /// The server does what it was asked, and the connection ends in the middle of its answer.
    ConnectionDropped,
    /// The transport panics.
    Panic,
    /// The server takes the request and never answers.
    Never,
    /// The server waits so long before it does what it was asked: until its clock was moved that
    /// far, or on tokio's timer if it has none, which takes no time where that is paused.
    Delay(Duration),
    /// The server does what it was asked, and moves its clock so far before the answer arrives.
    /// Without a clock nothing happens.
    Takes(Duration),
    /// The server answers with this status and no JSON.
    Status(u16),
    /// The server answers 429, with `Retry-After` in seconds.
    TooManyRequests(u64),
    /// The server answers 503, with `Retry-After` in seconds.
    Unavailable(u64),
    /// The server answers with this status, and `Retry-After` as a date (RFC 9110 section 5.6.7). One that
    /// has a clock says its own time, too, in `Date`.
    RetryAt(u16, Timestamp),
    /// The server answers 200 with something that is not JSON.
    NotJson,
    /// The server answers 200 with JSON that ends too early.
    HalfJson,
    /// The server answers 200 with a page.
    Html,
    /// The server answers 200 with more than [`MAX_ANSWER`](grantor_http::MAX_ANSWER) bytes.
    TooLarge,
    /// The server answers 400, or 401 for `invalid_client`, with this error code.
    Refused(&'static str),
    /// The server answers 401 with this in `WWW-Authenticate`.
    Challenge(String),
    /// The server wants this nonce in the proof of a request (RFC 9449 sections 8 and 9). A request
    /// that has it is served.
    UseDpopNonce(String),
    /// The server hands out temporary credentials without `oauth_callback_confirmed`, as one of OAuth 1.0
    /// does, in which attackers have others authorize their requests (RFC 5849 section 2.1).
    Unconfirmed,
    /// The server hands out credentials of OAuth 1.0a with another secret than the one that it knows.
    WrongTokenSecret,
    /// The server answers 200 with something that says it is a form, and is none.
    NotForm,
    /// The server answers 200 with a form that ends too early.
    HalfForm,
    /// The server refuses a request of OAuth 1.0a with this `oauth_problem`: 400 if the word says that the
    /// request is malformed, else 401 with `WWW-Authenticate: OAuth`.
    Problem(&'static str),
    /// The server answers just this.
    Answer(ScriptedAnswer),
}

/// An answer that a test wrote. Its `Debug` shows only the status.
#[derive(Clone, PartialEq, Eq)]
pub struct ScriptedAnswer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl ScriptedAnswer {
    /// An answer with this status and nothing else.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// Adds a header. A name or value that no header may have is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }
}

impl fmt::Debug for ScriptedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedAnswer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The faults of all endpoints that are still to come.
#[derive(Debug, Default)]
pub(super) struct Faults {
    next: HashMap<Endpoint, VecDeque<Fault>>,
    always: HashMap<Endpoint, Fault>,
}

impl Faults {
    pub(super) fn take(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let next = self.next.get_mut(&endpoint).and_then(VecDeque::pop_front);
        next.or_else(|| self.always.get(&endpoint).cloned())
    }

    /// The answer of the next fault, if it has one. Another fault stays.
    pub(super) fn take_answer(&mut self, request: &RecordedRequest) -> Option<Response<Bytes>> {
        let endpoint = request.endpoint();
        let next = self.next.get_mut(&endpoint).filter(|next| !next.is_empty());
        let Some(next) = next else {
            let always = self.always.get(&endpoint)?;
            return fault_answer::of(always, request);
        };
        let answer = fault_answer::of(next.front()?, request);
        if answer.is_some() {
            next.pop_front();
        }
        answer
    }
}

/// Sets the faults.
impl FakeServer {
    /// The next request to the token endpoint that has no fault yet gets this one. Faults queue up. For other
    /// endpoints, as those of OAuth 1.0a, see [`fail_next_at`](Self::fail_next_at).
    pub fn fail_next(&self, fault: Fault) {
        self.fail_next_at(Endpoint::Token, fault);
    }

    /// The next request to this endpoint that has no fault yet gets this one.
    pub fn fail_next_at(&self, endpoint: Endpoint, fault: Fault) {
        self.fail_times(endpoint, 1, fault);
    }

    /// The next `n` requests to this endpoint that have no fault yet get this one.
    pub fn fail_times(&self, endpoint: Endpoint, n: usize, fault: Fault) {
        let mut state = self.lock();
        let next = state.faults.next.entry(endpoint).or_default();
        next.extend(std::iter::repeat_n(fault, n));
    }

    /// All requests to this endpoint that have no other fault get this one, until
    /// [`clear_faults`](Self::clear_faults).
    pub fn fail_always(&self, endpoint: Endpoint, fault: Fault) {
        self.lock().faults.always.insert(endpoint, fault);
    }

    /// From now on nothing goes wrong.
    pub fn clear_faults(&self) {
        self.lock().faults = Faults::default();
    }
}
