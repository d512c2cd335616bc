use std::collections::HashSet;

use shuttle::sync::atomic::{AtomicU64, Ordering};
use shuttle::sync::{Arc, Condvar, Mutex};
use shuttle::thread;

use super::*;

const PROCESS: u32 = 1;

/// A token slot as the manager has it, on a scheduler that may stop any thread anywhere.
#[derive(Default)]
struct Slot {
    /// The generation of the token there is; 0: none that may be used.
    current: AtomicU64,
    flights: Mutex<Flights<Arc<Waiting>, &'static str>>,
    requests: AtomicU64,
    fails: AtomicU64,
}

/// What callers wait by.
#[derive(Default)]
struct Waiting {
    outcome: Mutex<Option<Result<u64, &'static str>>>,
    ended: Condvar,
}

impl Slot {
    /// As the manager does it: look, board, look again, fly or wait. `avoid` is a generation that
    /// was rejected.
    fn token(self: &Arc<Self>, avoid: u64) -> Result<u64, &'static str> {
        let usable = |generation: u64| generation != 0 && generation != avoid;
        let ready = self.current.load(Ordering::SeqCst);
        if usable(ready) {
            return Ok(ready);
        }
        let waiting = Arc::new(Waiting::default());
        let settled = || Some(self.current.load(Ordering::SeqCst)).filter(|now| usable(*now));
        let boarding = {
            let mut flights = self.flights.lock().unwrap();
            flights.board(0, PROCESS, &waiting, settled, || Ok(()))
        };
        let waiting = match boarding {
            Boarding::Settled(generation) => return Ok(generation),
            Boarding::Told(error) => return Err(error),
            Boarding::Join(waiting) => waiting,
            Boarding::Fly(number) => {
                let (slot, flown) = (Arc::clone(self), Arc::clone(&waiting));
                thread::spawn(move || slot.fly(number, &flown));
                waiting
            }
        };
        let mut outcome = waiting.outcome.lock().unwrap();
        while outcome.is_none() {
            outcome = waiting.ended.wait(outcome).unwrap();
        }
        outcome.unwrap()
    }

    fn fly(&self, number: u64, waiting: &Waiting) {
        let request = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        thread::yield_now();
        let outcome = if request <= self.fails.load(Ordering::SeqCst) {
            Err("down")
        } else {
            self.current.store(request, Ordering::SeqCst);
            Ok(request)
        };
        let mut flights = self.flights.lock().unwrap();
        match outcome {
            Ok(_) => flights.land(number),
            Err(error) => {
                flights.crash(number, error, |_| 1);
            }
        }
        drop(flights);
        *waiting.outcome.lock().unwrap() = Some(outcome);
        waiting.ended.notify_all();
    }
}

/// Runs callers in many random orders; `check` sees the slot and what each of them got.
fn explore(
    begin: impl Fn() -> (Slot, Vec<u64>) + Send + Sync + 'static,
    check: impl Fn(&Slot, &[Result<u64, &'static str>]) + Send + Sync + 'static,
) {
    shuttle::check_random(
        move || {
            let (slot, callers) = begin();
            let slot = Arc::new(slot);
            let callers: Vec<_> = callers
                .into_iter()
                .map(|avoid| {
                    let slot = Arc::clone(&slot);
                    thread::spawn(move || slot.token(avoid))
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
        || (Slot::default(), vec![0; 4]),
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
            let slot = Slot::default();
            slot.current.store(7, Ordering::SeqCst);
            // The next token will be told apart by its request.
            slot.requests.store(7, Ordering::SeqCst);
            (slot, vec![7, 7, 0, 7])
        },
        |slot, got| {
            assert_eq!(slot.requests.load(Ordering::SeqCst), 8);
            for (caller, token) in got.iter().enumerate() {
                let expected: HashSet<_> = match caller {
                    // Who did not reject it may have got the old one.
                    2 => [Ok(7), Ok(8)].into(),
                    _ => [Ok(8)].into(),
                };
                assert!(expected.contains(token), "{caller}: {token:?}");
            }
        },
    );
}

#[test]
fn in_any_order_a_failure_wakes_everybody_and_is_told_without_asking() {
    explore(
        || {
            let slot = Slot::default();
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
    let mut flights = Flights::<u8, ()>::default();
    let board = |flights: &mut Flights<u8, ()>, process| {
        flights.board(0, process, &0, || None::<()>, || Ok(()))
    };
    assert_eq!(board(&mut flights, 1), Boarding::Fly(1));
    assert_eq!(board(&mut flights, 1), Boarding::Join(0));
    assert_eq!(board(&mut flights, 2), Boarding::Fly(2));
    // The parent's flight, ending here, leaves the child's alone.
    flights.land(1);
    assert_eq!(flights.under_way(2), Some(0));
}
