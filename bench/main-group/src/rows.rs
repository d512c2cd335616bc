//! The rows of the group, with their bars.

use std::time::Duration;

use harness::{Bars, Comparison, Cores, Group, Result, Side};

use crate::side::Program;
use crate::{memory, warm};

/// A row's name, our program, the one it is compared with, and how much more ours may cost.
const COMPARISONS: [(&str, Program, Program, Option<f64>); 5] = [
    (
        "opaque_memory",
        Program::server("opaque_memory"),
        Program::limit("bare_axum"),
        Some(1.4),
    ),
    (
        "opaque_memory_beside_oauth_as",
        Program::server("opaque_memory"),
        Program::peer("oauth_as"),
        Some(1.0),
    ),
    (
        "jwt_eddsa",
        Program::server("jwt_eddsa"),
        Program::limit("bare_eddsa"),
        Some(1.15),
    ),
    (
        "jwt_es256",
        Program::server("jwt_es256"),
        Program::limit("bare_es256"),
        Some(1.15),
    ),
    (
        "opaque_sqlite",
        Program::server("opaque_sqlite"),
        Program::server("opaque_memory"),
        None,
    ),
];

/// Programs whose instructions and allocations for one request are counted, and their bars.
const COUNTED: [(Program, Option<f64>, Option<f64>); 8] = [
    (Program::server("opaque_memory"), Some(26_000.0), Some(26.0)),
    (Program::server("introspect_opaque"), Some(22_000.0), None),
    (Program::server("jwt_eddsa"), Some(150_000.0), None),
    (Program::server("jwt_es256"), Some(240_000.0), None),
    (Program::limit("bare_axum"), None, None),
    (Program::limit("bare_introspection"), None, None),
    (Program::limit("bare_eddsa"), None, None),
    (Program::limit("bare_es256"), None, None),
];

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    let cores = Cores::find()?;
    let window = group.options().window;
    for (bench, ours, beside, bar) in COMPARISONS {
        group.compare(Comparison {
            ours: Side {
                bench,
                measure: &mut || ours.cpu_per_request(cores, window),
            },
            beside: Side {
                bench: beside.kind,
                measure: &mut || beside.cpu_per_request(cores, window),
            },
            unit: "µs",
            bar,
        })?;
    }
    let prepare = Side {
        bench: "prepare_warm",
        measure: &mut || warm::nanoseconds(Duration::from_millis(500)),
    };
    group.alone(prepare, "ns", Some(100.0))?;
    group.count(
        "prepare_warm",
        &["count", "client", "prepare_warm"],
        Some(0.0),
    )?;
    for (program, instructions, allocations) in COUNTED {
        group.count_within(
            program.kind,
            &["count", program.package, program.kind],
            Bars {
                instructions,
                allocations,
            },
        )?;
    }
    memory::measure(group)
}
