//! From a kept login to its tokens.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use grantor_client::{ClientCredential, Server, Tokens, TokensBuilder};

use super::{LoginList, SavedLogin};
use crate::args::{ClientOptions, ConnectionOptions, DpopOptions, Method};
use crate::command::client_certificate::presenting;
use crate::command::client_options::{given_credential, with_credential};
use crate::command::connection::trusting;
use crate::command::dpop::binding;
use crate::error::CliError;

/// The tokens of a login, before what a command adds to them. Options go before what was kept: a secret
/// that was given by a variable is given again.
pub(in crate::command) fn builder(
    login: &SavedLogin,
    list: &LoginList,
    client: &ClientOptions,
    connection: &ConnectionOptions,
) -> Result<TokensBuilder, CliError> {
    let mut server = Server::issuer(&login.issuer);
    server.metadata_url.clone_from(&login.metadata_url);
    let builder = Tokens::login(server, &login.client_id);
    let (credential, certificate) = credential(login, client)?;
    let mut builder = presenting(with_credential(builder, credential), &certificate)?;
    if let Some(method) = client.auth_method.or_else(|| kept_method(login)) {
        builder = builder.auth_method(method.into());
    }
    builder = trusting(
        builder,
        &ConnectionOptions {
            ca_file: or(&connection.ca_file, &login.ca_file),
        },
    )?;
    if let Some(scope) = &login.scope {
        builder = builder.scope(scope);
    }
    for resource in &login.resources {
        builder = builder.resource(resource);
    }
    for audience in &login.audiences {
        builder = builder.audience(audience);
    }
    let dpop = DpopOptions {
        dpop: login.dpop,
        dpop_key: login.dpop_key.clone(),
    };
    let builder = binding(builder, &dpop)?;
    let builder = builder.store(Arc::clone(&list.store), &list.key);
    Ok(builder.login_label(&login.label))
}

/// By what the client proves who it is, and the certificate that it presents: as the options say, else by
/// the files of the login.
fn credential(
    login: &SavedLogin,
    client: &ClientOptions,
) -> Result<(ClientCredential, ClientOptions), CliError> {
    let is_given =
        client.secret_stdin || client.secret_file.is_some() || client.client_key.is_some();
    let kept = ClientOptions {
        client_id: None,
        secret_file: login.secret_file.clone(),
        secret_stdin: false,
        client_key: login.client_key.clone(),
        client_key_id: login.client_key_id.clone(),
        client_certificate: or(&client.client_certificate, &login.client_certificate),
        client_certificate_key: or(
            &client.client_certificate_key,
            &login.client_certificate_key,
        ),
        auth_method: client.auth_method.or_else(|| kept_method(login)),
    };
    let credential = given_credential(if is_given { client } else { &kept })?;
    Ok((credential, kept))
}

fn kept_method(login: &SavedLogin) -> Option<Method> {
    Method::from_str(login.auth_method.as_deref()?, false).ok()
}

fn or(option: &Option<PathBuf>, kept: &Option<PathBuf>) -> Option<PathBuf> {
    option.clone().or_else(|| kept.clone())
}
