//! Listing, where a store can.

use super::Outcome;
use super::suite::{Suite, entry_of, equal};
use crate::key::Key;
use crate::store::{Entry, Expect};

pub(super) fn a_listing_is_in_order_and_complete(suite: &Suite) -> Outcome {
    let prefix = suite.environment.random_bytes::<16>();
    let ends: [&[u8]; 9] = [
        b"b",
        b"a",
        b"",
        b"\xff\xff",
        b"\0",
        b"aa",
        b"a\0",
        b"\xff",
        b"A",
    ];
    let mut wanted = Vec::new();
    for end in ends {
        let key = suite.key_after(&[&prefix[..], end].concat());
        let put = suite.write(key, end, Expect::Absent);
        suite.stores("a put", &put)?;
        wanted.push((key, entry_of(&put)));
    }
    wanted.sort_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));

    let prefix = suite.key_after(&prefix);
    for limit in [1, 2, 4, 9, 100] {
        let mut found = Vec::new();
        loop {
            let after = found.last().map(|(key, _)| *key);
            let Some(page) = list(suite, &prefix, after.as_ref(), limit)? else {
                return Ok(());
            };
            if page.is_empty() {
                break;
            }
            if page.len() > limit {
                return Err(format!("{} records in a page of {limit}", page.len()));
            }
            found.extend(page);
            if found.len() > wanted.len() {
                return Err("more records than there are".to_owned());
            }
        }
        equal(&format!("pages of {limit}"), &found, &wanted)?;
    }
    let none = list(suite, &prefix, None, 0)?;
    equal("a page of 0", none.map(|page| page.len()), Some(0))
}

pub(super) fn a_listing_keeps_to_its_prefix(suite: &Suite) -> Outcome {
    let base = suite.environment.random_bytes::<15>();
    let at = |ends: &[u8]| suite.key_after(&[&base[..], ends].concat());
    // The last byte of the prefix can't be counted up.
    let prefix = at(b"\xff");
    for end in [&b"\xfe"[..], b"\xff", b"\xff\x01", b"\xff\x02", b"\xfe\xff"] {
        suite.stores("a put", &suite.write(at(end), end, Expect::Absent))?;
    }
    let keys = |after: Option<&Key>| {
        let page = list(suite, &prefix, after, 100)?;
        Ok::<_, String>(page.map(|page| page.into_iter().map(|(key, _)| key).collect::<Vec<_>>()))
    };
    let all = vec![at(b"\xff"), at(b"\xff\x01"), at(b"\xff\x02")];
    let Some(found) = keys(None)? else {
        return Ok(());
    };
    equal("under the prefix", &found, &all)?;
    equal(
        "after a key before it",
        keys(Some(&at(b"\xfe")))?,
        Some(all),
    )?;
    let rest = vec![at(b"\xff\x02")];
    equal(
        "after a key within",
        keys(Some(&at(b"\xff\x01")))?,
        Some(rest),
    )?;
    let beyond = suite.key_after(&[&base[..], b"\xff\xff"].concat());
    equal("after a key beyond", keys(Some(&beyond))?, Some(Vec::new()))
}

type Page = Vec<(Key, Entry)>;

/// A page; none if the store does not list.
fn list(
    suite: &Suite,
    prefix: &Key,
    after: Option<&Key>,
    limit: usize,
) -> Result<Option<Page>, String> {
    let Some(listing) = suite.store.listing() else {
        return Ok(None);
    };
    match suite.run(listing.list(prefix, after, limit)) {
        Some(Ok(page)) => Ok(Some(page)),
        other => Err(format!("list failed: {other:?}")),
    }
}
