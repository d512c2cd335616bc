//! Tokens for the token that the platform gives a program about itself.

use std::sync::Arc;

use grantor_core::token_type;

use super::TokensBuilder;
use crate::authorization_server::assertion::given::{GivenAssertion, SamlAssertion};
use crate::authorization_server::client_credential::ClientCredential;
use crate::config::server::Server;
use crate::error::Error;
use crate::renew::grant::jwt_bearer::GrantAssertion;
use crate::renew::grant::kind::GrantKind;
use crate::renew::grant::token_exchange::Workload;
use crate::tokens::Tokens;
use crate::workload::WorkloadToken;

impl Tokens {
    /// The token that the platform gives this program, as it is: of a metadata service, say.
    ///
    /// ```
    /// use grantor_client::{AzureIdentity, Tokens};
    ///
    /// let tokens = Tokens::from_workload(AzureIdentity::new("https://management.azure.com/"))
    ///     .allow_origin("https://management.azure.com")
    ///     .build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn from_workload(token: impl Into<WorkloadToken>) -> TokensBuilder {
        TokensBuilder::new(None, String::new(), GrantKind::Workload(token.into()))
    }

    /// Tokens that are given for a SAML assertion (RFC 7522 section 2.1). Each request has the one that
    /// there is then. For a server that wants to know the client beside it, give
    /// [`TokensBuilder::client_id`].
    pub fn saml_bearer(server: impl Into<Server>, assertion: SamlAssertion) -> TokensBuilder {
        let assertion = GrantAssertion::saml(assertion);
        let kind = GrantKind::JwtBearer(Box::new(assertion));
        TokensBuilder::new(Some(server.into()), String::new(), kind)
    }

    /// Tokens of Microsoft Entra for a pod with Azure's workload identity: the client of
    /// `AZURE_CLIENT_ID` at the tenant of `AZURE_TENANT_ID` (at `AZURE_AUTHORITY_HOST`, if that is set)
    /// authenticates by the token in the file of `AZURE_FEDERATED_TOKEN_FILE`. The scope is that of an
    /// API with `/.default`, as `https://vault.azure.net/.default`.
    ///
    /// # Errors
    /// One of these variables is not set.
    pub fn from_azure_workload_identity() -> Result<TokensBuilder, Error> {
        Self::azure_workload_identity_of(|name| std::env::var(name).ok())
    }

    /// Like [`from_azure_workload_identity`](Self::from_azure_workload_identity), with the variables that a
    /// function has, in place of those of the process.
    ///
    /// # Errors
    /// One of them is not set.
    pub fn azure_workload_identity_of(
        variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<TokensBuilder, Error> {
        let needed = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| {
                Error::configuration(format!(
                    "the variable {name} is not set: this program has no workload identity of Azure"
                ))
            })
        };
        let (client, tenant) = (needed("AZURE_CLIENT_ID")?, needed("AZURE_TENANT_ID")?);
        needed("AZURE_FEDERATED_TOKEN_FILE")?;
        let authority = variable("AZURE_AUTHORITY_HOST").filter(|host| !host.is_empty());
        let authority = authority
            .as_deref()
            .unwrap_or("https://login.microsoftonline.com");
        let authority = authority.trim_end_matches('/');
        let server = Server::at_token_endpoint(format!("{authority}/{tenant}/oauth2/v2.0/token"));
        let token = WorkloadToken::azure_federated().variables(variable);
        Ok(Self::client_credentials(server, client, token))
    }
}

impl TokensBuilder {
    /// Exchanges the token that the platform gives this program (RFC 8693): these are then tokens of the
    /// program itself, and no subject comes with a request.
    ///
    /// The token is a JWT, unless the platform says another type; [`subject_type`](Self::subject_type)
    /// names one.
    ///
    /// ```
    /// use grantor_client::{ClientCredential, Tokens, WorkloadToken};
    ///
    /// let tokens = Tokens::token_exchange("https://idp.example", "", ClientCredential::None)
    ///     .subject_of_workload(WorkloadToken::github_actions("https://idp.example"))
    ///     .audience("deployments")
    ///     .build()?;
    /// # Ok::<(), grantor_client::Error>(())
    /// ```
    pub fn subject_of_workload(self, token: impl Into<WorkloadToken>) -> Self {
        let workload = Workload {
            token: token.into(),
            token_type: token_type::JWT.to_owned(),
            impersonation: None,
        };
        self.exchange(|exchange| exchange.workload = Some(Box::new(workload)))
    }

    /// The type of the token of [`subject_of_workload`](Self::subject_of_workload), a URI of
    /// [`grantor_core::token_type`]; call it after that.
    pub fn subject_type(self, token_type: impl Into<String>) -> Self {
        let token_type = token_type.into();
        self.exchange(|exchange| {
            if let Some(workload) = &mut exchange.workload {
                workload.token_type = token_type;
            }
        })
    }

    /// Authenticates by an assertion of another party.
    pub(super) fn given_assertion(mut self, credential: &ClientCredential) -> Self {
        self.given_assertion = credential.given().map(Arc::<GivenAssertion>::new);
        self.client_secret = None;
        self.client_assertion = None;
        self
    }
}
