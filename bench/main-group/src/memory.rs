//! The memory that each token takes in a store in memory, by the program `main-memory`.

use std::process::Command;

use harness::{Comparison, Group, Result, Side};

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    // It repeats exactly.
    let mut ours = None;
    for (bench, peer_bench, peer) in [
        (
            "bytes_for_a_token",
            "oauth_as_bytes_for_a_token",
            "oauth_as",
        ),
        (
            "bytes_for_a_token_beside_oxide_auth",
            "oxide_auth_bytes_for_a_token",
            "oxide_auth",
        ),
    ] {
        let mut theirs = None;
        group.compare(Comparison {
            ours: Side {
                bench,
                measure: &mut || counted(&mut ours, "server"),
            },
            beside: Side {
                bench: peer_bench,
                measure: &mut || counted(&mut theirs, peer),
            },
            unit: "bytes",
            bar: Some(1.0),
        })?;
    }
    Ok(())
}

/// The bytes, counted once.
fn counted(known: &mut Option<f64>, package: &str) -> Result<f64> {
    if let Some(bytes) = known {
        return Ok(*bytes);
    }
    let program = std::env::current_exe()?.with_file_name("main-memory");
    let output = Command::new(program)
        .arg(package)
        .output()
        .map_err(|error| format!("main-memory: {error}; build the whole package first"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let bytes = std::str::from_utf8(&output.stdout)?.trim().parse()?;
    Ok(*known.insert(bytes))
}
