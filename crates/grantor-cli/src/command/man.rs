//! `grantor man`.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, bold, roman};
use serde_json::json;

use crate::args::{Args, Man};
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(args: &Man, output: &Output) -> Result<ExitCode, CliError> {
    let mut root = Args::command().disable_help_subcommand(true);
    root.build();
    if let Some(folder) = &args.folder {
        let mut names = Vec::new();
        write_all(&root, &[], folder, &mut names)?;
        let text = format!("{} pages in {}", names.len(), folder.display());
        output.result(&text, &json!({ "folder": folder, "pages": names }))?;
        return Ok(Exit::Done.into());
    }
    let (mut command, mut above) = (&root, Vec::new());
    for name in &args.command {
        above.push(full_name(command));
        command = command.find_subcommand(name).ok_or_else(|| {
            CliError::usage(format!("there is no command {}", args.command.join(" ")))
        })?;
    }
    let page = page(command, &above).map_err(|error| unwritable(&error))?;
    output.bytes(page.as_bytes())?;
    Ok(Exit::Done.into())
}

fn write_all(
    command: &Command,
    above: &[String],
    folder: &Path,
    names: &mut Vec<String>,
) -> Result<(), CliError> {
    let failed = |error| {
        let folder = folder.display();
        CliError::failed(format!("the pages can't be written to {folder}: {error}"))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let full_name = full_name(command);
    let name = format!("{full_name}.1");
    let page = page(command, above).map_err(|error| unwritable(&error))?;
    std::fs::write(folder.join(&name), page).map_err(failed)?;
    names.push(name);
    let above = [above, &[full_name]].concat();
    for inner in command.get_subcommands() {
        write_all(inner, &above, folder, names)?;
    }
    Ok(())
}

/// One page: what is of the command comes from its definition, what is of all commands from here.
fn page(command: &Command, above: &[String]) -> io::Result<String> {
    let name = full_name(command);
    let generated = Page::new(command.clone());
    let mut out = Vec::new();
    generated.render_name_section(&mut out)?;
    synopsis(command).to_writer(&mut out)?;
    generated.render_description_section(&mut out)?;
    generated.render_options_section(&mut out)?;
    if command.has_subcommands() {
        generated.render_subcommands_section(&mut out)?;
    }
    let mut more = Roff::new();
    exit_status(&mut more);
    if above.is_empty() {
        environment(&mut more);
        files(&mut more);
        examples(&mut more);
    } else {
        see_also(&mut more, above);
    }
    more.to_writer(&mut out)?;
    let body = String::from_utf8_lossy(&out);
    // Every part begins with the same definitions, which one page needs once.
    let (first, second) = body.split_at(body.find(".SH").unwrap_or_default());
    let title = name.to_uppercase();
    let version = env!("CARGO_PKG_VERSION");
    Ok(format!(
        "{first}.TH \"{title}\" \"1\" \"\" \"grantor {version}\" \"grantor manual\"\n{}",
        second.replace(first, "")
    ))
}

/// Returns the synopsis of the help.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut page = Roff::new();
    page.control("SH", ["SYNOPSIS"]);
    match usage.strip_prefix(name) {
        Some(rest) => page.text([bold(name), roman(rest)]),
        None => page.text([roman(usage)]),
    };
    page
}

fn full_name(command: &Command) -> String {
    let name = command.get_display_name();
    name.unwrap_or_else(|| command.get_name()).to_owned()
}

fn exit_status(page: &mut Roff) {
    page.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        entry(page, &exit.code().to_string(), exit.meaning());
    }
}

fn environment(page: &mut Roff) {
    page.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        entry(page, name, meaning);
    }
}

fn files(page: &mut Roff) {
    page.control("SH", ["FILES"]);
    for (name, meaning) in FILES {
        entry(page, name, meaning);
    }
}

fn examples(page: &mut Roff) {
    page.control("SH", ["EXAMPLES"]);
    for (what, command) in EXAMPLES {
        page.control("PP", []);
        page.text([roman(what)]);
        page.control("PP", []);
        page.control("RS", ["4"]);
        page.control("nf", []);
        page.text([bold(command)]);
        page.control("fi", []);
        page.control("RE", []);
    }
}

fn see_also(page: &mut Roff, above: &[String]) {
    page.control("SH", ["SEE ALSO"]);
    let names: Vec<String> = above.iter().map(|name| format!("{name}(1)")).collect();
    page.text([roman(names.join(", "))]);
}

fn entry(page: &mut Roff, name: &str, meaning: &str) {
    page.control("TP", []);
    page.text([bold(name)]);
    page.text([roman(meaning)]);
}

fn unwritable(error: &io::Error) -> CliError {
    CliError::failed(format!("the page can't be written: {error}"))
}

/// Variables that stand for no option, or for a secret.
const ENVIRONMENT: [(&str, &str); 9] = [
    (
        "GRANTOR_CLIENT_SECRET",
        "The client's secret, which is never an argument.",
    ),
    (
        "GRANTOR_PASSWORD",
        "The password of the user that --username names.",
    ),
    (
        "GRANTOR_TOKEN",
        "The token that introspect, revoke and decode are about.",
    ),
    (
        "GRANTOR_STORE_URL",
        "As --store-url. It may have a password.",
    ),
    (
        "GRANTOR_MASTER_KEY",
        "The master key, 32 bytes in base64url, instead of the file master.key.",
    ),
    (
        "GRANTOR_LOG",
        "What is logged on standard error: a level as debug, or levels of parts as \
         info,grantor_server=debug. By default info for serve, and off for all else.",
    ),
    (
        "BROWSER",
        "The browsers that login tries, commands separated by colons; %s stands for the URL.",
    ),
    (
        "XDG_DATA_HOME",
        "The folder with the user's logins, in grantor/logins.db. By default ~/.local/share.",
    ),
    ("NO_COLOR", "Anything but nothing: no colours."),
];

const FILES: [(&str, &str); 3] = [
    (
        "./grantor-data/grantor.db",
        "The database of the server, where --data names no other folder.",
    ),
    (
        "./grantor-data/master.key",
        "The key that seals the database: nothing sealed can be read without it. Keep a copy of it \
         apart from the database.",
    ),
    (
        "~/.local/share/grantor/logins.db",
        "The logins of login, sealed under master.key in the same folder.",
    ),
];

const EXAMPLES: [(&str, &str); 7] = [
    (
        "Run a server, with a client that may get tokens for itself:",
        "grantor client add my-service --grant client_credentials --scope read\ngrantor serve",
    ),
    (
        "Print a token; repeated calls share it:",
        "GRANTOR_CLIENT_SECRET=... grantor token --issuer http://127.0.0.1:8787 \\\n    --client-id \
         my-service --store tokens.db",
    ),
    (
        "Sign in with the browser, and call an API as that user:",
        "grantor login --issuer https://id.example --client-id my-tool\ngrantor request \
         https://api.example/things",
    ),
    (
        "Call an API:",
        "grantor request --issuer https://id.example --client-id my-service \\\n    --secret-file \
         secret --json-body '{\"name\": \"x\"}' https://api.example/things",
    ),
    (
        "See what a server can do:",
        "grantor discover https://id.example",
    ),
    (
        "See what is in a token, and whether its server signed it:",
        "grantor decode --issuer https://id.example < token",
    ),
    (
        "Complete commands in bash:",
        "grantor completions bash > ~/.local/share/bash-completion/completions/grantor",
    ),
];
