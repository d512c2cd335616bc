//! How fast durable puts are: `cargo bench -p grantor-store-sqlite`.

#![expect(
    clippy::print_stdout,
    reason = "the figures are what this program is for"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a failed operation ends the measurement"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_store::{Expect, Moment, Namespace, Put, PutOutcome, Store, Version};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};

const RUN: Duration = Duration::from_secs(3);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for (name, options) in [
        ("synchronous=FULL", SqliteOptions::default()),
        (
            "synchronous=NORMAL",
            SqliteOptions::default().danger_may_lose_last_commits(),
        ),
    ] {
        for writers in [1, 8, 64, 256] {
            let directory = tempfile::tempdir().unwrap();
            let store = options.open(directory.path().join("bench.db")).unwrap();
            let (puts, seconds, cpu) = runtime.block_on(measure(&store, writers));
            let each = seconds * f64::from(writers) * 1e6 / puts;
            println!(
                "{name}, {writers:>3} writers: {:.0} puts/s, {each:.0} us each, {:.1} us of CPU",
                puts / seconds,
                cpu.as_secs_f64() * 1e6 / puts
            );
        }
    }
}

/// Puts by `writers` tasks of one thread; how many, in how many seconds, at what cost of CPU.
async fn measure(store: &SqliteStore, writers: u32) -> (f64, f64, Duration) {
    let began = Instant::now();
    let cpu = cpu_time();
    let store = Arc::new(store.clone());
    let tasks = futures_util::future::join_all((0..writers).map(|writer| {
        let store = Arc::clone(&store);
        async move {
            let mut puts = 0_u32;
            while began.elapsed() < RUN {
                store.observe_time(Moment {
                    now: Timestamp::from_secs(0),
                    elapsed: Duration::ZERO,
                });
                let put = put_number(u64::from(writer), u64::from(puts), began);
                assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
                puts += 1;
            }
            f64::from(puts)
        }
    }));
    let puts = tasks.await.iter().sum();
    (puts, began.elapsed().as_secs_f64(), cpu_time() - cpu)
}

/// A token of ten minutes under a key that grows with time.
fn put_number(writer: u64, number: u64, began: Instant) -> Put {
    let mut version = [0; 16];
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap();
    version[..8].copy_from_slice(&micros.to_be_bytes());
    version[8..12].copy_from_slice(&writer.to_be_bytes()[4..]);
    version[12..].copy_from_slice(&number.to_be_bytes()[4..]);
    Put {
        key: Namespace::new("https://issuer.example").key(*b"at", &version),
        value: Bytes::from(vec![7; 300]),
        version: Version(version),
        expires_at: Some(Timestamp::from_secs(600)),
        expect: Expect::Absent,
    }
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}
