//! The client's side of every step: what it holds, and the requests it makes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_client::{Observed, Tokens};
use grantor_core::exchange::{FetchError, FetchToken};
use grantor_core::{
    ClientAuthentication, Environment, GrantParameters, Introspection, IntrospectionRequest,
    RevocationRequest, Scope, Secret, ServerMetadata, TokenRequest, TokenResponse,
};
use grantor_http::{MetadataCache, Transport, drive};
use grantor_server::CountersSnapshot;
use http::{HeaderValue, Request, Response, StatusCode, header};
use url::Url;

use super::Error;
use super::line::Line;
use super::stage::{SCOPE, Stage};

/// The values that one step hands on to the next, and that all of them use.
pub(super) struct Player {
    pub(super) stage: Stage,
    pub(super) line: Line,
    pub(super) environment: Environment,
    /// The service's tokens, renewed by themselves.
    pub(super) tokens: Tokens,
    /// The user's tokens, once there are some.
    pub(super) login: Option<Login>,
    metadata: MetadataCache,
}

/// The tokens of a user.
pub(super) struct Login {
    pub(super) access_token: Secret,
    /// Every generation, the newest last.
    pub(super) refresh_tokens: Vec<Secret>,
}

impl Player {
    pub(super) fn new(stage: Stage, line: Line, environment: Environment) -> Result<Self, Error> {
        let failed = |error| Error::new("the demo's client can't be built", error);
        let service = &stage.service;
        let secret = service.client_secret().map(Secret::expose);
        let issuer = stage.server.issuer().as_str();
        let tokens =
            Tokens::client_credentials(issuer, service.client_id(), secret.unwrap_or_default())
                .scope(SCOPE)
                .resource(&stage.api)
                .allow_origin(stage.api.trim_end_matches("/notes"))
                .transport(line.clone())
                .environment(environment.clone())
                .spawn_on(tokio::runtime::Handle::current())
                .build()
                .map_err(failed)?;
        Ok(Self {
            metadata: MetadataCache::new(Arc::new(line.clone()), environment.clone()),
            stage,
            line,
            environment,
            tokens,
            login: None,
        })
    }

    pub(super) async fn close(self) -> Result<(), Error> {
        drop(self.tokens);
        self.stage.close().await
    }

    /// Time of a clock that never goes back.
    pub(super) fn elapsed(&self) -> Duration {
        self.environment.clock.elapsed()
    }

    /// Returns the server's counts so far.
    pub(super) fn counters(&self) -> CountersSnapshot {
        self.stage.server.counters()
    }

    pub(super) async fn metadata(&self) -> Result<Arc<ServerMetadata>, String> {
        let metadata = self.metadata.get(self.stage.server.issuer()).await;
        metadata.map_err(|error| format!("no metadata of the server: {error}"))
    }

