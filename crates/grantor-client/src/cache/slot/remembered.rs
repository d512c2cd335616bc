//! The shares that a thread used last, so that most requests look at nothing that all threads share but
//! a number. No token is kept alive by it.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use super::share::{PublicationNumber, PublishedToken, TokenShare};
use crate::runtime::per_thread::Shard;

/// How many publications a thread remembers.
const PLACES: usize = 4;

type Places = RefCell<[(PublicationNumber, Weak<TokenShare>); PLACES]>;

thread_local! {
    static REMEMBERED: Places = const { RefCell::new([const { (0, Weak::new()) }; PLACES]) };
}

/// This thread's share of a publication, if it is among the last that the thread used.
#[inline]
pub(super) fn recall(number: PublicationNumber) -> Option<Arc<TokenShare>> {
    let find = |places: &Places| {
        let places = places.borrow();
        let (own, share) = &places[place(number)];
        if *own == number {
            share.upgrade()
        } else {
            None
        }
    };
    // A thread that ends remembers nothing.
    REMEMBERED.try_with(find).ok().flatten()
}

/// This thread's share of a publication, to be recalled from now on.
pub(super) fn remember(published: &PublishedToken, shard: Shard) -> Option<Arc<TokenShare>> {
    let share = published.share(shard)?;
    let number = published.number;
    if number != 0 {
        let entry = (number, Arc::downgrade(share));
        let _ = REMEMBERED.try_with(|places| places.borrow_mut()[place(number)] = entry);
    }
    Some(Arc::clone(share))
}

fn place(number: PublicationNumber) -> usize {
    (number % PLACES as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::super::share::tests::token;
    use super::*;

    const SHARD: Shard = Shard {
        number: 0,
        is_own: false,
    };

    #[test]
    fn a_thread_remembers_the_last_tokens_and_keeps_none_alive() {
        let all: Vec<_> = (0..=PLACES)
            .map(|_| PublishedToken::for_many(token(), Weak::new()))
            .collect();
        for published in &all {
            assert!(recall(published.number).is_none());
            let share = remember(published, SHARD).unwrap();
            assert!(Arc::ptr_eq(&share, &recall(published.number).unwrap()));
            std::thread::scope(|scope| {
                scope.spawn(|| assert!(recall(published.number).is_none()));
            });
        }
        // Numbers are drawn by other tests too, so which places are taken is not known.
        let newest = all[PLACES].number;
        drop(all);
        assert!(recall(newest).is_none());
    }

    #[test]
    fn what_few_use_is_not_remembered() {
        let published = PublishedToken::for_few(token(), Weak::new());
        assert!(remember(&published, SHARD).is_some());
        assert!(recall(published.number).is_none());
    }
}
