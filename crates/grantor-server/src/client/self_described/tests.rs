//! The metadata that clients may have.

use grantor_jose::{Algorithm, Key};

use super::*;
use crate::client::Client;

fn rules() -> SelfDescribed {
    SelfDescribed {
        scope: "read write".parse().unwrap(),
        own_scope_is_bound: true,
        grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
        auth_methods: vec![
            ClientAuthMethod::None,
            ClientAuthMethod::ClientSecretBasic,
            ClientAuthMethod::PrivateKeyJwt,
        ],
        default_auth_method: ClientAuthMethod::ClientSecret,
        key_addresses: Some(Addresses::Public),
    }
}

fn read(members: &str) -> Result<Client, String> {
    let json = format!(r#"{{"redirect_uris":["https://app.example/cb"]{members}}}"#);
    described(&json)
}

fn described(json: &str) -> Result<Client, String> {
    let metadata = ClientMetadata::parse(json.as_bytes()).unwrap();
    let described = rules().client("app", &metadata, RegisteredBy::Itself);
    described
        .map(|new| new.client)
        .map_err(|error| error.to_wire().1.error.as_str().to_owned())
}

#[test]
fn what_is_not_said_has_the_defaults_of_the_specification() {
    let client = read("").unwrap();
    assert_eq!(client.auth_method, ClientAuthMethod::ClientSecret);
    assert_eq!(client.grant_types, ["authorization_code"]);
    assert_eq!(client.scope.as_str(), "read write");
    assert_eq!(client.registered_by, RegisteredBy::Itself);
}

/// Clients of the Model Context Protocol register with the scope of their first challenge, and step up.
#[test]
fn a_scope_that_is_no_bound_leaves_all_that_the_rules_allow() {
    let rules = SelfDescribed {
        own_scope_is_bound: false,
        ..rules()
    };
    let json = r#"{"redirect_uris":["https://app.example/cb"],"scope":"read admin"}"#;
    let metadata = ClientMetadata::parse(json.as_bytes()).unwrap();
    let described = rules.client("app", &metadata, RegisteredBy::Itself);
    assert_eq!(described.unwrap().client.scope.as_str(), "read write");
}

/// Scope escalation by registration: CVE-2026-22752.
#[test]
fn registration_abuse_gets_no_scope_and_no_grant_type_beyond_the_rules() {
    let client = read(r#","scope":"read admin""#).unwrap();
    assert_eq!(client.scope.as_str(), "read");
    let client = read(
        r#","grant_types":["authorization_code","client_credentials","password","refresh_token"]"#,
    );
    assert_eq!(
        client.unwrap().grant_types,
        ["authorization_code", "refresh_token"]
    );
    for grant_types in [
        r#"["client_credentials"]"#,
        r#"["refresh_token"]"#,
        r#"["implicit"]"#,
    ] {
        let refused = read(&format!(r#","grant_types":{grant_types}"#));
        assert_eq!(
            refused.unwrap_err(),
            "invalid_client_metadata",
            "{grant_types}"
        );
    }
    for (member, value) in [
        ("resource_identifier", "https://api.example"),
        ("resources", "https://api.example"),
        ("client_id", "admin"),
        ("epoch", "1"),
    ] {
        let client = read(&format!(r#","{member}":"{value}""#)).unwrap();
        assert_eq!((client.id.as_str(), client.epoch.as_str()), ("app", ""));
        assert_eq!(client.resource_identifier, None);
        assert_eq!(client.resources, None);
    }
}

/// A URL that a page may show and that runs: CVE-2026-22752.
#[test]
fn registration_abuse_by_urls_that_run_is_refused() {
    for member in ["client_uri", "logo_uri", "tos_uri", "policy_uri"] {
        for url in [
            "javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "https://u@a.example",
        ] {
            let refused = read(&format!(r#","{member}":"{url}""#));
            assert_eq!(
                refused.unwrap_err(),
                "invalid_client_metadata",
                "{member} {url}"
            );
        }
        assert!(read(&format!(r#","{member}":"https://app.example/x""#)).is_ok());
    }
}

/// MCP 2026-07-28, client registration: the kind of application decides which redirect URIs fit.
#[test]
fn the_redirect_uris_fit_the_kind_of_application() {
    let with = |kind: &str, uri: &str| {
        described(&format!(r#"{{"redirect_uris":["{uri}"]{kind}}}"#)).map(|_| ())
    };
    let (web, native) = (
        r#","application_type":"web""#,
        r#","application_type":"native""#,
    );
    let refused = Err("invalid_redirect_uri".to_owned());
    for uri in [
        "http://127.0.0.1/cb",
        "http://localhost:3000/cb",
        "com.example.app:/cb",
    ] {
        assert_eq!(with(web, uri), refused, "{uri}");
        assert_eq!(with(native, uri), Ok(()), "{uri}");
        assert_eq!(with("", uri), Ok(()), "{uri}");
    }
    assert_eq!(with(web, "https://localhost/cb"), refused);
    for kind in [web, native, ""] {
        assert_eq!(with(kind, "https://app.example/cb"), Ok(()));
    }
    let other = with(r#","application_type":"tv""#, "https://app.example/cb");
    assert_eq!(other, Err("invalid_client_metadata".to_owned()));
    // Another application on the device may have the scheme too (RFC 8252 section 8.4).
    let short = with(native, "myapp:/cb");
    assert_eq!(short, Err("invalid_client_metadata".to_owned()));
    let many = vec!["\"https://app.example/cb\""; MAX_REDIRECT_URIS + 1].join(",");
    let many = described(&format!(r#"{{"redirect_uris":[{many}]}}"#));
    assert_eq!(many.map(|_| ()), refused);
}

#[test]
fn inconsistent_metadata_is_refused() {
    for members in [
        r#","response_types":["token"]"#,
        r#","token_endpoint_auth_method":"tls_client_auth""#,
        r#","jwks":{"keys":[]},"jwks_uri":"https://app.example/jwks""#,
        r#","client_name":"a\u202eb""#,
    ] {
        assert_eq!(
            read(members).unwrap_err(),
            "invalid_client_metadata",
            "{members}"
        );
    }
    assert_eq!(described("{}").unwrap_err(), "invalid_client_metadata");
}

#[test]
fn a_client_that_signs_has_its_public_keys_with_it() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let public = serde_json::to_string(key.public().unwrap()).unwrap();
    let signs = r#","token_endpoint_auth_method":"private_key_jwt""#;
    let client = read(&format!(r#"{signs},"jwks":{{"keys":[{public}]}}"#)).unwrap();
    assert_eq!(client.auth_method, ClientAuthMethod::PrivateKeyJwt);
    assert!(client.jwks.is_some());
    let private = key.to_private_jwk().unwrap();
    let private = private.as_str();
    for keys in [
        String::new(),
        r#","jwks":{"keys":[]}"#.to_owned(),
        format!(r#","jwks":{{"keys":[{private}]}}"#),
        format!(r#","jwks":{{"keys":[{public}]}},"jwks_uri":"https://app.example/jwks""#),
    ] {
        let refused = read(&format!("{signs}{keys}"));
        assert_eq!(refused.unwrap_err(), "invalid_client_metadata", "{keys}");
    }
}

/// RFC 7591 section 5, and CVE-2020-10770: the URL of a client's keys is one that the server fetches.
#[test]
fn the_public_keys_of_a_client_that_signs_may_be_at_a_public_url() {
    let read = |rules: &SelfDescribed, url: &str| {
        let json = format!(
            r#"{{"redirect_uris":["https://app.example/cb"],"jwks_uri":"{url}",
                "token_endpoint_auth_method":"private_key_jwt"}}"#
        );
        let metadata = ClientMetadata::parse(json.as_bytes()).unwrap();
        let described = rules.client("app", &metadata, RegisteredBy::Itself);
        described.map(|new| new.client).map_err(|error| {
            let (_, response) = error.to_wire();
            (response.error.as_str().to_owned(), response.description)
        })
    };
    let url = "https://keys.example/jwks";
    let client = read(&rules(), url).unwrap();
    assert_eq!(client.auth_method, ClientAuthMethod::PrivateKeyJwt);
    assert_eq!(client.jwks_uri.unwrap().as_str(), url);
    assert!(client.jwks.is_none());
    for url in [
        "http://keys.example/jwks",
        "https://user@keys.example/jwks",
        "https://10.0.0.1/jwks",
        "https://localhost/jwks",
    ] {
        let (code, description) = read(&rules(), url).unwrap_err();
        assert_eq!(code, "invalid_client_metadata", "{url}");
        assert!(description.unwrap().starts_with("'jwks_uri': "), "{url}");
    }
    let without_transport = SelfDescribed {
        key_addresses: None,
        ..rules()
    };
    let (code, description) = read(&without_transport, url).unwrap_err();
    assert_eq!(code, "invalid_client_metadata");
    assert!(description.unwrap().contains("by value"));
}
