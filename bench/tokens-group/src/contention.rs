//! Many threads on one handle, beside as many that clone one header value.

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use harness::{Comparison, Group, Result, Side};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use rustix::time::{ClockId, clock_gettime};

use tokens_group::identity_provider::header;
use tokens_group::ours::{self, Caller};

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    let window = group.options().window / 3;
    let tokens = ours::warm()?;
    let header = &header()?;
    let mut clones = || cpu_per_call(window, || || drop(black_box(black_box(header).clone())));
    let mut calls = || {
        cpu_per_call(window, || {
            let mut caller = Caller::new(&tokens);
            move || caller.call()
        })
    };
    group.compare(Comparison {
        ours: Side {
            bench: "contended",
            measure: &mut calls,
        },
        beside: Side {
            bench: "contended_header_clone",
            measure: &mut clones,
        },
        unit: "ns",
        bar: Some(1.3),
    })?;
    let mut put = || {
        cpu_per_call(window, || {
            let mut headers = HeaderMap::with_capacity(8);
            move || {
                black_box(&mut headers).clear();
                headers.insert(AUTHORIZATION, black_box(header).clone());
            }
        })
    };
    group.compare(Comparison {
        ours: Side {
            bench: "contended_beside_put",
            measure: &mut calls,
        },
        beside: Side {
            bench: "contended_header_put",
            measure: &mut put,
        },
        unit: "ns",
        bar: None,
    })?;
    let mut open = || {
        cpu_per_call(window, || {
            let mut caller = Caller::new(&tokens);
            let mut under_way = VecDeque::with_capacity(UNDER_WAY + 1);
            move || {
                under_way.push_back(caller.prepare());
                if under_way.len() > UNDER_WAY
                    && let Some(oldest) = under_way.pop_front()
                {
                    caller.observe(&oldest);
                }
            }
        })
    };
    group.compare(Comparison {
        ours: Side {
            bench: "contended_under_way",
            measure: &mut open,
        },
        beside: Side {
            bench: "contended_header_clone",
            measure: &mut clones,
        },
        unit: "ns",
        bar: None,
    })
}

/// The nanoseconds of this process's CPU time for each call, of threads that call all the time.
fn cpu_per_call<C: FnMut()>(window: Duration, caller: impl Fn() -> C + Sync) -> Result<f64> {
    let (begin, stop) = (Barrier::new(THREADS + 1), AtomicBool::new(false));
    let calls = AtomicU64::new(0);
    let used = std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut call = caller();
                let mut made = 0;
                begin.wait();
                while !stop.load(Ordering::Relaxed) {
                    (0..BATCH).for_each(|_| call());
                    made += BATCH;
                }
                calls.fetch_add(made, Ordering::Relaxed);
            });
        }
        begin.wait();
        let before = cpu_time();
        std::thread::sleep(window);
        stop.store(true, Ordering::Relaxed);
        before
    });
    let used = cpu_time().saturating_sub(used);
    Ok(used.as_secs_f64() * 1e9 / calls.load(Ordering::Relaxed) as f64)
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

const THREADS: usize = 16;
const BATCH: u64 = 256;
/// How many requests of each thread are under way in the second row.
const UNDER_WAY: usize = 1_000;
