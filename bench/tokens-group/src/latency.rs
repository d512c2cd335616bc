//! How long calls take while tokens end every two seconds, beside calls whose token lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use grantor_client::{Tokens, TokensBuilder};
use grantor_core::{BoxFuture, TokenEndpointAuthMethod};
use grantor_http::{Transport, TransportError};
use harness::{Comparison, Group, Result, Side};
use http::Response;

use tokens_group::identity_provider::answer;
use tokens_group::ours::{self, Caller};

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    let window = group.options().window * 10;
    let mut waits = None;
    group.compare(Comparison {
        ours: Side {
            bench: "p999_while_tokens_end",
            measure: &mut || {
                let run = run(LIFETIME_SECONDS, window)?;
                *waits.get_or_insert(0.0) += run.waits as f64;
                Ok(run.nanoseconds)
            },
        },
        beside: Side {
            bench: "p999_while_a_token_lasts",
            measure: &mut || Ok(run(3600, window)?.nanoseconds),
        },
        unit: "ns",
        bar: Some(1.5),
    })?;
    let Some(waits) = waits else {
        return Ok(());
    };
    let waited = Side {
        bench: "waits_p999_while_tokens_end",
        measure: &mut || Ok(waits),
    };
    group.alone(waited, "calls", Some(0.0))
}

/// The times of the calls of one run.
struct Run {
    /// All but one of a thousand took at most so long.
    nanoseconds: f64,
    /// How many waited for a renewal, though there was a token.
    waits: u64,
}

fn run(lifetime_seconds: u64, window: Duration) -> Result<Run> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let tokens = builder(lifetime_seconds).build()?;
    runtime.block_on(tokens.get())?;
    let before = tokens.counts();
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| runtime.spawn(calls(tokens.clone(), Arc::clone(&stop))))
        .collect();
    std::thread::sleep(window);
    stop.store(true, Ordering::Relaxed);
    let mut all = Histogram::default();
    for task in tasks {
        all.add(&runtime.block_on(task)?);
    }
    let counts = tokens.counts();
    let renewals = counts.renewals - before.renewals;
    if window.as_secs() > 2 * lifetime_seconds && renewals == 0 {
        return Err("no token ended".into());
    }
    Ok(Run {
        nanoseconds: all.quantile(0.999),
        waits: counts.waits - before.waits,
    })
}

async fn calls(tokens: Tokens, stop: Arc<AtomicBool>) -> Histogram {
    let mut caller = Caller::new(&tokens);
    let mut histogram = Histogram::default();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        caller.call_and_wait().await;
        histogram.note(began.elapsed());
        tokio::task::yield_now().await;
    }
    histogram
}

fn builder(lifetime_seconds: u64) -> TokensBuilder {
    Tokens::client_credentials(ours::ISSUER, "app", "s3cret")
        .token_endpoint("https://idp.example/token")
        .auth_method(TokenEndpointAuthMethod::ClientSecretBasic)
        .transport(SlowAnswers { lifetime_seconds })
        .allow_origin(ours::API)
}

/// A server that takes as long as one on another continent.
#[derive(Debug)]
struct SlowAnswers {
    lifetime_seconds: u64,
}

impl Transport for SlowAnswers {
    fn send(
        &self,
        _: http::Request<Bytes>,
    ) -> BoxFuture<'_, std::result::Result<Response<Bytes>, TransportError>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(Response::new(Bytes::from(answer(self.lifetime_seconds))))
        })
    }
}

/// How many calls took how long, to a sixteenth.
#[derive(Clone)]
struct Histogram(Vec<u64>);

impl Default for Histogram {
    fn default() -> Self {
        Self(vec![0; 64 * PARTS])
    }
}

impl Histogram {
    fn note(&mut self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.0.get_mut(bucket(nanoseconds)) {
            *count += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(&other.0) {
            *count += more;
        }
    }

    /// The end of the bucket that this part of the calls does not exceed.
    fn quantile(&self, part: f64) -> f64 {
        let wanted = self.0.iter().sum::<u64>() as f64 * part;
        let mut seen = 0;
        for (bucket, count) in self.0.iter().enumerate() {
            seen += count;
            if seen as f64 >= wanted {
                return end(bucket);
            }
        }
        f64::NAN
    }
}

/// Each power of two has as many buckets as a sixteenth of it has room.
fn bucket(nanoseconds: u64) -> usize {
    let value = nanoseconds.max(PARTS as u64);
    let power = value.ilog2() as usize;
    let within = (value >> (power - PARTS.ilog2() as usize)) as usize - PARTS;
    power * PARTS + within
}

fn end(bucket: usize) -> f64 {
    let (power, within) = (bucket / PARTS, bucket % PARTS);
    2_f64.powi(power as i32) * (1.0 + (within + 1) as f64 / PARTS as f64)
}

const TASKS: usize = 64;
const LIFETIME_SECONDS: u64 = 2;
const PARTS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_right_to_a_sixteenth() {
        let mut histogram = Histogram::default();
        for nanoseconds in 1..=1_000 {
            histogram.note(Duration::from_nanos(nanoseconds * 100));
        }
        for (part, expected) in [(0.5, 50_000.0), (0.999, 99_900.0), (0.01, 1_000.0)] {
            let ratio = histogram.quantile(part) / expected;
            assert!((1.0..1.07).contains(&ratio), "{part}: {ratio}");
        }
    }

    #[test]
    fn short_times_fall_into_the_first_bucket() {
        let mut histogram = Histogram::default();
        histogram.note(Duration::ZERO);
        assert!(histogram.quantile(0.5) <= 17.0);
    }
}
