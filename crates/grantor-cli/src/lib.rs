//! The `grantor` command: an authorization server with an embedded database, its administration,
//! and OAuth tokens for scripts.
//!
//! | feature | adds |
//! |---|---|
//! | `keyring` | `grantor login --keyring`: the key of logins in the Secret Service of a desktop |
//! | `socks` | SOCKS proxies in `HTTPS_PROXY` and `ALL_PROXY`, for the commands that are clients |

mod access_log;
mod args;
mod command;
mod config;
mod data;
pub mod demo;
mod error;
mod files;
mod log;
mod output;
mod platform;
mod when;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::error::CliError;
use crate::output::Output;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return args::explain(&error),
    };
    let output = Output::new(args.common.json);
    match run(args, &output) {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            error.exit().into()
        }
    }
}

fn run(args: Args, output: &Output) -> Result<ExitCode, CliError> {
    let common = &args.common;
    log::start(match args.command {
        Command::Serve(_) => "info",
        _ => "off",
    })?;
    match args.command {
        Command::Serve(serve) => command::serve::run(common, &serve, output),
        Command::Client(client) => command::client::run(common, client, output),
        Command::User(user) => command::user::run(common, user, output),
        Command::Key(key) => command::key::run(common, key, output),
        Command::Backup(backup) => command::backup::back_up(common, &backup, output),
        Command::Restore(restore) => command::backup::restore(common, &restore, output),
        Command::Store(store) => command::store::run(common, store, output),
        Command::Login(login) => command::login::run(common, &login, output),
        Command::Logout(logout) => command::logout::run(&logout, output),
        Command::Token(token) => command::token::run(common, &token, output),
        Command::Request(request) => command::request::run(common, &request, output),
        Command::Demo(demo) => command::demo::run(common, &demo),
        Command::Discover(discover) => command::discover::run(common, &discover, output),
        Command::Introspect(introspect) => command::introspect::run(common, &introspect, output),
        Command::Revoke(revoke) => command::revoke::run(common, &revoke, output),
        Command::Decode(decode) => command::decode::run(common, &decode, output),
        Command::Completions(completions) => command::completions::run(&completions, output),
        Command::Man(man) => command::man::run(&man, output),
    }
}

/// A runtime for commands that do one thing.
fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("the runtime can't be started: {error}")))?;
    runtime.block_on(work)
}
