//! Rules 2 and 6: what goes in comes out, whatever bytes it is made of.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Outcome;
use super::suite::{Suite, equal};
use crate::error::Applied;
use crate::key::Key;
use crate::store::{Expect, Put};

pub(super) fn what_was_put_is_read_back(suite: &Suite) -> Outcome {
    let put = suite.write(suite.fresh_key(), b"value", Expect::Absent);
    equal("before the put", suite.get(&put.key)?, None)?;
    suite.stores("the put", &put)?;
    suite.holds("after the put", &put)
}

pub(super) fn keys_of_every_length_are_apart(suite: &Suite) -> Outcome {
    // Short keys can't be drawn fresh, so what an earlier run left there is overwritten.
    let random = suite.environment.random_bytes::<{ Key::MAX }>();
    let puts: Vec<_> = (0..=Key::MAX)
        .map(|length| {
            let key = suite.key_after(&random[..length]);
            suite.write(key, &[u8::try_from(length).unwrap_or(0)], Expect::Any)
        })
        .collect();
    suite.race(puts.len(), |at| suite.stores("the put", &puts[at]))?;
    for put in &puts {
        let length = put.key.as_bytes().len();
        suite.holds(&format!("a key of {length} bytes"), put)?;
    }
    Ok(())
}

pub(super) fn keys_compare_bytewise(suite: &Suite) -> Outcome {
    let base = suite.environment.random_bytes::<16>();
    let ends: [&[u8]; 16] = [
        b"",
        b"\0",
        b"\0\0",
        b" ",
        b"a",
        b"A",
        b"a ",
        b"a\0",
        "\u{e9}".as_bytes(),
        "e\u{301}".as_bytes(),
        "\u{df}".as_bytes(),
        b"ss",
        b"\xff",
        b"\xff\xfe",
        b"%",
        b"'\\\r\n",
    ];
    let puts = ends.map(|end| {
        let key = suite.key_after(&[&base[..], end].concat());
        suite.write(key, end, Expect::Absent)
    });
    for put in &puts {
        suite.stores(&format!("creating {:?}", put.key), put)?;
    }
    for put in &puts {
        suite.holds(&format!("reading {:?}", put.key), put)?;
    }
    Ok(())
}

pub(super) fn values_hold_any_bytes_up_to_the_limit(suite: &Suite) -> Outcome {
    let bytes: Vec<u8> = (0..suite.max_value).map(|at| at.to_le_bytes()[0]).collect();
    for length in [0, 1, 256, 4096, 65_536, suite.max_value] {
        let put = suite.write(suite.fresh_key(), &bytes[..length], Expect::Absent);
        suite.stores(&format!("{length} bytes"), &put)?;
        suite.holds(&format!("{length} bytes"), &put)?;
    }
    Ok(())
}

pub(super) fn a_value_over_the_limit_is_refused_and_changes_nothing(suite: &Suite) -> Outcome {
    let small = suite.write(suite.fresh_key(), b"small", Expect::Absent);
    suite.stores("a small value", &small)?;
    let large = suite.write(small.key, &vec![1; Put::MAX_VALUE + 1], Expect::Any);
    match suite.run(suite.store.put(&large)) {
        Some(Err(error)) if error.is_too_large() => {
            equal("the error", error.applied(), Applied::No)?;
        }
        other => {
            return Err(format!(
                "{other:?} instead of an error that it is too large"
            ));
        }
    }
    suite.holds("after the refusal", &small)
}

pub(super) fn a_get_sees_every_acknowledged_put(suite: &Suite) -> Outcome {
    const PUTS: u64 = 60;
    let key = suite.fresh_key();
    let acknowledged = AtomicU64::new(0);
    suite.race(3, |contender| {
        if contender == 0 {
            let _at_the_end = StopReaders(&acknowledged);
            for number in 1..=PUTS {
                let put = suite.write(key, &number.to_be_bytes(), Expect::Any);
                suite.stores("the put", &put)?;
                suite.holds("right after the put", &put)?;
                acknowledged.store(number, Ordering::SeqCst);
            }
            return Ok(());
        }
        loop {
            let before = acknowledged.load(Ordering::SeqCst);
            if before == STOP {
                return Ok(());
            }
            let found = suite.get(&key)?.map_or(0, |entry| number(&entry.value));
            if found < before {
                return Err(format!("read {found} after {before} was acknowledged"));
            }
        }
    })?;
    Ok(())
}

const STOP: u64 = u64::MAX;

/// Even a store that panics must not leave the readers waiting.
struct StopReaders<'a>(&'a AtomicU64);

impl Drop for StopReaders<'_> {
    fn drop(&mut self) {
        self.0.store(STOP, Ordering::SeqCst);
    }
}

fn number(value: &[u8]) -> u64 {
    value.try_into().map_or(0, u64::from_be_bytes)
}
