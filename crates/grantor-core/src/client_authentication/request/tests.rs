//! Tests of reading client authentication.

use grantor_jose::base64url;

use super::*;
use crate::client_authentication::TokenEndpointAuthMethod;

fn headers(values: &[&str]) -> HeaderMap {
    let values = values.iter().map(|value| {
        let value = HeaderValue::try_from(*value).unwrap();
        (header::AUTHORIZATION, value)
    });
    values.collect()
}

fn read(authorization: &[&str], body: &str) -> Result<ClientAuthentication, ErrorResponse> {
    let (headers, params) = (
        headers(authorization),
        Params::parse(body.as_bytes()).unwrap(),
    );
    ClientAuthentication::from_request(&RequestView::new(&headers, &params))
}

fn code_of(authorization: &[&str], body: &str) -> ErrorCode {
    read(authorization, body).unwrap_err().error
}

fn jwt(header: &str, payload: &str) -> String {
    let (header, payload) = (base64url::encode(header), base64url::encode(payload));
    format!("{header}.{payload}.c2ln")
}

fn asserting(jwt: &str, further: &str) -> String {
    let mut params = Params::new();
    params.push("client_assertion_type", assertion::JWT_BEARER);
    params.push("client_assertion", jwt.to_owned());
    format!("{}{further}", params.to_form())
}

#[test]
fn every_method_survives_the_wire() {
    let (client_id, client_secret) = ("a:b ü".to_owned(), Secret::new("p%+ &=é:"));
    let assertion = jwt(r#"{"alg":"ES256"}"#, r#"{"sub":"a:b ü"}"#);
    for sent in [
        ClientAuthentication::None {
            client_id: client_id.clone(),
        },
        ClientAuthentication::Basic {
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
        },
        ClientAuthentication::Post {
            client_id: client_id.clone(),
            client_secret,
        },
        ClientAuthentication::Assertion {
            client_id,
            assertion: Secret::new(assertion),
        },
    ] {
        let mut params = Params::new();
        let headers = sent.apply(&mut params);
        let headers = headers.map(|value| (header::AUTHORIZATION, value));
        let headers = headers.into_iter().collect();
        let form = params.to_form();
        let params = Params::parse(form.as_bytes()).unwrap();
        let read = ClientAuthentication::from_request(&RequestView::new(&headers, &params));
        assert_eq!(read.unwrap(), sent);
    }
}

#[test]
fn a_client_with_an_empty_secret_says_so_by_basic() {
    // RFC 6749 section 2.3.1 has no other way for such a client, and Reddit's installed
    // applications are some.
    let sent = ClientAuthentication::Basic {
        client_id: "app".into(),
        client_secret: Secret::new(""),
    };
    for basic in [
        crate::quirks::BasicEncoding::FormEncoded,
        crate::quirks::BasicEncoding::Raw,
    ] {
        let quirks = crate::quirks::Quirks {
            basic,
            ..crate::quirks::Quirks::NONE
        };
        let mut params = Params::new();
        let value = sent.apply_with(&mut params, &quirks).unwrap();
        // base64 of "app:"
        assert_eq!(value, "Basic YXBwOg==");
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
        let read = ClientAuthentication::from_request(&RequestView::new(&headers, &params));
        assert_eq!(read.unwrap(), sent);
    }
}

#[test]
fn rejects_two_methods_at_once() {
    let (basic, post) = ("Basic YTpi", "client_id=a&client_secret=b");
    let jwt = asserting(&jwt("{}", r#"{"sub":"a"}"#), "");
    for (authorization, body) in [
        (&[basic][..], post.to_owned()),
        (&[basic], jwt.clone()),
        (&[], format!("{post}&{jwt}")),
        (&[basic, basic], String::new()),
    ] {
        let code = code_of(authorization, &body);
        assert_eq!(code, ErrorCode::InvalidRequest, "{body}");
    }
}

#[test]
fn rejects_two_identifiers_that_differ() {
    let jwt = asserting(&jwt("{}", r#"{"sub":"a"}"#), "");
    assert_eq!(
        code_of(&["Basic YTpi"], "client_id=x"),
        ErrorCode::InvalidRequest
    );
    assert_eq!(
        code_of(&[], &format!("{jwt}&client_id=x")),
        ErrorCode::InvalidRequest
    );
    assert!(read(&["Basic YTpi"], "client_id=a").is_ok());
    assert!(read(&[], &format!("{jwt}&client_id=a")).is_ok());
}

#[test]
fn rejects_malformed_basic() {
    for bad in [
        "Basic",
        "Basic !",
        "Basic YQ==",
        "Bearer YTpi",
        "Basic Ong=",
        "Basic /zo=",
    ] {
        assert_eq!(code_of(&[bad], ""), ErrorCode::InvalidClient, "{bad}");
    }
    assert_eq!(code_of(&[], ""), ErrorCode::InvalidClient);
}

#[test]
fn an_assertion_names_its_client_and_its_kind() {
    let method = |algorithm: &str| {
        let header = format!(r#"{{"alg":"{algorithm}"}}"#);
        let body = asserting(&jwt(&header, r#"{"sub":"app","iss":"x"}"#), "");
        let read = read(&[], &body).unwrap();
        assert_eq!(read.client_id(), "app");
        assert_eq!(read.client_secret(), None);
        read.method()
    };
    assert_eq!(method("HS256"), TokenEndpointAuthMethod::ClientSecretJwt);
    assert_eq!(method("ES256"), TokenEndpointAuthMethod::PrivateKeyJwt);
    assert_eq!(method("none"), TokenEndpointAuthMethod::PrivateKeyJwt);
}

#[test]
fn rejects_malformed_assertions() {
    let no_subject = [
        "x".to_owned(),
        "..".to_owned(),
        jwt("{}", "{}"),
        jwt("{}", r#"{"sub":1}"#),
        jwt("{}", "[1"),
    ];
    for bad in no_subject {
        let code = code_of(&[], &asserting(&bad, "&client_id=a"));
        assert_eq!(code, ErrorCode::InvalidClient, "{bad}");
    }
    let saml = "client_id=a&client_assertion=x&client_assertion_type=urn%3Asaml";
    assert_eq!(code_of(&[], saml), ErrorCode::InvalidClient);
    for half in ["client_assertion=x", "client_assertion_type=x"] {
        let code = code_of(&[], &format!("client_id=a&{half}"));
        assert_eq!(code, ErrorCode::InvalidRequest, "{half}");
    }
}

#[test]
fn a_certificate_is_presented_where_nothing_else_is() {
    let (none, params) = (headers(&[]), Params::parse(b"client_id=a").unwrap());
    let view = RequestView::new(&none, &params).with_certificate(b"der");
    let tls = ClientAuthentication::from_request(&view).unwrap();
    let ClientAuthentication::Tls { certificate, .. } = &tls else {
        panic!("{tls:?}");
    };
    assert_eq!(certificate, b"der");
    assert_eq!(tls.client_id(), "a");
    // A client that binds its tokens to a certificate may authenticate otherwise.
    let basic = headers(&["Basic YTpi"]);
    let view = RequestView::new(&basic, &params).with_certificate(b"der");
    let read = ClientAuthentication::from_request(&view).unwrap();
    assert_eq!(read.method(), TokenEndpointAuthMethod::ClientSecretBasic);
    let no_parameters = Params::new();
    let view = RequestView::new(&none, &no_parameters).with_certificate(b"der");
    assert!(ClientAuthentication::from_request(&view).is_err());
}
