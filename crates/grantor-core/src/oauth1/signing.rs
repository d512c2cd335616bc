//! Signing a request (RFC 5849 section 3.1).

use bytes::Bytes;
use http::Request;
use url::Url;

use super::parameters::parse;
use super::place::is_form;
use super::{Placement, SignatureMethod, Unsignable, base_string};
use crate::loopback::is_secure;
use crate::secret::Secret;
use grantor_jose::Timestamp;

/// An identifier and the secret that is shared with it (RFC 5849 section 1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The identifier, which is sent.
    pub identifier: String,
    /// The secret, which signs.
    pub secret: Secret,
}

impl Credentials {
    /// Those of a client, of a token or temporary ones.
    pub fn new(identifier: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self {
            identifier: identifier.into(),
            secret: secret.into(),
        }
    }
}

/// Says whether a body that is no form is signed by its hash: `oauth_body_hash`, an extension of
/// OAuth that never became part of it. Servers that do not know it pass over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BodyHash {
    /// Wherever there is such a body.
    #[default]
    Signed,
    /// Never: such a body can be changed on the way unless the connection is https.
    Omitted,
}

/// How requests are signed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Signing {
    /// The client's credentials.
    pub client: Credentials,
    /// Those of a token, or temporary ones.
    pub token: Option<Credentials>,
    /// How; HMAC-SHA1 at first, which every server knows.
    pub method: SignatureMethod,
    /// Where the signature goes; into the header at first.
    pub placement: Placement,
    /// The realm in the header. It is not signed.
    pub realm: Option<String>,
    /// Says whether bodies that are no forms are signed too; by default they are.
    pub body_hash: BodyHash,
    /// Further parameters of the protocol, such as `oauth_version`.
    pub extra: Vec<(String, String)>,
}

impl Signing {
    /// Signs for a client.
    #[must_use]
    pub fn new(client: Credentials) -> Self {
        Self {
            client,
            token: None,
            method: SignatureMethod::HmacSha1ForLegacyUseOnly,
            placement: Placement::Header,
            realm: None,
            body_hash: BodyHash::Signed,
            extra: Vec::new(),
        }
    }

    /// Signs a request whose URI has a scheme and a host. `nonce` must be new for every request with
    /// the same timestamp (RFC 5849 section 3.3), so a request that is repeated is signed again, from
    /// what it was before.
    ///
    /// # Errors
    /// The request can't be signed; it is what it was then.
    pub fn sign(
        &self,
        request: &mut Request<Bytes>,
        nonce: &str,
        timestamp: Timestamp,
    ) -> Result<(), Unsignable> {
        self.placement.check(request)?;
        self.check_connection(request)?;
        let form = is_form(request.headers());
        let mut parameters = self.parameters(nonce, timestamp);
        if !form && self.body_hash == BodyHash::Signed && !request.body().is_empty() {
            let hash = self.method.body_hash(request.body());
            parameters.extend(hash.map(|hash| ("oauth_body_hash".to_owned(), hash)));
        }
        let form: &[u8] = if form { request.body() } else { b"" };
        check_for_repeats(request, form, &parameters)?;
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        let base_string = base_string(method, uri, headers, form, &parameters)?;
        let empty = Secret::new("");
        let token = self.token.as_ref().map_or(&empty, |token| &token.secret);
        let signature = self
            .method
            .signature(&base_string, &self.client.secret, token)
            .map_err(|_| Unsignable::KeyFailed)?;
        parameters.push(("oauth_signature".to_owned(), signature.expose().to_owned()));
        self.placement
            .put(request, self.realm.as_deref(), &parameters)
    }

    /// RFC 5849 section 3.1, without the signature.
    fn parameters(&self, nonce: &str, timestamp: Timestamp) -> Vec<(String, String)> {
        let mut parameters = Vec::with_capacity(8 + self.extra.len());
        let mut push =
            |name: &str, value: &str| parameters.push((name.to_owned(), value.to_owned()));
        push("oauth_consumer_key", &self.client.identifier);
        if let Some(token) = &self.token {
            push("oauth_token", &token.identifier);
        }
        push("oauth_signature_method", self.method.as_str());
        push("oauth_timestamp", &timestamp.as_secs().to_string());
        push("oauth_nonce", nonce);
        parameters.extend(self.extra.iter().cloned());
        parameters
    }

    /// RFC 5849 section 3.4.4: PLAINTEXT "MUST be used with a transport-layer mechanism".
    fn check_connection(&self, request: &Request<Bytes>) -> Result<(), Unsignable> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| Unsignable::Uri)?;
        match self.method.shows_secrets() && !is_secure(&url) {
            true => Err(Unsignable::Insecure),
            false => Ok(()),
        }
    }
}

fn check_for_repeats(
    request: &Request<Bytes>,
    form: &[u8],
    parameters: &[(String, String)],
) -> Result<(), Unsignable> {
    let mut there = parse(request.uri().query().unwrap_or_default().as_bytes());
    there.extend(parse(form));
    let names = parameters.iter().map(|(name, _)| &**name);
    let mut names = names.chain(["oauth_signature"]);
    let repeated = names.find(|name| there.iter().any(|(known, _)| known == name.as_bytes()));
    match repeated {
        Some(name) => Err(Unsignable::Repeated(name.to_owned())),
        None => Ok(()),
    }
}
