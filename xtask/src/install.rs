//! Installs the programs that a machine lacks: packages of the distribution, components of the
//! toolchain.

use std::env;
use std::process::Command;

use crate::process::{Failure, run, succeeds};
use crate::workspace::cargo;

/// A program that a command needs, how to see that it is there, and the package that brings it.
pub(crate) struct Program {
    probe: &'static [&'static str],
    package: &'static str,
}

/// Watches system calls, in the tests that cut a program off between two of them.
pub(crate) const STRACE: Program = Program {
    probe: &["strace", "--version"],
    package: "strace",
};
/// Runs the foreign programs.
pub(crate) const PYTHON: Program = Program {
    probe: &["python3", "--version"],
    package: "python3",
};
/// Debian leaves it out of `python3`.
pub(crate) const PYTHON_VENV: Program = Program {
    probe: &["python3", "-c", "import ensurepip, venv"],
    package: "python3-venv",
};
/// Drives the pages as a person would.
pub(crate) const CHROMIUM: Program = Program {
    probe: &["chromium", "--version"],
    package: "chromium",
};
/// Counts instructions.
pub(crate) const VALGRIND: Program = Program {
    probe: &["valgrind", "--version"],
    package: "valgrind",
};

/// Keeps records, in the tests of its store.
pub(crate) const POSTGRES: Program = Program {
    probe: &[
        "sh",
        "-c",
        "command -v initdb /usr/lib/postgresql/*/bin/initdb",
    ],
    package: "postgresql",
};
/// Keeps records, in the tests of its store.
pub(crate) const MARIADB: Program = Program {
    probe: &["sh", "-c", "command -v mariadbd /usr/sbin/mariadbd"],
    package: "mariadb-server-core",
};
/// Makes a MariaDB server the node of a cluster.
pub(crate) const GALERA: Program = Program {
    probe: &[
        "sh",
        "-c",
        "ls /usr/lib/galera/libgalera_smm.so || ls /usr/lib64/galera-4/libgalera_smm.so",
    ],
    package: "galera-4",
};
/// Looks after a cluster of PostgreSQL servers.
pub(crate) const PATRONI: Program = Program {
    probe: &["patroni", "--version"],
    package: "patroni",
};
/// Has the lock of that cluster's primary.
pub(crate) const ETCD: Program = Program {
    probe: &["etcd", "--version"],
    package: "etcd-server",
};
/// Keeps records, in the tests of its store.
pub(crate) const REDIS: Program = Program {
    probe: &["redis-server", "--version"],
    package: "redis-server",
};
/// Keeps records, in the tests of its store.
pub(crate) const MEMCACHED: Program = Program {
    probe: &["memcached", "--version"],
    package: "memcached",
};

/// Keeps keys, in the tests of logins.
pub(crate) const KEYRING: Program = Program {
    probe: &["gnome-keyring-daemon", "--version"],
    package: "gnome-keyring",
};
/// The bus that the keyring is on.
pub(crate) const DBUS: Program = Program {
    probe: &["dbus-daemon", "--version"],
    package: "dbus",
};
/// A library that the server of MongoDB needs.
pub(crate) const LIBCURL: Program = Program {
    probe: &["sh", "-c", "/sbin/ldconfig -p | grep -F libcurl.so.4"],
    package: "libcurl4",
};

/// Installs what is missing, in one go; does nothing, and asks nobody, when nothing is.
pub(crate) fn programs(wanted: &[Program]) -> Result<(), Failure> {
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|program| !is_there(program))
        .map(|program| program.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !succeeds(Command::new("apt-get").arg("--version")) {
        return Err(Failure::new(format!(
            "install these first, by their names in Debian: {}",
            missing.join(" ")
        )));
    }
    run(apt_get().arg("update"))?;
    run(apt_get()
        .args(["install", "--yes", "--no-install-recommends"])
        .args(missing))
}

/// Adds the formatter and the linter where rustup's minimal profile left them out.
pub(crate) fn toolchain_components() -> Result<(), Failure> {
    for component in ["fmt", "clippy"] {
        if !succeeds(cargo().args([component, "--version"])) {
            return run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]));
        }
    }
    Ok(())
}

fn is_there(program: &Program) -> bool {
    match program.probe {
        [name, arguments @ ..] => succeeds(Command::new(name).args(arguments)),
        [] => false,
    }
}

fn apt_get() -> Command {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut command = Command::new("sudo");
        command.args([
            "--non-interactive",
            "--preserve-env=DEBIAN_FRONTEND",
            "apt-get",
        ]);
        command
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.arg("--quiet");
    command
}

fn is_root() -> bool {
    // The variable may be missing where no shell set it, so the kernel is asked.
    let answer = Command::new("id").arg("-u").output();
    match answer {
        Ok(answer) => answer.stdout.trim_ascii() == b"0",
        Err(_) => env::var("USER").is_ok_and(|user| user == "root"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_installed_when_nothing_is_missing() {
        let present = Program {
            probe: &["true"],
            package: "no-such-package",
        };
        programs(&[present]).unwrap();
    }

    #[test]
    fn a_program_is_missing_when_its_probe_fails() {
        let absent = Program {
            probe: &["false"],
            package: "no-such-package",
        };
        assert!(!is_there(&absent));
    }
}
