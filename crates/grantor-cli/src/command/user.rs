//! `grantor user`.

use std::io::IsTerminal;
use std::process::ExitCode;

use grantor_core::{Issuer, Secret};
use grantor_server::Server;
use grantor_server::built_in_site::{Account, Accounts, Passwords};
use grantor_store::Stores;
use serde_json::{Value, json};

use super::input::{secret_from_prompt, secret_from_stdin};
use crate::args::{self, Common};
use crate::config::Config;
use crate::data;
use crate::error::CliError;
use crate::output::Output;

pub(crate) fn run(
    common: &Common,
    command: args::User,
    output: &Output,
) -> Result<ExitCode, CliError> {
    let config = Config::for_common(common)?;
    crate::block_on(async {
        match command {
            args::User::Add { name } => {
                let password = password()?;
                let accounts = accounts(&data::open_kept(&config).await?)?;
                let account = accounts.add(&name, &password).await?;
                let text = format!("user {} added", account.name);
                output.result(&text, &to_json(&account))?;
            }
            args::User::List => {
                let accounts = accounts(&data::open_kept(&config).await?)?;
                let all = accounts.list().await?.unwrap_or_default();
                let names: Vec<&str> = all.iter().map(|a| a.name.as_str()).collect();
                let text = match names.as_slice() {
                    [] => "no users yet: grantor user add NAME".to_owned(),
                    names => names.join("\n"),
                };
                output.result(&text, &all.iter().map(to_json).collect())?;
            }
            args::User::Remove { name } => {
                let stores = data::open_kept(&config).await?;
                let accounts = accounts(&stores)?;
                let Some(account) = accounts.named(&name).await? else {
                    return Err(CliError::failed(format!("there is no user {name}")));
                };
                let server = server(stores).await?;
                let remove = async || accounts.remove(&name).await;
                server.remove_subject(&account.subject, remove).await?;
                let text = format!("user {} removed, and all their tokens", account.name);
                output.result(&text, &to_json(&account))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn accounts(stores: &Stores) -> Result<Accounts, CliError> {
    Ok(Accounts::open(stores, Passwords::default())?)
}

/// A server that answers nobody: a user is revoked under every issuer of these stores.
async fn server(stores: Stores) -> Result<Server, CliError> {
    let issuer =
        Issuer::parse("http://127.0.0.1").map_err(|error| CliError::failed(error.to_string()))?;
    Ok(Server::builder(issuer, stores).build().await?)
}

fn password() -> Result<Secret, CliError> {
    let password = secret_from_stdin("the password")?;
    if std::io::stdin().is_terminal() && secret_from_prompt("it once more")? != password {
        return Err(CliError::usage("the two passwords differ"));
    }
    Ok(password)
}

fn to_json(account: &Account) -> Value {
    json!({ "name": account.name, "subject": account.subject })
}
