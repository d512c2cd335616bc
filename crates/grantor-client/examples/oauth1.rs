//! Signs requests by OAuth 1.0a and sends them: one for each line of the standard input, which is JSON as
//! `{"method": "POST", "url": "https://api.example/things", "body": "YT1i", "content_type":
//! "application/x-www-form-urlencoded", "signature_method": "HMAC-SHA256", "placement": "body"}`.
//!
//! The body is in base64. `CLIENT_ID`, `CLIENT_SECRET`, `TOKEN` and `TOKEN_SECRET` are the credentials,
//! `RSA_KEY` is a file with a private key in PEM for the methods of RSA. Prints the status of each answer.
#![expect(clippy::print_stdout, reason = "it talks to its user")]

use std::env;
use std::error::Error;
use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantor_client::Tokens;
use grantor_core::oauth1::{Credentials, Placement, SignatureMethod, Signing};
use grantor_jose::{Algorithm, Key};
use grantor_rsa_sha1::RsaSha1Key;
use http::Method;
use serde::Deserialize;

#[derive(Deserialize)]
struct Call {
    method: String,
    url: String,
    body: String,
    content_type: String,
    signature_method: String,
    placement: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for line in io::stdin().lines() {
        let call: Call = serde_json::from_str(&line?)?;
        println!("{}", send(&call).await?);
    }
    Ok(())
}

async fn send(call: &Call) -> Result<u16, Box<dyn Error>> {
    let tokens = Tokens::oauth1(signing(call)?).build()?;
    let api = tokens.session(&call.url)?;
    let method: Method = call.method.parse()?;
    let mut request = api.request(method, &call.url);
    if !call.content_type.is_empty() {
        request = request.header("content-type", &call.content_type);
    }
    if !call.body.is_empty() {
        request = request.body(STANDARD.decode(&call.body)?);
    }
    Ok(request.send().await?.status().as_u16())
}

fn signing(call: &Call) -> Result<Signing, Box<dyn Error>> {
    let client = Credentials::new(env::var("CLIENT_ID")?, env::var("CLIENT_SECRET")?);
    let mut signing = Signing::new(client);
    signing.token = Some(Credentials::new(
        env::var("TOKEN")?,
        env::var("TOKEN_SECRET")?,
    ));
    signing.extra = vec![("oauth_version".to_owned(), "1.0".to_owned())];
    signing.placement = match &*call.placement {
        "query" => Placement::Query,
        "body" => Placement::Body,
        _ => Placement::Header,
    };
    signing.method = match &*call.signature_method {
        "HMAC-SHA256" => SignatureMethod::HmacSha256,
        "HMAC-SHA512" => SignatureMethod::HmacSha512,
        "RSA-SHA1" => SignatureMethod::Own(Arc::new(RsaSha1Key::from_pem(&rsa_key()?)?)),
        "RSA-SHA256" => rsa(Algorithm::Rs256)?,
        "RSA-SHA512" => rsa(Algorithm::Rs512)?,
        "PLAINTEXT" => SignatureMethod::DangerPlaintext,
        _ => SignatureMethod::HmacSha1ForLegacyUseOnly,
    };
    Ok(signing)
}

fn rsa(algorithm: Algorithm) -> Result<SignatureMethod, Box<dyn Error>> {
    Ok(SignatureMethod::rsa(Key::from_pem(
        algorithm,
        &rsa_key()?,
    )?)?)
}

fn rsa_key() -> Result<String, Box<dyn Error>> {
    Ok(std::fs::read_to_string(env::var("RSA_KEY")?)?)
}
