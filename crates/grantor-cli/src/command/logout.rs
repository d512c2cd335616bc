//! `grantor logout`.

use std::process::ExitCode;

use serde_json::json;

use super::client_options;
use super::saved_logins::{self, Place, Revoked, Wanted, revoke};
use crate::args::Logout;
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(args: &Logout, output: &Output) -> Result<ExitCode, CliError> {
    let store = &args.store;
    let place = Place::of(store.store.as_ref(), store.store_key.as_ref());
    crate::block_on(async {
        let place = place.filter(Place::exists).ok_or_else(nothing_to_end)?;
        let list = place.open_existing().await?;
        if list.all().await?.is_empty() {
            return Err(nothing_to_end());
        }
        let wanted = Wanted {
            label: args.login.as_deref(),
            issuer: None,
            client_id: client_options::id(&args.client).ok(),
        };
        let login = list.find(&wanted).await?;
        let builder = saved_logins::builder(&login, &list, &args.client, &args.connection)?;
        let tokens = builder.build()?;
        let revoked = match args.local {
            true => Revoked::NotAsked,
            false => revoke(&tokens).await.map_err(|error| {
                let what = format!("the login \"{}\" is not revoked", login.label);
                let error = error.because(&what);
                error.hint("try again later, or remove it here alone with --local")
            })?,
        };
        tokens.forget().await?;
        tokens.close().await;
        list.remove(&login.label).await?;
        if let Revoked::NotPossible(why) = &revoked {
            output.warning(&format!(
                "the tokens stay good until they end, since the server can't revoke them: {why}"
            ));
        }
        let is_revoked = matches!(revoked, Revoked::Done);
        let text = match is_revoked {
            true => format!("the login \"{}\" is revoked and removed", login.label),
            false => format!("the login \"{}\" is removed", login.label),
        };
        let json = json!({ "label": login.label, "issuer": login.issuer, "revoked": is_revoked });
        output.result(&text, &json)?;
        Ok(Exit::Done.into())
    })
}

/// There is no saved login: none was made, or all were ended.
fn nothing_to_end() -> CliError {
    CliError::usage("there is no login to end")
        .hint("the logins of another file are ended with --store FILE")
}
