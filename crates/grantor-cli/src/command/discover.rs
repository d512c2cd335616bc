//! `grantor discover`.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use grantor_core::exchange::{Discovery, DiscoveryError};
use grantor_core::{BoxFuture, Issuer, LocalhostNames, ServerMetadata, TokenEndpointAuthMethod};
use grantor_http::{ReqwestTransport, Transport, TransportError, drive, system};
use http::{Request, Response};
use serde_json::{Value, json};
use url::Url;

use super::connection::transport;
use super::server_options::issuer;
use crate::args::{Common, ConnectionOptions, Discover};
use crate::error::{CliError, Exit, with_sources};
use crate::output::{Output, escape_controls};

pub(crate) fn run(common: &Common, args: &Discover, output: &Output) -> Result<ExitCode, CliError> {
    let issuer = issuer(common, args.issuer.as_ref())?;
    let issuer = parse(&issuer)?;
    let at = args.metadata_url.as_deref().map(location).transpose()?;
    crate::block_on(async {
        let found = fetch(&issuer, at, &args.connection).await?;
        if output.is_json() {
            output.note(&json!({ "location": found.location }).to_string());
        }
        output.result(&found.to_text(), &found.document)?;
        Ok(Exit::Done.into())
    })
}

/// The metadata of a server, and where it was.
pub(super) struct Found {
    pub(super) metadata: ServerMetadata,
    document: Value,
    location: String,
}

pub(super) fn parse(issuer: &str) -> Result<Issuer, CliError> {
    let parsed = Issuer::parse_with(issuer, LocalhostNames::Loopback);
    parsed.map_err(|error| CliError::usage(format!("{}: {error}", escape_controls(issuer))))
}

/// Fetches the metadata of an issuer from its well-known locations, or from one of its own.
pub(super) async fn fetch(
    issuer: &Issuer,
    at: Option<Url>,
    connection: &ConnectionOptions,
) -> Result<Found, CliError> {
    let listening = Listening::new(connection)?;
    let discovery = match at.clone() {
        Some(location) => Discovery::at(issuer.clone(), location),
        None => Discovery::new(issuer.clone()),
    };
    let discovery = discovery.localhost_names(LocalhostNames::Loopback);
    let found = drive(discovery, &listening, &system()).await;
    let heard = listening.heard();
    let metadata = found.map_err(|error| {
        let exit = if error.is_transient() {
            Exit::TryAgain
        } else {
            Exit::Configuration
        };
        let mut message = match (&error, &at) {
            (DiscoveryError::NotFound(status), Some(url)) => {
                format!("there is no metadata at {url} (status {})", status.as_u16())
            }
            _ => error.to_string(),
        };
        if let Some(why) = heard.failure {
            message = format!("{message}: {why}");
        }
        let failed = CliError::new(exit, message).hint_at(&error);
        failed.because(&format!("no metadata of {issuer}"))
    })?;
    Ok(Found {
        metadata,
        document: serde_json::from_slice(&heard.body).unwrap_or_default(),
        location: heard.location,
    })
}

pub(super) fn location(text: &str) -> Result<Url, CliError> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| LocalhostNames::Loopback.is_secure(url));
    url.ok_or_else(|| {
        CliError::usage("--metadata-url takes an https URL, or one on a loopback address")
    })
}

impl Found {
    /// For people: what there is, one line each.
    fn to_text(&self) -> String {
        let metadata = &self.metadata;
        let extra = |name: &str| metadata.extra.get(name).and_then(Value::as_str);
        let endpoint = |url: &Option<Url>| url.as_ref().map(Url::to_string);
        let methods = |methods: &[TokenEndpointAuthMethod]| {
            let names = methods.iter().map(|method| method.as_str().to_owned());
            names.collect::<Vec<_>>()
        };
        let grants = match metadata.grant_types_supported.as_slice() {
            [] => vec![
                "authorization_code".to_owned(),
                "implicit (not said)".to_owned(),
            ],
            grants => grants.to_vec(),
        };
        let pkce = match metadata.code_challenge_methods_supported.as_slice() {
            [] => vec!["not said".to_owned()],
            methods => methods.to_vec(),
        };
        let lines = [
            ("issuer", Some(metadata.issuer.to_string())),
            ("found at", Some(self.location.clone())),
            ("authorization", endpoint(&metadata.authorization_endpoint)),
            ("token", endpoint(&metadata.token_endpoint)),
            ("keys", endpoint(&metadata.jwks_uri)),
            ("introspection", endpoint(&metadata.introspection_endpoint)),
            ("revocation", endpoint(&metadata.revocation_endpoint)),
            ("user info", extra("userinfo_endpoint").map(str::to_owned)),
            ("registration", endpoint(&metadata.registration_endpoint)),
            (
                "pushed requests",
                endpoint(&metadata.pushed_authorization_request_endpoint),
            ),
            ("device", endpoint(&metadata.device_authorization_endpoint)),
            ("grants", Some(grants.join(" "))),
            ("responses", joined(&metadata.response_types_supported)),
            (
                "client authentication",
                joined(&methods(&metadata.token_endpoint_auth_methods_supported))
                    .or_else(|| Some("client_secret_basic (not said)".to_owned())),
            ),
            ("scopes", joined(&metadata.scopes_supported)),
            ("PKCE", Some(pkce.join(" "))),
        ];
        let lines = lines.into_iter().filter_map(|(name, value)| {
            Some(format!(
                "{name:<22}{}",
                escape_controls(&value?.replace('\n', " "))
            ))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn joined(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| list.join(" "))
}

/// A transport that remembers what it heard last.
#[derive(Debug)]
struct Listening {
    inner: ReqwestTransport,
    heard: Mutex<Heard>,
}

#[derive(Debug, Clone, Default)]
struct Heard {
    location: String,
    body: Bytes,
    failure: Option<String>,
}

impl Listening {
    fn new(connection: &ConnectionOptions) -> Result<Self, CliError> {
        Ok(Self {
            inner: transport(connection)?,
            heard: Mutex::default(),
        })
    }

    fn heard(&self) -> Heard {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Transport for Listening {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let location = request.uri().to_string();
            let answer = self.inner.send(request).await;
            let heard = Heard {
                location,
                body: answer.as_ref().map_or(Bytes::new(), |a| a.body().clone()),
                failure: answer.as_ref().err().map(|error| with_sources(error)),
            };
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = heard;
            answer
        })
    }
}
