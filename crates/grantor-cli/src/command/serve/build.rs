//! The server that the configuration describes.

use grantor_core::Issuer;
use grantor_http::{Addresses, ReqwestTransport, TransportOptions};
use grantor_server::{AccessTokens, Profile, Registration, Server};
use grantor_site::AccountSite;
use grantor_store::Stores;

use crate::command::secret_from_environment;
use crate::config::{Config, RegistrationMode};
use crate::error::CliError;

pub(super) async fn build(
    config: &Config,
    issuer: Issuer,
    stores: Stores,
) -> Result<Server, CliError> {
    let registration = registration(config.registration)?;
    let builder = Server::builder(issuer, stores).site_with(AccountSite::for_server);
    let builder = config.grant_types.iter().fold(
        builder.without_default_grant_types(),
        |builder, grant_type| grant_type.add_to(builder),
    );
    let builder = builder.transport_with(|addresses| {
        let options = TransportOptions::default();
        match addresses {
            Addresses::Public => ReqwestTransport::to_public_addresses(&options),
            _ => ReqwestTransport::with_options(&options),
        }
    });
    let builder = builder.configure(|server| {
        server.profile = config.profile;
        server.access_tokens = config.access_tokens();
        server
            .metadata_documents
            .clone_from(&config.metadata_documents);
        server.registration = registration;
        server.danger_fetch_from_any_address = config.danger_fetch_from_any_address;
        server.health_endpoint = true;
        server.default_audience.clone_from(&config.audience);
        server.resources.clone_from(&config.resources);
        server.scopes = config.scopes.clone();
        server.trusted_proxies = config.trusted_proxies.clone();
        if let Some(algorithms) = &config.client_assertion_algorithms {
            server.client_assertion_algorithms.clone_from(algorithms);
        }
        if let Some(rotation) = config.signing_key_rotation {
            server.signing_key_rotation = rotation;
        }
        if let Some(algorithms) = &config.dpop_algorithms {
            server.dpop_algorithms.clone_from(algorithms);
        }
        server.dpop_bound_access_tokens = config.dpop_bound_access_tokens;
        server.require_dpop_nonces = config.require_dpop_nonces;
        let set = |target: &mut std::time::Duration, value: Option<std::time::Duration>| {
            *target = value.unwrap_or(*target);
        };
        set(
            &mut server.access_token_lifetime,
            config.access_token_lifetime,
        );
        if let Some(lifetime) = config.refresh_token_lifetime {
            server.refresh_token_lifetime = lifetime;
        }
        if let Some(lifetime) = config.grant_lifetime {
            server.grant_lifetime = lifetime;
        }
        server
            .grant_type_settings
            .clone_from(&config.grant_type_settings);
        server.unique_access_tokens = config.unique_access_tokens;
        server.default_scope = config.default_scope.clone();
        server.scope_separator = config.scope_separator;
        set(&mut server.refresh_grace, config.refresh_grace);
        set(&mut server.code_lifetime, config.code_lifetime);
        set(
            &mut server.pushed_request_lifetime,
            config.pushed_request_lifetime,
        );
        set(
            &mut server.device_code_lifetime,
            config.device_code_lifetime,
        );
        set(
            &mut server.unused_client_lifetime,
            config.unused_client_lifetime,
        );
        set(&mut server.client_cache, config.client_cache);
        set(&mut server.request_deadline, config.request_deadline);
        server.require_pushed_authorization_requests = config.require_pushed_requests;
    });
    // No resource is protected in this process, so nothing else gives a JWT its audience.
    let names_audience = config.profile == Profile::Mcp || config.audience.is_some();
    let builder = match config.access_tokens() {
        AccessTokens::Jwt(_) if !names_audience => builder.problem(NO_AUDIENCE),
        _ => builder,
    };
    Ok(builder.build().await?)
}

const NO_AUDIENCE: &str =
    "JWT access tokens need a default audience (RFC 9068 section 3): set tokens.audience";

/// The variable with the token that clients need to register themselves.
const REGISTRATION_TOKEN: &str = "GRANTOR_REGISTRATION_TOKEN";

fn registration(mode: RegistrationMode) -> Result<Registration, CliError> {
    Ok(match mode {
        RegistrationMode::Off => Registration::Off,
        RegistrationMode::Open => Registration::Open,
        RegistrationMode::WithToken => {
            let token = secret_from_environment(REGISTRATION_TOKEN)?;
            let token = token.ok_or_else(|| {
                CliError::configuration(format!(
                    "registration is \"token\", and {REGISTRATION_TOKEN} is not set: give it a token \
                     that clients register with"
                ))
            })?;
            let registration = Registration::WithToken(token);
            if let Some(problem) = registration.problem() {
                return Err(CliError::configuration(format!(
                    "{REGISTRATION_TOKEN}: {problem}: make one with `openssl rand -base64 32`"
                )));
            }
            registration
        }
    })
}
