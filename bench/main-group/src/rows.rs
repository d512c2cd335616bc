use std::time::Duration;

use harness::{Comparison, Cores, Group, Result, Side};

use crate::side::Program;
use crate::warm;

/// Ours, what stands beside it, and how much more ours may cost.
const COMPARISONS: [(Program, Program, Option<f64>); 4] = [
    (
        Program::server("opaque_memory"),
        Program::limit("bare_axum"),
        Some(1.4),
    ),
    (
        Program::server("jwt_eddsa"),
        Program::limit("bare_eddsa"),
        Some(1.25),
    ),
    (
        Program::server("jwt_es256"),
        Program::limit("bare_es256"),
        Some(1.25),
    ),
    (
        Program::server("opaque_sqlite"),
        Program::server("opaque_memory"),
        None,
    ),
];

/// Programs whose instructions for one request are counted.
const COUNTED: [Program; 6] = [
    Program::server("opaque_memory"),
    Program::server("jwt_eddsa"),
    Program::server("jwt_es256"),
    Program::limit("bare_axum"),
    Program::limit("bare_eddsa"),
    Program::limit("bare_es256"),
];

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    let cores = Cores::find()?;
    let window = group.options().window;
    for (ours, beside, bar) in COMPARISONS {
        group.compare(Comparison {
            ours: Side {
                bench: ours.kind,
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
    for program in COUNTED {
        group.count(
            program.kind,
            &["count", program.package, program.kind],
            None,
        )?;
    }
    Ok(())
}
