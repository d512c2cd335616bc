//! Authorization responses of the server that are a JWT (JARM).

use grantor_core::{AuthorizationResponse, InvalidJwtResponse, JwtResponseRules, Secret};
use grantor_jose::{Algorithm, KeySet};

use super::AuthorizationServer;
use crate::error::Error;

impl AuthorizationServer {
    /// Validates a response. Newer keys are fetched if it names one that is not known.
    pub(super) async fn read_jwt_response(
        &self,
        token: &Secret,
    ) -> Result<AuthorizationResponse, Error> {
        let rules = self.jwt_response_rules().await?;
        let now = self.connection.environment.now();
        let check = |keys: &KeySet| rules.validate(token.expose(), keys, now);
        let algorithm = self.registration.id_tokens.response_algorithm;
        let newer = |error: &InvalidJwtResponse| error.may_have_newer_key();
        self.with_keys(algorithm, check, newer).await
    }

    async fn jwt_response_rules(&self) -> Result<JwtResponseRules, Error> {
        let settings = &self.registration.id_tokens;
        let issuer = self.registration.server.issuer.as_ref().ok_or_else(|| {
            Error::configuration(
                "an authorization response that is a JWT is that of an issuer: give the server's \
                 \"issuer\"",
            )
        })?;
        let mut rules = JwtResponseRules::new(issuer, &self.registration.client_id);
        if let Some(algorithm) = settings.response_algorithm {
            rules = rules.with_algorithms([algorithm]);
        } else if let Some(metadata) = self.published_metadata().await? {
            let names = metadata.authorization_signing_alg_values_supported.iter();
            let known = names.filter_map(|name| name.parse::<Algorithm>().ok());
            let known: Vec<_> = known.filter(|it| !it.is_symmetric()).collect();
            if !known.is_empty() {
                rules = rules.with_algorithms(known);
            }
        }
        if let Some(decryption) = &settings.response_decryption {
            rules = rules.with_decryption(decryption.clone());
        }
        Ok(rules)
    }
}
