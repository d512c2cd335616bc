//! Giving up the tokens of a login at its server.

use grantor_client::Tokens;
use grantor_core::{RevocationRequest, TokenTypeHint};

use crate::error::CliError;

/// What became of the tokens of a login at its server.
pub(in crate::command) enum Revoked {
    /// At the server, or it was over there already.
    Done,
    NotAsked,
    /// The server has no such endpoint.
    NotPossible(String),
}

/// Revokes the refresh token, and the access token with it (RFC 7009 section 2.1). Servers that leave the
/// access token are asked for that too; those that can't revoke it let it end.
pub(in crate::command) async fn revoke(tokens: &Tokens) -> Result<Revoked, CliError> {
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
