//! Handles that differ from another in one thing: the subject, the scope, the resource, the details, the
//! place, an origin.

use std::sync::Arc;

use grantor_core::{AuthorizationDetails, Scope, TokenParameters};
use serde_json::Value;

use super::Tokens;
use crate::config::origin::Origin as ApiOrigin;
use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::token::subject::{Subject, SubjectToken};

impl Tokens {
    /// The token of one subject, of [`Tokens::token_exchange`]. The handle keeps it.
    ///
    /// # Errors
    /// These tokens are not those of a token exchange.
    pub fn for_subject(&self, subject: SubjectToken) -> Result<Self, Error> {
        if !self.exchanges() {
            return Err(Error::configuration(
                "only tokens of \"token_exchange\" have a subject",
            ));
        }
        let slot = self.subject_slot(Subject::Token(subject));
        Ok(Self {
            fast_path: Self::has_fast_path_for(&slot, None),
            slot,
            subjects: None,
            ..self.clone()
        })
    }

    /// The same login or client with another scope. All renew through the same login.
    ///
    /// # Errors
    /// The scope is malformed.
    pub fn with_scope(&self, scope: &str) -> Result<Self, Error> {
        let scope = Scope::parse(scope);
        let scope = scope.map_err(|error| Error::configuration(format!("\"scope\": {error}")))?;
        let scope = Some(scope);
        Ok(self.with_parameters(|all| TokenParameters { scope, ..all }))
    }

    /// The same login or client with a token for another resource (RFC 8707).
    #[must_use]
    pub fn with_resource(&self, resource: impl Into<String>) -> Self {
        let resource = vec![resource.into()];
        self.with_parameters(|all| TokenParameters { resource, ..all })
    }

    /// The same login or client with another detailed authorization (RFC 9396), as JSON. All renew through
    /// the same login.
    ///
    /// # Errors
    /// It is no array of objects, each with a `type`.
    pub fn with_authorization_details(&self, details: impl Into<Value>) -> Result<Self, Error> {
        let details = AuthorizationDetails::from_value(&details.into());
        let details = details
            .map_err(|error| Error::configuration(format!("\"authorization_details\" {error}")))?;
        let authorization_details = Some(details);
        Ok(self.with_parameters(|all| TokenParameters {
            authorization_details,
            ..all
        }))
    }

    /// The same token, carried at another place.
    #[must_use]
    pub fn with_bearer_method(&self, method: BearerMethod) -> Self {
        let mut tokens = self.clone();
        tokens.bearer_method = method;
        tokens
    }

    /// The same token, which may go to this origin too, or to that of a URL. Plain http is for
    /// loopback addresses, and below `localhost` for the sessions of grantor's own client.
    ///
    /// # Errors
    /// It is no URL, or not a secure one.
    pub fn with_origin(&self, origin: &str) -> Result<Self, Error> {
        Ok(self.with(ApiOrigin::parse(origin).map_err(Error::configuration)?))
    }

    /// The same token, for HTTP clients of the application's: each of them presents the certificate that
    /// the token is bound to (RFC 8705). Without this only sessions of grantor's own client carry such a
    /// token, since a connection without the certificate has it refused.
    ///
    /// ```no_run
    /// # async fn call(tokens: grantor_client::Tokens, pem: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    /// use grantor_client::Authenticate;
    ///
    /// let own = reqwest::Client::builder().identity(reqwest::Identity::from_pem(pem)?).build()?;
    /// let tokens = tokens.with_certificate_presented();
    /// let answer = own.get("https://api.example/things").authenticate(&tokens).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_certificate_presented(&self) -> Self {
        Self {
            certificate_presented: true,
            ..self.clone()
        }
    }

    pub(crate) fn with_parameters(
        &self,
        change: impl FnOnce(TokenParameters) -> TokenParameters,
    ) -> Self {
        let parameters = change((*self.slot.parameters).clone());
        let registry = self.registry();
        let slot = match self.slot.subject.clone() {
            Some(subject) => registry.subject_slot(&Arc::new(parameters), subject),
            None => registry.slot(parameters),
        };
        Self {
            slot,
            ..self.clone()
        }
    }

    pub(crate) fn with(&self, origin: ApiOrigin) -> Self {
        let id = self.services().origin_ids.id(&origin);
        Self {
            origins: Arc::new(self.origins.with(origin, id)),
            ..self.clone()
        }
    }
}
