//! What a sign-in asks the authorization endpoint to answer, and how the answer travels.

use grantor_core::{ResponseMode, ResponseType};

use crate::error::Error;

/// The answer that a sign-in asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuthorizationAnswer {
    pub(crate) response_type: ResponseType,
    /// None: the default of the response type.
    pub(crate) response_mode: Option<ResponseMode>,
}

impl Default for AuthorizationAnswer {
    fn default() -> Self {
        Self {
            response_type: ResponseType::code(),
            response_mode: None,
        }
    }
}

/// Whether an access token may come with the redirect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum RedirectTokens {
    #[default]
    Refused,
    Accepted,
}

impl AuthorizationAnswer {
    /// The response mode that is in force.
    pub(crate) fn mode(&self) -> ResponseMode {
        match &self.response_mode {
            Some(mode) => mode.clone().resolved_for(&self.response_type),
            None => ResponseMode::default_for(&self.response_type),
        }
    }

    /// Checks that the server can answer so, and that the answer is of use.
    pub(crate) fn check(&self, openid: bool, tokens: RedirectTokens) -> Result<(), Error> {
        let asked = &self.response_type;
        let problem = if !asked.is_known() || asked.none {
            Some(
                "is none of \"code\", \"id_token\", \"token\" and what they make together"
                    .to_owned(),
            )
        } else if asked.token && tokens == RedirectTokens::Refused {
            Some(
                "asks for an access token in the redirect, where others may see and exchange it (RFC \
                 9700 section 2.1.2): ask for a code, or accept this by \"danger_redirect_tokens\""
                    .to_owned(),
            )
        } else if asked.id_token && !openid {
            Some("asks for an ID token, for which the scope needs \"openid\"".to_owned())
        } else if openid && !asked.code && !asked.id_token {
            // OpenID Connect Core section 3: with "openid" there has to be an ID token.
            Some("asks for no ID token, though the scope has \"openid\"".to_owned())
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(Error::configuration(format!(
                "the response type \"{asked}\" {problem}"
            )));
        }
        match &self.response_mode {
            Some(mode) if !self.mode().is_allowed_for(asked) => Err(Error::configuration(format!(
                "the response mode \"{mode}\" is not known, or carries no answer of the type \"{asked}\""
            ))),
            _ => Ok(()),
        }
    }
}
