//! The cost of a request while there is a fresh token: no allocation, no wait.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use grantor_client::Tokens;
use http::{HeaderMap, Response};
use support::{World, bearer, request};

#[test]
fn preparing_and_observing_allocate_nothing() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    tokens.get_blocking().unwrap();
    // The first call of a thread sets up what is its own.
    let _attempt = tokens.prepare_blocking(&mut request()).unwrap();
    assert_eq!(allocations_of_a_call(&tokens), (0, 0));
}

#[test]
fn requests_allocate_nothing_while_the_token_is_renewed() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    tokens.get_blocking().unwrap();
    world.server.hold();
    world.advance(3400);
    let _begins_the_renewal = tokens.prepare_blocking(&mut request()).unwrap();
    assert_eq!(allocations_of_a_call(&tokens), (0, 0));
    world.server.release();
}

fn allocations_of_a_call(tokens: &Tokens) -> (u64, u64) {
    let mut context = Context::from_waker(Waker::noop());
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
    assert!(request.headers()["authorization"].is_sensitive());
    (counted.count_total, counted.bytes_total)
}

#[test]
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(Box::new(1))));
    assert_eq!(counted.count_total, 1);
}
