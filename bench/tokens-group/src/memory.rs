//! The memory that each cached token takes, by the program `tokens-memory`.

use std::process::Command;

use harness::{Group, Result, Side};

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    for (bench, subjects) in [
        ("bytes_for_a_key", "10000"),
        ("bytes_for_a_key_of_a_million_subjects", "1000000"),
    ] {
        let mut counted = None;
        let mut measure = || match counted {
            // It repeats exactly.
            Some(bytes) => Ok(bytes),
            None => {
                let bytes = bytes_for_a_key(subjects)?;
                counted = Some(bytes);
                Ok(bytes)
            }
        };
        let side = Side {
            bench,
            measure: &mut measure,
        };
        group.alone(side, "bytes", Some(1024.0))?;
    }
    Ok(())
}

fn bytes_for_a_key(subjects: &str) -> Result<f64> {
    let program = std::env::current_exe()?.with_file_name("tokens-memory");
    let output = Command::new(program)
        .arg(subjects)
        .output()
        .map_err(|error| format!("tokens-memory: {error}; build the whole package first"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(std::str::from_utf8(&output.stdout)?.trim().parse()?)
}
