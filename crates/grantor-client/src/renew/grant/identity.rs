//! The identity of a client or login: the part of its records' keys that no other one shares.

use grantor_store::MasterKey;

use super::Grant;
use crate::authorization_server::ClientRegistration;
use crate::token::subject::PasswordCredentials;

impl Grant {
    /// A text that is the same for the same client and the same user.
    ///
    /// A changed client secret or password may mean other rights, so it makes other tokens; a login
    /// stays what it is. It becomes part of the keys of records, so secrets are in it as fingerprints
    /// only.
    pub(crate) fn identity(
        &self,
        client: Option<&ClientRegistration>,
        label: &str,
        key: &MasterKey,
    ) -> String {
        let who = match self {
            Self::Login(login) => {
                let password =
                    |user: &PasswordCredentials| key.fingerprint("password", &user.password);
                let user = login.password.as_ref();
                let user = user.map(|user| (&user.username, password(user)));
                // Without a label, what was handed in says which login it is.
                let given = login
                    .initial_refresh_token
                    .as_ref()
                    .filter(|_| label.is_empty());
                let given = given.map(|given| key.fingerprint("refresh_token", given));
                format!("login {label:?}{user:?}{given:?}")
            }
            Self::TokenSource(_) | Self::StaticToken | Self::Signature => {
                format!("source {label:?}")
            }
            Self::JwtBearer(account) => {
                format!(
                    "assertion {}{:?}",
                    account.identity(key),
                    credential(client, key)
                )
            }
            Self::Workload(grant) => {
                format!("workload {}{:?}", grant.identity(), credential(client, key))
            }
            Self::Resource(grant) => {
                // A login stays what it is, whatever its clients have for a secret.
                let is_login = grant.settings.user.is_some();
                let clients = grant.settings.clients.iter().map(|client| {
                    let proof = client.credential.fingerprint(&client.client_id, key);
                    let proof = proof.filter(|_| !is_login);
                    (&client.issuer, &client.client_id, proof)
                });
                let clients: Vec<_> = clients.collect();
                format!("resource {:?}{label:?}{clients:?}", grant.settings.text)
            }
            Self::ClientCredentials | Self::TokenExchange(_) | Self::PasswordFromRequest => {
                format!("client {:?}", credential(client, key))
            }
        };
        let Some(client) = client else {
            return who;
        };
        let endpoint = client.server.endpoints.token.as_ref().map(url::Url::as_str);
        let issuer = client
            .server
            .issuer
            .as_ref()
            .map(grantor_core::Issuer::as_str);
        format!("{issuer:?}{endpoint:?}{:?}{who}", client.client_id)
    }
}

/// A fingerprint of the client's credential.
fn credential(client: Option<&ClientRegistration>, key: &MasterKey) -> Option<String> {
    let client = client?;
    if let Some(given) = &client.given_assertion {
        return Some(given.identity(key));
    }
    match (&client.client_assertion, &client.client_secret) {
        (Some(assertion), _) => Some(assertion.of_client(&client.client_id, "").identity(key)),
        (None, secret) => Some(key.fingerprint("client_secret", secret.as_ref()?)),
    }
}
