//! What a request costs while there is a fresh token: no allocation, no wait.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{HeaderMap, Response};
use support::{World, bearer, request};

#[test]
fn preparing_and_observing_allocate_nothing() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    tokens.get_blocking().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    // The first call of a thread sets up what is its own.
    let _attempt = tokens.prepare_blocking(&mut request()).unwrap();

    let mut request = request();
    *request.headers_mut() = HeaderMap::with_capacity(4);
    let response = Response::new(());
    let counted = allocation_counter::measure(|| {
        let attempt = match pin!(tokens.prepare(&mut request)).poll(&mut context) {
            Poll::Ready(attempt) => attempt.unwrap(),
            Poll::Pending => panic!("it waits"),
        };
        assert!(
            pin!(attempt.observe(&response))
                .poll(&mut context)
                .is_ready()
        );
    });
    assert_eq!(bearer(&request), "access-1");
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
    assert!(request.headers()["authorization"].is_sensitive());
}

#[test]
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(Box::new(1))));
    assert_eq!(counted.count_total, 1);
}
