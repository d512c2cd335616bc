//! `grantor serve`.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::ExitCode;

use grantor_core::Issuer;
use grantor_server::{Profile, Server};
use serde_json::json;
use tokio::net::TcpListener;

use crate::access_log::AccessLog;
use crate::args::{Common, Serve};
use crate::config::{Config, Location};
use crate::data;
use crate::error::CliError;
use crate::output::Output;

mod build;
mod signals;

use build::build;
use signals::Signals;

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
        announce(&server, address, &config, &options_of(common, &config), output);
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

/// The options by which another command finds the records of this server.
fn options_of(common: &Common, config: &Config) -> String {
    let data = format!("--data {}", config.data.display());
    match (&common.config, &common.data) {
        (None, _) => data,
        (Some(file), None) => format!("--config {}", file.display()),
        (Some(file), Some(_)) => format!("--config {} {data}", file.display()),
    }
}

fn announce(server: &Server, address: SocketAddr, config: &Config, options: &str, output: &Output) {
    let issuer = server.issuer();
    let data = config.data.display();
    let (place, terminal) = match &config.store.default {
        Location::Url(_) => (
            "the store of its configuration".to_owned(),
            "another terminal, with the same GRANTOR_STORE_URL, --store-url or --config",
        ),
        Location::Memory => (
            "memory, where they end with it and no command sees them".to_owned(),
            "a server that has a database",
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
            "  grantor user add alice {options}
  Name {issuer} in the \"authorization_servers\" of your MCP server's metadata (RFC 9728)"
        ),
        _ => format!(
            "  grantor client add my-service --grant client_credentials --scope read {options}
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
