//! Tests of the authorization response.

use super::*;
use crate::ErrorCode;
use crate::authorization::ResponseType;
use crate::issuer::Issuer;
use proptest::prelude::*;

fn check(query: &str, advertised: bool) -> Result<Secret, AuthorizationError> {
    let issuer = Issuer::parse("https://a.example").unwrap();
    AuthorizationResponse::from_query(query)?.into_code("s", Some(&issuer), advertised)
}

#[test]
fn gives_the_code_only_to_the_request_it_belongs_to() {
    assert_eq!(check("code=c&state=s", false), Ok("c".into()));
    let named = "code=c&state=s&iss=https%3A%2F%2Fa.example";
    assert_eq!(check(named, true), Ok("c".into()));
    for query in ["code=c", "code=c&state=x", "error=access_denied&state=x"] {
        assert_eq!(check(query, false), Err(AuthorizationError::State));
    }
}

#[test]
fn detects_a_mix_up() {
    let other = "code=c&state=s&iss=https%3A%2F%2Fb.example";
    assert_eq!(check(other, false), Err(AuthorizationError::Issuer));
    assert_eq!(
        check("code=c&state=s", true),
        Err(AuthorizationError::Issuer)
    );
}

#[test]
fn an_answer_without_a_code_gives_none() {
    let token = "access_token=t&token_type=Bearer&state=s";
    assert_eq!(check(token, false), Err(AuthorizationError::Empty));
    let read = AuthorizationResponse::from_query(token).unwrap();
    assert_eq!(read.outcome.unwrap().access_token, Some("t".into()));
}

#[test]
fn the_answer_is_encoded_as_the_mode_says() {
    let response = AuthorizationResponse {
        outcome: Ok(Secret::new("c").into()),
        state: Some("s".to_owned()),
        issuer: None,
    };
    let encode = |mode| response.encode(&mode, "https://a.example/cb");
    let redirect = |uri: &str| Delivery::Redirect(uri.to_owned());
    assert_eq!(
        encode(ResponseMode::Query),
        redirect("https://a.example/cb?code=c&state=s")
    );
    assert_eq!(
        encode(ResponseMode::Fragment),
        redirect("https://a.example/cb#code=c&state=s")
    );
    let Delivery::FormPost { action, inputs } = encode(ResponseMode::FormPost) else {
        panic!("no form");
    };
    assert_eq!(action, "https://a.example/cb");
    assert_eq!(inputs.get("code"), Some("c"));
}

#[test]
fn an_error_is_an_error() {
    let Err(AuthorizationError::Refused(error)) = check("error=access_denied&state=s", false)
    else {
        panic!("no refusal");
    };
    assert_eq!(error.error, ErrorCode::AccessDenied);
    assert_eq!(check("state=s", false), Err(AuthorizationError::Empty));
}

#[test]
fn what_was_asked_for_is_there_and_the_rest_is_dropped() {
    let read = |query| {
        AuthorizationResponse::from_query(query)
            .unwrap()
            .into_authorized("s", None, false)
            .unwrap()
    };
    let all = "code=c&access_token=t&token_type=Bearer&id_token=i&state=s";
    let of = |query, response_type| read(query).of_type(&ResponseType::parse(response_type));
    let hybrid = of(all, "code id_token").unwrap();
    assert_eq!(hybrid.id_token, Some("i".into()));
    assert_eq!(hybrid.access_token, None);
    for (query, response_type, missing) in [
        ("id_token=i&state=s", "code id_token", "code"),
        ("code=c&state=s", "code id_token", "id_token"),
        ("id_token=i&state=s", "id_token token", "access_token"),
        ("access_token=t&state=s", "token", "token_type"),
    ] {
        let missing = Err(AuthorizationError::Missing(missing));
        assert_eq!(of(query, response_type), missing, "{query}");
    }
}

#[test]
fn a_jwt_is_found_and_nothing_passes_for_one() {
    let jwt = AuthorizationResponse::jwt_in("response=a.b.c&code=forged");
    assert_eq!(jwt, Ok("a.b.c".into()));
    for query in ["code=c&state=s", "error=access_denied&state=s", ""] {
        let outcome = AuthorizationResponse::jwt_in(query);
        assert_eq!(outcome, Err(AuthorizationError::NotJwt));
    }
}

proptest! {
    #[test]
    fn round_trips(
        code in "\\PC{1,12}",
        token in proptest::option::of("\\PC{1,12}"),
        session_state in proptest::option::of("\\PC{1,12}"),
        expires_in: Option<u64>,
        refused in proptest::option::of("[a-z]{1,8}"),
        state in proptest::option::of("\\PC{1,12}"),
        issuer in proptest::option::of("\\PC{1,12}"),
    ) {
        let outcome = match refused {
            None => Ok(Authorized {
                access_token: token.map(Secret::new),
                expires_in,
                session_state,
                ..Secret::new(code).into()
            }),
            Some(text) => Err(ErrorResponse::new(ErrorCode::Other(format!("x_{text}")), text)),
        };
        let response = AuthorizationResponse { outcome, state, issuer };
        let form = response.to_params().to_form();
        prop_assert_eq!(AuthorizationResponse::from_query(&form).unwrap(), response);
    }
}
