//! The names that code of values and functions alone must not use: IO, clocks, threads, globals.

use crate::Findings;
use crate::rust::{self, Token};

/// Modules of the standard library that reach outside the process, or read its state.
const MODULES: [&str; 6] = [
    "std::env",
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
];

/// Names that mean a clock, a thread or a global at any place in a path.
const NAMES: [&str; 17] = [
    "Instant",
    "SystemTime",
    "UNIX_EPOCH",
    "spawn",
    "LazyLock",
    "OnceLock",
    "LazyCell",
    "OnceCell",
    "Once",
    "thread_local",
    "lazy_static",
    "stdin",
    "stdout",
    "stderr",
    "println",
    "eprintln",
    "include_bytes",
];

/// Traits and types of `std::io` that only move bytes in memory are as good as any.
const IO_ALLOWED: [&str; 4] = [
    "std::io::Cursor",
    "std::io::Read",
    "std::io::Write",
    "std::io::Error",
];

/// Returns the violations in these sources, given as path and text.
pub(crate) fn findings<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Findings {
    let mut findings = Findings::new();
    for (path, text) in sources {
        if path.ends_with("/tests.rs") || path.contains("/tests/") {
            continue;
        }
        let tokens = rust::without_tests(&rust::tokens(text));
        for name in rust::paths(&tokens) {
            if is_forbidden(&name) {
                findings.push(format!("{path} names {name}"));
            }
        }
        if holds_static(&tokens) {
            findings.push(format!("{path} holds a static: use a constant"));
        }
    }
    findings
}

fn is_forbidden(path: &str) -> bool {
    let in_module = MODULES
        .iter()
        .any(|module| path == *module || path.starts_with(&format!("{module}::")));
    let io = path.starts_with("std::io::") && !IO_ALLOWED.contains(&path);
    let named = path.split("::").any(|segment| NAMES.contains(&segment));
    in_module || io || named
}

/// The word alone: in a lifetime it has a quote before it.
fn holds_static(tokens: &[Token]) -> bool {
    tokens.iter().enumerate().any(|(position, token)| {
        let lifetime = position > 0 && tokens[position - 1].is("'");
        token.is("static") && !lifetime
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &[&str]) {
        assert_eq!(findings([("a.rs", source)]), expected);
    }

    #[test]
    fn values_and_functions_are_allowed() {
        check(
            "use std::{fmt, sync::Arc, time::Duration};
             const NAMES: &'static [&'static str] = &[\"std::fs\"];
             fn wait<'a>(text: &'a str) -> Duration { Duration::from_secs(text.len() as u64) }
             #[cfg(test)] mod tests { fn read() { std::fs::read(\"vectors\"); } }",
            &[],
        );
    }

    #[test]
    fn io_is_found() {
        check(
            "fn f() { std::fs::read(name); }",
            &["a.rs names std::fs::read"],
        );
        check(
            "use std::{fmt, net::TcpStream};",
            &["a.rs names std::net::TcpStream"],
        );
        check("use std::{env, fmt};", &["a.rs names std::env"]);
        check("fn f() { println!(); }", &["a.rs names println"]);
    }

    #[test]
    fn clocks_are_found() {
        check(
            "fn f() { time::Instant::now(); }",
            &["a.rs names time::Instant::now"],
        );
        check(
            "use std::time::SystemTime;",
            &["a.rs names std::time::SystemTime"],
        );
    }

    #[test]
    fn threads_are_found() {
        check("fn f() { runtime.spawn(work); }", &["a.rs names spawn"]);
        check("use std::thread;", &["a.rs names std::thread"]);
    }

    #[test]
    fn globals_are_found() {
        check(
            "static mut COUNT: u8 = 0;",
            &["a.rs holds a static: use a constant"],
        );
        check(
            "use std::sync::OnceLock;",
            &["a.rs names std::sync::OnceLock"],
        );
        check("thread_local! { }", &["a.rs names thread_local"]);
    }

    #[test]
    fn files_of_tests_may_read() {
        assert!(findings([("src/jwk/tests.rs", "use std::fs;")]).is_empty());
    }
}
