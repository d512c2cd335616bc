//! The single flight of a slot, under a scheduler that tries orders of events.

use std::collections::HashSet;

use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::sync::{Arc, Condvar, Mutex};
use shuttle::thread;

use super::*;

const PROCESS: u32 = 1;

/// A token slot as the manager has it, on a scheduler that may stop any thread anywhere.
#[derive(Default)]
struct TokenSlot {
    /// The generation of the token there is; 0: none that may be used.
    current: AtomicU64,
    single_flight: Mutex<SingleFlight<Arc<Waiting>, &'static str>>,
    requests: AtomicU64,
    fails: AtomicU64,
}

/// The way in which callers wait.
#[derive(Default)]
struct Waiting {
    outcome: Mutex<Option<Result<u64, &'static str>>>,
    ended: Condvar,
}

impl TokenSlot {
    /// Gets a token as the manager does: look, join_or_lead, look again, run or wait.
    /// `rejected_token` is a generation that was rejected.
    fn token(self: &Arc<Self>, rejected_token: u64) -> Result<u64, &'static str> {
        let usable = |generation: u64| generation != 0 && generation != rejected_token;
        let ready = self.current.load(Ordering::SeqCst);
        if usable(ready) {
            return Ok(ready);
        }
        let waiting = Arc::new(Waiting::default());
        let satisfied = || Some(self.current.load(Ordering::SeqCst)).filter(|now| usable(*now));
        let admission = {
            let mut single_flight = self.single_flight.lock().unwrap();
            single_flight.join_or_lead(0, PROCESS, &waiting, satisfied, || Ok(()))
        };
        let waiting = match admission {
            Admission::Satisfied(generation) => return Ok(generation),
            Admission::RecentFailure(error) => return Err(error),
            Admission::Join(waiting) => waiting,
            Admission::Lead(number) => {
                let (slot, flown) = (Arc::clone(self), Arc::clone(&waiting));
                thread::spawn(move || slot.run(number, &flown));
                waiting
            }
        };
        let mut outcome = waiting.outcome.lock().unwrap();
        while outcome.is_none() {
            outcome = waiting.ended.wait(outcome).unwrap();
        }
        outcome.unwrap()
    }

    fn run(&self, number: u64, waiting: &Waiting) {
        let request = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        thread::yield_now();
        let outcome = if request <= self.fails.load(Ordering::SeqCst) {
            Err("down")
        } else {
            self.current.store(request, Ordering::SeqCst);
            Ok(request)
        };
        let mut single_flight = self.single_flight.lock().unwrap();
        match outcome {
            Ok(_) => single_flight.succeed(number),
            Err(error) => {
                single_flight.fail(number, error, |_| 1);
            }
        }
        drop(single_flight);
        *waiting.outcome.lock().unwrap() = Some(outcome);
        waiting.ended.notify_all();
    }
}

/// Runs callers in many random orders; `check` sees the slot and what each of them got.
fn explore(
    begin: impl Fn() -> (TokenSlot, Vec<u64>) + Send + Sync + 'static,
    check: impl Fn(&TokenSlot, &[Result<u64, &'static str>]) + Send + Sync + 'static,
) {
    shuttle::check_random(
        move || {
            let (slot, callers) = begin();
            let slot = Arc::new(slot);
            let callers: Vec<_> = callers
                .into_iter()
                .map(|rejected_token| {
                    let slot = Arc::clone(&slot);
                    thread::spawn(move || slot.token(rejected_token))
                })
                .collect();
            let got: Vec<_> = callers.into_iter().map(|c| c.join().unwrap()).collect();
            check(&slot, &got);
        },
        2000,
    );
}

#[test]
fn in_any_order_cold_callers_make_one_request() {
    explore(
        || (TokenSlot::default(), vec![0; 4]),
        |slot, got| {
            assert_eq!(slot.requests.load(Ordering::SeqCst), 1);
            assert_eq!(got, [Ok(1); 4]);
        },
    );
}

#[test]
fn in_any_order_rejections_of_one_token_make_one_request() {
    explore(
        || {
            let slot = TokenSlot::default();
            slot.current.store(7, Ordering::SeqCst);
            // The next token is known by its request.
            slot.requests.store(7, Ordering::SeqCst);
            (slot, vec![7, 7, 0, 7])
        },
        |slot, got| {
            assert_eq!(slot.requests.load(Ordering::SeqCst), 8);
            for (caller, token) in got.iter().enumerate() {
                let expected: HashSet<_> = match caller {
                    // A caller that did not reject it may have got the old one.
                    2 => [Ok(7), Ok(8)].into(),
                    _ => [Ok(8)].into(),
                };
                assert!(expected.contains(token), "{caller}: {token:?}");
            }
        },
    );
}

#[test]
fn in_any_order_a_failure_wakes_everybody_and_is_reported_without_a_request() {
    explore(
        || {
            let slot = TokenSlot::default();
            slot.fails.store(9, Ordering::SeqCst);
            (slot, vec![0; 4])
        },
        |slot, got| {
            assert_eq!(slot.requests.load(Ordering::SeqCst), 1);
            assert_eq!(got, [Err("down"); 4]);
        },
    );
}

#[test]
fn a_child_process_does_not_wait_for_its_parents_flight() {
    let mut single_flight = SingleFlight::<u8, ()>::default();
    let join_or_lead = |single_flight: &mut SingleFlight<u8, ()>, process| {
        single_flight.join_or_lead(0, process, &0, || None::<()>, || Ok(()))
    };
    assert_eq!(join_or_lead(&mut single_flight, 1), Admission::Lead(1));
    assert_eq!(join_or_lead(&mut single_flight, 1), Admission::Join(0));
    assert_eq!(join_or_lead(&mut single_flight, 2), Admission::Lead(2));
    // The parent's renewal, ending here, leaves the child's alone.
    single_flight.succeed(1);
    assert_eq!(single_flight.in_flight(2), Some(0));
}
