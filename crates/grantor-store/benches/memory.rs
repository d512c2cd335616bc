//! The cost of one operation of the memory store: `cargo bench -p grantor-store`.

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
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;
use grantor_core::Timestamp;
use grantor_store::{Expect, Key, MemoryStore, Moment, Put, Store, Version};

const PUTS: u64 = 2_000_000;

fn main() {
    let began = Instant::now();
    for id in 0..PUTS {
        black_box(put(0, id));
    }
    report("making a put", 1, began);
    // Dead records are deleted after a minute (so none here), or after two seconds.
    for (name, skew) in [("growing", 60), ("steady", 2)] {
        for threads in [1, 2] {
            let store = MemoryStore::new().with_max_clock_skew(Duration::from_secs(skew));
            println!("{name}");
            measure("  put", threads, |thread, id| write(&store, thread, id));
            measure("  get", threads, |thread, id| read(&store, thread, id));
            println!("  records kept at the end: {}", store.len());
        }
    }
}

fn measure(operation: &str, threads: u64, act: impl Fn(u64, u64) + Sync) {
    let began = Instant::now();
    thread::scope(|scope| {
        for thread in 0..threads {
            let act = &act;
            scope.spawn(move || (0..PUTS / threads).for_each(|id| act(thread, id)));
        }
    });
    report(operation, threads, began);
}

fn report(operation: &str, threads: u64, began: Instant) {
    let nanos = began.elapsed().as_nanos() / u128::from(PUTS);
    println!("{operation}: {nanos} ns each, {threads} threads together");
}

/// A token, at 80,000 a second of the time given to the store.
fn put(thread: u64, id: u64) -> Put {
    let millis = i64::try_from(id / 80).unwrap();
    Put {
        key: key(thread, id),
        value: Bytes::from(vec![1; 200]),
        version: Version(identifier(thread, id)),
        expires_at: Some(Timestamp::from_millis(millis)),
        expect: Expect::Absent,
    }
}

fn write(store: &MemoryStore, thread: u64, id: u64) {
    let put = put(thread, id);
    store.observe_time(Moment {
        now: put.expires_at.unwrap(),
        elapsed: Duration::ZERO,
    });
    let _outcome = black_box(store.put(&put).now_or_never().unwrap().unwrap());
}

fn read(store: &MemoryStore, thread: u64, id: u64) {
    let key = key(thread, id);
    black_box(store.get(&key).now_or_never().unwrap().unwrap());
}

fn key(thread: u64, id: u64) -> Key {
    let mut bytes = [7; 26];
    bytes[10..].copy_from_slice(&identifier(thread, id));
    Key::from_bytes(&bytes).unwrap()
}

fn identifier(thread: u64, id: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&id.to_be_bytes());
    bytes[8..].copy_from_slice(&thread.to_be_bytes());
    bytes
}
