//! The token of yup-oauth2.

use std::hint::black_box;

use grantor_jose::{Algorithm, Key};
use harness::Result;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Runtime;
use yup_oauth2::{CustomHyperClientBuilder, ServiceAccountAuthenticator, ServiceAccountKey};

use super::{Call, bearer};
use tokens_group::identity_provider::listen;
use tokens_group::ours::at_once;

/// The token of a service account for one scope, by `Authenticator::token`, and the header of it.
pub(super) fn set_up(runtime: Runtime) -> Result<Call> {
    let key = ServiceAccountKey {
        key_type: None,
        project_id: None,
        private_key_id: None,
        private_key: Key::generate(Algorithm::Rs256)?.to_pkcs8_pem()?.to_string(),
        client_email: "app@idp.example".to_owned(),
        client_id: None,
        auth_uri: None,
        token_uri: format!("http://{}/token", listen()?),
        auth_provider_x509_cert_url: None,
        client_x509_cert_url: None,
    };
    let authenticator = runtime.block_on(async {
        let client = Client::builder(TokioExecutor::new()).build_http::<String>();
        let client = CustomHyperClientBuilder::from(client);
        let authenticator = ServiceAccountAuthenticator::with_client(key, client);
        let authenticator = authenticator.build().await?;
        authenticator.token(&SCOPES).await?;
        Result::Ok(authenticator)
    })?;
    Ok(Box::new(move || {
        let _runtime = &runtime;
        let token = at_once(authenticator.token(black_box(&SCOPES)));
        let token = token.and_then(std::result::Result::ok);
        let header = token.as_ref().and_then(|token| token.token());
        let header = header.map(bearer);
        assert!(matches!(black_box(header), Some(Ok(_))));
    }))
}

const SCOPES: [&str; 1] = ["read"];
