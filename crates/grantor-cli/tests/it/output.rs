//! Help, versions, exit codes, and outputs that nobody reads.

use std::fs::OpenOptions;
use std::process::Stdio;

use serde_json::Value;

use crate::grantor::Home;

const COMMANDS: [&[&str]; 13] = [
    &[],
    &["demo"],
    &["serve"],
    &["client"],
    &["client", "add"],
    &["client", "list"],
    &["client", "remove"],
    &["client", "rotate-secret"],
    &["user"],
    &["user", "add"],
    &["user", "list"],
    &["user", "remove"],
    &["token"],
];

#[test]
fn every_command_has_help_that_names_the_common_options() {
    let home = Home::new();
    for command in COMMANDS.into_iter().chain([&["request"][..]]) {
        let help = home.run(&[command, &["--help"]].concat()).ok().out;
        for option in ["--data <DIR>", "--config <FILE>", "--json"] {
            assert!(help.contains(option), "{command:?}: {help}");
        }
    }
    let help = home.run(&["--help"]).ok().out;
    for part in ["grantor demo", "Exit codes", "GRANTOR_LOG"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let home = Home::new();
    let expected = format!("grantor {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(home.run(&["--version"]).ok().out, expected);
    assert_eq!(home.run(&["-V"]).ok().out, expected);
}

#[test]
fn a_command_that_is_misspelt_is_corrected() {
    let home = Home::new();
    home.run(&["clint", "list"])
        .fails(2, &["clint", "'client'"]);
    home.run(&["client", "list", "--jsn"])
        .fails(2, &["--jsn", "'--json'"]);
    home.run(&[]).fails(2, &["Usage: grantor"]);
    for args in [
        &["--json", "clint"][..],
        &["serve", "--json", "--lisen"],
        &["token", "--json"],
    ] {
        let done = home.run(args);
        let error: Value = serde_json::from_str(&done.err).unwrap();
        assert_eq!(done.code, Some(2));
        assert!(error["message"].as_str().unwrap().len() > 10, "{done:?}");
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_panic() {
    let home = Home::new();
    home.add_service("job", &[]);
    for args in [
        &["client", "list"][..],
        &["client", "list", "--json"],
        &["user", "list"],
        &["demo"],
        &["demo", "--json"],
        &["completions", "bash"],
        &["man"],
        &["decode"],
        &["decode", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let token = "eyJhbGciOiJFUzI1NiJ9.e30.AA";
        let done = home.command(args).input(token).stdout(writer).finish();
        assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
        assert!(done.err.contains("can't be written"), "{done:?}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let help = home.command(&["--help"]).stdout(writer).finish();
    assert_eq!(help.code, Some(0));
}

#[test]
fn a_secret_that_nobody_got_is_a_failure() {
    let home = Home::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let add = home.command(&["client", "add", "job", "--grant", "client_credentials"]);
    let done = add.stdout(Stdio::from(full)).finish();
    assert_eq!(done.code, Some(1));
    assert!(
        done.err.contains("can't be written to standard output"),
        "{done:?}"
    );
    // The client is there, and a new secret is to be had.
    home.run(&["client", "rotate-secret", "job"]).ok();
}

#[test]
fn no_color_goes_before_everything_else() {
    let home = Home::new();
    let help = |no_color| {
        let run = home.command(&["--help"]).env("CLICOLOR_FORCE", "1");
        run.env("NO_COLOR", no_color).run().ok().out
    };
    assert!(help("").contains('\u{1b}'), "no colours at all");
    assert!(!help("1").contains('\u{1b}'));
    assert!(!home.run(&["--help"]).ok().out.contains('\u{1b}'));
}
