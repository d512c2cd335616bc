//! The claims of an assertion, and how one is signed (RFC 7523 section 3).

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Environment, Scope, Secret};
use grantor_jose::jws::{self, Header};
use grantor_jose::{Algorithm, BoxFuture, PublicKey, SignError, Signature, Signer, jwt};
use grantor_store::MasterKey;
use serde_json::{Map, Value};

use super::signing_key::SigningKey;
use super::{Assertion, AssertionSubject, Audience};

/// An assertion that lacks only what is new every time.
#[derive(Debug, Clone)]
pub(crate) struct AssertionTemplate {
    key: SigningKey,
    /// In place of the key's own.
    key_id: Option<String>,
    header: Header,
    claims: Map<String, Value>,
    lifetime: Duration,
    backdated: Duration,
    /// It says when it begins (`nbf`).
    begins: bool,
}

impl Assertion {
    /// A grant for this audience, if no other was named.
    pub(crate) fn grant(&self, audience: &str) -> AssertionTemplate {
        let issuer = self.issuer.as_deref().unwrap_or_default();
        let subject = match &self.subject {
            AssertionSubject::Issuer => Some(issuer),
            AssertionSubject::Named(subject) => Some(&**subject),
            AssertionSubject::Nobody => None,
        };
        self.template(issuer, subject, audience, jwt::Typ::JWT)
    }

    /// The claims of a client about itself, for this audience if no other was named.
    pub(crate) fn of_client(&self, client_id: &str, audience: &str) -> AssertionTemplate {
        let typ = jwt::Typ::CLIENT_ASSERTION;
        self.template(client_id, Some(client_id), audience, typ)
    }

    /// A request of the client to the server, signed with the key of this assertion (RFC 9101 section
    /// 4). Further claims and the audience of assertions are none of it.
    pub(crate) fn request(
        &self,
        (client_id, server): (&str, &str),
        typ: jwt::Typ,
        parameters: Map<String, Value>,
    ) -> AssertionTemplate {
        let key = Self {
            audience: Audience::Issuer,
            typ: None,
            claims: parameters,
            ..self.clone()
        };
        AssertionTemplate {
            begins: true,
            ..key.template(client_id, None, server, typ)
        }
    }

    fn template(
        &self,
        issuer: &str,
        subject: Option<&str>,
        audience: &str,
        typ: jwt::Typ,
    ) -> AssertionTemplate {
        let audience = match &self.audience {
            Audience::Named(named) => Some(named.as_str()),
            Audience::Issuer => Some(audience),
            Audience::Endpoint => None,
        };
        let mut claims = self.claims.clone();
        claims.insert("iss".to_owned(), issuer.into());
        if let Some(audience) = audience {
            claims.insert("aud".to_owned(), audience.into());
        }
        if let Some(subject) = subject {
            claims.insert("sub".to_owned(), subject.into());
        }
        let header = Header::new().with_typ(self.typ.as_deref().unwrap_or(typ.as_str()));
        let members = self.header.iter();
        let header = members.fold(header, |header, (name, value)| {
            header.with_member(name, value.clone())
        });
        AssertionTemplate {
            key: self.key.clone(),
            key_id: self.key_id.clone(),
            header,
            claims,
            lifetime: self.lifetime,
            backdated: self.backdated,
            begins: !self.backdated.is_zero(),
        }
    }
}

impl AssertionTemplate {
    /// With the scope that is requested.
    pub(crate) fn with_scope(&self, scope: &Scope) -> Self {
        let mut with = self.clone();
        with.claims
            .insert("scope".to_owned(), scope.as_str().into());
        with
    }

    /// Returns whether each one differs from all others.
    pub(crate) fn is_new_every_time(&self) -> bool {
        !self.claims.contains_key("jti")
    }

    /// Signs one for a request to this endpoint.
    pub(crate) async fn sign(
        &self,
        environment: &Environment,
        endpoint: &(impl Display + Sync),
    ) -> Result<Secret, SignError> {
        let mut claims = self.claims.clone();
        let audience = claims.entry("aud");
        audience.or_insert_with(|| endpoint.to_string().into());
        let now = environment.now();
        let signed = now.as_secs();
        let dated = signed.saturating_sub_unsigned(self.backdated.as_secs());
        claims.insert("iat".to_owned(), dated.into());
        if self.begins {
            claims.insert("nbf".to_owned(), dated.into());
        }
        let end = signed.saturating_add_unsigned(self.lifetime.as_secs());
        claims.insert("exp".to_owned(), end.into());
        let identifier = claims.entry("jti");
        identifier.or_insert_with(|| environment.random_text::<16>().into());
        let payload = Value::Object(claims).to_string();
        let signer = self.signer().await;
        let signed = jws::sign_with(&*signer, &self.header, payload.as_bytes());
        signed.await.map(Secret::new)
    }

    async fn signer(&self) -> Arc<dyn Signer> {
        let signer = self.key.current().await;
        match self.key_id.clone() {
            Some(key_id) => Arc::new(SignerWithKeyId { signer, key_id }),
            None => signer,
        }
    }

    /// A text that is the same for the same statements under the same key.
    pub(crate) fn identity(&self, key: &MasterKey) -> String {
        let signer = self.key.identity();
        let claims = Value::Object(self.claims.clone());
        key.fingerprint("assertion", &Secret::new(format!("{signer} {claims}")))
    }
}

/// A signer under another key id.
#[derive(Debug)]
struct SignerWithKeyId {
    signer: Arc<dyn Signer>,
    key_id: String,
}

impl Signer for SignerWithKeyId {
    fn algorithm(&self) -> Algorithm {
        self.signer.algorithm()
    }

    fn key_id(&self) -> &str {
        &self.key_id
    }

    fn public_key(&self) -> Option<&PublicKey> {
        self.signer.public_key()
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> BoxFuture<'a, Result<Signature, SignError>> {
        self.signer.sign(input)
    }
}
