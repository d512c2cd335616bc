//! The requests that reach the loopback address: the answer of the server, and all else.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use grantor_core::{Params, Secret};
use grantor_site::notice_page;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use tokio::sync::{oneshot, watch};
use url::Url;

use super::start_page::{StartPage, Visit};

/// What reaches the command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The query of the server's answer.
    Answer(String),
    /// The page that the browser begins at was opened a second time.
    OpenedTwice,
}

/// What came of the sign-in.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    SignedIn,
    Failed(String),
}

/// Takes the first answer to the sign-in under way, and shows what came of it. Everything else is answered
/// and ends nothing: a request for an icon, a scan of ports, an answer with another `state`.
#[derive(Clone)]
pub(super) struct Callback {
    shared: Arc<Shared>,
}

struct Shared {
    path: String,
    state: Secret,
    start: Arc<StartPage>,
    arrived: Mutex<Option<oneshot::Sender<Arrival>>>,
    outcome: watch::Receiver<Option<Outcome>>,
}

impl Callback {
    pub(super) fn new(
        path: &str,
        (state, start): (Secret, Arc<StartPage>),
        arrived: oneshot::Sender<Arrival>,
        outcome: watch::Receiver<Option<Outcome>>,
    ) -> Self {
        let shared = Shared {
            path: path.to_owned(),
            state,
            start,
            arrived: Mutex::new(Some(arrived)),
            outcome,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(super) fn into_service<B: Send + 'static>(
        self,
    ) -> impl tower::Service<
        Request<B>,
        Response = Response<Full<Bytes>>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + 'static {
        tower::service_fn(move |request: Request<B>| {
            let callback = self.clone();
            let (head, _) = request.into_parts();
            async move {
                Ok(match is_for_this_machine(&head.headers) {
                    true => callback.answer(head.method, &head.uri).await,
                    false => misdirected(),
                })
            }
        })
    }

    async fn answer(&self, method: Method, uri: &http::Uri) -> Response<Full<Bytes>> {
        if uri.path() != self.shared.path {
            // A look at the head alone opens nothing.
            let is_get = method == Method::GET;
            let visit = is_get
                .then(|| self.shared.start.visit(uri.path()))
                .flatten();
            match visit {
                Some(Visit::First(to)) => return redirect(to),
                Some(Visit::Again) => {
                    self.arrive(Arrival::OpenedTwice);
                    return self.shown().await;
                }
                None => {}
            }
            return page(
                StatusCode::NOT_FOUND,
                "Nothing is here",
                "Go back to the page where you sign in.",
                "",
            );
        }
        if method != Method::GET {
            let mut answer = page(
                StatusCode::METHOD_NOT_ALLOWED,
                "That did not work",
                "Only a redirect ends the sign-in.",
                "",
            );
            let allow = HeaderValue::from_static("GET");
            answer.headers_mut().insert(header::ALLOW, allow);
            return answer;
        }
        let query = uri.query().unwrap_or_default();
        if !self.is_answer(query) {
            return page(
                StatusCode::BAD_REQUEST,
                "That did not work",
                "This is not the answer to the sign-in that is under way. Open the page that the terminal \
                 shows, and sign in there.",
                "",
            );
        }
        self.arrive(Arrival::Answer(query.to_owned()));
        self.shown().await
    }

    /// Wakes the command; what comes first counts.
    fn arrive(&self, arrival: Arrival) {
        let arrived = self.shared.arrived.lock();
        if let Some(arrived) = arrived.unwrap_or_else(PoisonError::into_inner).take() {
            let _ = arrived.send(arrival);
        }
    }

    /// What came of the sign-in, once that is known.
    async fn shown(&self) -> Response<Full<Bytes>> {
        let mut outcome = self.shared.outcome.clone();
        let outcome = outcome.wait_for(Option::is_some).await;
        match outcome.ok().and_then(|outcome| outcome.clone()) {
            Some(Outcome::SignedIn) => page(
                StatusCode::OK,
                "You are signed in",
                "You can close this page and go back to the terminal.",
                "",
            ),
            Some(Outcome::Failed(why)) => page(
                StatusCode::BAD_REQUEST,
                "That did not work",
                "Nobody was signed in. You can close this page and go back to the terminal.",
                &why,
            ),
            None => page(
                StatusCode::SERVICE_UNAVAILABLE,
                "That did not work",
                "The command has ended. Start it again.",
                "",
            ),
        }
    }

    /// Returns whether a query has the `state` of this sign-in, once.
    fn is_answer(&self, query: &str) -> bool {
        let params = Params::parse(query.as_bytes());
        let state = params.as_ref().ok().and_then(|params| params.get("state"));
        state.is_some_and(|state| Secret::new(state) == self.shared.state)
    }
}

/// Sends the browser to the server. The page that it comes from is no business of the server's.
fn redirect(to: &Url) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    let headers = answer.headers_mut();
    if let Ok(location) = HeaderValue::try_from(to.as_str()) {
        headers.insert(header::LOCATION, location);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    answer
}

/// Returns whether a request names this machine. A page of another host, whose name leads to this address,
/// names that host: it has no business here.
fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    let host: Option<Authority> = host.and_then(|host| host.parse().ok());
    let is_own = |host: &Authority| ["127.0.0.1", "localhost", "[::1]"].contains(&host.host());
    hosts.next().is_none() && host.as_ref().is_some_and(is_own)
}

fn misdirected() -> Response<Full<Bytes>> {
    page(
        StatusCode::MISDIRECTED_REQUEST,
        "Nothing is here",
        "This address is for a sign-in on this machine.",
        "",
    )
}

fn page(status: StatusCode, heading: &str, text: &str, detail: &str) -> Response<Full<Bytes>> {
    notice_page(status, heading, text, detail).into_response()
}

#[cfg(test)]
mod tests;
