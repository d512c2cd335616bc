//! Our servers as the scripts find them: clients, settings, and what stands beside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::{
    BOUND_ID, ENDPOINT_SIGNER_ID, Environment, HMAC_ID, PUBLIC_ID, RESOURCE, SERVICE_ID, SIGNER_ID,
    WEB_ID,
};
use super::grantor::{Data, Programs};
use super::peers;
use super::server::{Place, Served, Server};
use crate::process::Failure;

/// The settings of the command that its defaults are not: every way to a token that it has, clients that
/// nobody registered, and their documents on this machine.
const SETTINGS: &str = r#"
scopes = "read"
grant_types = ["authorization_code", "client_credentials", "refresh_token", "device_code"]
registration = "open"
metadata_documents = true
danger_fetch_from_any_address = true
"#;

/// The server for all but the Model Context Protocol, and beside it the example `exchange`.
pub(super) fn serve(
    programs: &Programs,
    folder: &Path,
    redirect_uri: &str,
) -> Result<Served, Failure> {
    let data = Data {
        binary: &programs.grantor,
        folder: folder.join("data"),
    };
    let (jwks, private_key) = (key("client.jwks.json"), key("client-private.jwk.json"));
    let jwks = jwks.to_string_lossy();
    let mut environment = Environment::new(redirect_uri);
    let service = ["--grant", "client_credentials", "--scope", "read"];
    let grants = "authorization_code,refresh_token,device_code";
    let web = ["--grant", grants, "--scope", "read"];
    let web = [&web[..], &["--redirect-uri", redirect_uri]].concat();
    let api = ["--resource-server", RESOURCE];
    let secret = data.client(SERVICE_ID, &[&service[..], &api].concat())?;
    environment.set("SERVICE_SECRET", secret);
    environment.set("WEB_SECRET", data.client(WEB_ID, &web)?);
    data.client(PUBLIC_ID, &[&web[..], &["--public"]].concat())?;
    let hmac = ["--auth-method", "client_secret_jwt"];
    let secret = data.client(HMAC_ID, &[&service[..], &hmac].concat())?;
    environment.set("HMAC_SECRET", secret);
    let signs = ["--jwks", &jwks, "--grant", "client_credentials"];
    data.client(SIGNER_ID, &[&web[..], &signs].concat())?;
    let endpoint = ["--danger-assertion-audience-token-endpoint", "true"];
    let endpoint_signer = [&service[..], &signs[..2], &endpoint].concat();
    data.client(ENDPOINT_SIGNER_ID, &endpoint_signer)?;
    let bound = [
        "--public",
        "--require-pushed-requests",
        "true",
        "--dpop-bound-access-tokens",
        "true",
        "--require-dpop-nonces",
        "true",
    ];
    data.client(BOUND_ID, &[&web[..], &bound].concat())?;
    data.user()?;
    environment.set("CLIENT_KEY", private_key.to_string_lossy());
    let exchange = exchange(programs, folder, &mut environment)?;
    let grantor = start("grantor", folder, &data, SETTINGS, &[], &mut environment)?;
    Ok(Served {
        servers: vec![grantor, exchange],
        environment,
    })
}

/// The server with the profile of the Model Context Protocol, and the example of an MCP server, which is
/// the resource.
pub(super) fn serve_mcp(
    programs: &Programs,
    folder: &Path,
    redirect_uri: &str,
) -> Result<Served, Failure> {
    let data = Data {
        binary: &programs.grantor,
        folder: folder.join("mcp-data"),
    };
    let (jwks, private_key) = (key("client.jwks.json"), key("client-private.jwk.json"));
    let jwks = jwks.to_string_lossy();
    let mut environment = Environment::new(redirect_uri);
    let scope = "notes:read notes:write";
    let service = ["--grant", "client_credentials", "--scope", scope];
    let secret = data.client(SERVICE_ID, &service)?;
    environment.set("SERVICE_SECRET", secret);
    let signs = ["--jwks", &jwks];
    data.client(SIGNER_ID, &[&service[..], &signs].concat())?;
    let grants = "authorization_code,refresh_token";
    let public = ["--public", "--grant", grants, "--scope", scope];
    let public = [&public[..], &["--redirect-uri", redirect_uri]].concat();
    data.client(PUBLIC_ID, &public)?;
    data.user()?;
    // The script has its document there. `localhost` is in the certificate.
    let document = format!("https://localhost:{}/client.json", Place::find()?.port());
    environment.set("URL_ID", document);
    environment.set("CERTIFICATES", peers::certificates().to_string_lossy());
    environment.set("CLIENT_KEY", private_key.to_string_lossy());
    let exchange = exchange(programs, folder, &mut environment)?;
    let mcp = Place::find()?;
    let resource = format!("{}/mcp", mcp.url());
    let serve = [
        "--profile",
        "mcp",
        "--resource",
        &resource,
        "--resource",
        RESOURCE,
    ];
    let serve = [&serve[..], &["--scope", scope]].concat();
    let settings = "registration = \"open\"\ndanger_fetch_from_any_address = true\n";
    let grantor = start(
        "grantor-mcp",
        folder,
        &data,
        settings,
        &serve,
        &mut environment,
    )?;
    environment.set("RESOURCE", resource);
    let mut command = Command::new(&programs.mcp_resource);
    let mcp = Server::start("mcp_resource", folder, mcp, &environment, &mut command)?;
    Ok(Served {
        servers: vec![grantor, exchange, mcp],
        environment,
    })
}

/// Starts `grantor serve` with these settings in a file.
fn start(
    name: &str,
    folder: &Path,
    data: &Data<'_>,
    settings: &str,
    more: &[&str],
    environment: &mut Environment,
) -> Result<Server, Failure> {
    let place = Place::find()?;
    let file = folder.join(format!("{name}.toml"));
    fs::write(&file, settings)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))?;
    environment.set("ISSUER", place.url());
    let mut command = data.command(&["serve", "--listen", &place.address()]);
    command.args(["--issuer", &place.url()]).args(more);
    command.arg("--config").arg(file);
    // Who signed the certificate of the documents on this machine.
    command.env("SSL_CERT_FILE", peers::certificates().join("authority.pem"));
    Server::start(name, folder, place, environment, &mut command)
}

/// Starts the example `exchange`, which trusts whoever has the key of the scripts.
fn exchange(
    programs: &Programs,
    folder: &Path,
    environment: &mut Environment,
) -> Result<Server, Failure> {
    let place = Place::find()?;
    environment.set("ISSUER", place.url());
    environment.set("EXCHANGE_ISSUER", place.url());
    let mut command = Command::new(&programs.exchange);
    command.env("ISSUER_KEYS", key("client.jwks.json"));
    Server::start("exchange", folder, place, environment, &mut command)
}

/// A key of the scripts, which nothing else trusts.
fn key(name: &str) -> PathBuf {
    peers::directory().join("keys").join(name)
}
