//! `grantor completions`, `grantor man`, and what help says of exit codes.

use std::process::Command;

use crate::grantor::Home;

const COMMANDS: [&str; 17] = [
    "demo",
    "serve",
    "client",
    "user",
    "key",
    "backup",
    "restore",
    "login",
    "logout",
    "token",
    "request",
    "discover",
    "introspect",
    "revoke",
    "decode",
    "completions",
    "man",
];

#[test]
fn every_shell_has_completions_of_every_command() {
    let home = Home::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = home.run(&["completions", shell]).ok().out;
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: no {command}");
        }
        assert!(script.contains("token-endpoint"), "{shell}");
        assert!(
            !script.contains("stray"),
            "{shell}: what is hidden is offered"
        );
    }
    home.run(&["completions", "tcsh"])
        .fails(2, &["tcsh", "bash"]);
    let script = home.file("script", &home.run(&["completions", "bash"]).ok().out);
    let bash = Command::new("bash").args(["-n", &script]).status().unwrap();
    assert!(bash.success());
}

#[test]
fn the_page_of_grantor_has_everything_that_one_looks_for() {
    let home = Home::new();
    let page = home.run(&["man"]).ok().out;
    assert!(page.contains(".TH \"GRANTOR\" \"1\""), "{page}");
    for section in [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "EXIT STATUS",
        "ENVIRONMENT",
        "FILES",
        "EXAMPLES",
    ] {
        let section = format!(".SH {section}");
        let quoted = section.replace(".SH EXIT STATUS", ".SH \"EXIT STATUS\"");
        assert!(
            page.contains(&section) || page.contains(&quoted),
            "{section}"
        );
    }
    for command in COMMANDS {
        assert!(
            page.contains(&format!("grantor\\-{command}(1)")),
            "{command}"
        );
    }
    assert!(page.contains("GRANTOR_CLIENT_SECRET") && page.contains("the token is not active"));
}

#[test]
fn pages_go_to_a_folder_or_come_one_by_one() {
    let home = Home::new();
    let said = home.json(&["man", "--folder", "man1"]);
    let pages = said["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 36);
    for page in pages {
        let text = std::fs::read_to_string(home.path("man1").join(page.as_str().unwrap()));
        assert!(text.unwrap().contains(".TH \"GRANTOR"), "{page}");
    }
    let one = home.run(&["man", "client", "rotate-secret"]).ok().out;
    let written = std::fs::read_to_string(home.path("man1/grantor-client-rotate-secret.1"));
    assert_eq!(one, written.unwrap());
    assert!(one.contains("grantor\\-client(1)"), "{one}");
    home.run(&["man", "nonsense"])
        .fails(2, &["no command nonsense"]);
    let file = home.file("file", "");
    home.run(&["man", "--folder", &file])
        .fails(1, &["the pages can't be written"]);
}

#[test]
fn pages_and_help_say_nothing_of_this_environment() {
    let home = Home::new();
    let within = |args: &[&str]| {
        let mut run = home.command(args);
        for name in [
            "ISSUER",
            "CLIENT_ID",
            "CLIENT_SECRET",
            "TOKEN",
            "CONFIG",
            "DATA",
            "LISTEN",
        ] {
            run = run.env(&format!("GRANTOR_{name}"), "seen-from-outside");
        }
        run.run().ok().out
    };
    for command in COMMANDS {
        let help = within(&[command, "--help"]);
        assert!(!help.contains("seen-from-outside"), "{help}");
    }
    for shown in [
        within(&["man"]),
        within(&["man", "token"]),
        within(&["completions", "bash"]),
    ] {
        assert!(!shown.contains("seen-from-outside"), "{shown}");
    }
}

#[test]
fn help_says_the_exit_codes() {
    let home = Home::new();
    let help = home.run(&["--help"]).ok().out;
    assert!(help.contains("Exit codes:\n   0  done\n"), "{help}");
    assert!(help.contains("  12  the input is no token"), "{help}");
    let help = home.run(&["introspect", "--help"]).ok().out;
    assert!(
        help.contains("   9  introspect: the token is not active"),
        "{help}"
    );
}
