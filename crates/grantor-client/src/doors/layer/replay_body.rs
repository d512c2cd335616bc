//! A body that keeps what passes by, so that it can be sent once more.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// A body of which the beginning is kept while it is sent: a copy of it yields that beginning again,
/// and then goes on with the rest.
pub struct ReplayBody<B> {
    /// None: there is nothing to send.
    shared: Option<Arc<Mutex<Shared<B>>>>,
    reader: Reader,
    /// How many of the chunks that were kept it has yielded.
    yielded: usize,
    trailers_yielded: bool,
}

/// The reader of a recorded body: the request that is sent first, or a copy that is sent after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Reader(u8);

impl Reader {
    const FIRST: Self = Self(0);

    fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

struct Shared<B> {
    body: Pin<Box<B>>,
    /// The reader whose turn it is.
    reader: Reader,
    /// The last one that was made.
    last: Reader,
    /// The waker of the reader that sends first and waits for more.
    waits: Option<Waker>,
    chunks: Vec<Bytes>,
    /// How much more may be kept; none: it was too much, or the body broke.
    left: Option<usize>,
    trailers: Option<HeaderMap>,
    /// The reason why it broke, until the sender of the request takes it.
    failed: Option<Box<dyn Error + Send + Sync>>,
    ended: bool,
}

/// The first sending goes on though the second has begun.
#[derive(Debug)]
struct TakenOver;

impl<B: Body> ReplayBody<B> {
    pub(super) fn new(body: B, limit: usize) -> Self {
        let shared = (!body.is_end_stream()).then(|| {
            Arc::new(Mutex::new(Shared {
                body: Box::pin(body),
                reader: Reader::FIRST,
                last: Reader::FIRST,
                waits: None,
                chunks: Vec::new(),
                left: Some(limit),
                trailers: None,
                failed: None,
                ended: false,
            }))
        });
        Self {
            shared,
            reader: Reader::FIRST,
            yielded: 0,
            trailers_yielded: false,
        }
    }
}

impl<B> ReplayBody<B> {
    pub(super) fn copy(&self) -> Self {
        let reader = self.reader.next();
        if let Some(shared) = &self.shared {
            lock(shared).last = reader;
        }
        Self {
            shared: self.shared.clone(),
            reader,
            yielded: 0,
            trailers_yielded: false,
        }
    }

    /// All of the body before anything of it is sent, if it is there at once and not longer than what is
    /// kept. What was read is kept, and sent first.
    pub(super) fn read_ahead(&self) -> Option<Bytes>
    where
        B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        let Some(shared) = &self.shared else {
            return Some(Bytes::new());
        };
        let mut shared = lock(shared);
        let mut context = Context::from_waker(Waker::noop());
        while !shared.ended {
            // What can't be kept is sent by the reader that finds it.
            let upper = shared.body.size_hint().upper();
            let fits = upper
                .zip(shared.left)
                .is_some_and(|(upper, left)| upper <= left as u64);
            if !fits {
                return None;
            }
            match shared.body.as_mut().poll_frame(&mut context) {
                Poll::Ready(None) => shared.ended = true,
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(mut data) => {
                        let chunk = data.copy_to_bytes(data.remaining());
                        shared.keep(&chunk);
                    }
                    Err(frame) => {
                        shared.trailers = frame.into_trailers().ok();
                        shared.ended = true;
                    }
                },
                Poll::Ready(Some(Err(error))) => {
                    shared.left = None;
                    shared.failed = Some(error.into());
                    return None;
                }
                Poll::Pending => return None,
            }
        }
        Some(shared.chunks.concat().into())
    }

    /// From now on the copy is sent and the first one fails, unless the copy lacks something.
    pub(super) fn take_over(&self) -> bool {
        let Some(shared) = &self.shared else {
            return true;
        };
        let mut shared = lock(shared);
        if shared.left.is_none() {
            return false;
        }
        shared.reader = self.reader;
        if let Some(waits) = shared.waits.take() {
            waits.wake();
        }
        true
    }
}

impl<B: Body> Shared<B> {
    fn keep(&mut self, chunk: &Bytes) {
        self.left = self.left.and_then(|left| left.checked_sub(chunk.len()));
        if self.left.is_some() {
            self.chunks.push(chunk.clone());
        } else {
            self.chunks = Vec::new();
        }
    }
}

impl<B> Body for ReplayBody<B>
where
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let Some(shared) = &this.shared else {
            return Poll::Ready(None);
        };
        let is_shared = Arc::strong_count(shared) > 1;
        let mut shared = lock(shared);
        let has_copy = is_shared && shared.last > this.reader;
        if shared.reader != this.reader {
            return Poll::Ready(Some(Err(Box::new(TakenOver))));
        }
        if let Some(chunk) = shared.chunks.get(this.yielded) {
            this.yielded += 1;
            return Poll::Ready(Some(Ok(Frame::data(chunk.clone()))));
        }
        if let Some(error) = shared.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if shared.ended {
            let trailers = shared.trailers.clone().filter(|_| !this.trailers_yielded);
            this.trailers_yielded = true;
            return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
        }
        let Poll::Ready(polled) = shared.body.as_mut().poll_frame(context) else {
            shared.waits = Some(context.waker().clone());
            return Poll::Pending;
        };
        Poll::Ready(match polled {
            None => {
                shared.ended = true;
                None
            }
            Some(Err(error)) => {
                shared.left = None;
                Some(Err(error.into()))
            }
            Some(Ok(frame)) => Some(Ok(match frame.into_data() {
                Ok(mut data) => {
                    let chunk = data.copy_to_bytes(data.remaining());
                    if has_copy {
                        shared.keep(&chunk);
                        this.yielded = shared.chunks.len();
                    }
                    Frame::data(chunk)
                }
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    shared.trailers = Some(trailers.clone());
                    shared.ended = true;
                    this.trailers_yielded = true;
                    Frame::trailers(trailers)
                }
            })),
        })
    }

    fn is_end_stream(&self) -> bool {
        let Some(shared) = &self.shared else {
            return true;
        };
        let shared = lock(shared);
        let trailers = shared.trailers.is_some() && !self.trailers_yielded;
        let ended = shared.ended || shared.body.is_end_stream();
        ended && !trailers && self.yielded >= shared.chunks.len()
    }

    fn size_hint(&self) -> SizeHint {
        let Some(shared) = &self.shared else {
            return SizeHint::with_exact(0);
        };
        let shared = lock(shared);
        let kept = shared.chunks.iter().skip(self.yielded);
        let kept: u64 = kept.map(|chunk| chunk.len() as u64).sum();
        let rest = shared.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(kept));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(kept)) {
            hint.set_upper(upper);
        }
        hint
    }
}

fn lock<B>(shared: &Mutex<Shared<B>>) -> MutexGuard<'_, Shared<B>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B> fmt::Debug for ReplayBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayBody").finish_non_exhaustive()
    }
}

impl fmt::Display for TakenOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request is sent again with another token")
    }
}

impl Error for TakenOver {}

#[cfg(test)]
mod tests;
