//! Authentication by a JWT (RFC 7523 sections 2.2 and 3, draft-ietf-oauth-rfc7523bis).

use grantor_core::{Secret, Timestamp};
use grantor_jose::check::holds;
use grantor_jose::jwt::{self, Policy, Verified};
use grantor_jose::{Algorithm, Error as JwtError, Key, KeySet, Leeway};
use grantor_store::{ClientAssertions, Records, Use};

use super::AuthenticationFailure;
use crate::client::{Client, ClientAuthMethod, Credentials};
use crate::error::Error;
use crate::fetch::Fetcher;

/// Verifies the assertions of clients.
#[derive(Debug)]
pub(crate) struct AssertionVerifier {
    /// The issuer of this server, which an assertion must name as its only audience.
    pub(crate) issuer: String,
    pub(crate) token_endpoint: String,
    /// The algorithms that are taken, if the client has such a key.
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) leeway: Leeway,
    /// Fetches the keys of clients that registered the URL of theirs.
    pub(crate) fetcher: Option<Fetcher>,
    pub(crate) used: Records<Use<ClientAssertions>>,
}

impl AssertionVerifier {
    /// The failure of an assertion; none if it is the client's, for this server, and new.
    ///
    /// Using it up is the last step: whoever can't sign for the client writes nothing.
    pub(super) async fn verify(
        &self,
        client: &Client,
        credentials: &Credentials,
        assertion: &Secret,
        now: Timestamp,
    ) -> Result<Option<AuthenticationFailure>, Error> {
        let policy = self.policy(client);
        let verified = match client.auth_method {
            ClientAuthMethod::PrivateKeyJwt => {
                self.by_public_key(client, assertion, &policy, now).await?
            }
            _ => by_secret(credentials, assertion, &policy, now),
        };
        let claims = match verified {
            Ok(verified) => verified.claims,
            Err(error) => return Ok(Some(AuthenticationFailure::WrongAssertion(error))),
        };
        let (Some(jwt_id), Some(expires_at)) = (claims.jwt_id, claims.expires_at) else {
            let error = JwtError::MissingClaim("jti");
            return Ok(Some(AuthenticationFailure::WrongAssertion(error)));
        };
        // The length first, so that no two pairs of client and "jti" have one name.
        let name = format!("{}.{}.{jwt_id}", client.id.len(), client.id);
        let remember_until = expires_at + self.leeway.duration();
        let is_new = self.used.use_once(&name, remember_until).await?;
        let is_new = holds("client_assertion.single_use", is_new);
        Ok((!is_new).then_some(AuthenticationFailure::AssertionReplayed))
    }

    /// Verifies with the keys that the client registered, or with those at its URL: these are fetched
    /// again if it signs with another one.
    async fn by_public_key(
        &self,
        client: &Client,
        assertion: &Secret,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Result<Verified, JwtError>, Error> {
        let verify = |keys: &KeySet| jwt::verify(assertion.expose(), keys, policy, now);
        let url = match (&client.jwks, &client.jwks_uri) {
            (Some(keys), _) => return Ok(verify(keys.keys())),
            (None, None) => return Ok(Err(JwtError::UnknownKey)),
            (None, Some(url)) => url,
        };
        let fetcher = self.fetcher.as_ref().ok_or_else(|| {
            let why = "the keys at the URL of a client need ServerBuilder::transport_with";
            Error::Internal(why.to_owned())
        })?;
        let verified = fetcher.verify(url, verify).await;
        verified.map_err(|error| error.refusing("the keys at the client's \"jwks_uri\""))
    }

    fn policy(&self, client: &Client) -> Policy {
        let symmetric = client.auth_method == ClientAuthMethod::ClientSecretJwt;
        let algorithms = self.algorithms.iter().copied();
        let policy = Policy::client_assertion(&client.id, &self.issuer)
            .with_leeway(self.leeway)
            .with_algorithms(algorithms.filter(|one| one.is_symmetric() == symmetric));
        if client.danger_assertion_audience_token_endpoint {
            policy.danger_or_audience(&self.token_endpoint)
        } else {
            policy
        }
    }
}

/// A client has two secrets while it changes from one to the other.
fn by_secret(
    credentials: &Credentials,
    assertion: &Secret,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified, JwtError> {
    let mut result = Err(JwtError::UnknownKey);
    for secret in credentials.shared_secrets(now) {
        // A secret that is too short for an algorithm is no key for it (RFC 7518 section 3.2).
        let algorithms = policy.algorithms().iter();
        let bytes = secret.expose().as_bytes();
        let keys = algorithms.filter_map(|one| Key::from_secret(*one, bytes).ok());
        let keys = KeySet::from_secrets(&keys.collect::<Vec<_>>())?;
        result = jwt::verify(assertion.expose(), &keys, policy, now);
        if !matches!(result, Err(JwtError::BadSignature)) {
            break;
        }
    }
    result
}
