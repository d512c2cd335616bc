//! The bodies of requests.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use crate::watch::{Phase, Watch};

/// The body of a request that a listener received.
///
/// It is read as it arrives; the listener closes the connection when that takes longer than
/// [`Options::body_timeout`](crate::Options::body_timeout). Arriving bytes are collected until
/// there are 4 KiB or the body ends: a piece as hyper gives it keeps the whole buffer that it was
/// read into.
#[derive(Debug)]
pub struct Body {
    incoming: Incoming,
    collected: Vec<u8>,
    /// Arrived after what is collected.
    after: Option<Frame<Bytes>>,
    arriving: Option<Arriving>,
    /// Its announced length is more than the connection may hold, so none of it is read.
    is_too_long: bool,
    watch: Arc<Watch>,
}

impl Body {
    pub(crate) fn new(incoming: Incoming, max: usize, watch: &Arc<Watch>) -> Self {
        let arriving = (!incoming.is_end_stream()).then(|| Arriving(Arc::clone(watch)));
        Self {
            is_too_long: incoming.size_hint().lower() > max as u64,
            incoming,
            collected: Vec::new(),
            after: None,
            arriving,
            watch: Arc::clone(watch),
        }
    }

    pub(crate) fn is_too_long(&self) -> bool {
        self.is_too_long
    }

    fn take_collected(&mut self) -> Option<Frame<Bytes>> {
        let mut collected = std::mem::take(&mut self.collected);
        collected.shrink_to_fit();
        (!collected.is_empty()).then(|| Frame::data(Bytes::from(collected)))
    }

    fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(after) = self.after.take() {
            return Poll::Ready(Some(Ok(after)));
        }
        loop {
            let arrived = match ready!(Pin::new(&mut self.incoming).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(self.take_collected().map(Ok)),
            };
            let Some(data) = arrived.data_ref() else {
                let collected = self.take_collected();
                let (first, after) = match collected {
                    Some(collected) => (collected, Some(arrived)),
                    None => (arrived, None),
                };
                self.after = after;
                return Poll::Ready(Some(Ok(first)));
            };
            let is_last = self.incoming.is_end_stream();
            if is_last && self.collected.is_empty() {
                return Poll::Ready(Some(Ok(arrived)));
            }
            self.collected.extend_from_slice(data);
            if is_last || self.collected.len() >= PIECE {
                return Poll::Ready(self.take_collected().map(Ok));
            }
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.is_too_long {
            self.watch.overrun();
            return Poll::Ready(Some(Err(BodyError {
                source: None,
                is_too_long: true,
            })));
        }
        let polled = self.poll_piece(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || self.is_end_stream() {
            self.arriving = None;
        }
        let is_too_long = self.watch.is_overrun();
        polled.map_err(|source| BodyError {
            source: Some(source),
            is_too_long,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.collected.is_empty() && self.after.is_none() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let collected = self.collected.len() as u64;
        let rest = self.incoming.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(collected));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(collected));
        }
        hint
    }
}

/// A request's body did not arrive whole: the client went away, broke the framing, or sent more than
/// a connection may hold.
pub struct BodyError {
    source: Option<hyper::Error>,
    is_too_long: bool,
}

impl BodyError {
    /// Returns whether the request is longer than
    /// [`Options::max_connection_memory`](crate::Options::max_connection_memory) allows. The listener
    /// answers with status 413, whatever the service answers then. A service that compares the
    /// [size hint](http_body::Body::size_hint) with a limit of its own first gives its own answer.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.is_too_long
    }
}

impl fmt::Debug for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyError")
            .field("source", &self.source)
            .field("is_too_long", &self.is_too_long)
            .finish()
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.is_too_long {
            true => "the request is longer than a connection may hold",
            false => "the request's body did not arrive whole",
        })
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// While it lives the connection waits for a request's body.
#[derive(Debug)]
struct Arriving(Arc<Watch>);

impl Drop for Arriving {
    fn drop(&mut self) {
        self.0.step(Phase::Body, Phase::Working);
    }
}

/// The smallest piece of a body, unless the body ends with it.
const PIECE: usize = 4 * 1024;
