use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use grantor_core::Clock;
use grantor_http::SingleFlight;
use grantor_jose::digest::sha256;

use crate::{AccessToken, IntrospectError, VerifyError};

/// What was said about tokens a moment ago: good ones only, for some seconds and never past their
/// end, and one question at a time for each.
///
/// Its keys are SHA-256 of the tokens, so that its memory holds none of them.
pub(super) struct Answers {
    shards: [Mutex<Shard>; SHARDS],
    lifetime: Duration,
    clock: Arc<dyn Clock>,
}

type Key = [u8; 32];
type Outcome = Result<AccessToken, VerifyError>;

/// Two generations: when the young one is full, it becomes the old one and the old one goes. That
/// bounds the memory without a search for what to evict.
#[derive(Default)]
struct Shard {
    young: HashMap<Key, Answer>,
    old: HashMap<Key, Answer>,
    under_way: HashMap<Key, SingleFlight<Outcome>>,
}

struct Answer {
    token: AccessToken,
    until: Duration,
}

impl Answers {
    pub(super) fn new(lifetime: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            shards: Default::default(),
            lifetime,
            clock,
        }
    }

    pub(super) fn get(&self, token: &str) -> Option<AccessToken> {
        let key = sha256(token.as_bytes());
        self.fresh(&self.shard(&key), &key)
    }

    /// The answer, from `ask` if there is none and nobody else is asking.
    pub(super) async fn get_or_ask(
        self: &Arc<Self>,
        token: &str,
        ask: impl Future<Output = Outcome> + Send + 'static,
    ) -> Outcome {
        let key = sha256(token.as_bytes());
        let flight = {
            let mut shard = self.shard(&key);
            if let Some(token) = self.fresh(&shard, &key) {
                return Ok(token);
            }
            match shard.under_way.get(&key) {
                Some(flight) => flight.clone(),
                None if shard.under_way.len() >= MAX_UNDER_WAY => {
                    let busy = "too many tokens are being introspected at once";
                    return Err(VerifyError::undecided(IntrospectError::new(busy)));
                }
                None => {
                    let landing = Landing {
                        answers: Arc::downgrade(self),
                        key,
                    };
                    let flight = SingleFlight::start(async move {
                        let outcome = ask.await;
                        landing.publish(&outcome);
                        outcome
                    });
                    shard.under_way.insert(key, flight.clone());
                    flight
                }
            }
        };
        flight.wait().await
    }

    fn fresh(&self, shard: &Shard, key: &Key) -> Option<AccessToken> {
        let answer = shard.young.get(key).or_else(|| shard.old.get(key))?;
        let in_time = self.clock.elapsed() < answer.until;
        let ended = answer
            .token
            .expires_at
            .is_some_and(|at| self.clock.now() >= at);
        (in_time && !ended).then(|| answer.token.clone())
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[usize::from(key[0]) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn insert(&mut self, key: Key, answer: Answer) {
        if self.young.len() >= MAX_YOUNG {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, answer);
    }
}

/// The end of a question, also of one that panics.
struct Landing {
    answers: Weak<Answers>,
    key: Key,
}

impl Landing {
    fn publish(&self, outcome: &Outcome) {
        if let (Ok(token), Some(answers)) = (outcome, self.answers.upgrade()) {
            let answer = Answer {
                token: token.clone(),
                until: answers.clock.elapsed() + answers.lifetime,
            };
            answers.shard(&self.key).insert(self.key, answer);
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if let Some(answers) = self.answers.upgrade() {
            answers.shard(&self.key).under_way.remove(&self.key);
        }
    }
}

const SHARDS: usize = 16;
/// Of each shard: 8192 answers in all, in both generations 16384 at most.
const MAX_YOUNG: usize = 512;
/// Of each shard: 1024 questions in all.
const MAX_UNDER_WAY: usize = 64;

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use grantor_core::Timestamp;

    use super::*;
    use crate::Claims;

    #[derive(Debug)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(0)
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }

    fn answers() -> Arc<Answers> {
        Arc::new(Answers::new(Duration::from_secs(10), Arc::new(Still)))
    }

    fn count<T>(answers: &Answers, of: fn(&Shard) -> T) -> usize
    where
        usize: std::iter::Sum<T>,
    {
        let shards = answers.shards.iter();
        shards.map(|shard| of(&shard.lock().unwrap())).sum()
    }

    #[tokio::test]
    async fn a_flood_of_good_tokens_does_not_fill_the_memory() {
        let answers = answers();
        let flood = SHARDS * MAX_YOUNG * 4;
        for i in 0..flood {
            let good = async { Ok(Claims::default().into()) };
            answers.get_or_ask(&format!("t{i}"), good).await.unwrap();
        }
        let held = count(&answers, |shard| shard.young.len() + shard.old.len());
        assert!(held <= SHARDS * MAX_YOUNG * 2, "{held}");
        assert!(answers.get(&format!("t{}", flood - 1)).is_some());
        assert!(answers.get("t0").is_none());
        assert_eq!(count(&answers, |shard| shard.under_way.len()), 0);
    }

    #[test]
    fn a_flood_of_questions_is_undecided_and_not_asked() {
        let answers = answers();
        let flood = SHARDS * MAX_UNDER_WAY * 2;
        let mut refused = 0;
        for i in 0..flood {
            let token = format!("t{i}");
            let mut asking = pin!(answers.get_or_ask(&token, std::future::pending()));
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(outcome) = asking.as_mut().poll(&mut context) {
                assert!(outcome.unwrap_err().is_undecided());
                refused += 1;
            }
        }
        let under_way = count(&answers, |shard| shard.under_way.len());
        assert!(under_way <= SHARDS * MAX_UNDER_WAY, "{under_way}");
        assert_eq!(refused + under_way, flood);
    }

    #[tokio::test]
    async fn a_question_that_panics_can_be_asked_again() {
        let answers = answers();
        let asking = answers.clone();
        let panicking = async move {
            asking
                .get_or_ask("t", async { panic!("the one who is asked") })
                .await
        };
        assert!(tokio::spawn(panicking).await.is_err());
        let good = async { Ok(Claims::default().into()) };
        answers.get_or_ask("t", good).await.unwrap();
    }
}
