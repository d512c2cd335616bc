//! The examples that the specifications print, read by the types for them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use grantor_core::{
    AuthenticateChallenge, AuthorizationRequest, AuthorizationResponse, ClientAuthentication,
    DeviceAuthorizationRequest, DeviceAuthorizationResponse, ErrorCode, GrantParameters,
    Introspection, IntrospectionRequest, Issuer, Params, Quirks, RequestView, ResponseType, Scope,
    Secret, ServerMetadata, TokenError, TokenRequest, TokenResponse, TokenTypeHint, token_type,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use serde_json::Value;

fn file() -> Value {
    serde_json::from_str(include_str!("../../../vectors/core/rfc-examples.json")).unwrap()
}

/// One printed message.
struct Example {
    start: String,
    headers: HeaderMap,
    body: String,
}

impl Example {
    fn of(doc: &str, section: &str) -> Self {
        let file = file();
        let all = file["http"].as_array().unwrap();
        let mut found = all
            .iter()
            .filter(|e| e["doc"] == doc && e["section"] == section);
        Self::read(found.next().unwrap())
    }

    fn read(json: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let headers = json["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::try_from(text(value)).unwrap())
        });
        Self {
            start: text(&json["start"]),
            headers: headers.collect(),
            body: text(&json["body"]),
        }
    }

    fn query(&self) -> &str {
        let target = self.start.split(' ').nth(1).unwrap();
        target.split_once('?').unwrap().1
    }

    fn location_query(&self) -> String {
        let location = self.headers[header::LOCATION].to_str().unwrap();
        location.split_once('?').unwrap().1.to_owned()
    }

    fn answer(&self) -> Response<Vec<u8>> {
        let status = self.start.split(' ').nth(1).unwrap();
        let answer = Response::builder().status(status);
        answer.body(self.body.clone().into_bytes()).unwrap()
    }

    fn client(&self, params: &Params<'_>) -> ClientAuthentication {
        ClientAuthentication::from_request(&RequestView::new(&self.headers, params)).unwrap()
    }
}

#[test]
fn authorization_requests() {
    let example = Example::of("rfc6749", "4.1.1");
    let params = Params::parse(example.query().as_bytes()).unwrap();
    let request = AuthorizationRequest::from_params(&params);
    assert_eq!(request.response_type, Some(ResponseType::code()));
    assert_eq!(request.client_id.as_deref(), Some("s6BhdRkqt3"));
    assert_eq!(request.state.as_deref(), Some("xyz"));
    let redirect_uri = request.redirect_uri.as_deref();
    assert_eq!(redirect_uri, Some("https://client.example.com/cb"));

    let example = Example::of("rfc8707", "2.1");
    let params = Params::parse(example.query().as_bytes()).unwrap();
    let request = AuthorizationRequest::from_params(&params);
    assert_eq!(request.scope.as_deref(), Some("calendar contacts"));
    let resources = ["https://cal.example.com/", "https://contacts.example.com/"];
    assert_eq!(request.resource, resources);
}

#[test]
fn authorization_responses() {
    let code = Example::of("rfc6749", "4.1.2").location_query();
    let code = AuthorizationResponse::from_query(&code).unwrap();
    assert_eq!(
        code.outcome,
        Ok(Secret::new("SplxlOBeZQQYbYS6WxSbIA").into())
    );
    assert_eq!(code.state.as_deref(), Some("xyz"));
    let error = Example::of("rfc6749", "4.1.2.1").location_query();
    let error = AuthorizationResponse::from_query(&error).unwrap();
    assert_eq!(error.outcome.unwrap_err().error, ErrorCode::AccessDenied);
}

#[test]
fn token_requests() {
    let code = GrantParameters::AuthorizationCode {
        code: "SplxlOBeZQQYbYS6WxSbIA".into(),
        redirect_uri: Some("https://client.example.com/cb".into()),
        code_verifier: None,
    };
    let refresh = GrantParameters::RefreshToken {
        refresh_token: "tGzv3JOkF0XG5Qx2TlKWIA".into(),
    };
    let password = GrantParameters::Password {
        username: "johndoe".into(),
        password: "A3ddj3w".into(),
    };
    for (section, grant) in [
        ("4.1.3", code),
        ("4.3.2", password),
        ("4.4.2", GrantParameters::ClientCredentials),
        ("6", refresh),
    ] {
        let example = Example::of("rfc6749", section);
        let params = Params::parse(example.body.as_bytes()).unwrap();
        assert_eq!(
            TokenRequest::from_params(&params).unwrap(),
            TokenRequest::new(grant)
        );
        let client = ClientAuthentication::Basic {
            client_id: "s6BhdRkqt3".into(),
            client_secret: "gX1fBat3bV".into(),
        };
        assert_eq!(example.client(&params), client, "section {section}");
    }
}

#[test]
fn token_exchange() {
    let example = Example::of("rfc8693", "2.3");
    let params = Params::parse(example.body.as_bytes()).unwrap();
    let mut request = TokenRequest::new(GrantParameters::TokenExchange {
        subject_token: "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC".into(),
        subject_token_type: token_type::ACCESS_TOKEN.into(),
        actor: None,
        requested_token_type: None,
    });
    request.parameters.resource = vec!["https://backend.example.com/api".into()];
    assert_eq!(TokenRequest::from_params(&params).unwrap(), request);
    assert_eq!(example.client(&params).client_id(), "rs08");
    let answer = Example::of("rfc8693", "2.3, response").answer();
    let token = TokenResponse::from_response(&answer).unwrap();
    assert_eq!(token.issued_token_type(), Some(token_type::ACCESS_TOKEN));
    assert_eq!(token.expires_in, Some(Duration::from_secs(60)));
}

