use std::fmt;

use grantor_jose::digest::constant_time_eq;

use crate::{ErrorResponse, InvalidParams, Issuer, Params, Secret};

/// What comes back to the redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// A code, or an error.
    pub outcome: Result<Secret, ErrorResponse>,
    /// The `state` of the request.
    pub state: Option<String>,
    /// The server that answers (RFC 9207).
    pub issuer: Option<String>,
}

/// Why an answer can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// Its parameters can't be read.
    Params(InvalidParams),
    /// It has neither a code nor an error.
    Empty,
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
            Self::State => f.write_str("\"state\" is not that of the request"),
            Self::Issuer => f.write_str("\"iss\" is not the server that was asked"),
            Self::Refused(error) => write!(f, "the authorization was refused: {error}"),
        }
    }
}

impl std::error::Error for AuthorizationError {}

impl AuthorizationResponse {
    /// As parameters, for the redirect.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        let mut params = Params::new();
        match &self.outcome {
            Ok(code) => params.push("code", code.expose().to_owned()),
            Err(error) => error.push_to(&mut params),
        }
        params.push_some("state", self.state.clone());
        params.push_some("iss", self.issuer.clone());
        params
    }

    /// Reads the query of the redirect.
    ///
    /// # Errors
    /// Parameters that can't be read, or neither a code nor an error.
    pub fn from_query(query: &str) -> Result<Self, AuthorizationError> {
        let params = Params::parse(query.as_bytes()).map_err(AuthorizationError::Params)?;
        let outcome = match (ErrorResponse::from_params(&params), params.get("code")) {
            (Some(error), _) => Err(error),
            (None, Some(code)) => Ok(Secret::new(code)),
            (None, None) => return Err(AuthorizationError::Empty),
        };
        Ok(Self {
            outcome,
            state: params.get("state").map(str::to_owned),
            issuer: params.get("iss").map(str::to_owned),
        })
    }

    /// Checks the answer against the request, and only then gives the code: first `state`, then
    /// `iss`, then what the server said.
    ///
    /// `issuer_advertised` is `authorization_response_iss_parameter_supported` of the metadata: such
    /// a server must name itself.
    ///
    /// # Errors
    /// What [`AuthorizationError`] lists.
    pub fn into_code(
        self,
        state: &str,
        issuer: Option<&Issuer>,
        issuer_advertised: bool,
    ) -> Result<Secret, AuthorizationError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;
    use proptest::prelude::*;

    fn check(query: &str, advertised: bool) -> Result<Secret, AuthorizationError> {
        let issuer = Issuer::parse("https://a.example").unwrap();
        AuthorizationResponse::from_query(query)?.into_code("s", Some(&issuer), advertised)
    }

    #[test]
    fn gives_the_code_only_to_the_request_it_belongs_to() {
        assert_eq!(check("code=c&state=s", false), Ok("c".into()));
        let named = "code=c&state=s&iss=https%3A%2F%2Fa.example";
        assert_eq!(check(named, true), Ok("c".into()));
        for query in ["code=c", "code=c&state=x", "error=access_denied&state=x"] {
            assert_eq!(check(query, false), Err(AuthorizationError::State));
        }
    }

    #[test]
    fn detects_a_mix_up() {
        let other = "code=c&state=s&iss=https%3A%2F%2Fb.example";
        assert_eq!(check(other, false), Err(AuthorizationError::Issuer));
        assert_eq!(
            check("code=c&state=s", true),
            Err(AuthorizationError::Issuer)
        );
    }

    #[test]
    fn an_error_is_an_error() {
        let Err(AuthorizationError::Refused(error)) = check("error=access_denied&state=s", false)
        else {
            panic!("no refusal");
        };
        assert_eq!(error.error, ErrorCode::AccessDenied);
        assert_eq!(check("state=s", false), Err(AuthorizationError::Empty));
    }

    proptest! {
        #[test]
        fn round_trips(
            code in "\\PC{1,12}",
            refused in proptest::option::of("[a-z]{1,8}"),
            state in proptest::option::of("\\PC{1,12}"),
            issuer in proptest::option::of("\\PC{1,12}"),
        ) {
            let outcome = match refused {
                None => Ok(Secret::new(code)),
                Some(text) => Err(ErrorResponse::new(ErrorCode::Other(format!("x_{text}")), text)),
            };
            let response = AuthorizationResponse { outcome, state, issuer };
            let form = response.to_params().to_form();
            prop_assert_eq!(AuthorizationResponse::from_query(&form).unwrap(), response);
        }
    }
}
