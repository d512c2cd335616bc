//! The arguments of the command line.

mod authorization_server;
mod client;
mod connection;
mod explain;
mod grant;
mod login;
mod server;
mod span;
mod store;
mod tokens;
mod tools;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(crate) use authorization_server::ServerOptions;
pub(crate) use client::{Client, ClientAdd, ClientSettings};
pub(crate) use connection::ConnectionOptions;
pub(crate) use explain::explain;
pub(crate) use grant::GrantOptions;
pub(crate) use login::{Login, Logout};
pub(crate) use server::{Backup, Demo, Key, KeyRotate, Restore, Serve, User};
pub(crate) use span::parse_span;
pub(crate) use store::{Store, Stores};
pub(crate) use tokens::{ClientOptions, DpopOptions, Method, Request, Show, Token, TokenOptions};
pub(crate) use tools::{Completions, Decode, Discover, Introspect, Man, Revoke, TokenInput};

use crate::error::Exit;

#[derive(Debug, Parser)]
#[command(
    name = "grantor",
    version,
    about = "An OAuth authorization server, and OAuth tokens for scripts",
    after_help = after_help()
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
    #[arg(
        long,
        global = true,
        env = "GRANTOR_DATA",
        hide_env_values = true,
        value_name = "DIR"
    )]
    pub(crate) data: Option<PathBuf>,
    /// Where the server's records are, as postgres://HOST/DATABASE; a URL with a password comes from
    /// GRANTOR_STORE_URL [default: a database in the folder]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) store_url: Option<String>,
    /// A configuration file (TOML)
    #[arg(
        long,
        global = true,
        env = "GRANTOR_CONFIG",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON, errors too
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
    /// Manage the keys that sign access tokens
    #[command(subcommand)]
    Key(Key),
    /// Copy the database to a new file, also while a server runs
    ///
    /// The master key is not in the copy. Keep it elsewhere: both are needed to restore.
    Backup(Backup),
    /// Put the database of a backup into an empty data folder
    ///
    /// The folder holds the master key and no database. Grants, sessions and access tokens are left
    /// out, so users sign in again, and none of them that was revoked since the backup is valid again. A
    /// JWT that a client got for itself and that was revoked since is good again until it expires.
    Restore(Restore),
    /// Move records from one store to another
    #[command(subcommand)]
    Store(Store),
    /// Sign a user in, and keep the login for token and request
    ///
    /// In the browser of this machine, which comes back to a loopback address, or with --device on
    /// another one. The login is kept, sealed, in a folder of the user until `grantor logout`.
    Login(Login),
    /// Revoke a login and remove it
    Logout(Logout),
    /// Print an access token
    ///
    /// Of the login, where there is one and no --client-id; else by client credentials, or as an
    /// option of the grant says. Without a login every call fetches a token of its own, unless --store
    /// keeps it: then calls share one until it nears its end, also those that run at the same time.
    Token(Token),
    /// Send a request that carries an access token
    ///
    /// A token that the API rejects is replaced once. The token goes to the origin of the URL, and
    /// to those that --origin names; a redirect elsewhere is followed without it. With --json: one
    /// document with the status, the content type and the body of the answer.
    Request(Request),
    /// Show what an authorization server publishes about itself
    ///
    /// The metadata are fetched from the location of RFC 8414, then from that of OpenID Connect.
    /// They count only if they name the issuer exactly as it is given. With --json: the document
    /// as it is, and on standard error where it was found.
    Discover(Discover),
    /// Ask the authorization server what a token is good for
    ///
    /// RFC 7662. The exit code tells a token that is active from one that is not.
    Introspect(Introspect),
    /// Give up a token at the authorization server
    ///
    /// RFC 7009. That the server does not know the token, or no longer, is no failure.
    Revoke(Revoke),
    /// Show what is in a token, and verify its signature
    ///
    /// Without --jwks or --issuer nothing is verified, and the output says so: whoever made the
    /// token can have put anything in it. Of an encrypted token only the header can be shown.
    Decode(Decode),
    /// Print a script that completes commands in a shell
    ///
    /// For bash, for example: grantor completions bash >
    /// ~/.local/share/bash-completion/completions/grantor
    Completions(Completions),
    /// Print the manual
    Man(Man),
}

fn after_help() -> String {
    format!(
        "See it all at work first: grantor demo\n\n{}\n\nGRANTOR_LOG says what is logged on standard \
         error, as in GRANTOR_LOG=debug.",
        Exit::help(&Exit::ALL)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    /// The arguments of the commands in a document's examples.
    fn commands(document: &str) -> Vec<&str> {
        let found = document.lines().filter_map(|line| {
            let line = line.split(" #").next().unwrap_or_default();
            let line = line.strip_prefix("sudo -u grantor ").unwrap_or(line);
            let from = ["grantor ", "cargo run --release -- "]
                .iter()
                .find_map(|start| {
                    let at = line.find(start)?;
                    let prefix = &line[..at];
                    (prefix.is_empty() || prefix == "$ " || prefix.ends_with("=... "))
                        .then(|| &line[at + start.len()..])
                })?;
            Some(from.split(['|', '>', '<']).next().unwrap_or_default())
        });
        found.collect()
    }

    fn check(document: &str, expected: usize) {
        let commands = commands(document);
        for arguments in &commands {
            let words = std::iter::once("grantor").chain(arguments.split_whitespace());
            let parsed = Args::try_parse_from(words);
            assert!(parsed.is_ok(), "{arguments}: {}", parsed.unwrap_err());
        }
        assert_eq!(commands.len(), expected);
    }

    #[test]
    fn every_command_of_the_documents_is_one() {
        check(include_str!("../../../../README.md"), 13);
        check(include_str!("../../../../docs/command-line.md"), 56);
        check(include_str!("../../../../docs/server.md"), 4);
        check(include_str!("../../../../docs/mcp.md"), 3);
        check(include_str!("../../../../docs/stores.md"), 6);
        check(include_str!("../../../../docs/clusters.md"), 6);
    }
}