#[test]
fn device_authorization() {
    let example = Example::of("rfc8628", "3.1");
    let params = Params::parse(example.body.as_bytes()).unwrap();
    let request = DeviceAuthorizationRequest {
        scope: Some(Scope::parse("example_scope").unwrap()),
        ..DeviceAuthorizationRequest::default()
    };
    assert_eq!(
        DeviceAuthorizationRequest::from_params(&params),
        Ok(request)
    );
    let answer = Example::of("rfc8628", "3.2").answer();
    let answer = DeviceAuthorizationResponse::from_response(&answer, &Quirks::NONE).unwrap();
    assert_eq!(answer.user_code, "WDJB-MJHT");
    let example = Example::of("rfc8628", "3.4");
    let params = Params::parse(example.body.as_bytes()).unwrap();
    let grant = GrantParameters::DeviceCode {
        device_code: answer.device_code,
    };
    let request = TokenRequest::from_params(&params).unwrap();
    assert_eq!(request, TokenRequest::new(grant));
    assert_eq!(example.client(&params).client_id(), "1406020730");
}

#[test]
fn token_responses() {
    for (section, refresh_token) in [("4.1.4", Some("tGzv3JOkF0XG5Qx2TlKWIA")), ("4.4.3", None)] {
        let answer = Example::of("rfc6749", section).answer();
        let token = TokenResponse::from_response(&answer).unwrap();
        assert_eq!(token.access_token, "2YotnFZFEjr1zCsicMWpAA".into());
        assert_eq!(token.token_type, "example");
        assert_eq!(token.expires_in, Some(Duration::from_secs(3600)));
        assert_eq!(token.refresh_token, refresh_token.map(Secret::new));
        assert_eq!(token.extra["example_parameter"], "example_value");
    }
    let error = TokenResponse::from_response(&Example::of("rfc6749", "5.2").answer());
    let Err(TokenError::Refused { error, .. }) = error else {
        panic!("no refusal");
    };
    assert_eq!(error.error, ErrorCode::InvalidRequest);
}

#[test]
fn revocation_and_introspection() {
    for (doc, token, hint) in [
        (
            "rfc7009",
            "45ghiukldjahdnhzdauz",
            TokenTypeHint::RefreshToken,
        ),
        ("rfc7662", "mF_9.B5f-4.1JqM", TokenTypeHint::AccessToken),
    ] {
        let example = Example::of(doc, "2.1");
        let params = Params::parse(example.body.as_bytes()).unwrap();
        let mut query = IntrospectionRequest::new(token);
        query.token_type_hint = Some(hint);
        assert_eq!(IntrospectionRequest::from_params(&params), Some(query));
        assert_eq!(example.client(&params).client_id(), "s6BhdRkqt3");
    }
    let active = Example::of("rfc7662", "2.2");
    let active = Introspection::from_json(active.body.as_bytes()).unwrap();
    assert!(active.active);
    assert_eq!(active.aud, ["https://protected.example.net/resource"]);
    assert_eq!(
        (active.exp, active.iat),
        (Some(1_419_356_238), Some(1_419_350_238))
    );
    assert!(active.scope.unwrap().contains("dolphin"));
    assert_eq!(active.extra["extension_field"], "twenty-seven");
}

#[test]
fn metadata_and_challenges() {
    let example = Example::of("rfc8414", "3.2");
    let issuer = Issuer::parse("https://server.example.com").unwrap();
    let metadata = ServerMetadata::parse(example.body.as_bytes(), &issuer).unwrap();
    let token_endpoint = metadata.token_endpoint.as_ref().unwrap();
    assert_eq!(token_endpoint.as_str(), "https://server.example.com/token");
    assert_eq!(metadata.scopes_supported.len(), 6);

    let challenges = AuthenticateChallenge::from_headers(&Example::of("rfc6750", "3").headers);
    let [challenge] = challenges.as_slice() else {
        panic!("{challenges:?}");
    };
    assert!(challenge.is("bearer"));
    assert_eq!(challenge.get("realm"), Some("example"));
    assert_eq!(challenge.get("error"), Some("invalid_token"));
    let description = challenge.get("error_description");
    assert_eq!(description, Some("The access token expired"));
}

#[test]
fn basic_credentials() {
    let file = file();
    let rows = file["basic"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let client = ClientAuthentication::Basic {
            client_id: row["client_id"].as_str().unwrap().to_owned(),
            client_secret: row["client_secret"].as_str().unwrap().into(),
        };
        let value = client.apply(&mut Params::new()).unwrap();
        assert_eq!(value.to_str().unwrap(), row["header"].as_str().unwrap());
        let headers = [(header::AUTHORIZATION, value)].into_iter().collect();
        let params = Params::new();
        let read = ClientAuthentication::from_request(&RequestView::new(&headers, &params));
        assert_eq!(read.unwrap(), client);
    }
}
