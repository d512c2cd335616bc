//! The metadata server of Google Cloud, on its machines and in its clusters.

use std::fmt;
use std::time::Duration;

use grantor_core::{BoxFuture, Secret};
use serde::Deserialize;
use url::Url;

use super::http::get;
use super::platform::{Platform, PlatformContext, PlatformToken};
use crate::error::Error;

const WHOSE: &str = "the metadata server of Google";

/// Tokens of the service account of a machine, a function or a pod of Google's, from its metadata
/// server. `GCE_METADATA_HOST` names another host.
///
/// ```
/// use grantor_client::{GoogleMetadata, Tokens};
///
/// let tokens = Tokens::from_workload(GoogleMetadata::access_token())
///     .allow_origin("https://storage.googleapis.com")
///     .build()?;
///
/// // An ID token, which a service of one's own verifies.
/// let token = GoogleMetadata::id_token("https://service.example");
/// let tokens = Tokens::from_workload(token).allow_origin("https://service.example").build()?;
/// # Ok::<(), grantor_client::Error>(())
/// ```
#[derive(Clone)]
pub struct GoogleMetadata {
    account: String,
    wanted: Wanted,
}

#[derive(Clone)]
enum Wanted {
    AccessToken { scopes: Option<String> },
    IdToken { audience: String },
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<u64>,
}

impl GoogleMetadata {
    /// The access token of the default account.
    #[must_use]
    pub fn access_token() -> Self {
        Self {
            account: "default".to_owned(),
            wanted: Wanted::AccessToken { scopes: None },
        }
    }

    /// An ID token of the default account for this audience.
    pub fn id_token(audience: impl Into<String>) -> Self {
        Self {
            account: "default".to_owned(),
            wanted: Wanted::IdToken {
                audience: audience.into(),
            },
        }
    }

    /// Another account of the machine.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = account.into();
        self
    }

    /// The scopes of the access token, separated by commas; otherwise those of the machine.
    #[must_use]
    pub fn scopes(mut self, scopes: impl Into<String>) -> Self {
        if let Wanted::AccessToken { scopes: wanted } = &mut self.wanted {
            *wanted = Some(scopes.into());
        }
        self
    }

    async fn ask(&self, context: &PlatformContext<'_>) -> Result<PlatformToken, Error> {
        let host = context.variable("GCE_METADATA_HOST");
        let host = host.as_deref().unwrap_or("metadata.google.internal");
        let base = format!("http://{host}/computeMetadata/v1/instance/service-accounts/");
        let unusable = |_| Error::configuration(format!("GCE_METADATA_HOST has no host: {host:?}"));
        let mut url: Url = base.parse().map_err(unusable)?;
        let kind = match self.wanted {
            Wanted::AccessToken { .. } => "token",
            Wanted::IdToken { .. } => "identity",
        };
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&self.account).push(kind);
        }
        match &self.wanted {
            Wanted::AccessToken { scopes: None } => {}
            Wanted::AccessToken {
                scopes: Some(scopes),
            } => {
                url.query_pairs_mut().append_pair("scopes", scopes);
            }
            Wanted::IdToken { audience } => {
                url.query_pairs_mut()
                    .append_pair("audience", audience)
                    .append_pair("format", "full");
            }
        }
        let now = context.environment.now();
        let request = get(url.as_str(), &[("metadata-flavor", "Google")], WHOSE)?;
        let answer = context.send(request, WHOSE).await?;
        // Whatever answers without this is not the metadata server.
        let flavor = answer.headers().get("metadata-flavor");
        if flavor.is_none_or(|flavor| flavor != "Google") {
            return Err(Error::refused(format!(
                "{WHOSE} did not say \"Metadata-Flavor: Google\": it is another service"
            )));
        }
        if matches!(self.wanted, Wanted::IdToken { .. }) {
            let text = std::str::from_utf8(answer.body())
                .unwrap_or_default()
                .trim();
            return Ok(Secret::new(text).into());
        }
        let answer: Answer = serde_json::from_slice(answer.body())
            .map_err(|_| Error::refused(format!("{WHOSE} answered without an access token")))?;
        let lifetime = answer.expires_in.map(Duration::from_secs);
        Ok(PlatformToken {
            expires_at: lifetime.map(|lifetime| now + lifetime),
            ..Secret::new(answer.access_token).into()
        })
    }
}

impl Platform for GoogleMetadata {
    fn fetch<'a>(
        &'a self,
        context: &'a PlatformContext<'_>,
    ) -> BoxFuture<'a, Result<PlatformToken, Error>> {
        Box::pin(self.ask(context))
    }
}

impl fmt::Debug for GoogleMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = &self.account;
        match &self.wanted {
            Wanted::AccessToken { scopes } => {
                let scopes = scopes.as_deref().unwrap_or_default();
                write!(f, "{WHOSE} (access token of {account:?} {scopes:?})")
            }
            Wanted::IdToken { audience } => {
                write!(f, "{WHOSE} (ID token of {account:?} for {audience:?})")
            }
        }
    }
}
