//! What the command line takes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::CliError;
use crate::output::Output;

#[derive(Debug, Parser)]
#[command(
    name = "grantor",
    version,
    about = "An OAuth authorization server, and OAuth tokens for scripts",
    after_help = "See it all at work first: grantor demo\n\n\
                  Exit codes: 0 done, 1 failed, 2 a wrong command line or configuration. GRANTOR_LOG \
                  says what is logged, as in GRANTOR_LOG=debug."
)]
pub(crate) struct Args {
    #[command(flatten, next_help_heading = "With every command")]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that go with every command, before or after its name.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// The folder of the server's data [default: ./grantor-data]
    #[arg(long, global = true, env = "GRANTOR_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// A configuration file (TOML)
    #[arg(long, global = true, env = "GRANTOR_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show everything at work: a server, a protected API and a client, in one process
    Demo(Demo),
    /// Run the authorization server
    Serve(Serve),
    /// Manage clients
    #[command(subcommand)]
    Client(Client),
    /// Manage users
    #[command(subcommand)]
    User(User),
    /// Print an access token, by client credentials
    Token(Token),
    /// Send a request that carries an access token
    Request(Request),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Keep everything running afterwards, and say how to reach it
    #[arg(long)]
    pub(crate) serve: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Where to listen [default: 127.0.0.1:8787]
    #[arg(long, env = "GRANTOR_LISTEN", value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Who the server is, as clients know it [default: http:// and the address]
    #[arg(long, env = "GRANTOR_ISSUER", value_name = "URL")]
    pub(crate) issuer: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Register a client; a generated secret is printed once
    Add(ClientAdd),
    /// List the clients
    List,
    /// Remove a client, and with it all its tokens
    Remove {
        /// The client's identifier
        id: String,
    },
    /// Give a client a new secret; the old one is good no longer
    RotateSecret {
        /// The client's identifier
        id: String,
        /// Read the new secret from standard input instead of generating one
        #[arg(long)]
        secret_stdin: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct ClientAdd {
    /// The client's identifier
    pub(crate) id: String,
    /// A grant type it may use, as on the wire: authorization_code, client_credentials, refresh_token
    #[arg(long = "grant", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) grants: Vec<String>,
    /// Scope values it may ask for
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// Where its users come back to
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub(crate) redirect_uris: Vec<String>,
    /// It is the resource server with this identifier: it may introspect tokens meant for it
    #[arg(long, value_name = "URL")]
    pub(crate) resource: Option<String>,
    /// What pages call it
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// It can keep no secret: an application on a device or in a browser
    #[arg(long)]
    pub(crate) public: bool,
    /// Read its secret from standard input instead of generating one
    #[arg(long)]
    pub(crate) secret_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a user; the password comes from a prompt or standard input
    Add {
        /// What they sign in with
        name: String,
    },
    /// List the users
    List,
    /// Remove a user, and with them all their tokens
    Remove {
        /// What they sign in with
        name: String,
    },
}

/// Which token.
#[derive(Debug, clap::Args)]
pub(crate) struct Token {
    /// The authorization server [default: that of the configuration file]
    #[arg(long, env = "GRANTOR_ISSUER", value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// The client; its secret comes from GRANTOR_CLIENT_SECRET or --secret-stdin
    #[arg(long, env = "GRANTOR_CLIENT_ID", value_name = "ID")]
    pub(crate) client_id: String,
    /// Scope values to ask for
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// Where the token is to be used
    #[arg(long, value_name = "URL")]
    pub(crate) audience: Option<String>,
    /// Read the client's secret from standard input
    #[arg(long)]
    pub(crate) secret_stdin: bool,
}

/// With `--json`: one document with the status, the content type and the body of the answer.
#[derive(Debug, clap::Args)]
pub(crate) struct Request {
    #[command(flatten)]
    pub(crate) token: Token,
    /// The method [default: GET, or POST with data]
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// A header, as `Name: value`
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// The body; @FILE reads a file, @- standard input
    #[arg(short = 'd', long = "body", value_name = "DATA")]
    pub(crate) body: Option<String>,
    /// A further origin that gets the token when the URL redirects to it [default: only that of the URL]
    #[arg(long = "origin", value_name = "URL")]
    pub(crate) origins: Vec<String>,
    /// Where the request goes: https, or a loopback address
    pub(crate) url: String,
}

/// Says why a command line can't be read, or the help that it asks for.
pub(crate) fn explain(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|arg| arg == "--json");
    if error.use_stderr() && wants_json {
        let text = error.to_string();
        let first = text.split("\n\n").next().unwrap_or_default();
        let words: Vec<&str> = first
            .trim_start_matches("error:")
            .split_whitespace()
            .collect();
        Output::new(true).error(&CliError::usage(words.join(" ")));
    } else {
        // There is nobody to tell that nobody reads.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    /// Every line of the documents' shell examples that runs grantor.
    #[test]
    fn every_command_of_the_readme_is_one() {
        let readme = include_str!("../../../README.md");
        let mut seen = 0;
        for line in readme.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let from = ["grantor ", "cargo run --release -- "]
                .iter()
                .find_map(|start| {
                    let at = line.find(start)?;
                    let prefix = &line[..at];
                    (prefix.is_empty() || prefix.ends_with("=... "))
                        .then(|| &line[at + start.len()..])
                });
            if let Some(arguments) = from {
                let words = std::iter::once("grantor").chain(arguments.split_whitespace());
                assert!(Args::try_parse_from(words).is_ok(), "{line}");
                seen += 1;
            }
        }
        assert_eq!(seen, 6);
    }
}
