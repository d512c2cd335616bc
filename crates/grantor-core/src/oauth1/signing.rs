//! Signing a request (RFC 5849 section 3.1).

use bytes::Bytes;
use http::{Request, Uri};
use url::Url;

use super::base_string::with_parameters;
use super::parameters::Parameters;
use super::place::{Parameter, is_form};
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
        self.placement.check(request)?;
        self.check_connection(request.uri)?;
        let body = match request.body {
            RequestBody::Bytes(body) => body,
            RequestBody::Streamed => b"",
        };
        let is_form = is_form(request.headers);
        let mut parameters = self.parameters(nonce, timestamp);
        if !is_form && self.body_hash == BodyHash::Signed && !body.is_empty() {
            let hash = self.method.body_hash(body);
            parameters.extend(hash.map(|hash| ("oauth_body_hash".into(), hash.into())));
        }
        let form: &[u8] = if is_form { body } else { b"" };
        let mut all = Parameters::of(request.uri.query().unwrap_or_default(), form);
        check_for_repeats(&all, &parameters)?;
        for (name, value) in &parameters {
            all.push(name, value);
        }
        let base_string = with_parameters(request.method, request.uri, request.headers, all)?;
        let empty = Secret::new("");
        let token = self.token.as_ref().map_or(&empty, |token| &token.secret);
        let signature = self
            .method
            .signature(&base_string, &self.client.secret, token)
            .map_err(|_| Unsignable::KeyFailed)?;
        parameters.push((
            "oauth_signature".into(),
            signature.expose().to_owned().into(),
        ));
        self.placement
            .put(request, self.realm.as_deref(), &parameters)
    }

    /// RFC 5849 section 3.1, without the signature.
    fn parameters<'a>(&'a self, nonce: &'a str, timestamp: Timestamp) -> Vec<Parameter<'a>> {
        let mut parameters: Vec<Parameter<'a>> = Vec::with_capacity(8 + self.extra.len());
        let mut push = |name: &'a str, value: &'a str| parameters.push((name.into(), value.into()));
        push("oauth_consumer_key", &self.client.identifier);
        if let Some(token) = &self.token {
            push("oauth_token", &token.identifier);
        }
        push("oauth_signature_method", self.method.as_str());
        let timestamp = timestamp.as_secs().to_string();
        parameters.push(("oauth_timestamp".into(), timestamp.into()));
        parameters.push(("oauth_nonce".into(), nonce.into()));
        let extra = self.extra.iter();
        parameters.extend(extra.map(|(name, value)| ((&**name).into(), (&**value).into())));
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

/// RFC 5849 section 3.1: a request has each parameter of the protocol only once.
fn check_for_repeats(there: &Parameters, parameters: &[Parameter<'_>]) -> Result<(), Unsignable> {
    let names = parameters.iter().map(|(name, _)| &**name);
    let mut names = names.chain(["oauth_signature"]);
    match names.find(|name| there.has(name)) {
        Some(repeated) => Err(Unsignable::Repeated(repeated.to_owned())),
        None => Ok(()),
    }
}
