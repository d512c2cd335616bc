//! A body that is sent and kept at once, frame by frame.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;

/// A body whose frames are known beforehand; None: it has no more for now.
struct Frames {
    left: VecDeque<Option<Result<Frame<Bytes>, &'static str>>>,
    hint: (u64, Option<u64>),
}

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        match self.left.pop_front() {
            Some(Some(frame)) => Poll::Ready(Some(frame)),
            Some(None) => Poll::Pending,
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_lower(self.hint.0);
        if let Some(upper) = self.hint.1 {
            hint.set_upper(upper);
        }
        hint
    }
}

type Script = Vec<Option<Result<Frame<Bytes>, &'static str>>>;

/// Bytes of their own, so that it shows whether anybody else holds them.
fn data(text: &str) -> Option<Result<Frame<Bytes>, &'static str>> {
    Some(Ok(Frame::data(Bytes::from(text.as_bytes().to_vec()))))
}

fn trailers() -> Option<Result<Frame<Bytes>, &'static str>> {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-end", http::HeaderValue::from_static("yes"));
    Some(Ok(Frame::trailers(trailers)))
}

fn recorded(frames: Script, limit: usize) -> ReplayBody<Frames> {
    let left = frames.into();
    let hint = (0, None);
    ReplayBody::new(Frames { left, hint }, limit)
}

type Polled = Poll<Option<Result<Frame<Bytes>, Box<dyn Error + Send + Sync>>>>;

fn poll(body: &mut ReplayBody<Frames>, waker: &Waker) -> Polled {
    Pin::new(body).poll_frame(&mut Context::from_waker(waker))
}

/// The next frame, which is there.
fn next(body: &mut ReplayBody<Frames>) -> Option<Frame<Bytes>> {
    match poll(body, Waker::noop()) {
        Poll::Ready(frame) => frame.map(Result::unwrap),
        Poll::Pending => panic!("it waits"),
    }
}

fn chunk(body: &mut ReplayBody<Frames>) -> Bytes {
    next(body).unwrap().into_data().unwrap()
}

#[test]
fn neither_of_the_two_has_ended_before_its_trailers() {
    let mut first = recorded(vec![data("one"), trailers()], 10);
    let mut copy = first.copy();
    chunk(&mut first);
    assert!(!first.is_end_stream());
    assert!(next(&mut first).unwrap().is_trailers());
    assert!(first.is_end_stream());
    assert!(copy.take_over());
    assert!(!copy.is_end_stream());
    assert_eq!(chunk(&mut copy), "one");
    assert!(!copy.is_end_stream());
    assert!(next(&mut copy).unwrap().is_trailers());
    assert!(copy.is_end_stream());
    assert!(next(&mut copy).is_none());
}

