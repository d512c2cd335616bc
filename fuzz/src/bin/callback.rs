//! Redirects that end a sign-in, from a browser that anybody may send: of OAuth 2 and of OAuth 1.0a.

#![no_main]

use grantor_core::oauth1::{Credentials, verifier_of_callback};
use grantor_core::{AuthorizationResponse, Issuer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    let temporary = Credentials::new("hdk4", "");
    if let Ok(verifier) = verifier_of_callback(query, &temporary) {
        assert!(!verifier.is_empty());
        assert!(query.contains("oauth_verifier") || query.contains('%'));
    }
    let Ok(response) = AuthorizationResponse::from_query(query) else {
        return;
    };
    // What is written is read as the same.
    let written = response.to_params().to_form();
    let again = AuthorizationResponse::from_query(&written).unwrap();
    assert_eq!(again, response);
    let issuer = Issuer::parse("https://as.example").unwrap();
    let (state, named) = (response.state.clone(), response.issuer.clone());
    if response.into_code("st", Some(&issuer), true).is_ok() {
        assert_eq!(state.as_deref(), Some("st"));
        assert_eq!(named.as_deref(), Some("https://as.example"));
    }
});
