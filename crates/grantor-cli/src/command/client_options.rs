//! The client of the authorization server, as `token`, `request`, `introspect` and `revoke` take it.

use clap::ValueEnum;
use grantor_client::{Assertion, ClientCredential, Server, Tokens, TokensBuilder};
use grantor_core::{ServerMetadata, TokenEndpointAuthMethod};

use super::client_certificate::presenting;
use super::connection::trusting;
use super::{input, key_file};
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
    if id(options).is_err() && !is_proven(options)? {
        return Ok(("", ClientCredential::None));
    }
    Ok((id(options)?, credential(options)?))
}

/// Returns whether a secret or a key is given, or a method that takes one.
pub(super) fn is_proven(options: &ClientOptions) -> Result<bool, CliError> {
    Ok(match options.auth_method {
        Some(method) => method != Method::None,
        None => {
            options.secret_stdin
                || options.secret_file.is_some()
                || options.client_key.is_some()
                || options.client_certificate.is_some()
                || input::secret_from_environment(SECRET)?.is_some()
        }
    })
}

const SECRET: &str = "GRANTOR_CLIENT_SECRET";

/// By what the client proves who it is; nothing for one that says `--auth-method none`.
pub(super) fn credential(options: &ClientOptions) -> Result<ClientCredential, CliError> {
    if options.auth_method == Some(Method::None) {
        return Ok(ClientCredential::None);
    }
    match given_credential(options)? {
        ClientCredential::None if options.client_certificate.is_some() => {
            Ok(ClientCredential::None)
        }
        ClientCredential::None => Err(CliError::usage(
            "there is no client secret: set GRANTOR_CLIENT_SECRET, or use --secret-file, \
             --secret-stdin, --client-key or --client-certificate; a public client says \
             --auth-method none",
        )),
        credential => Ok(credential),
    }
}

/// The same for clients that are public unless something is said: those that users sign in to.
pub(super) fn given_credential(options: &ClientOptions) -> Result<ClientCredential, CliError> {
    let what = "the client's secret";
    match (&options.client_key, options.auth_method) {
        (_, Some(Method::None)) => return Ok(ClientCredential::None),
        (Some(path), _) => {
            let key = key_file::read("--client-key", path)?;
            let key_id = options.client_key_id.as_deref();
            return Ok(Assertion::new(key.named(key_id)).into());
        }
        (None, Some(Method::PrivateKeyJwt)) => {
            return Err(CliError::usage(
                "--auth-method private_key_jwt needs the private key of the client: give --client-key",
            ));
        }
        (None, Some(method @ (Method::Tls | Method::SelfSignedTls))) => {
            return by_certificate(options, method);
        }
        (None, _) => {}
    }
    if options.secret_stdin {
        return input::secret_from_stdin(what).map(Into::into);
    }
    if let Some(path) = &options.secret_file {
        return input::secret_from_file(path, what).map(Into::into);
    }
    let secret = input::secret_from_environment(SECRET)?;
    Ok(secret.map_or(ClientCredential::None, Into::into))
}

/// A client that authenticates by its certificate has nothing to send.
fn by_certificate(options: &ClientOptions, method: Method) -> Result<ClientCredential, CliError> {
    if options.client_certificate.is_some() {
        return Ok(ClientCredential::None);
    }
    let method = method.to_possible_value();
    let method = method.as_ref().map_or("", |method| method.get_name());
    Err(CliError::usage(format!(
        "--auth-method {method} needs the certificate of the client: give --client-certificate"
    )))
}

/// Has the client prove who it is by this.
pub(super) fn with_credential(
    builder: TokensBuilder,
    credential: ClientCredential,
) -> TokensBuilder {
    match credential {
        ClientCredential::Secret(secret) => builder.client_secret(secret),
        ClientCredential::Assertion(assertion) => builder.client_assertion(*assertion),
        _ => builder,
    }
}

/// The client, without a token of its own: for questions about others' tokens.
pub(super) fn asking(
    server: Server,
    options: &ClientOptions,
    connection: &ConnectionOptions,
) -> Result<Tokens, CliError> {
    let builder = Tokens::login(server, id(options)?);
    let builder = with_credential(builder, credential(options)?);
    let builder = presenting(authenticating(builder, options), options)?;
    Ok(trusting(builder, connection)?.build()?)
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
    let has_secret = options.auth_method.is_none() && !has_key(options) && id(options).is_ok();
    if !has_secret || !takes_no_secret(tokens, methods).await {
        return Err(error);
    }
    Err(error.hint(
        "if it takes the secret all the same, say how with --auth-method client_secret_basic or \
         client_secret_post; a public client says --auth-method none",
    ))
}

/// Returns whether the client proves by a key who it is: of its own, or of its certificate.
fn has_key(options: &ClientOptions) -> bool {
    options.client_key.is_some() || options.client_certificate.is_some()
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
