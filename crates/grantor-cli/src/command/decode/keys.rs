//! Where the keys come from that a signature is verified with.

use std::path::PathBuf;

use bytes::Bytes;
use grantor_core::exchange::FailureKind;
use grantor_core::{Issuer, LocalhostNames};
use grantor_http::Transport;
use grantor_jose::{Error, KeySet, PublicKey};
use http::{Request, StatusCode};
use url::Url;

use crate::args::{ConnectionOptions, Decode};
use crate::command::connection::transport;
use crate::command::{discover, input};
use crate::error::{CliError, Exit, with_sources};

pub(super) enum Source {
    File(PathBuf),
    Url(Url),
    Issuer {
        issuer: Issuer,
        metadata: Option<Url>,
    },
}

impl Source {
    /// The source that the options name; none if nothing is to be verified.
    pub(super) fn of(args: &Decode) -> Result<Option<Self>, CliError> {
        if let Some(issuer) = &args.issuer {
            let at = args.metadata_url.as_deref();
            return Ok(Some(Self::Issuer {
                issuer: discover::parse(issuer)?,
                metadata: at.map(discover::location).transpose()?,
            }));
        }
        let Some(jwks) = &args.jwks else {
            return Ok(None);
        };
        match Url::parse(jwks) {
            Ok(url) if LocalhostNames::Loopback.is_secure(&url) => Ok(Some(Self::Url(url))),
            Ok(url) if url.scheme() == "http" => Err(CliError::usage(
                "--jwks takes an https URL, one on a loopback address, or a file",
            )),
            _ => Ok(Some(Self::File(jwks.into()))),
        }
    }

    /// The issuer that the token must have.
    pub(super) fn issuer(&self) -> Option<&str> {
        match self {
            Self::Issuer { issuer, .. } => Some(issuer.as_str()),
            Self::File(_) | Self::Url(_) => None,
        }
    }

    /// Reads the keys. A single key without a name of its own is taken for the one that `key_id`
    /// names.
    pub(super) async fn keys(
        &self,
        key_id: Option<&str>,
        connection: &ConnectionOptions,
    ) -> Result<KeySet, CliError> {
        match self {
            Self::File(path) => {
                let text = input::text_from_file(path, "the keys")?;
                read(text.as_bytes(), &path.display().to_string(), key_id)
            }
            Self::Url(url) => fetch(url, key_id, connection).await,
            Self::Issuer { issuer, metadata } => {
                let found = discover::fetch(issuer, metadata.clone(), connection).await?;
                let url = found.metadata.jwks_uri.ok_or_else(|| {
                    CliError::configuration(format!("the metadata of {issuer} has no \"jwks_uri\""))
                })?;
                fetch(&url, key_id, connection).await
            }
        }
    }
}

async fn fetch(
    url: &Url,
    key_id: Option<&str>,
    connection: &ConnectionOptions,
) -> Result<KeySet, CliError> {
    let failed = |exit, why: &str| CliError::new(exit, format!("no keys from {url}: {why}"));
    let transport = transport(connection)?;
    let request = Request::get(url.as_str()).body(Bytes::new());
    let request = request.map_err(|_| failed(Exit::Usage, "this is not a URL"))?;
    let answer = transport.send(request).await;
    let answer = answer.map_err(|error| {
        let exit = match error.kind() {
            FailureKind::Configuration | FailureKind::Certificate => Exit::Configuration,
            _ => Exit::TryAgain,
        };
        failed(exit, &with_sources(&error)).hint_at(&error)
    })?;
    match answer.status() {
        StatusCode::OK => read(answer.body(), url.as_str(), key_id),
        status => {
            let busy = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            let exit = if busy {
                Exit::TryAgain
            } else {
                Exit::Configuration
            };
            Err(failed(exit, &format!("status {}", status.as_u16())))
        }
    }
}

/// A JWK Set, one JWK, or a public key in PEM.
fn read(bytes: &[u8], from: &str, key_id: Option<&str>) -> Result<KeySet, CliError> {
    let text = str::from_utf8(bytes).unwrap_or_default().trim();
    let alone = |key: PublicKey| {
        KeySet::from_iter([match (key.key_id(), key_id) {
            (None, Some(key_id)) => key.with_key_id(key_id),
            _ => key,
        }])
    };
    let keys = if text.starts_with("-----") {
        PublicKey::from_pem(text).map(alone)
    } else {
        KeySet::from_json(bytes).or_else(|error| match (error, PublicKey::from_jwk(text)) {
            (Error::Json(_), Ok(key)) => Ok(alone(key)),
            (Error::Json(_), Err(Error::PrivateKey)) => Err(Error::PrivateKey),
            (error, _) => Err(error),
        })
    };
    keys.map_err(|error| CliError::configuration(format!("the keys of {from}: {error}")))
}
