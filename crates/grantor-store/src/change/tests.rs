//! Reading, deciding and writing again after a conflict.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;
use crate::testing::{Code, block_on, records};

fn code(text: &str) -> Code {
    Code {
        text: text.to_owned(),
        expires: Some(100),
    }
}

/// Decides to append a letter, after `before` has had its way.
fn append(
    records: &Records<Code>,
    key: &Key,
    before: impl Fn(u32),
) -> (Result<String, Error>, u32) {
    let decided = AtomicU32::new(0);
    let decide = |current: Option<Code>| {
        before(decided.fetch_add(1, Ordering::Relaxed));
        async move {
            let text = current.map_or_else(String::new, |code| code.text) + "x";
            Ok::<_, Error>(Change::Write(code(&text), text))
        }
    };
    let changed = block_on(records.change(key, decide));
    (changed, decided.into_inner())
}

#[test]
fn creates_writes_keeps_and_removes() {
    let (fake, records) = records::<Code>();
    let key = records.key(b"1");
    assert_eq!(append(&records, &key, |_| ()).0.unwrap(), "x");
    assert_eq!(append(&records, &key, |_| ()).0.unwrap(), "xx");
    let keep = |current: Option<Code>| async move {
        Ok::<Change<Code, _>, Error>(Change::Keep(current.map(|code| code.text)))
    };
    let kept = block_on(records.change(&key, keep)).unwrap();
    assert_eq!(kept.as_deref(), Some("xx"));

    fake.set(100);
    assert_eq!(
        block_on(records.change(&key, keep)).unwrap(),
        None,
        "it is dead"
    );
    fake.set(99);
    let remove = |_: Option<Code>| async { Ok::<Change<Code, _>, Error>(Change::Remove(())) };
    block_on(records.change(&key, remove)).unwrap();
    assert!(block_on(records.get(&key)).unwrap().is_none());
    // There is none any more, which is as good.
    block_on(records.change(&key, remove)).unwrap();
}

#[test]
fn takes_over_a_dead_record() {
    let (fake, records) = records::<Code>();
    let key = records.key(b"1");
    block_on(records.create(&key, &code("old")))
        .unwrap()
        .unwrap();
    fake.set(100);
    let decide = |current: Option<Code>| async move {
        assert_eq!(current, None);
        let fresh = Code {
            expires: None,
            ..code("fresh")
        };
        Ok::<_, Error>(Change::Write(fresh, ()))
    };
    block_on(records.change(&key, decide)).unwrap();
    let stored = block_on(records.get(&key)).unwrap().unwrap();
    assert_eq!(stored.record.text, "fresh");
}

#[test]
fn decides_again_over_what_another_wrote() {
    let (_, records) = records::<Code>();
    let key = records.key(b"1");
    let overtaken = |tries: u32| {
        if tries < 3 {
            block_on(records.overwrite(&key, &code(&tries.to_string()))).unwrap();
        }
    };
    let (changed, decided) = append(&records, &key, overtaken);
    assert_eq!((changed.unwrap().as_str(), decided), ("2x", 4));
}

#[test]
fn gives_up_after_eight_tries_with_growing_random_pauses() {
    let (fake, records) = records::<Code>();
    let key = records.key(b"1");
    let always = |tries: u32| {
        block_on(records.overwrite(&key, &code(&tries.to_string()))).unwrap();
    };
    let (changed, decided) = append(&records, &key, always);
    let error = changed.unwrap_err();
    assert!(error.is_contention(), "{error:?}");
    assert_eq!(decided, 8);
    let pauses = fake.pauses();
    assert_eq!(pauses.len(), 6, "the second try comes at once");
    for (doublings, pause) in (0..).zip(&pauses) {
        assert!(
            *pause <= Duration::from_millis(2 << doublings),
            "{pauses:?}"
        );
    }
    assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{pauses:?}");
}

#[test]
fn a_refusal_writes_nothing() {
    let (_, records) = records::<Code>();
    let key = records.key(b"1");
    let refuse = |_: Option<Code>| async {
        Err::<Change<Code, ()>, _>(Error::configuration("not that one"))
    };
    let refused = block_on(records.change(&key, refuse)).unwrap_err();
    assert_eq!(refused.to_string(), "not that one");
    assert!(block_on(records.get(&key)).unwrap().is_none());
}
