//! One call on a warm handle, alone and beside what other clients do for it.

use std::io::Write;

use harness::{Comparison, Floor, Group, Result, Side, nanoseconds_per_call};
use tokens_group::identity_provider::header;
use tokens_group::layer;
use tokens_group::ours::{self, Caller};

use crate::peers::{PEERS, Peer};

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    let window = group.options().window / 6;
    let mut caller = Caller::new(&ours::warm()?);
    let side = Side {
        bench: OURS,
        measure: &mut || Ok(nanoseconds_per_call(window, || caller.call())),
    };
    group.alone(side, "ns", Some(100.0))?;
    group.count(OURS, &["count", OURS], Some(0.0))?;
    let (mut call, mut floor) = (ours::set_up()?, Floor::new(header()?));
    group.compare(Comparison {
        ours: Side {
            bench: "prepare_observe_beside_floor",
            measure: &mut || Ok(nanoseconds_per_call(window, &mut call)),
        },
        beside: Side {
            bench: FLOOR,
            measure: &mut || Ok(nanoseconds_per_call(window, || floor.call())),
        },
        unit: "ns",
        bar: Some(1.4),
    })?;
    group.count(FLOOR, &["count", FLOOR], Some(0.0))?;
    for peer in PEERS {
        if group.options().wants(peer.ours) {
            beside(group, &mut caller, *peer)?;
        }
    }
    Ok(())
}

fn beside(group: &mut Group, caller: &mut Caller, peer: Peer) -> Result<()> {
    let window = group.options().window / 6;
    let mut call = match peer.set_up() {
        Ok(call) => call,
        Err(error) => {
            let mut output = std::io::stderr().lock();
            writeln!(output, "{} is left out: {error}", peer.name)?;
            return Ok(());
        }
    };
    group.compare(Comparison {
        ours: Side {
            bench: peer.ours,
            measure: &mut || Ok(nanoseconds_per_call(window, || caller.call())),
        },
        beside: Side {
            bench: peer.name,
            measure: &mut || Ok(nanoseconds_per_call(window, &mut call)),
        },
        unit: "ns",
        bar: Some(1.0),
    })?;
    group.count(peer.name, &["count", peer.name], None)
}

/// Makes `calls` of the calls that a row is about, to be counted.
///
/// # Errors
///
/// There is no such row, or its side gets no token.
pub(crate) fn repeat(name: &str, calls: u64) -> Result<()> {
    if name == OURS {
        return warm_up_and_count(&mut *ours::set_up()?, calls);
    }
    if name == FLOOR {
        let mut floor = Floor::new(header()?);
        return warm_up_and_count(&mut || floor.call(), calls);
    }
    if name == layer::NAME {
        return warm_up_and_count(&mut *layer::set_up()?, calls);
    }
    let peer = PEERS.iter().find(|peer| peer.name == name);
    let peer = peer.ok_or("there is no such row")?;
    warm_up_and_count(&mut *peer.set_up()?, calls)
}

fn warm_up_and_count(call: &mut dyn FnMut(), calls: u64) -> Result<()> {
    (0..100).for_each(|_| call());
    counted_calls(call, calls);
    Ok(())
}

/// A function of its own, as callgrind finds what to count by its name.
#[inline(never)]
fn counted_calls(call: &mut dyn FnMut(), calls: u64) {
    (0..calls).for_each(|_| call());
}

const OURS: &str = "prepare_observe";
const FLOOR: &str = "floor";
