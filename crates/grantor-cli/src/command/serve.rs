//! `grantor serve`.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::ExitCode;

use grantor_core::Issuer;
use grantor_http::{Addresses, ReqwestTransport, TransportOptions};
use grantor_server::{AccessTokens, Profile, Registration, Server};
use grantor_site::AccountSite;
use grantor_store::Stores;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::access_log::AccessLog;
use crate::args::{Common, Serve};
use crate::command::secret_from_environment;
use crate::config::{Config, Location, RegistrationMode};
use crate::data;
use crate::error::{CliError, list};
use crate::output::Output;

pub(crate) fn run(common: &Common, serve: &Serve, output: &Output) -> Result<ExitCode, CliError> {
    let config = Config::for_serve(common, serve)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("the runtime can't be started: {error}")))?;
    runtime.block_on(async {
        let listener = bind(config.listen).await?;
        let address = listener.local_addr().unwrap_or(config.listen);
        let issuer = issuer(&config, address)?;
        let stores = data::open(&config).await?;
        let server = build(&config, issuer, stores).await?;
        let (mut first, mut both) = (Signals::new()?, Signals::new()?);
        announce(&server, address, &config, output);
        let service = AccessLog::new(server.clone(), config.access_log);
        let told_to_stop = async {
            first.next().await;
            tracing::info!("stopping when the requests under way are answered");
        };
        let told_twice = async {
            both.next().await;
            both.next().await;
        };
        let upkeep = tokio::spawn(server.keep_maintained());
        let ended = tokio::select! {
            () = grantor_listen::serve(listener, service, config.listener.clone(), told_to_stop) => {
                Ok(ExitCode::SUCCESS)
            }
            () = told_twice => Err(CliError::failed(
                "stopped by a second signal, whatever was under way",
            )),
        };
        upkeep.abort();
        ended
    })
}

fn issuer(config: &Config, address: SocketAddr) -> Result<Issuer, CliError> {
    match &config.issuer {
        Some(issuer) => Ok(issuer.clone()),
        None => Issuer::parse(&format!("http://{address}")).map_err(|_| {
            CliError::configuration(format!(
                "an issuer can't be made of {address}: say with --issuer what clients know it as"
            ))
        }),
    }
}

async fn build(config: &Config, issuer: Issuer, stores: Stores) -> Result<Server, CliError> {
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
    let built = builder.build().await;
    // No resource is protected in this process, so nothing else gives a JWT its audience.
    let names_audience = config.profile == Profile::Mcp || config.audience.is_some();
    if matches!(config.access_tokens(), AccessTokens::Jwt(_)) && !names_audience {
        let mut problems = built.map_or_else(|error| error.problems().to_vec(), |_| Vec::new());
        problems.push(
            "JWT access tokens need a default audience (RFC 9068 section 3): set tokens.audience"
                .to_owned(),
        );
        let headline = "the server can't be built";
        return Err(CliError::configuration(list(headline, &problems)));
    }
    Ok(built?)
}

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

async fn bind(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|error| {
        CliError::failed(match error.kind() {
            ErrorKind::AddrInUse => {
                format!("{address} is in use: stop what listens there, or give another --listen")
            }
            ErrorKind::PermissionDenied => {
                format!("{address} may not be listened on by this user: give a port above 1023")
            }
            _ => format!("{address} can't be listened on: {error}"),
        })
    })
}

/// SIGTERM and Ctrl-C.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self, CliError> {
        let failed = |error| CliError::failed(format!("signals can't be received: {error}"));
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn announce(server: &Server, address: SocketAddr, config: &Config, output: &Output) {
    let issuer = server.issuer();
    let data = config.data.display();
    let (place, terminal) = match &config.store.default {
        Location::Url(_) => (
            "the store of its configuration".to_owned(),
            "another terminal, with the same GRANTOR_STORE_URL, --store-url or --config",
        ),
        _ => (data.to_string(), "another terminal"),
    };
    let [metadata, _] = issuer.metadata_urls();
    let behind_a_proxy = config
        .issuer
        .as_ref()
        .is_some_and(|i| i.url().scheme() == "https");
    let next = match config.profile {
        Profile::Mcp => format!(
            "  grantor user add alice --data {data}
  Name {issuer} in the \"authorization_servers\" of your MCP server's metadata (RFC 9728)"
        ),
        _ => format!(
            "  grantor client add my-service --grant client_credentials --scope read --data {data}
  GRANTOR_CLIENT_SECRET=... grantor token --issuer {issuer} --client-id my-service"
        ),
    };
    let mut text = format!(
        "grantor serves {issuer} on {address}, with its data in {place}

What to do next, in {terminal}:
{next}
Metadata: {metadata}"
    );
    if behind_a_proxy {
        text.push_str(&format!(
            "\n\nIt speaks plain HTTP: what answers at {issuer} must pass requests on to \
             {address}, with their paths as they are."
        ));
    }
    let json = json!({ "issuer": issuer, "listen": address.to_string(), "data": config.data });
    tracing::info!(%address, %issuer, "serving");
    if config.profile == Profile::Mcp && config.resources.is_empty() && config.audience.is_none() {
        output.warning(
            "no resource is configured, and every request of this profile names one: give the URL of your \
             MCP server with --resource",
        );
    }
    // A server whose greeting nobody reads serves all the same.
    if let Err(error) = output.result(&text, &json) {
        output.error(&error);
    }
}
