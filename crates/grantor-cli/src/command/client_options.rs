//! The client of the authorization server, as `token`, `request`, `introspect` and `revoke` take it.

use grantor_client::{ClientCredential, Server, Tokens, TokensBuilder};
use grantor_core::{Secret, ServerMetadata, TokenEndpointAuthMethod};

use super::connection::trusting;
use super::input;
use crate::args::{ClientOptions, ConnectionOptions, Method};
use crate::error::{CliError, Exit};

/// The client's identifier.
pub(super) fn id(options: &ClientOptions) -> Result<&str, CliError> {
    let id = options.client_id.as_deref().filter(|id| !id.is_empty());
    id.ok_or_else(|| {
        CliError::usage("there is no client: give --client-id, or set GRANTOR_CLIENT_ID")
    })
}

/// The client where the server may do without one. Without an identifier there is no client, unless
/// something says how it authenticates.
pub(super) fn optional(options: &ClientOptions) -> Result<(&str, ClientCredential), CliError> {
    if id(options).is_err() && authenticates_not(options)? {
        return Ok(("", ClientCredential::None));
    }
    let id = id(options)?;
    let secret = secret(options)?;
    Ok((id, secret.map_or(ClientCredential::None, Into::into)))
}

fn authenticates_not(options: &ClientOptions) -> Result<bool, CliError> {
    Ok(match options.auth_method {
        Some(method) => method == Method::None,
        None => {
            !options.secret_stdin
                && options.secret_file.is_none()
                && input::secret_from_environment(SECRET)?.is_none()
        }
    })
}

const SECRET: &str = "GRANTOR_CLIENT_SECRET";

/// The client's secret; none for a public client.
pub(super) fn secret(options: &ClientOptions) -> Result<Option<Secret>, CliError> {
    let what = "the client's secret";
    if options.auth_method == Some(Method::None) {
        return Ok(None);
    }
    if options.secret_stdin {
        return input::secret_from_stdin(what).map(Some);
    }
    if let Some(path) = &options.secret_file {
        return input::secret_from_file(path, what).map(Some);
    }
    match input::secret_from_environment(SECRET)? {
        Some(secret) => Ok(Some(secret)),
        None => Err(CliError::usage(
            "there is no client secret: set GRANTOR_CLIENT_SECRET, or use --secret-file or \
             --secret-stdin; a public client says --auth-method none",
        )),
    }
}

/// The client, without a token of its own: for questions about others' tokens.
pub(super) fn asking(
    server: Server,
    options: &ClientOptions,
    connection: &ConnectionOptions,
) -> Result<Tokens, CliError> {
    let mut builder = Tokens::login(server, id(options)?);
    if let Some(secret) = secret(options)? {
        builder = builder.client_secret(secret);
    }
    let builder = trusting(authenticating(builder, options), connection)?;
    Ok(builder.build()?)
}

/// Says how the client authenticates, if the options do.
pub(super) fn authenticating(builder: TokensBuilder, options: &ClientOptions) -> TokensBuilder {
    match options.auth_method {
        Some(method) => builder.auth_method(method.into()),
        None => builder,
    }
}

/// An endpoint's methods of client authentication, as metadata list them.
pub(super) type Methods = fn(&ServerMetadata) -> &[TokenEndpointAuthMethod];

/// The same, with a way out where the client has a secret and the server says that it takes none.
pub(super) async fn with_way_out<T>(
    done: Result<T, CliError>,
    tokens: &Tokens,
    options: &ClientOptions,
    methods: Methods,
) -> Result<T, CliError> {
    let error = match done {
        Err(error) if error.exit() == Exit::Configuration => error,
        done => return done,
    };
    let has_secret = options.auth_method.is_none() && id(options).is_ok();
    if !has_secret || !takes_no_secret(tokens, methods).await {
        return Err(error);
    }
    Err(error.hint(
        "if it takes the secret all the same, say how with --auth-method client_secret_basic or \
         client_secret_post; a public client says --auth-method none",
    ))
}

async fn takes_no_secret(tokens: &Tokens, methods: Methods) -> bool {
    let Ok(metadata) = tokens.metadata().await else {
        return false;
    };
    let listed = match methods(&metadata) {
        [] => &metadata.token_endpoint_auth_methods_supported,
        own => own,
    };
    let by_secret = |method: &TokenEndpointAuthMethod| {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, ClientSecretPost};
        matches!(
            method,
            ClientSecretBasic | ClientSecretPost | ClientSecretJwt
        )
    };
    !listed.is_empty() && !listed.iter().any(by_secret)
}
