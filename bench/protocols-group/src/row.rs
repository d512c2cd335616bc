//! One thing that is measured: ours, the raw primitives of the same bytes, and another client.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use harness::{Comparison, Group, Result, Side, callgrind, nanoseconds_per_call};

pub(crate) type Call = Box<dyn FnMut()>;

/// The three sides.
pub(crate) struct Row {
    pub(crate) ours: (&'static str, RefCell<Call>),
    pub(crate) raw: (&'static str, RefCell<Call>),
    pub(crate) peer: (&'static str, RefCell<Call>),
    /// Names of the rows: ours beside the other client, and the ratio of instructions.
    pub(crate) beside_peer: &'static str,
    pub(crate) instructions_over_raw: &'static str,
    /// How many times the raw primitives ours may take.
    pub(crate) bar: f64,
}

impl Row {
    pub(crate) fn measure(&mut self, group: &mut Group) -> Result<()> {
        let window = group.options().window / 6;
        let (ours, raw, peer) = (
            self.ours.1.get_mut(),
            self.raw.1.get_mut(),
            self.peer.1.get_mut(),
        );
        let sides = [
            (self.ours.0, self.raw.0, raw, self.bar),
            (self.beside_peer, self.peer.0, peer, 1.0),
        ];
        for (name, beside, call, bar) in sides {
            group.compare(Comparison {
                ours: Side {
                    bench: name,
                    measure: &mut || Ok(nanoseconds_per_call(window, &mut *ours)),
                },
                beside: Side {
                    bench: beside,
                    measure: &mut || Ok(nanoseconds_per_call(window, &mut *call)),
                },
                unit: "ns",
                bar: Some(bar),
            })?;
        }
        for name in [self.ours.0, self.raw.0, self.peer.0] {
            group.count(name, &["count", name], None)?;
        }
        // Instructions repeat where times do not.
        if group.options().wants(self.instructions_over_raw) && callgrind::is_there() {
            let cost = |name| callgrind::cost_of_a_call(&["count", name]);
            let ratio = cost(self.ours.0)?.instructions / cost(self.raw.0)?.instructions;
            group.value(self.instructions_over_raw, ratio, "times", Some(self.bar))?;
        }
        Ok(())
    }
}

/// Makes `calls` of the calls that a row is about, to be counted.
pub(crate) fn repeat(rows: &[Row], name: &str, calls: u64) -> Result<()> {
    let sides = rows.iter().flat_map(|row| [&row.ours, &row.raw, &row.peer]);
    let mut found = sides.filter(|(own, _)| *own == name);
    let (_, call) = found.next().ok_or("there is no such row")?;
    let mut call = call.borrow_mut();
    (0..10).for_each(|_| call());
    counted_calls(&mut **call, calls);
    Ok(())
}

/// A function of its own, as callgrind finds what to count by its name.
#[inline(never)]
fn counted_calls(call: &mut dyn FnMut(), calls: u64) {
    (0..calls).for_each(|_| call());
}

/// The outcome of a future that waits for nothing.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("it waits"),
    }
}
