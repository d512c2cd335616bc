//! The identity of a workload on AWS: a signed request by which another service asks AWS who it is.

mod credentials;
mod signature;

use std::fmt;

use bytes::Bytes;
use grantor_core::{BoxFuture, Secret};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use url::Url;

use self::credentials::{AwsSource, Credentials};
use self::signature::{SignedRequest, sign};
use super::http::request;
use super::platform::{Platform, PlatformContext, PlatformToken};
use crate::error::Error;

/// A request of AWS's `GetCallerIdentity`, signed by the credentials of this workload and not sent:
/// Google's token service takes it for a subject token
/// (`urn:ietf:params:aws:token-type:aws4_request`), sends it to AWS, and so learns who asks.
///
/// The credentials are those of the environment (`AWS_ACCESS_KEY_ID`), of a container
/// (`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `_FULL_URI`: ECS, pod identities of EKS), of a pod's web
/// identity (`AWS_WEB_IDENTITY_TOKEN_FILE` with `AWS_ROLE_ARN`), or else those of the machine, by its
/// metadata service, version 2. The region is that of `AWS_REGION` or `AWS_DEFAULT_REGION`, or the
/// machine's.
#[derive(Clone)]
pub struct AwsIdentity {
    audience: String,
    source: AwsSource,
    verification_url: String,
}

const WHOSE: &str = "the identity of AWS";

impl AwsIdentity {
    /// The type of the subject token.
    pub const TOKEN_TYPE: &str = "urn:ietf:params:aws:token-type:aws4_request";

    /// For a provider of a workload identity pool, as
    /// `//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/pool/providers/aws`: the
    /// signature names it, so that nobody else can use the request.
    pub fn new(audience: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            source: AwsSource::default(),
            verification_url:
                "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=\
                               2011-06-15"
                    .to_owned(),
        }
    }

    /// The URL of the signed request, with `{region}` in the place of the region.
    #[must_use]
    pub fn verification_url(mut self, url: impl Into<String>) -> Self {
        self.verification_url = url.into();
        self
    }

    /// The metadata service of the machine, as `http://[fd00:ec2::254]`.
    #[must_use]
    pub fn metadata_service(mut self, origin: impl Into<String>) -> Self {
        self.source.metadata_service = origin.into();
        self
    }

    async fn signed(&self, context: &PlatformContext<'_>) -> Result<PlatformToken, Error> {
        let region = self.source.region(context).await?;
        let credentials = self.source.credentials(context, &region).await?;
        let url = self.verification_url.replace("{region}", &region);
        let url: Url = url.parse().map_err(|error| {
            Error::configuration(format!("the URL of GetCallerIdentity is none: {error}"))
        })?;
        let token = caller_identity(&url, &region, &credentials, &self.audience, context)?;
        Ok(PlatformToken {
            token_type: Some(Self::TOKEN_TYPE.to_owned()),
            ..token.into()
        })
    }
}

/// The request as text, as Google's token service reads it.
fn caller_identity(
    url: &Url,
    region: &str,
    credentials: &Credentials,
    audience: &str,
    context: &PlatformContext<'_>,
) -> Result<Secret, Error> {
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => {
            return Err(Error::configuration(
                "the URL of GetCallerIdentity has no host",
            ));
        }
    };
    let mut headers = vec![
        ("host", host),
        ("x-amz-date", signature::date(context.environment.now())),
        ("x-goog-cloud-target-resource", audience.to_owned()),
    ];
    if let Some(session) = &credentials.session_token {
        headers.push(("x-amz-security-token", session.expose().to_owned()));
    }
    headers.sort_unstable();
    let signed = SignedRequest {
        method: "POST",
        path: url.path(),
        query: url.query().unwrap_or_default(),
        headers: &headers,
        body: b"",
    };
    let authorization = sign(&signed, region, "sts", credentials);
    let mut listed: Vec<_> = headers
        .iter()
        .map(|(name, value)| json!({ "key": name, "value": value }))
        .collect();
    listed.push(json!({ "key": "Authorization", "value": authorization }));
    let text = json!({ "url": url.as_str(), "method": "POST", "headers": listed }).to_string();
    Ok(Secret::new(
        utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string(),
    ))
}

impl Platform for AwsIdentity {
    fn fetch<'a>(
        &'a self,
        context: &'a PlatformContext<'_>,
    ) -> BoxFuture<'a, Result<PlatformToken, Error>> {
        Box::pin(self.signed(context))
    }
}

impl fmt::Debug for AwsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{WHOSE} (for {:?})", self.audience)
    }
}

/// A request to a service of AWS's without a signature.
fn unsigned(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    whose: &str,
) -> Result<http::Request<Bytes>, Error> {
    request(method, url, headers, Bytes::new(), whose)
}
