//! How much an application compiles that embeds the server with axum and SQLite: crates, and the CPU
//! time of building all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::{entry, tree};
use crate::process::{Failure, run};
use crate::workspace::{cargo, root, target_directory};

/// The most crates with a login of the application's own.
const MOST_CRATES: usize = 120;

/// The application in each of its forms, with the arguments that make it.
const FORMS: [(&str, &[&str]); 2] = [
    ("its own login", &[]),
    ("the login of grantor-site", &["--features", "site"]),
];

/// Counts and prints; with `timed` it builds each form from nothing, too. Returns whether the bar
/// holds.
pub(super) fn measure(timed: bool) -> Result<bool, Failure> {
    let folder = root().join("fixtures").join("embedding-server");
    let manifest = folder.join("Cargo.toml");
    let mut holds = true;
    for (form, arguments) in FORMS {
        let mut check = cargo();
        check.args(["check", "--quiet", "--manifest-path"]);
        run(check.arg(&manifest).args(arguments))?;
        let crates = crates(&tree(&manifest, arguments)?);
        println!("an embedded server, with {form}: {crates} crates");
        holds &= !arguments.is_empty() || crates <= MOST_CRATES;
        if timed {
            let spent = cold_build(&manifest, arguments)?;
            println!("  {:.1} s of CPU time to build them", spent.as_secs_f64());
        }
    }
    println!("crates: {MOST_CRATES} at most with its own login");
    Ok(holds)
}

/// The packages of a tree, each once.
fn crates(tree: &str) -> usize {
    let packages: BTreeSet<_> = tree.lines().filter_map(entry).map(|(_, it)| it).collect();
    packages.len()
}

/// The CPU time of a build in an empty folder.
fn cold_build(manifest: &Path, arguments: &[&str]) -> Result<Duration, Failure> {
    let folder = target_directory().join("footprint");
    let remove = || match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("{}: {error}", folder.display())))
        }
        _ => Ok(()),
    };
    remove()?;
    let before = spent_by_children()?;
    let mut build = cargo();
    build.args(["build", "--quiet", "--manifest-path"]);
    build.arg(manifest).args(arguments);
    run(build.env("CARGO_TARGET_DIR", &folder))?;
    let spent = spent_by_children()?.saturating_sub(before);
    remove()?;
    Ok(spent)
}

/// The CPU time of all programs that this one has started and that have ended.
fn spent_by_children() -> Result<Duration, Failure> {
    let stat = fs::read_to_string("/proc/self/stat");
    let stat = stat.map_err(|error| Failure::new(format!("CPU time needs /proc: {error}")))?;
    parse_stat(&stat).ok_or_else(|| Failure::new("/proc/self/stat has another form"))
}

/// Fields 16 and 17 of `stat` (proc_pid_stat(5)), in ticks of which Linux shows 100 a second.
fn parse_stat(stat: &str) -> Option<Duration> {
    // The name of the program, field 2, may have spaces; it ends with the last parenthesis.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(13);
    let ticks: u64 = fields.next()?.parse().ok()?;
    let of_system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((ticks + of_system) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_several_name_are_counted_once() {
        let tree = "0app v0.0.0 (/app)\n1tokio v1.0.0\n2bytes v1.0.0\n1bytes v1.0.0 (*)\n";
        assert_eq!(crates(tree), 3);
    }

    #[test]
    fn the_time_of_children_is_read_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 0 1 2 3 4 50 60 700 80 20 0 1 0 9";
        assert_eq!(parse_stat(stat), Some(Duration::from_millis(7800)));
        assert_eq!(parse_stat("7 (a) S 1"), None);
        assert!(spent_by_children().is_ok());
    }
}
