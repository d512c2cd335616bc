//! A line in the log for every request that was answered.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use grantor_core::PeerAddress;
use http::{Request, Response};
use tower::Service;

/// Enough of a text that a peer has chosen. The log escapes what is no printable character.
fn beginning(text: &str) -> String {
    let end = text.floor_char_boundary(512);
    match text.get(..end) {
        Some(beginning) if end < text.len() => format!("{beginning}…"),
        _ => text.to_owned(),
    }
}

/// A service that logs each request under the target `grantor::access`: method, path, status, time
/// and address of the peer. The query is left out, since it may hold a code; of method and path there are
/// at most 512 bytes.
#[derive(Debug, Clone)]
pub(crate) struct AccessLog<S> {
    inner: S,
    on: bool,
}

impl<S> AccessLog<S> {
    /// Logs if `on`.
    pub(crate) fn new(inner: S, on: bool) -> Self {
        Self { inner, on }
    }
}

impl<S, B, R> Service<Request<B>> for AccessLog<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !self.on {
            return Box::pin(self.inner.call(request));
        }
        let began = Instant::now();
        let method = beginning(request.method().as_str());
        let path = beginning(request.uri().path());
        let peer = request.extensions().get::<PeerAddress>().copied();
        let answering = self.inner.call(request);
        Box::pin(async move {
            let answer = answering.await;
            let status = answer.as_ref().map(|answer| answer.status().as_u16());
            tracing::info!(
                target: "grantor::access",
                method,
                path,
                status = status.ok(),
                microseconds = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
                peer = peer.map(|PeerAddress(address)| tracing::field::display(address)),
                "answered",
            );
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut_between_characters() {
        assert_eq!(beginning("/token"), "/token");
        assert_eq!(beginning(&"/".repeat(512)), "/".repeat(512));
        let long = beginning(&"\u{e4}b".repeat(20_000));
        assert!(long.len() <= 515 && long.ends_with('…'), "{long}");
    }
}
