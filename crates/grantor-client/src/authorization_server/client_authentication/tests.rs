//! Tests of the choice of a method of client authentication.

use grantor_jose::Key;

use super::*;
use crate::config::id_tokens::IdTokenSettings;
use crate::config::server::ServerConfig;

const LONG: &str = "a secret that is long enough for a MAC";

fn app(secret: Option<&str>, method: Option<TokenEndpointAuthMethod>) -> ClientRegistration {
    ClientRegistration {
        server: ServerConfig::default(),
        client_id: "app".into(),
        client_secret: secret.map(Secret::from),
        client_assertion: None,
        method,
        id_tokens: IdTokenSettings::default(),
        presents_certificate: false,
        given_assertion: None,
    }
}

fn with_key(algorithm: Algorithm) -> ClientRegistration {
    let key = Key::generate(algorithm).unwrap();
    ClientRegistration {
        client_assertion: Some(Assertion::new(key)),
        ..app(None, None)
    }
}

fn chosen(app: &ClientRegistration, taken: &[TokenEndpointAuthMethod]) -> TokenEndpointAuthMethod {
    let client = app.endpoint_authentication(taken, &endpoint()).unwrap();
    let signs = client.statement.is_some();
    assert_eq!(signs, app.method(taken).unwrap().as_str().ends_with("_jwt"));
    app.method(taken).unwrap()
}

fn endpoint() -> Url {
    "https://idp.example/token".parse().unwrap()
}

#[test]
fn the_method_is_chosen_from_what_is_taken() {
    use TokenEndpointAuthMethod::{
        ClientSecretBasic, ClientSecretJwt, ClientSecretPost, None as Public,
    };
    let with_secret = app(Some("s"), None);
    assert_eq!(chosen(&with_secret, &[]), ClientSecretBasic);
    assert_eq!(
        chosen(&with_secret, &[ClientSecretPost, ClientSecretBasic]),
        ClientSecretBasic
    );
    assert_eq!(
        chosen(&with_secret, &[Public, ClientSecretPost]),
        ClientSecretPost
    );
    assert_eq!(chosen(&app(None, None), &[ClientSecretBasic]), Public);
    assert_eq!(
        chosen(
            &app(Some("s"), Some(ClientSecretPost)),
            &[ClientSecretBasic]
        ),
        ClientSecretPost
    );
    assert_eq!(
        chosen(&app(Some(LONG), None), &[ClientSecretJwt]),
        ClientSecretJwt
    );
}

#[test]
fn an_assertion_is_used_where_its_kind_is_taken() {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, PrivateKeyJwt};
    let all = [ClientSecretBasic, ClientSecretJwt, PrivateKeyJwt];
    for (algorithm, method) in [
        (Algorithm::Es256, PrivateKeyJwt),
        (Algorithm::Hs256, ClientSecretJwt),
    ] {
        assert_eq!(chosen(&with_key(algorithm), &all), method);
        assert_eq!(chosen(&with_key(algorithm), &[]), method);
    }
    let not_taken = with_key(Algorithm::Es256).method(&[ClientSecretJwt]);
    assert!(not_taken.unwrap_err().is_configuration());
}

#[test]
fn says_what_the_server_takes_instead() {
    for secret in ["hunter2", LONG] {
        let public = app(Some(secret), None).method(&[TokenEndpointAuthMethod::None]);
        let public = public.unwrap_err().to_string();
        assert!(public.contains("only: none; if it takes one all the same, name"));
        let error = app(Some(secret), None).method(&[TokenEndpointAuthMethod::PrivateKeyJwt]);
        let error = error.unwrap_err();
        assert!(error.is_configuration());
        assert!(error.to_string().contains("private_key_jwt"), "{error}");
        assert!(error.to_string().contains("\"auth_method\""), "{error}");
        assert!(!format!("{error:?}").contains(secret));
    }
}

#[test]
fn a_certificate_is_for_clients_without_another_credential() {
    use TokenEndpointAuthMethod::{
        ClientSecretBasic, None as Nothing, PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth,
    };
    let presenting = |app: ClientRegistration| ClientRegistration {
        presents_certificate: true,
        ..app
    };
    let app_with = presenting(app(None, None));
    let both = [SelfSignedTlsClientAuth, ClientSecretBasic, TlsClientAuth];
    assert_eq!(chosen(&app_with, &both), TlsClientAuth);
    assert_eq!(chosen(&app_with, &both[..2]), SelfSignedTlsClientAuth);
    // A public client may have its tokens bound (RFC 8705 section 4).
    assert_eq!(chosen(&app_with, &[ClientSecretBasic, Nothing]), Nothing);
    assert_eq!(chosen(&app_with, &[]), Nothing);
    assert!(app_with.method(&[PrivateKeyJwt]).is_err());
    let by_secret = presenting(app(Some("s3cret"), None));
    assert_eq!(chosen(&by_secret, &both), ClientSecretBasic);
    let named = app(None, Some(TlsClientAuth));
    let error = named
        .endpoint_authentication(&both, &endpoint())
        .unwrap_err();
    assert!(error.to_string().contains("client_certificate"), "{error}");
    assert!(!named.is_confidential());
    assert!(presenting(named).is_confidential());
}
