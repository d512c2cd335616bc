//! The grant types: the server's own, and those that a test adds.

mod assertion;
mod backchannel;
mod code;
mod device;
mod refresh;
mod token_exchange;
mod waiting;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{ErrorCode, ErrorResponse, Scope};
use http::Response;
use serde_json::{Map, Value};

pub(super) use backchannel::{Backchannel, begin as begin_backchannel};
pub(super) use code::Code;
pub(super) use device::{Devices, begin as begin_device};

use super::state::State;
use super::{FakeServer, RecordedRequest};

/// The grant types that the server knows by itself.
pub(super) const GRANT_TYPES: [&str; 8] = [
    "authorization_code",
    "client_credentials",
    "refresh_token",
    "password",
    TOKEN_EXCHANGE,
    ASSERTION,
    DEVICE,
    CIBA,
];
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ASSERTION: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const CIBA: &str = "urn:openid:params:grant-type:ciba";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The answer of a test's own grant. Its `Debug` shows no values.
#[non_exhaustive]
pub enum GrantAnswer {
    /// An access token, and these members besides.
    Token(Map<String, Value>),
    /// An access token and the refresh token of a new login, and these members besides.
    Login(Map<String, Value>),
    /// No token.
    Refused(ErrorResponse),
    /// Just this.
    Answer(Response<Bytes>),
}

impl GrantAnswer {
    /// An access token and nothing else.
    #[must_use]
    pub fn token() -> Self {
        Self::Token(Map::new())
    }

    /// An access token and the refresh token of a new login.
    #[must_use]
    pub fn login() -> Self {
        Self::Login(Map::new())
    }
}

impl fmt::Debug for GrantAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(..)",
            Self::Login(_) => "Login(..)",
            Self::Refused(_) => "Refused(..)",
            Self::Answer(_) => "Answer(..)",
        })
    }
}

pub(super) type CustomGrant = Arc<dyn Fn(&RecordedRequest) -> GrantAnswer + Send + Sync>;

/// The contents of a token that a grant allows.
#[derive(Default)]
pub(super) struct Granted {
    pub(super) scope: Option<Scope>,
    pub(super) client_id: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) login: Option<usize>,
    pub(super) refresh_token: Option<String>,
    pub(super) extra: Map<String, Value>,
    /// For the ID token.
    pub(super) nonce: Option<String>,
    /// The detailed authorization (RFC 9396).
    pub(super) details: Option<Value>,
}

impl Granted {
    /// Reads the requested contents.
    pub(super) fn of(request: &RecordedRequest) -> Self {
        let scope = request.parameter("scope");
        Self {
            scope: scope.and_then(|scope| Scope::parse(&scope).ok()),
            client_id: request.client_id(),
            details: request
                .parameter("authorization_details")
                .and_then(|text| details(&text)),
            ..Self::default()
        }
    }

    /// With the refresh token of a new login.
    pub(super) fn with_login(mut self, state: &mut State) -> Self {
        let now = state.elapsed();
        let begun = state.logins.begin(
            self.scope.clone(),
            self.subject.clone(),
            self.client_id.clone(),
            now,
        );
        if let Some(details) = &self.details {
            state.details.insert(begun.0, details.clone());
        }
        self.login = Some(begun.0);
        self.refresh_token = Some(begun.1);
        self
    }
}

/// Authorization details that can be read: an array of objects with a `type` (RFC 9396 section 2).
fn details(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    let typed = |one: &Value| one.get("type").is_some_and(Value::is_string);
    value.as_array()?.iter().all(typed).then_some(value)
}

type Decision = Result<Granted, ErrorResponse>;

/// Returns the contents that a grant of the server's own allows.
pub(super) fn builtin(
    server: &FakeServer,
    grant_type: &str,
    request: &RecordedRequest,
) -> Decision {
    let scope = request.parameter("scope");
    if scope.is_some_and(|scope| Scope::parse(&scope).is_err()) {
        return refuse(ErrorCode::InvalidScope, "\"scope\" is malformed");
    }
    let given = request.parameter("authorization_details");
    if given.is_some_and(|text| details(&text).is_none()) {
        let code = ErrorCode::InvalidAuthorizationDetails;
        return refuse(code, "\"authorization_details\" is malformed");
    }
    let state = &mut server.lock();
    match grant_type {
        "client_credentials" => Ok(Granted::of(request)),
        "authorization_code" => code::redeem(state, request),
        "refresh_token" => refresh::refresh(state, request),
        "password" => password(state, request),
        TOKEN_EXCHANGE => token_exchange::exchange(state, request),
        ASSERTION => assertion::redeem(&server.issuer, state, request),
        DEVICE => device::poll(state, request),
        CIBA => backchannel::poll(state, request),
        _ => refuse(ErrorCode::UnsupportedGrantType, "not known here"),
    }
}

/// RFC 6749 section 4.3.
fn password(state: &mut State, request: &RecordedRequest) -> Decision {
    let username = needed(request, "username")?;
    let password = needed(request, "password")?;
    if state.users.get(&username) != Some(&password) {
        return refuse(ErrorCode::InvalidGrant, "another user or another password");
    }
    let granted = Granted {
        subject: Some(username),
        ..Granted::of(request)
    };
    Ok(granted.with_login(state))
}

fn needed(request: &RecordedRequest, name: &str) -> Result<String, ErrorResponse> {
    let missing =
        || ErrorResponse::new(ErrorCode::InvalidRequest, format!("\"{name}\" is missing"));
    request.parameter(name).ok_or_else(missing)
}

fn refuse<T>(code: ErrorCode, why: &str) -> Result<T, ErrorResponse> {
    Err(ErrorResponse::new(code, why))
}
