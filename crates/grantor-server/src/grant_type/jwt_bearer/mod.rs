//! Assertions of others as grants (RFC 7523 section 2.1), identity assertions among them
//! (draft-ietf-oauth-identity-assertion-authz-grant).

mod issuer_keys;
mod policy;
mod request;
mod trusted_issuer;

use std::sync::Arc;

use grantor_core::{BoxFuture, ErrorCode, Scope};
use grantor_jose::KeySet;
use grantor_jose::check::{holds, is_off};
use grantor_jose::jwt::{self, Claims};
use serde_json::Value;
use url::Url;

pub use issuer_keys::IssuerKeys;
pub use policy::{Asserted, AssertionDecision, AssertionPolicy};
pub use request::AssertionRequest;
pub use trusted_issuer::{AssertionKind, TrustedIssuer};

use super::{GrantType, Granted, Once, TokenCall};
use crate::error::Error;
use crate::resource;
use crate::token::TokenContents;

/// A token for the assertion of an issuer that the server trusts.
///
/// An issuer vouches for its users, and an [`AssertionPolicy`] of the application says which user of this
/// server each of them is; without it nobody gets a token. There is no refresh token.
#[derive(Debug, Clone, Default)]
pub struct JwtBearer {
    issuers: Vec<Arc<TrustedIssuer>>,
}

impl JwtBearer {
    /// `grant_type` on the wire.
    pub const NAME: &'static str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    /// One that trusts nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts an issuer.
    #[must_use]
    pub fn trust(mut self, issuer: TrustedIssuer) -> Self {
        self.issuers.push(Arc::new(issuer));
        self
    }
}

impl GrantType for JwtBearer {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn parameters(&self) -> &[&str] {
        &["assertion"]
    }

    fn fetched_urls(&self) -> Vec<&Url> {
        let urls = self.issuers.iter().map(|issuer| match &issuer.keys {
            IssuerKeys::At(url) => Some(url),
            IssuerKeys::Set(_) => None,
        });
        urls.flatten().collect()
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(redeem(call, &self.issuers))
    }
}

async fn redeem(call: &TokenCall<'_>, issuers: &[Arc<TrustedIssuer>]) -> Result<Granted, Error> {
    let assertion = call.required("assertion")?;
    let (issuer, claims) = verify(call, issuers, assertion).await?;
    let client = call.client();
    let is_identity = issuer.kind == AssertionKind::Identity;
    if is_identity {
        // Section 9.1 of the draft: only for confidential clients.
        if client.is_public() {
            let description = "a public client can't present an identity assertion";
            return Err(Error::refused(ErrorCode::UnauthorizedClient, description));
        }
        let named = claims.other.get("client_id").and_then(Value::as_str);
        if !holds("assertion.client", named == Some(&client.id)) {
            return Err(invalid("it was issued to another client"));
        }
    }
    let bound = match claims.other.get("scope") {
        Some(scope) if is_identity => Some(scope_of(scope)?),
        _ => None,
    };
    let bound = bound.filter(|_| !is_off("assertion.scope"));
    let own = call.most_scope();
    let most = bound.map(|bound| bound.intersection(&own));
    let most = most.unwrap_or_else(|| own.into_owned());
    let audience = audience(call, &claims, is_identity).await?;
    let asked = AssertionRequest {
        client,
        issuer: &issuer.issuer,
        sub: claims.subject.as_deref().unwrap_or_default(),
        claims: &claims.other,
        scope: call.scope(&most)?,
        audience: &audience,
        now: call.now(),
    };
    let AssertionDecision::Allow(allowed) = issuer.policy.decide(&asked).await? else {
        return Err(invalid("its subject may not have a token here"));
    };
    let within = |own: &String| audience.contains(own);
    if !allowed.scope.is_subset(&most) || !allowed.audience.iter().all(within) {
        let problem = "the assertion policy allowed more than was requested";
        return Err(Error::Internal(problem.to_owned()));
    }
    let mut contents = TokenContents::new(allowed.scope, allowed.audience)
        .for_subject(allowed.subject)
        .with_claims(allowed.claims);
    contents.lifetime = allowed.lifetime;
    if issuer.repeatable {
        return Ok(Granted::Issue(contents));
    }
    let jti = claims.jwt_id.as_deref().unwrap_or_default();
    let expires_at = claims.expires_at.unwrap_or(call.now());
    Ok(Granted::Once(Box::new(Once {
        name: format!("{}:{}{jti}", issuer.issuer.len(), issuer.issuer),
        // By every clock that would still accept it.
        remember_until: expires_at + call.max_clock_skew() * 2,
        contents,
        used: invalid("it was used before"),
    })))
}

/// The claims of an assertion, and the issuer that made it.
async fn verify<'i>(
    call: &TokenCall<'_>,
    issuers: &'i [Arc<TrustedIssuer>],
    assertion: &str,
) -> Result<(&'i TrustedIssuer, Claims), Error> {
    let (own, leeway) = (call.issuer().unwrap_or_default(), call.leeway());
    let claimed = jwt::claimed_issuer(assertion).map_err(|error| invalid(&error.to_string()))?;
    let mut last = None;
    // One issuer may be trusted for both kinds.
    for issuer in issuers.iter().filter(|issuer| issuer.issuer == claimed) {
        let verify = |keys: &KeySet| issuer.verify(assertion, keys, own, leeway, call.now());
        match issuer.keys.verify(call, verify).await? {
            Ok(verified) => return Ok((issuer, verified.claims)),
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(error) => invalid(&error.to_string()),
        None => invalid("its issuer is not trusted here"),
    })
}

/// The resources of the request. Those of an identity assertion bound them (RFC 8707 section 2), and
/// are those of the token if the request names none.
async fn audience(
    call: &TokenCall<'_>,
    claims: &Claims,
    is_identity: bool,
) -> Result<Vec<String>, Error> {
    let Some(claim) = claims.other.get("resource").filter(|_| is_identity) else {
        return call.audience().await;
    };
    let one = std::slice::from_ref(claim);
    let all = claim.as_array().map_or(one, Vec::as_slice);
    let texts: Option<Vec<&str>> = all.iter().map(Value::as_str).collect();
    // An empty list would be a token for the default audience.
    let texts = texts.filter(|texts| !texts.is_empty());
    let texts = texts.ok_or_else(|| invalid("\"resource\" is not a text or a list of texts"))?;
    let asserted = texts
        .into_iter()
        .map(|named| resource::normalize(named).into_owned());
    call.audience_of(&asserted.collect::<Vec<String>>()).await
}

fn scope_of(scope: &Value) -> Result<Scope, Error> {
    let scope = scope.as_str().and_then(|text| Scope::parse(text).ok());
    scope.ok_or_else(|| invalid("\"scope\" can't be read"))
}

/// RFC 7523 section 3.1: everything that is wrong with an assertion is invalid_grant.
fn invalid(reason: &str) -> Error {
    Error::invalid_grant(&format!("the assertion is not accepted: {reason}"))
}
