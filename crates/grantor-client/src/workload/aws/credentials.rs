//! The credentials and the region of a workload on AWS, from where its SDKs look for them.

use grantor_core::Secret;
use http::Method;
use serde::Deserialize;
use url::Url;

use super::unsigned;
use crate::error::Error;
use crate::workload::file::read_file;
use crate::workload::platform::PlatformContext;

/// Temporary or lasting credentials.
pub(super) struct Credentials {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: Secret,
    pub(super) session_token: Option<Secret>,
}

/// Where credentials come from, if the environment has none.
#[derive(Clone)]
pub(super) struct AwsSource {
    pub(super) metadata_service: String,
}

/// As the metadata service and containers answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    #[serde(alias = "SessionToken")]
    token: Option<String>,
}

/// As AWS's token service answers where it is asked for JSON.
#[derive(Deserialize)]
struct Assumed {
    #[serde(rename = "AssumeRoleWithWebIdentityResponse")]
    response: AssumedResponse,
}

#[derive(Deserialize)]
struct AssumedResponse {
    #[serde(rename = "AssumeRoleWithWebIdentityResult")]
    result: AssumedResult,
}

#[derive(Deserialize)]
struct AssumedResult {
    #[serde(rename = "Credentials")]
    credentials: Answer,
}

const MACHINE: &str = "the metadata service of the AWS machine";
const CONTAINER: &str = "the credentials of the AWS container";
const STS: &str = "the token service of AWS";

impl Default for AwsSource {
    fn default() -> Self {
        Self {
            metadata_service: "http://169.254.169.254".to_owned(),
        }
    }
}

impl AwsSource {
    pub(super) async fn region(&self, context: &PlatformContext<'_>) -> Result<String, Error> {
        let named = context.variable("AWS_REGION");
        if let Some(region) = named.or_else(|| context.variable("AWS_DEFAULT_REGION")) {
            return checked(&region, "AWS_REGION");
        }
        let token = self.session(context).await?;
        let zone = self
            .read(context, &token, "placement/availability-zone")
            .await?;
        // A zone is its region and a letter.
        let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        checked(region, MACHINE)
    }

    pub(super) async fn credentials(
        &self,
        context: &PlatformContext<'_>,
        region: &str,
    ) -> Result<Credentials, Error> {
        if let Some(access_key_id) = context.variable("AWS_ACCESS_KEY_ID") {
            let whose = "a workload with credentials of AWS";
            return Ok(Credentials {
                access_key_id,
                secret_access_key: context.needed("AWS_SECRET_ACCESS_KEY", whose)?.into(),
                session_token: context.variable("AWS_SESSION_TOKEN").map(Secret::from),
            });
        }
        if let Some(file) = context.variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
            return of_web_identity(context, region, file).await;
        }
        if let Some(url) = container(context)? {
            return of_container(context, &url).await;
        }
        let token = self.session(context).await?;
        let roles = self
            .read(context, &token, "iam/security-credentials/")
            .await?;
        let role = roles.lines().next().unwrap_or_default().trim().to_owned();
        if role.is_empty() {
            return Err(Error::configuration(format!("{MACHINE} has no role")));
        }
        let path = format!("iam/security-credentials/{role}");
        let text = self.read(context, &token, &path).await?;
        let answer: Answer = serde_json::from_str(&text)
            .map_err(|_| Error::refused(format!("{MACHINE} answered without credentials")))?;
        Ok(answer.into())
    }

    /// The token of a session with the metadata service, which version 2 needs.
    async fn session(&self, context: &PlatformContext<'_>) -> Result<Secret, Error> {
        let url = format!("{}/latest/api/token", self.metadata_service);
        let headers = [("x-aws-ec2-metadata-token-ttl-seconds", "300")];
        let request = unsigned(Method::PUT, &url, &headers, MACHINE)?;
        let answer = context.send(request, MACHINE).await?;
        let token = String::from_utf8_lossy(answer.body()).trim().to_owned();
        Ok(Secret::new(token))
    }

    async fn read(
        &self,
        context: &PlatformContext<'_>,
        token: &Secret,
        path: &str,
    ) -> Result<String, Error> {
        let url = format!("{}/latest/meta-data/{path}", self.metadata_service);
        let headers = [("x-aws-ec2-metadata-token", token.expose())];
        let request = unsigned(Method::GET, &url, &headers, MACHINE)?;
        let answer = context.send(request, MACHINE).await?;
        Ok(String::from_utf8_lossy(answer.body()).trim().to_owned())
    }
}

/// The URL of a container's credentials.
fn container(context: &PlatformContext<'_>) -> Result<Option<String>, Error> {
    if let Some(path) = context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        return Ok(Some(format!("http://169.254.170.2{path}")));
    }
    let Some(url) = context.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else {
        return Ok(None);
    };
    // A token goes along: to https, this machine, or the addresses of ECS and EKS alone.
    let own = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];
    let parsed = Url::parse(&url).ok().filter(|parsed| {
        let host = parsed.host_str().unwrap_or_default();
        parsed.scheme() == "https" || grantor_core::is_loopback(parsed) || own.contains(&host)
    });
    match parsed {
        Some(_) => Ok(Some(url)),
        None => Err(Error::configuration(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of containers",
        )),
    }
}

async fn of_container(context: &PlatformContext<'_>, url: &str) -> Result<Credentials, Error> {
    let mut token = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if let Some(file) = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        let bytes = read_file(file.into()).await?;
        token = Some(String::from_utf8_lossy(&bytes).trim().to_owned());
    }
    let token = token.map(Secret::new);
    let header = token
        .as_ref()
        .map(|token| ("authorization", token.expose()));
    let headers: Vec<_> = header.into_iter().collect();
    let request = unsigned(Method::GET, url, &headers, CONTAINER)?;
    let answer: Answer = context.send_for_json(request, CONTAINER).await?;
    Ok(answer.into())
}

/// The credentials of a role, for the token of a pod's service account.
async fn of_web_identity(
    context: &PlatformContext<'_>,
    region: &str,
    file: String,
) -> Result<Credentials, Error> {
    let role = context.needed("AWS_ROLE_ARN", "a pod with a role of AWS")?;
    let session = context.variable("AWS_ROLE_SESSION_NAME");
    let token = read_file(file.into()).await?;
    let token = Secret::new(String::from_utf8_lossy(&token).trim());
    let endpoint = context.variable("AWS_ENDPOINT_URL_STS");
    let endpoint = endpoint.unwrap_or_else(|| format!("https://sts.{region}.amazonaws.com/"));
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "AssumeRoleWithWebIdentity")
        .append_pair("Version", "2011-06-15")
        .append_pair("RoleArn", &role)
        .append_pair("RoleSessionName", session.as_deref().unwrap_or("grantor"))
        .append_pair("WebIdentityToken", token.expose())
        .finish();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
    ];
    let request = super::request(Method::POST, &endpoint, &headers, form.into(), STS)?;
    let answer: Assumed = context.send_for_json(request, STS).await?;
    Ok(answer.response.result.credentials.into())
}

/// A region, which becomes part of a host.
fn checked(region: &str, whose: &str) -> Result<String, Error> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match !region.is_empty() && region.bytes().all(plain) {
        true => Ok(region.to_owned()),
        false => Err(Error::configuration(format!(
            "{whose} names no region of AWS"
        ))),
    }
}

impl From<Answer> for Credentials {
    fn from(answer: Answer) -> Self {
        Self {
            access_key_id: answer.access_key_id,
            secret_access_key: answer.secret_access_key.into(),
            session_token: answer.token.map(Secret::from),
        }
    }
}
