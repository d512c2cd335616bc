//! Managed identities of Azure: of its machines, and of its application services.

use std::fmt;

use grantor_core::{BoxFuture, Secret, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::http::get;
use super::platform::{Platform, PlatformContext, PlatformToken};
use crate::error::Error;

const WHOSE: &str = "the identity service of Azure";
const MACHINE: &str =
    "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01";

/// Access tokens of the managed identity of a machine or an application service of Azure's.
///
/// On an application service `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` say where they are; elsewhere they
/// come from the metadata service of the machine, at which `AZURE_POD_IDENTITY_AUTHORITY_HOST` names
/// another origin.
///
/// ```
/// use grantor_client::{AzureIdentity, Tokens};
///
/// let tokens = Tokens::from_workload(AzureIdentity::new("https://vault.azure.net"))
///     .allow_origin("https://my-vault.vault.azure.net")
///     .build()?;
/// # Ok::<(), grantor_client::Error>(())
/// ```
#[derive(Clone)]
pub struct AzureIdentity {
    resource: String,
    client_id: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    /// Seconds since 1970, as a text or a number.
    expires_on: Option<Value>,
}

impl AzureIdentity {
    /// Tokens for this resource, as `https://management.azure.com/`, or `api://AzureADTokenExchange` for a
    /// token that is exchanged elsewhere.
    pub fn new(resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            client_id: None,
        }
    }

    /// One of several identities that the user assigned, by its client id.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    async fn ask(&self, context: &PlatformContext<'_>) -> Result<PlatformToken, Error> {
        let service = context.variable("IDENTITY_ENDPOINT");
        let secret = context.variable("IDENTITY_HEADER").map(Secret::new);
        let (url, header) = match (&service, &secret) {
            (Some(service), Some(secret)) => {
                let mut url = parse(service, "IDENTITY_ENDPOINT")?;
                url.query_pairs_mut()
                    .append_pair("api-version", "2019-08-01");
                (url, ("x-identity-header", secret.expose()))
            }
            _ => {
                let host = context.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
                let url = match host {
                    Some(host) => {
                        MACHINE.replacen("http://169.254.169.254", host.trim_end_matches('/'), 1)
                    }
                    None => MACHINE.to_owned(),
                };
                let url = parse(&url, "AZURE_POD_IDENTITY_AUTHORITY_HOST")?;
                (url, ("metadata", "true"))
            }
        };
        let mut url = url;
        url.query_pairs_mut()
            .append_pair("resource", &self.resource);
        if let Some(client_id) = &self.client_id {
            url.query_pairs_mut().append_pair("client_id", client_id);
        }
        let request = get(url.as_str(), &[header], WHOSE)?;
        let answer: Answer = context.send_for_json(request, WHOSE).await?;
        let expires_on = answer.expires_on.and_then(|value| match value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_i64(),
            _ => None,
        });
        Ok(PlatformToken {
            expires_at: expires_on.map(Timestamp::from_secs),
            ..Secret::new(answer.access_token).into()
        })
    }
}

fn parse(url: &str, variable: &str) -> Result<Url, Error> {
    url.parse()
        .map_err(|_| Error::configuration(format!("{variable} has no URL")))
}

impl Platform for AzureIdentity {
    fn fetch<'a>(
        &'a self,
        context: &'a PlatformContext<'_>,
    ) -> BoxFuture<'a, Result<PlatformToken, Error>> {
        Box::pin(self.ask(context))
    }
}

impl fmt::Debug for AzureIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{WHOSE} (for {:?}", self.resource)?;
        match &self.client_id {
            Some(client_id) => write!(f, " as {client_id:?})"),
            None => f.write_str(")"),
        }
    }
}
