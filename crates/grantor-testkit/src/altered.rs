//! A transport that does harm on the way.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use grantor_core::BoxFuture;
use grantor_http::{Transport, TransportError};
use http::{Request, Response, StatusCode};

type Answer = Result<Response<Bytes>, TransportError>;
type Rule = dyn Fn(&Request<Bytes>) -> Alteration + Send + Sync;

/// The treatment of one request by an [`AlteredTransport`].
#[non_exhaustive]
pub enum Alteration {
    /// Nothing: it goes to its server, and the answer comes back.
    Pass,
    /// The server gets it twice, one after the other; the sender gets the second answer.
    SendTwice,
    /// The server never gets it; the sender gets this, as if it did.
    Swallow(Answer),
    /// The server gets it, and the sender gets what this makes of the answer.
    Change(Box<dyn FnOnce(Answer) -> Answer + Send>),
}

impl Alteration {
    /// Swallows the request and answers with a status and a body of JSON.
    pub fn swallow(status: StatusCode, json: impl Into<Bytes>) -> Self {
        let mut answer = Response::new(json.into());
        *answer.status_mut() = status;
        let json = http::HeaderValue::from_static("application/json");
        answer
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, json);
        Self::Swallow(Ok(answer))
    }

    /// Changes the answer, if there is one.
    pub fn change(
        change: impl FnOnce(Response<Bytes>) -> Response<Bytes> + Send + 'static,
    ) -> Self {
        Self::Change(Box::new(|answer| answer.map(change)))
    }

    /// Lets the server do what is asked, and loses its answer.
    #[must_use]
    pub fn lose_answer() -> Self {
        Self::Change(Box::new(|_| {
            Err(TransportError::unknown("the answer was lost on purpose"))
        }))
    }
}

impl fmt::Debug for Alteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "Pass",
            Self::SendTwice => "SendTwice",
            Self::Swallow(_) => "Swallow(..)",
            Self::Change(_) => "Change(..)",
        })
    }
}

/// A transport that goes over another one and does harm on the way: a rule says for every request
/// what becomes of it and of its answer. Clones share the rule.
///
/// It proves that a test, or a program that watches itself, notices a fault.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::sync::Arc;
///
/// use grantor_core::{ClientAuthentication, GrantParameters, TokenRequest};
/// use grantor_http::Transport;
/// use grantor_testkit::{AlteredTransport, Alteration, FakeServer};
///
/// let server = FakeServer::new("https://idp.example");
/// let twice = AlteredTransport::new(Arc::new(server.clone()), |request| {
///     match request.uri().path() {
///         "/token" => Alteration::SendTwice,
///         _ => Alteration::Pass,
///     }
/// });
/// let request = TokenRequest::new(GrantParameters::ClientCredentials);
/// let client = ClientAuthentication::None { client_id: "app".into() };
/// twice.send(request.to_request(&server.token_endpoint(), &client)).await.unwrap();
/// assert_eq!(server.token_requests(), 2);
/// # });
/// ```
#[derive(Clone)]
pub struct AlteredTransport {
    inner: Arc<dyn Transport>,
    rule: Arc<Rule>,
}

impl AlteredTransport {
    /// Goes over `inner`, and does with every request what `rule` says.
    pub fn new(
        inner: Arc<dyn Transport>,
        rule: impl Fn(&Request<Bytes>) -> Alteration + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            rule: Arc::new(rule),
        }
    }
}

impl Transport for AlteredTransport {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            match (self.rule)(&request) {
                Alteration::Pass => self.inner.send(request).await,
                Alteration::SendTwice => {
                    // The sender learns the outcome of the second request only.
                    let _ = self.inner.send(request.clone()).await;
                    self.inner.send(request).await
                }
                Alteration::Swallow(answer) => answer,
                Alteration::Change(change) => change(self.inner.send(request).await),
            }
        })
    }
}

impl fmt::Debug for AlteredTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlteredTransport")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FakeTransport;

    /// Answers with how often it was asked.
    fn counting() -> FakeTransport {
        let count = std::sync::atomic::AtomicU8::new(b'1');
        FakeTransport::new(move |_| {
            let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            std::future::ready(Ok(Response::new(vec![number].into())))
        })
    }

    async fn check(
        alter: impl Fn() -> Alteration + Send + Sync + 'static,
        body: Option<&str>,
        sent: usize,
    ) {
        let inner = counting();
        let altered = AlteredTransport::new(Arc::new(inner.clone()), move |_| alter());
        let request = Request::get("https://a.example/x").body(Bytes::new());
        let answer = altered.send(request.unwrap()).await.ok();
        let answer = answer.map(|answer| String::from_utf8(answer.body().to_vec()).unwrap());
        assert_eq!((answer.as_deref(), inner.sent().len()), (body, sent));
    }

    #[tokio::test]
    async fn what_the_sender_gets_and_what_the_server_sees() {
        check(|| Alteration::Pass, Some("1"), 1).await;
        check(|| Alteration::SendTwice, Some("2"), 2).await;
        check(|| Alteration::swallow(StatusCode::OK, "{}"), Some("{}"), 0).await;
        let unsent = || Alteration::Swallow(Err(TransportError::unsent("scripted")));
        check(unsent, None, 0).await;
        let change = || Alteration::change(|answer| answer.map(|_| Bytes::from_static(b"x")));
        check(change, Some("x"), 1).await;
        check(Alteration::lose_answer, None, 1).await;
    }
}
