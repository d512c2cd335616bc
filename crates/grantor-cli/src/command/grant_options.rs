//! The grant by which a token is fetched.

use std::io::IsTerminal;
use std::path::Path;

use grantor_client::{ClientCredential, Server, SubjectToken, Tokens, TokensBuilder};
use grantor_core::{Secret, token_type};

use super::client_options::with_credential;
use super::{client_options, input};
use crate::args::{ClientOptions, GrantOptions, Method};
use crate::error::CliError;

/// The grant that the options name, and the client that asks.
pub(super) fn builder(
    server: Server,
    client: &ClientOptions,
    options: &GrantOptions,
) -> Result<TokensBuilder, CliError> {
    if options.subject_token_file.is_some() {
        let (id, credential) = client_options::optional(client)?;
        let builder = exchange(Tokens::token_exchange(server, id, credential), options)?;
        return Ok(client_options::authenticating(builder, client));
    }
    let id = client_options::id(client)?;
    let credential = client_options::credential(client)?;
    let builder = if let Some(username) = &options.username {
        let builder = Tokens::password(server, id, username, password(options)?);
        with_credential(builder, credential)
    } else if let Some(path) = &options.refresh_token_file {
        let refresh_token = input::secret_from_file(path, "the refresh token")?;
        let builder = Tokens::refresh_token(server, id, refresh_token);
        with_credential(builder, credential)
    } else {
        let is_public =
            client.client_certificate.is_none() || client.auth_method == Some(Method::None);
        if is_public && matches!(credential, ClientCredential::None) {
            return Err(CliError::usage(
                "--auth-method none: this grant is for clients that have a secret",
            ));
        }
        Tokens::client_credentials(server, id, credential)
    };
    Ok(client_options::authenticating(builder, client))
}

/// The token to be exchanged, if one is.
pub(super) fn subject(options: &GrantOptions) -> Result<Option<SubjectToken>, CliError> {
    let path = options.subject_token_file.as_deref();
    let subject = path.map(|path| token(path, "the subject's token", &options.subject_token_type));
    subject.transpose()
}

fn exchange(mut builder: TokensBuilder, options: &GrantOptions) -> Result<TokensBuilder, CliError> {
    if let Some(path) = &options.actor_token_file {
        builder = builder.actor(token(path, "the actor's token", &options.actor_token_type)?);
    }
    Ok(match &options.requested_token_type {
        Some(kind) => builder.requested_token_type(uri(kind)),
        None => builder,
    })
}

fn password(options: &GrantOptions) -> Result<Secret, CliError> {
    let what = "the user's password";
    if let Some(path) = &options.password_file {
        return input::line_from_file(path, what);
    }
    match input::secret_from_environment("GRANTOR_PASSWORD")? {
        Some(password) => Ok(password),
        None if std::io::stdin().is_terminal() => input::secret_from_prompt(what),
        None => Err(CliError::usage(
            "there is no password: set GRANTOR_PASSWORD, or use --password-file",
        )),
    }
}

fn token(path: &Path, what: &str, kind: &str) -> Result<SubjectToken, CliError> {
    let token = input::secret_from_file(path, what)?;
    Ok(SubjectToken::new(token, uri(kind)))
}

/// The URI of a kind of token that goes by a short name (RFC 8693 section 3).
fn uri(kind: &str) -> &str {
    match kind {
        "access_token" => token_type::ACCESS_TOKEN,
        "refresh_token" => token_type::REFRESH_TOKEN,
        "id_token" => token_type::ID_TOKEN,
        "jwt" => token_type::JWT,
        "saml1" => token_type::SAML1,
        "saml2" => token_type::SAML2,
        uri => uri,
    }
}
