//! Reading an authorization response, and what is checked before it is used.

use std::fmt;

use grantor_jose::digest::constant_time_eq;

use super::{AuthorizationResponse, Authorized};
use crate::authorization::ResponseType;
use crate::error_response::ErrorResponse;
use crate::issuer::Issuer;
use crate::params::{InvalidParams, Params};
use crate::secret::Secret;

/// The reason why an answer can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// Its parameters can't be read.
    Params(InvalidParams),
    /// It has neither something granted nor an error.
    Empty,
    /// It lacks this value, which the response type asked for.
    Missing(&'static str),
    /// It is no JWT, though the response mode asked for one (JARM section 2.3).
    NotJwt,
    /// Its `state` is not that of the request: it belongs to another browser or another request.
    State,
    /// It comes from another server than was asked, or from an unnamed one (RFC 9207 section 2.4).
    Issuer,
    /// The server said no, or the user did.
    Refused(ErrorResponse),
}

impl fmt::Display for AuthorizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Params(error) => error.fmt(f),
            Self::Empty => f.write_str("the answer has neither \"code\" nor \"error\""),
            Self::Missing(name) => {
                write!(f, "the answer has no \"{name}\", which was asked for")
            }
            Self::NotJwt => f.write_str(
                "the answer has no \"response\": the server does not take the response mode, or the \
                 answer was changed on its way",
            ),
            Self::State => f.write_str("\"state\" is not that of the request"),
            Self::Issuer => f.write_str("\"iss\" is not the server that was asked"),
            Self::Refused(error) => write!(f, "the authorization was refused: {error}"),
        }
    }
}

impl std::error::Error for AuthorizationError {}

impl AuthorizationResponse {
    /// Reads the query, the fragment or the form of the redirect.
    ///
    /// # Errors
    /// Parameters that can't be read, or neither something granted nor an error.
    pub fn from_query(query: &str) -> Result<Self, AuthorizationError> {
        let params = Params::parse(query.as_bytes()).map_err(AuthorizationError::Params)?;
        Self::from_params(&params)
    }

    /// Reads parameters, wherever they come from.
    ///
    /// # Errors
    /// Neither something granted nor an error.
    pub fn from_params(params: &Params<'_>) -> Result<Self, AuthorizationError> {
        let outcome = match ErrorResponse::from_params(params) {
            Some(error) => Err(error),
            None => Ok(Authorized::from_params(params).ok_or(AuthorizationError::Empty)?),
        };
        Ok(Self {
            outcome,
            state: params.get("state").map(str::to_owned),
            issuer: params.get("iss").map(str::to_owned),
        })
    }

    /// The JWT that the answer is, in the query, the fragment or the form of the redirect (JARM section
    /// 2.3). What else is there is not looked at.
    ///
    /// # Errors
    /// Parameters that can't be read, or no JWT.
    pub fn jwt_in(query: &str) -> Result<Secret, AuthorizationError> {
        let params = Params::parse(query.as_bytes()).map_err(AuthorizationError::Params)?;
        let jwt = params.get("response").map(Secret::new);
        jwt.ok_or(AuthorizationError::NotJwt)
    }

    /// Checks the answer against the request, and only then gives the code: first `state`, then
    /// `iss`, then what the server said.
    ///
    /// `issuer_advertised` is `authorization_response_iss_parameter_supported` of the metadata: such
    /// a server must name itself.
    ///
    /// # Errors
    /// Fails for the reasons that [`AuthorizationError`] lists.
    pub fn into_code(
        self,
        state: &str,
        issuer: Option<&Issuer>,
        issuer_advertised: bool,
    ) -> Result<Secret, AuthorizationError> {
        let authorized = self.into_authorized(state, issuer, issuer_advertised)?;
        authorized.code.ok_or(AuthorizationError::Empty)
    }

    /// Checks the answer as [`into_code`](Self::into_code) does, and gives all that was granted.
    ///
    /// # Errors
    /// Fails for the reasons that [`AuthorizationError`] lists.
    pub fn into_authorized(
        self,
        state: &str,
        issuer: Option<&Issuer>,
        issuer_advertised: bool,
    ) -> Result<Authorized, AuthorizationError> {
        let own = self.state.unwrap_or_default();
        if !constant_time_eq(own.as_bytes(), state.as_bytes()) {
            return Err(AuthorizationError::State);
        }
        match self.issuer {
            Some(named) if issuer.is_some_and(|issuer| named != issuer.as_str()) => {
                return Err(AuthorizationError::Issuer);
            }
            None if issuer_advertised => return Err(AuthorizationError::Issuer),
            _ => {}
        }
        self.outcome.map_err(AuthorizationError::Refused)
    }
}

impl Authorized {
    /// Keeps what this response type asks for, and nothing else.
    ///
    /// # Errors
    /// Something of it is missing; with an access token `token_type` too (RFC 6749 section 4.2.2).
    pub fn of_type(self, response_type: &ResponseType) -> Result<Self, AuthorizationError> {
        let needed = |asked: bool, value: Option<Secret>, name| match (asked, value) {
            (true, None) => Err(AuthorizationError::Missing(name)),
            (asked, value) => Ok(value.filter(|_| asked)),
        };
        let authorized = Self {
            code: needed(response_type.code, self.code, "code")?,
            access_token: needed(response_type.token, self.access_token, "access_token")?,
            id_token: needed(response_type.id_token, self.id_token, "id_token")?,
            ..self
        };
        match response_type.token && authorized.token_type.is_none() {
            true => Err(AuthorizationError::Missing("token_type")),
            false => Ok(authorized),
        }
    }

    /// None, if nothing was granted.
    fn from_params(params: &Params<'_>) -> Option<Self> {
        let text = |name| params.get(name).map(str::to_owned);
        let secret = |name| params.get(name).map(Secret::new);
        let authorized = Self {
            code: secret("code"),
            access_token: secret("access_token"),
            token_type: text("token_type"),
            expires_in: params
                .get("expires_in")
                .and_then(|value| value.parse().ok()),
            scope: text("scope"),
            id_token: secret("id_token"),
            session_state: text("session_state"),
        };
        let granted = [
            &authorized.code,
            &authorized.access_token,
            &authorized.id_token,
        ];
        granted.iter().any(|it| it.is_some()).then_some(authorized)
    }
}
