//! Signing a request (RFC 5849 section 3.1).

use bytes::Bytes;
use http::{Request, Uri};
use url::Url;

use super::base_string::BaseString;
use super::place::is_form;
use super::protocol_parameter::ProtocolParameter;
use super::{Placement, RequestBody, RequestParts, Signature, SignatureMethod, Unsignable};
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
/// OAuth that never became part of it. Servers that do not know it pass over it. A streamed body has
/// no hash.
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
        let signature = self.signature(&RequestParts::of(request), nonce, timestamp)?;
        signature.apply(request);
        Ok(())
    }

    /// Returns what makes a request of another type a signed one: see [`sign`](Self::sign).
    ///
    /// # Errors
    /// The request can't be signed.
    pub fn signature(
        &self,
        request: &RequestParts<'_>,
        nonce: &str,
        timestamp: Timestamp,
    ) -> Result<Signature, Unsignable> {
        let is_form = is_form(request.headers);
        self.placement.check(request, is_form)?;
        self.check_connection(request.uri)?;
        let body = match request.body {
            RequestBody::Bytes(body) => body,
            RequestBody::Streamed => b"",
        };
        let timestamp = timestamp.as_secs().to_string();
        let mut parameters = self.parameters(nonce, &timestamp);
        let is_hashed = !is_form && self.body_hash == BodyHash::Signed && !body.is_empty();
        let hash = is_hashed.then(|| self.method.body_hash(body)).flatten();
        if let Some(hash) = &hash {
            parameters.push(ProtocolParameter::of_protocol("oauth_body_hash", hash));
        }
        let form: &[u8] = if is_form { body } else { b"" };
        let base_string = base_string(request, form, &parameters)?;
        let empty = Secret::new("");
        let token = self.token.as_ref().map_or(&empty, |token| &token.secret);
        let signature = self
            .method
            .signature_of(&base_string, &self.client.secret, token)
            .map_err(|_| Unsignable::KeyFailed)?;
        let signature = ProtocolParameter::of_protocol("oauth_signature", signature.expose());
        parameters.push(signature);
        self.placement
            .put(request, self.realm.as_deref(), &parameters)
    }

    /// RFC 5849 section 3.1, without the signature. Those that are always there have the order of a base
    /// string.
    fn parameters<'a>(&'a self, nonce: &'a str, timestamp: &'a str) -> Vec<ProtocolParameter<'a>> {
        let mut parameters = Vec::with_capacity(8 + self.extra.len());
        let mut push = |name, value| parameters.push(ProtocolParameter::of_protocol(name, value));
        push("oauth_consumer_key", &self.client.identifier);
        push("oauth_nonce", nonce);
        push("oauth_signature_method", self.method.as_str());
        push("oauth_timestamp", timestamp);
        if let Some(token) = &self.token {
            push("oauth_token", &token.identifier);
        }
        let extra = self.extra.iter();
        parameters.extend(extra.map(|(name, value)| ProtocolParameter::new(name, value)));
        parameters
    }

    /// RFC 5849 section 3.4.4: PLAINTEXT "MUST be used with a transport-layer mechanism".
    fn check_connection(&self, uri: &Uri) -> Result<(), Unsignable> {
        if !self.method.shows_secrets() {
            return Ok(());
        }
        let url = Url::parse(&uri.to_string()).map_err(|_| Unsignable::Uri)?;
        match is_secure(&url) {
            true => Ok(()),
            false => Err(Unsignable::Insecure),
        }
    }
}

/// Builds the base string of a request, which must not have a parameter of the protocol already (RFC 5849
/// section 3.1: each comes once).
fn base_string(
    request: &RequestParts<'_>,
    form: &[u8],
    protocol: &[ProtocolParameter<'_>],
) -> Result<Vec<u8>, Unsignable> {
    let RequestParts { method, uri, .. } = *request;
    let mut base_string = BaseString::begin(method, uri, request.headers, form.len())?;
    for parameter in protocol {
        base_string.push(parameter);
    }
    base_string.read(uri.query().unwrap_or_default().as_bytes());
    base_string.read(form);
    let names = protocol.iter().map(|parameter| parameter.name);
    let names = names.chain(["oauth_signature"]);
    let own = protocol.len();
    // Most requests have none with the names of OAuth.
    let has_suspects = base_string.has_prefix_beyond(own, PREFIX.as_bytes());
    let mut suspects = names.filter(|name| has_suspects || !name.starts_with(PREFIX));
    match suspects.find(|name| base_string.has_beyond(own, name)) {
        Some(name) => Err(Unsignable::Repeated(name.to_owned())),
        None => Ok(base_string.finish()),
    }
}

/// All names of the protocol begin so.
const PREFIX: &str = "oauth_";
