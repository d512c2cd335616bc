//! Fetches a token as a client that presents a certificate (RFC 8705), looks it up, revokes it, and prints
//! what the server knows of it, as JSON.
//!
//! ```console
//! $ ISSUER=https://idp.example CLIENT_ID=app AUTHORITY=ca.pem CERTIFICATE=app.pem \
//!     CERTIFICATE_KEY=app.key cargo run --example mtls
//! ```
#![expect(clippy::print_stdout, reason = "it talks to its user")]

use std::env;
use std::error::Error;
use std::fs;

use grantor_client::{ClientCredential, Tokens};
use grantor_core::{IntrospectionRequest, RevocationRequest};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (issuer, client_id) = (env::var("ISSUER")?, env::var("CLIENT_ID")?);
    let file =
        |variable: &str| -> Result<Vec<u8>, Box<dyn Error>> { Ok(fs::read(env::var(variable)?)?) };
    let tokens = Tokens::client_credentials(issuer, client_id, ClientCredential::None)
        .ca_certificates(file("AUTHORITY")?)
        .client_certificate(file("CERTIFICATE")?, file("CERTIFICATE_KEY")?)
        .scope("read")
        .build()?;
    let token = tokens.get().await?.secret;
    let query = IntrospectionRequest::new(token.clone());
    let known = tokens.introspect(&query).await?;
    tokens.revoke(&RevocationRequest::new(token)).await?;
    let after = tokens.introspect(&query).await?;
    let mut printed: serde_json::Value = serde_json::from_str(&known.to_json())?;
    printed["after_revocation"] = after.active.into();
    println!("{printed}");
    Ok(())
}