#[test]
fn a_copy_has_not_ended_before_the_last_chunk_that_was_kept() {
    let mut first = recorded(vec![data("one"), data("two")], 10);
    let mut copy = first.copy();
    for _ in 0..2 {
        chunk(&mut first);
    }
    assert!(next(&mut first).is_none() && first.is_end_stream());
    assert!(copy.take_over());
    for _ in 0..2 {
        assert!(!copy.is_end_stream());
        chunk(&mut copy);
    }
    assert!(copy.is_end_stream());
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_first_sending_that_waits_is_woken_to_its_end() {
    let mut first = recorded(vec![data("one"), None, data("two")], 10);
    let mut copy = first.copy();
    chunk(&mut first);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    assert!(poll(&mut first, &waker).is_pending());
    assert_eq!(woken.0.load(Ordering::SeqCst), 0);
    assert!(copy.take_over());
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    let Poll::Ready(Some(Err(error))) = poll(&mut first, &waker) else {
        panic!("the first one goes on");
    };
    assert!(error.to_string().contains("sent again"), "{error}");
    assert_eq!(chunk(&mut copy), "one");
    assert_eq!(chunk(&mut copy), "two");
}

#[test]
fn a_body_that_failed_is_not_sent_again() {
    let mut first = recorded(vec![data("one"), Some(Err("broken")), data("two")], 10);
    let copy = first.copy();
    chunk(&mut first);
    let Poll::Ready(Some(Err(error))) = poll(&mut first, Waker::noop()) else {
        panic!("the failure is lost");
    };
    assert_eq!(error.to_string(), "broken");
    assert!(!copy.take_over());
    assert_eq!(chunk(&mut first), "two", "the first one goes on");
}

#[test]
fn the_size_is_that_of_what_is_kept_and_of_the_rest() {
    for (upper, expected) in [(None, None), (Some(20), Some(23)), (Some(u64::MAX), None)] {
        let left = [data("one"), data("the rest")].into();
        let hint = (8, upper);
        let mut first = ReplayBody::new(Frames { left, hint }, 10);
        let copy = first.copy();
        chunk(&mut first);
        let hint = copy.size_hint();
        assert_eq!((hint.lower(), hint.upper()), (11, expected));
        let hint = first.size_hint();
        assert_eq!((hint.lower(), hint.upper()), (8, upper));
    }
}

#[test]
fn only_what_may_be_sent_again_is_kept() {
    let frames = || vec![data("one"), data("two"), data("three")];
    let mut alone = recorded(frames(), 100);
    assert!(chunk(&mut alone).is_unique());

    let mut first = recorded(frames(), 100);
    let mut copy = first.copy();
    assert!(!chunk(&mut first).is_unique());
    assert!(copy.take_over());
    assert_eq!(chunk(&mut copy), "one");
    assert!(chunk(&mut copy).is_unique(), "it is not sent a third time");
}

#[test]
fn nothing_is_kept_of_a_body_that_is_too_long() {
    let mut first = recorded(vec![data("one"), data("longer"), data("two")], 8);
    let copy = first.copy();
    let one = chunk(&mut first);
    assert!(!one.is_unique());
    let longer = chunk(&mut first);
    assert!(one.is_unique() && longer.is_unique());
    assert!(
        chunk(&mut first).is_unique(),
        "it would fit, and is of no use"
    );
    assert!(!copy.take_over());
}

/// A body of which is known how long it is at most.
fn sized(frames: Script, upper: u64, limit: usize) -> ReplayBody<Frames> {
    let left = frames.into();
    let hint = (0, Some(upper));
    ReplayBody::new(Frames { left, hint }, limit)
}

fn drained(mut body: ReplayBody<Frames>) -> Vec<Result<Bytes, String>> {
    let mut context = Context::from_waker(Waker::noop());
    let mut all = Vec::new();
    while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut context) {
        let data = frame.map(|frame| frame.into_data().unwrap_or_default());
        let is_over = data.is_err();
        all.push(data.map_err(|error| error.to_string()));
        if is_over {
            break;
        }
    }
    all
}

#[test]
fn what_is_read_ahead_is_sent_all_the_same() {
    let body = sized(vec![data("a="), data("b")], 3, 8);
    assert_eq!(body.read_ahead().unwrap(), "a=b");
    assert_eq!(body.read_ahead().unwrap(), "a=b");
    let copy = body.copy();
    assert_eq!(drained(body), [Ok("a=".into()), Ok("b".into())]);
    assert!(copy.take_over());
    assert_eq!(drained(copy), [Ok("a=".into()), Ok("b".into())]);
}

#[test]
fn what_is_not_there_at_once_is_not_read_ahead_and_not_lost() {
    for (body, rest) in [
        (
            sized(vec![data("a="), None, data("b")], 3, 8),
            vec!["a=", "b"],
        ),
        (sized(vec![data("a=b")], 9, 8), vec!["a=b"]),
        (recorded(vec![data("a=b")], 8), vec!["a=b"]),
    ] {
        assert_eq!(body.read_ahead(), None);
        let rest: Vec<_> = rest.into_iter().map(|text| Ok(Bytes::from(text))).collect();
        assert_eq!(drained(body), rest);
    }
    let broken = sized(vec![data("a="), Some(Err("gone"))], 3, 8);
    assert_eq!(broken.read_ahead(), None);
    assert_eq!(drained(broken), [Ok("a=".into()), Err("gone".to_owned())]);
}
