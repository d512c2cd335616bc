//! `grantor logout`.

use std::process::ExitCode;

use grantor_client::Tokens;
use grantor_core::{RevocationRequest, TokenTypeHint};
use serde_json::json;

use super::client_options;
use super::saved_logins::{self, Place, Wanted, no_login};
use crate::args::Logout;
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(args: &Logout, output: &Output) -> Result<ExitCode, CliError> {
    let store = &args.store;
    let place = Place::of(store.store.as_ref(), store.store_key.as_ref());
    crate::block_on(async {
        let list = place.ok_or_else(no_login)?.open_existing().await?;
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

enum Revoked {
    /// At the server, or it was over there already.
    Done,
    NotAsked,
    /// The server has no such endpoint.
    NotPossible(String),
}

/// Revokes the refresh token, and the access token with it (RFC 7009 section 2.1). Servers that leave the
/// access token are asked for that too; those that can't revoke it let it end.
async fn revoke(tokens: &Tokens) -> Result<Revoked, CliError> {
    let set = match tokens.token_set().await {
        Ok(set) => set,
        Err(error) if error.needs_login() => return Ok(Revoked::Done),
        Err(error) => return Err(error.into()),
    };
    let mut access = RevocationRequest::new(set.access_token);
    access.token_type_hint = Some(TokenTypeHint::AccessToken);
    let Some(refresh_token) = set.refresh_token else {
        return outcome(tokens.revoke(&access).await);
    };
    let mut refresh = RevocationRequest::new(refresh_token);
    refresh.token_type_hint = Some(TokenTypeHint::RefreshToken);
    let revoked = outcome(tokens.revoke(&refresh).await)?;
    if matches!(revoked, Revoked::Done) {
        let _ = tokens.revoke(&access).await;
    }
    Ok(revoked)
}

fn outcome(revoked: Result<(), grantor_client::Error>) -> Result<Revoked, CliError> {
    match revoked {
        Ok(()) => Ok(Revoked::Done),
        Err(error) if error.is_configuration() => Ok(Revoked::NotPossible(error.to_string())),
        Err(error) => Err(error.into()),
    }
}
