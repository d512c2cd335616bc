//! Everything is written and signed before the put that decides: tried under a scheduler that lets
//! requests go on in any order, with a store that fails anywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use grantor_core::BoxFuture;
use grantor_server::Rotation;
use grantor_store::{
    Applied, Capabilities, Entry, Error, Expect, Key, Listing, MemoryStore, Put, PutOutcome,
    RemoveOutcome, Store,
};
use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::RandomScheduler;

use crate::support::{APP, Code, Fixture, Reply, SPA, Tokens, Who};

const SCHEDULES: usize = 60;
const REQUESTS: usize = 3;

/// Before and after each call another request may go on, and one call of eight fails.
#[derive(Debug)]
struct Scheduled {
    store: MemoryStore,
    racing: Arc<AtomicBool>,
}

impl Scheduled {
    async fn let_others_go_on(&self) {
        if self.racing.load(Ordering::SeqCst) {
            shuttle::future::yield_now().await;
        }
    }

    fn fails(&self) -> bool {
        self.racing.load(Ordering::SeqCst) && thread_rng().gen_range(0..8) == 0
    }
}

impl Store for Scheduled {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            self.let_others_go_on().await;
            if self.fails() {
                return Err(Error::unavailable("unreachable", Applied::No));
            }
            let entry = self.store.get(key).await;
            self.let_others_go_on().await;
            entry
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            self.let_others_go_on().await;
            if self.fails() {
                return Err(Error::unavailable("unreachable", Applied::No));
            }
            let outcome = self.store.put(put).await;
            self.let_others_go_on().await;
            if self.fails() {
                return Err(Error::unavailable("the answer was lost", Applied::Unknown));
            }
            outcome
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.store.remove(key, expect)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.store.listing()
    }
}

/// A server, and what a client has of it before the race.
struct Race<T> {
    fixture: Fixture,
    racing: Arc<AtomicBool>,
    given: T,
}

/// Logins hash passwords on threads of their own, so they are made on a usual runtime.
fn outside<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn begin<T>(grace: Duration, give: impl AsyncFnOnce(&Fixture) -> T) -> Arc<Race<T>> {
    let racing = Arc::new(AtomicBool::new(false));
    let store = Scheduled {
        store: MemoryStore::new(),
        racing: Arc::clone(&racing),
    };
    outside(async {
        let fixture = Fixture::on(Arc::new(store), |builder| {
            builder.configure(|config| {
                config.rotation = Rotation::Always;
                config.refresh_grace = grace;
            })
        });
        let fixture = fixture.await;
        let given = give(&fixture).await;
        // So that nothing is cached any more.
        fixture.clock.advance(2);
        Arc::new(Race {
            fixture,
            racing,
            given,
        })
    })
}

/// Several requests at once; each is sent again after 503.
async fn at_once<T: 'static>(
    race: &Arc<Race<T>>,
    send: impl AsyncFn(&Race<T>) -> Reply + Copy + 'static,
) -> Vec<Reply> {
    race.racing.store(true, Ordering::SeqCst);
    let requests: Vec<_> = (0..REQUESTS)
        .map(|_| {
            let race = Arc::clone(race);
            shuttle::future::spawn_local(async move {
                loop {
                    let reply = send(&race).await;
                    if reply.status != 503 {
                        return reply;
                    }
                }
            })
        })
        .collect();
    let mut replies = Vec::new();
    for request in requests {
        replies.push(request.await.unwrap());
    }
    race.racing.store(false, Ordering::SeqCst);
    replies
}

fn winners(replies: &[Reply]) -> Vec<Tokens> {
    let good = replies.iter().filter(|reply| reply.status == 200);
    good.map(Tokens::of).collect()
}

fn in_any_order(race: impl AsyncFn() + Copy + Send + Sync + 'static) {
    let mut config = shuttle::Config::new();
    // A request through the whole server.
    config.stack_size = 8 << 20;
    let scheduler = RandomScheduler::new(SCHEDULES);
    shuttle::Runner::new(scheduler, config).run(move || shuttle::future::block_on(race()));
}

#[test]
fn in_any_order_and_with_any_failure_a_code_is_redeemed_once() {
    in_any_order(async || {
        for who in [APP, SPA] {
            let race = begin(Duration::from_secs(60), async |fixture| {
                (who, fixture.code(who).await)
            });
            let replies = at_once(&race, async |race: &Race<(Who, Code)>| {
                let (who, code) = &race.given;
                race.fixture.redeem(*who, code).await
            })
            .await;
            let lost = replies.iter().filter(|reply| reply.status != 200);
            lost.for_each(|reply| _ = reply.assert_error(400, "invalid_grant"));
            // A request that begins after the redemption is a replay, and may end the grant before the
            // winner knows that its write was stored.
            match winners(&replies).len() {
                0 => assert!(race.fixture.server.counters().replays > 0, "{replies:?}"),
                won => assert_eq!(won, 1, "{replies:?}"),
            }
        }
    });
}

#[test]
fn in_any_order_and_with_any_failure_a_refresh_within_grace_gives_one_token() {
    in_any_order(async || {
        for who in [APP, SPA] {
            let race = begin(Duration::from_secs(60), async |fixture| {
                (who, fixture.tokens(who).await)
            });
            let replies = at_once(&race, async |race: &Race<(Who, Tokens)>| {
                let (who, tokens) = &race.given;
                race.fixture.refresh(*who, &tokens.refresh).await
            })
            .await;
            let winners = winners(&replies);
            assert_eq!(winners.len(), REQUESTS, "{replies:?}");
            assert!(winners.iter().all(|won| won.refresh == winners[0].refresh));
            outside(async {
                for won in &winners {
                    assert!(race.fixture.is_active(&won.access).await);
                }
                let next = race.fixture.refresh(who, &winners[0].refresh).await;
                Tokens::of(&next);
            });
            let counters = race.fixture.server.counters();
            assert_eq!((counters.refresh_rotations, counters.replays), (2, 0));
        }
    });
}

#[test]
fn in_any_order_and_with_any_failure_one_refresh_wins_without_grace() {
    in_any_order(async || {
        let race = begin(Duration::ZERO, async |fixture| {
            (SPA, fixture.tokens(SPA).await)
        });
        let replies = at_once(&race, async |race: &Race<(Who, Tokens)>| {
            let (who, tokens) = &race.given;
            race.fixture.refresh(*who, &tokens.refresh).await
        })
        .await;
        match winners(&replies).len() {
            0 => assert!(race.fixture.server.counters().replays > 0, "{replies:?}"),
            won => assert_eq!(won, 1, "{replies:?}"),
        }
    });
}
