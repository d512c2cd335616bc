//! The grant type of passwords.

use grantor_core::{BoxFuture, ErrorCode, ErrorResponse, GrantParameters, TokenRequest};
use http::{HeaderValue, StatusCode, header};

use super::{GrantType, Granted, NewGrant, TokenCall};
use crate::error::{Error, Refusal};
use crate::site::{PasswordAnswer, PasswordLogin};
use crate::token::TokenContents;

/// Tokens for the name and the password of a user (RFC 6749 section 4.3), which the client gets to know.
///
/// RFC 9700 section 2.4: it "MUST NOT be used". Only a server with [`Profile::Legacy20`] may have it, for
/// applications that can't send their users to a page yet. The site verifies the password
/// ([`Site::password`]) and limits the attempts as it does those of its login.
///
/// [`Profile::Legacy20`]: crate::Profile::Legacy20
/// [`Site::password`]: crate::Site::password
#[derive(Debug, Clone, Copy, Default)]
pub struct Password;

impl Password {
    /// `grant_type` on the wire.
    pub const NAME: &'static str = "password";
}

impl GrantType for Password {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn parameters(&self) -> &[&str] {
        &["username", "password"]
    }

    fn needs_site(&self) -> bool {
        true
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(sign_in(call))
    }
}

async fn sign_in(call: &TokenCall<'_>) -> Result<Granted, Error> {
    let request = TokenRequest::from_params(call.params());
    let request = request.map_err(|error| Error::from(ErrorResponse::from(error)))?;
    let GrantParameters::Password { username, password } = request.grant else {
        return Err(Error::Internal("not a password request".to_owned()));
    };
    // Before the password is looked at, so that a wrong scope tells nothing about it.
    let scope = call.requested_scope()?;
    let audience = call.audience().await?;
    let (site, head) = call.site()?;
    let attempt = PasswordLogin::new(&username, &password, head);
    let login = match site.password(&attempt).await? {
        PasswordAnswer::Right(login) => login,
        PasswordAnswer::Wrong => {
            return Err(Error::invalid_grant("the name or the password is wrong"));
        }
        PasswordAnswer::TooManyAttempts => return Err(too_many_attempts()),
        PasswordAnswer::Unsupported => {
            let problem = "the site has no passwords: implement Site::password";
            return Err(Error::Internal(problem.to_owned()));
        }
    };
    let mut grant = NewGrant::new(login.subject, scope.clone(), audience.clone());
    grant.auth_time = Some(login.auth_time);
    grant.access_token_claims = login.access_token_claims;
    Ok(Granted::Open(
        Box::new(grant),
        TokenContents::new(scope, audience),
    ))
}

fn too_many_attempts() -> Error {
    let description = "too many attempts; try again in a few minutes";
    let refusal = Refusal::new(ErrorCode::TemporarilyUnavailable, description)
        .with_status(StatusCode::TOO_MANY_REQUESTS)
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("60"));
    refusal.into()
}
