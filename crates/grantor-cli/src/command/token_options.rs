//! Which token, and where it is kept, as `token` and `request` take it.

use std::path::Path;
use std::sync::Arc;

use grantor_client::{Server, TokenSet, Tokens, TokensBuilder};
use grantor_http::system;
use grantor_store::{MasterKey, Namespace, Store};
use grantor_store_sqlite::SqliteOptions;

use super::connection::trusting;
use super::server_options::Named;
use super::{grant_options, input};
use crate::args::{
    ClientOptions, Common, ConnectionOptions, GrantOptions, ServerOptions, TokenOptions,
};
use crate::data::refuse_if_others_write;
use crate::error::CliError;

/// The server that the options name.
pub(super) fn server(
    common: &Common,
    server: &ServerOptions,
    options: &TokenOptions,
) -> Result<Named, CliError> {
    let endpoint = options.token_endpoint.as_ref();
    Named::with_endpoint(common, server, endpoint, |server, url| {
        server.endpoints.token = Some(url);
    })
}

/// The tokens that the options name, for these origins.
pub(super) async fn tokens(
    server: Server,
    connection: &ConnectionOptions,
    (client, grant, options): (&ClientOptions, &GrantOptions, &TokenOptions),
    origins: Vec<String>,
) -> Result<Tokens, CliError> {
    let subject = grant_options::subject(grant)?;
    let builder = grant_options::builder(server, client, grant)?;
    let mut builder = trusting(builder, connection)?;
    if let Some(scope) = &options.scope {
        builder = builder.scope(scope);
    }
    for resource in &options.resources {
        builder = builder.resource(resource);
    }
    for audience in &options.audiences {
        builder = builder.audience(audience);
    }
    for text in &options.parameters {
        let (name, value) = parameter(text)?;
        builder = builder.parameter(name, value);
    }
    if let Some(file) = &options.store {
        let folder = file.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new("."));
        let key_folder = options.store_key.as_deref().unwrap_or(folder);
        let (store, key) = open(file, folder, key_folder).await?;
        builder = builder.store(store, &key);
    }
    let tokens = origins
        .into_iter()
        .fold(builder, TokensBuilder::allow_origin)
        .build()?;
    Ok(match subject {
        Some(subject) => tokens.for_subject(subject)?,
        None => tokens,
    })
}

/// The token that there is, or a new one if the options want that.
pub(super) async fn get(tokens: &Tokens, options: &TokenOptions) -> Result<TokenSet, CliError> {
    tokens.get().await?;
    // Without a store it has come from the server just now.
    if options.renew && options.store.is_some() {
        tokens.renew().await?;
    }
    Ok(tokens.token_set().await?)
}

async fn open(
    file: &Path,
    folder: &Path,
    key_folder: &Path,
) -> Result<(Arc<dyn Store>, MasterKey), CliError> {
    refuse_if_others_write(folder, 0o700)?;
    refuse_if_others_write(file, 0o600)?;
    let store: Arc<dyn Store> = Arc::new(SqliteOptions::default().open(file)?);
    let namespace = Namespace::new("grantor");
    let key = MasterKey::open(key_folder, &store, namespace, &system()).await?;
    Ok((store, key))
}

/// A parameter as `NAME=VALUE` or `NAME@FILE`. A parameter that is always a secret is no argument.
fn parameter(text: &str) -> Result<(&str, String), CliError> {
    let Some(at) = text.find(['=', '@']).filter(|at| *at > 0) else {
        return Err(CliError::usage(
            "--parameter takes NAME=VALUE, or NAME@FILE for a value that is in a file",
        ));
    };
    let (name, value) = (&text[..at], &text[at + 1..]);
    if text[at..].starts_with('@') {
        let value = input::text_from_file(Path::new(value), &format!("the parameter {name}"))?;
        return Ok((name, value.trim_end_matches(['\r', '\n']).to_owned()));
    }
    if SECRETS.contains(&name) {
        return Err(CliError::usage(format!(
            "--parameter {name}: a secret is no argument, since other users of the machine can read \
             those: put it in a file and write {name}@FILE, or {name}@- for standard input"
        )));
    }
    Ok((name, value.to_owned()))
}

const SECRETS: [&str; 10] = [
    "actor_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "password",
    "refresh_token",
    "subject_token",
    "token",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_name_and_a_value_or_a_file() {
        assert_eq!(parameter("a=b=c@d").unwrap(), ("a", "b=c@d".to_owned()));
        assert_eq!(parameter("a=").unwrap(), ("a", String::new()));
        for wrong in ["", "a", "=b", "@b"] {
            assert!(parameter(wrong).is_err(), "{wrong}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("value");
        std::fs::write(&file, "s3cret\n").unwrap();
        let text = format!("password@{}", file.display());
        assert_eq!(parameter(&text).unwrap(), ("password", "s3cret".to_owned()));
    }

    #[test]
    fn a_secret_is_no_argument_and_stays_out_of_the_message() {
        for name in SECRETS {
            let error = parameter(&format!("{name}=hunter2")).unwrap_err();
            let message = error.to_string();
            assert!(message.contains(&format!("{name}@FILE")), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