    pub(super) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let path = request.uri().path().to_owned();
        let sent = self.line.send(request).await;
        sent.map_err(|error| format!("no answer from {path}: {error}"))
    }

    pub(super) async fn get(&self, url: &Url) -> Result<Response<Bytes>, String> {
        let request = Request::get(url.as_str()).body(Bytes::new());
        self.send(request.map_err(|error| error.to_string())?).await
    }

    /// Calls the API as an application does: with the token there is, and once more with another one
    /// if the API did not take the first. The statuses it saw.
    pub(super) async fn call(&self) -> Result<Vec<StatusCode>, String> {
        call(&self.tokens, &self.line, &self.stage.api).await
    }

    /// Calls the API with a token by hand.
    pub(super) async fn call_with(&self, token: &Secret) -> Result<Response<Bytes>, String> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
            .map_err(|_| "the access token does not fit into a header".to_owned())?;
        value.set_sensitive(true);
        let request = Request::get(&self.stage.api).header(header::AUTHORIZATION, value);
        self.send(request.body(Bytes::new()).map_err(|e| e.to_string())?)
            .await
    }

    /// Sends one token request, never twice.
    pub(super) async fn fetch(
        &self,
        request: &TokenRequest,
        client: &ClientAuthentication,
    ) -> Result<Result<TokenResponse, FetchError>, String> {
        let metadata = self.metadata().await?;
        let endpoint = known(metadata.token_endpoint.as_ref(), "token_endpoint")?;
        let exchange = FetchToken::code(request.to_request(endpoint, client));
        Ok(drive(exchange, &self.line, &self.environment).await)
    }

    /// A token of the service that nobody renews.
    pub(super) async fn service_token(&self) -> Result<Secret, String> {
        let mut request = TokenRequest::new(GrantParameters::ClientCredentials);
        request.parameters.scope = Scope::parse(SCOPE).ok();
        request.parameters.resource = vec![self.stage.api.clone()];
        let fetched = self.fetch(&request, &self.stage.service).await?;
        let fetched = fetched.map_err(|error| format!("the service got no token: {error}"))?;
        Ok(fetched.access_token)
    }

    /// Exchanges a refresh token of the user.
    pub(super) async fn refresh(
        &self,
        refresh_token: &Secret,
    ) -> Result<Result<TokenResponse, FetchError>, String> {
        let refresh_token = refresh_token.clone();
        let request = TokenRequest::new(GrantParameters::RefreshToken { refresh_token });
        self.fetch(&request, &self.stage.app).await
    }

    /// Returns the server's introspection of a token for `caller`, as it is written.
    pub(super) async fn introspect(
        &self,
        token: &Secret,
        caller: &ClientAuthentication,
    ) -> Result<Bytes, String> {
        let metadata = self.metadata().await?;
        let endpoint = metadata.introspection_endpoint.as_ref();
        let endpoint = known(endpoint, "introspection_endpoint")?;
        let query = IntrospectionRequest::new(token.clone());
        let answer = self.send(query.to_request(endpoint, caller)).await?;
        expect(
            "the status of an introspection",
            answer.status(),
            StatusCode::OK,
        )?;
        Ok(answer.into_body())
    }

    /// Returns the server's introspection of a token for the API.
    pub(super) async fn introspect_as_api(&self, token: &Secret) -> Result<Introspection, String> {
        let body = self.introspect(token, &self.stage.resource).await?;
        Introspection::from_json(&body)
            .map_err(|_| "an introspection is not the JSON it should be".to_owned())
    }

    /// Gives a token of the service up.
    pub(super) async fn revoke(&self, token: &Secret) -> Result<(), String> {
        let metadata = self.metadata().await?;
        let endpoint = known(metadata.revocation_endpoint.as_ref(), "revocation_endpoint")?;
        let query = RevocationRequest::new(token.clone());
        let request = query.to_request(endpoint, &self.stage.service);
        let answer = self.send(request).await?;
        expect(
            "the status of a revocation",
            answer.status(),
            StatusCode::OK,
        )
    }

    /// The user's tokens that an earlier step got.
    pub(super) fn login(&self) -> Result<&Login, String> {
        let missing = "there is no refresh token: code_pkce did not get one";
        self.login.as_ref().ok_or_else(|| missing.to_owned())
    }
}

/// Like [`Player::call`], for tasks of their own.
pub(super) async fn call(
    tokens: &Tokens,
    line: &Line,
    api: &str,
) -> Result<Vec<StatusCode>, String> {
    let no_token = |error: grantor_client::Error| format!("the client has no token: {error}");
    let no_answer = |error| format!("no answer from the API: {error}");
    let request = Request::get(api).body(Bytes::new());
    let mut request = request.map_err(|error| error.to_string())?;
    let spare = request.clone();
    let attempt = tokens.prepare(&mut request).await.map_err(no_token)?;
    let answer = line.send(request).await.map_err(no_answer)?;
    let mut statuses = vec![answer.status()];
    if let Observed::Resend(resend) = attempt.observe(&answer).await {
        let mut request = spare;
        let again = resend.prepare(&mut request).await;
        let again = again.map_err(no_token)?;
        let answer = line.send(request).await.map_err(no_answer)?;
        statuses.push(answer.status());
        let _ = again.observe(&answer).await;
    }
    Ok(statuses)
}

pub(super) fn known<'u>(url: Option<&'u Url>, name: &str) -> Result<&'u Url, String> {
    url.ok_or_else(|| format!("\"{name}\" is not in the metadata"))
}

/// Checks that a value is the expected one; otherwise returns a sentence with the value.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a count or a status reads better without a reference"
)]
pub(super) fn expect<T: PartialEq + std::fmt::Debug>(
    what: &str,
    seen: T,
    expected: T,
) -> Result<(), String> {
    if seen == expected {
        return Ok(());
    }
    Err(format!("{what}: {seen:?}, expected {expected:?}"))
}

/// Checks that something holds; otherwise returns the sentence of the problem.
pub(super) fn demand(holds: bool, problem: &str) -> Result<(), String> {
    if holds {
        return Ok(());
    }
    Err(problem.to_owned())
}
