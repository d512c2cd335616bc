//! Tokens for a token of the platform: itself, or what it is exchanged for.

use std::time::Duration;

use bytes::Bytes;
use grantor_core::{GrantParameters, Secret, TokenResponse};
use grantor_http::Transport;
use http::{HeaderValue, Method, Request, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::request_own;
use crate::authorization_server::channel::ServerChannel;
use crate::authorization_server::token_endpoint::{TokenAnswer, TokenCall};
use crate::error::Error;
use crate::observe::hooks::RequestKind;
use crate::renew::Renewal;
use crate::renew::services::Services;
use crate::token::token_set::rfc3339;
use crate::workload::WorkloadToken;
use crate::workload::platform::{PlatformContext, PlatformToken};

/// A token of the platform, and what becomes of it.
#[derive(Debug, Clone)]
pub(crate) struct WorkloadGrant {
    pub(crate) token: WorkloadToken,
    pub(crate) becomes: Becomes,
}

#[derive(Debug, Clone)]
pub(crate) enum Becomes {
    /// It is the access token.
    AccessToken,
    /// It is exchanged for one (RFC 8693).
    Exchanged {
        /// Where the platform does not say it.
        subject_token_type: String,
        requested_token_type: Option<String>,
        impersonation: Option<Impersonation>,
    },
}

/// A service account of Google's whose access token is fetched with the exchanged one.
#[derive(Debug, Clone)]
pub(crate) struct Impersonation {
    pub(crate) url: Url,
    pub(crate) lifetime: Duration,
}

/// The scope with which a service account is impersonated.
const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Impersonated {
    access_token: String,
    expire_time: String,
}

impl WorkloadGrant {
    /// A text that is the same for the same token.
    pub(super) fn identity(&self) -> String {
        format!("{self:?}")
    }

    /// Requests an access token.
    pub(super) async fn request(
        &self,
        services: &Services,
        renewal: &Renewal,
    ) -> Result<TokenAnswer, Error> {
        let sent_at = services.environment().clock.elapsed();
        let token = self.fetch(services).await?;
        match &self.becomes {
            Becomes::AccessToken => access_token(token, sent_at, services),
            Becomes::Exchanged {
                subject_token_type,
                requested_token_type,
                impersonation,
            } => {
                let grant = GrantParameters::TokenExchange {
                    subject_token: token.token,
                    subject_token_type: token
                        .token_type
                        .unwrap_or_else(|| subject_token_type.clone()),
                    actor: None,
                    requested_token_type: requested_token_type.clone(),
                };
                let retry = renewal.retry(&services.policy);
                let mut call = TokenCall::new(grant, &renewal.parameters, retry);
                let Some(impersonation) = impersonation else {
                    return request_own(services, call).await;
                };
                call.parameters.scope = grantor_core::Scope::parse(CLOUD_PLATFORM).ok();
                let exchanged = request_own(services, call).await?;
                impersonation.request(services, renewal, exchanged).await
            }
        }
    }

    /// The token of the platform, within the time that a token request may take.
    async fn fetch(&self, services: &Services) -> Result<PlatformToken, Error> {
        let connection = &services.shared.connection;
        let context = PlatformContext::new(&*connection.transport, &connection.environment);
        let limit = services.policy.request_timeout;
        let fetched = tokio::time::timeout(limit, self.token.fetch(context)).await;
        fetched.unwrap_or_else(|_| {
            Err(Error::transient(format!(
                "{:?} gave no token within {} s",
                self.token,
                limit.as_secs_f32()
            )))
        })
    }
}

fn access_token(
    token: PlatformToken,
    sent_at: Duration,
    services: &Services,
) -> Result<TokenAnswer, Error> {
    let now = services.environment().now();
    let expires_in = token.expires_at.map(|end| end.since(now));
    if expires_in.is_some_and(|lifetime| lifetime.is_zero()) {
        return Err(Error::transient("the platform gave a token that has ended"));
    }
    Ok(TokenAnswer {
        response: TokenResponse {
            expires_in,
            ..TokenResponse::bearer(token.token)
        },
        sent_at,
        dpop_key: None,
    })
}

impl Impersonation {
    /// Fetches the access token of the service account.
    async fn request(
        &self,
        services: &Services,
        renewal: &Renewal,
        exchanged: TokenAnswer,
    ) -> Result<TokenAnswer, Error> {
        let connection = &services.shared.connection;
        let bearer = format!("Bearer {}", exchanged.response.access_token.expose());
        let mut bearer = HeaderValue::try_from(bearer)
            .map_err(|_| Error::refused("the exchanged token can't be sent in a header"))?;
        bearer.set_sensitive(true);
        let scope = renewal.parameters.scope.as_ref();
        let scope: Vec<_> = scope.map_or_else(
            || vec![CLOUD_PLATFORM],
            |scope| scope.as_str().split(' ').collect(),
        );
        let lifetime = format!("{}s", self.lifetime.as_secs());
        let body = json!({ "scope": scope, "lifetime": lifetime }).to_string();
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() =
            self.url.as_str().parse().map_err(|_| {
                Error::configuration("the URL of the impersonation can't be requested")
            })?;
        let json = HeaderValue::from_static("application/json");
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer);
        headers.insert(header::CONTENT_TYPE, json.clone());
        headers.insert(header::ACCEPT, json);
        let timeout = services.policy.request_timeout;
        let channel = ServerChannel::new(connection.clone(), RequestKind::Token, timeout);
        let sent_at = services.environment().clock.elapsed();
        let now = services.environment().now();
        let answer = channel.send(request).await?;
        let status = answer.status();
        let said = |what: String| format!("the impersonation of the service account {what}");
        if !status.is_success() {
            let answered = said(format!("answered {}", status.as_u16()));
            let later = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(match later {
                true => Error::transient(answered),
                false => Error::refused(answered),
            });
        }
        // A message of serde's may quote the token.
        let read: Impersonated = serde_json::from_slice(answer.body())
            .map_err(|_| Error::refused(said("gave no access token".to_owned())))?;
        let end = rfc3339::parse(&read.expire_time)
            .ok_or_else(|| Error::refused(said("gave a token without an end".to_owned())))?;
        Ok(TokenAnswer {
            response: TokenResponse {
                expires_in: Some(end.since(now)),
                ..TokenResponse::bearer(Secret::new(read.access_token))
            },
            sent_at,
            dpop_key: None,
        })
    }
}
