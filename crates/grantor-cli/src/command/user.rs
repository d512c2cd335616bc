//! `grantor user`.

use std::io::IsTerminal;
use std::process::ExitCode;

use grantor_core::Secret;
use grantor_server::Subjects;
use grantor_site::{Account, Accounts, Passwords};
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
                let accounts = accounts(&data::open_to_read(&config).await?)?;
                let all = accounts.list().await?;
                let all = all.ok_or_else(|| CliError::no_list("accounts"))?;
                let names: Vec<&str> = all.iter().map(|a| a.name.as_str()).collect();
                let text = match names.as_slice() {
                    [] => "no users yet: grantor user add NAME".to_owned(),
                    names => names.join("\n"),
                };
                output.result(&text, &all.iter().map(to_json).collect())?;
            }
            args::User::Password { name, keep_tokens } => {
                let stores = data::open_kept(&config).await?;
                let accounts = accounts(&stores)?;
                if accounts.named(&name).await?.is_none() {
                    return Err(no_user(&name));
                }
                let changed = accounts.set_password(&name, &password()?).await?;
                let account = changed.ok_or_else(|| no_user(&name))?;
                let mut text = format!("password of {} changed", account.name);
                if !keep_tokens {
                    Subjects::open(&stores)?.revoke(&account.subject).await?;
                    text.push_str(", and all their tokens revoked");
                }
                output.result(&text, &to_json(&account))?;
            }
            args::User::Remove { name } => {
                let stores = data::open_kept(&config).await?;
                let accounts = accounts(&stores)?;
                let Some(account) = accounts.named(&name).await? else {
                    return Err(no_user(&name));
                };
                let remove = async || accounts.remove(&name).await;
                let subjects = Subjects::open(&stores)?;
                subjects.remove(&account.subject, remove).await?;
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

fn no_user(name: &str) -> CliError {
    CliError::failed(format!("there is no user {name}"))
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
