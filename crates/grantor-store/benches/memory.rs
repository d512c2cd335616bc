//! What one operation of the memory store costs: `cargo bench -p grantor-store`.

#![expect(
    clippy::print_stdout,
    reason = "the figures are what this program is for"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a failed operation ends the measurement"
)]

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt;
use grantor_core::Timestamp;
use grantor_store::{Expect, MemoryStore, Namespace, Put, Store, Version};

const PUTS: u64 = 2_000_000;

fn main() {
    for threads in [1, 2] {
        let store = MemoryStore::new();
        let began = Instant::now();
        thread::scope(|scope| {
            for thread in 0..threads {
                let store = &store;
                scope.spawn(move || write(store, thread, PUTS / threads));
            }
        });
        report("put", threads, began);
        let began = Instant::now();
        thread::scope(|scope| {
            for thread in 0..threads {
                let store = &store;
                scope.spawn(move || read(store, thread, PUTS / threads));
            }
        });
        report("get", threads, began);
        println!("     records kept at the end: {}", store.len());
    }
}

fn report(operation: &str, threads: u64, began: Instant) {
    let nanos = began.elapsed().as_nanos() / u128::from(PUTS);
    println!("{operation}: {nanos} ns each, {threads} threads together");
}

/// Tokens at 80,000 a second of the time told to the store. Each is kept for a minute after it died.
fn write(store: &MemoryStore, thread: u64, puts: u64) {
    let namespace = Namespace::new("https://issuer.example");
    for id in 0..puts {
        let millis = i64::try_from(id / 80).unwrap();
        store.observe_time(Timestamp::from_millis(millis));
        let put = Put {
            key: namespace.key(*b"at", &identifier(thread, id)),
            value: Bytes::from(vec![1; 200]),
            version: Version(identifier(thread, id)),
            expires_at: Some(Timestamp::from_millis(millis)),
            expect: Expect::Absent,
        };
        let _outcome = black_box(store.put(&put).now_or_never().unwrap().unwrap());
    }
}

fn read(store: &MemoryStore, thread: u64, gets: u64) {
    let namespace = Namespace::new("https://issuer.example");
    for id in 0..gets {
        let key = namespace.key(*b"at", &identifier(thread, id));
        black_box(store.get(&key).now_or_never().unwrap().unwrap());
    }
}

fn identifier(thread: u64, id: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&id.to_be_bytes());
    bytes[8..].copy_from_slice(&thread.to_be_bytes());
    bytes
}
