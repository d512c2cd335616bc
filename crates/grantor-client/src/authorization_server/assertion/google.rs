//! Service accounts of Google Cloud.

use grantor_core::Secret;
use grantor_jose::Algorithm;
use serde::Deserialize;

use super::{Assertion, AssertionSubject};
use crate::config::server::Server;
use crate::error::Error;

/// The members of the file that are read.
#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    client_email: String,
    private_key: String,
    private_key_id: String,
    token_uri: String,
}

impl Assertion {
    /// The server and the key that the JSON file of a Google service account names, for
    /// [`Tokens::jwt_bearer`](crate::Tokens::jwt_bearer). [`subject`](Self::subject) is the user to
    /// act for, where the account may.
    ///
    /// ```no_run
    /// use grantor_client::{Assertion, Tokens};
    ///
    /// let file = std::fs::read_to_string("service-account.json")?;
    /// let (server, assertion) = Assertion::from_google_json(&file)?;
    /// let tokens = Tokens::jwt_bearer(server, assertion)
    ///     .scope("https://www.googleapis.com/auth/cloud-platform")
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// It is no such file, or its key can't be read.
    pub fn from_google_json(file: &str) -> Result<(Server, Self), Error> {
        // A message of serde's may quote the file.
        let file = file.trim_start_matches('\u{feff}');
        let file: File = serde_json::from_str(file).map_err(|_| no_service_account())?;
        if file.kind != "service_account" {
            return Err(no_service_account());
        }
        let private_key = Secret::new(file.private_key);
        let server = Server::at_token_endpoint(&*file.token_uri);
        let key = Self::from_pem(Algorithm::Rs256, private_key.expose())?;
        let assertion = key
            .key_id(file.private_key_id)
            .issuer(file.client_email)
            .audience(file.token_uri)
            .scope_as_claim();
        // There, `sub` is another user.
        let subject = AssertionSubject::Nobody;
        Ok((
            server,
            Self {
                subject,
                ..assertion
            },
        ))
    }
}

fn no_service_account() -> Error {
    Error::configuration(
        "this is not the JSON file of a Google service account, which has \"type\": \
         \"service_account\", \"client_email\", \"private_key\", \"private_key_id\" and \"token_uri\"",
    )
}
