//! Tests of reading and writing authorization requests.

use proptest::prelude::*;
use url::Url;

use super::*;
use crate::quirks::{Quirks, ScopeSeparator};

fn maybe() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("\\PC{1,12}")
}

fn read(form: &str) -> AuthorizationRequest {
    AuthorizationRequest::from_params(&Params::parse_repeated(form.as_bytes()).unwrap())
}

#[test]
fn scopes_stand_between_commas_where_the_server_wants_that() {
    let request = AuthorizationRequest {
        scope: Some("a b".into()),
        ..AuthorizationRequest::default()
    };
    let mut quirks = Quirks::NONE;
    quirks.request_scope = ScopeSeparator::Comma;
    let endpoint = Url::parse("https://a.example/authorize").unwrap();
    let url = request.to_url_with(&endpoint, &quirks).unwrap();
    assert_eq!(url.query(), Some("scope=a%2Cb"));
}

#[test]
fn what_can_not_be_read_is_a_problem_and_the_rest_is_read() {
    let request =
        read("max_age=soon&prompt=none+login&client_id=a&state=s&scope=x&scope=y&scope=z");
    let problems: Vec<_> = request.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "\"scope\" is given more than once",
            "\"max_age\" is not a number of seconds",
            "\"prompt\" has \"none\" beside another value",
        ]
    );
    assert_eq!((request.max_age, &request.prompt), (None, &None));
    assert_eq!(request.client_id.as_deref(), Some("a"));
    assert_eq!(request.state.as_deref(), Some("s"));
    assert_eq!(request.scope.as_deref(), Some("x"));
    assert!(request.is_repeated("scope") && !request.is_repeated("max_age"));
}

#[test]
fn spaces_alone_are_no_value_and_a_sign_is_no_number() {
    let request = read("response_type=+&prompt=++&max_age=%2B5");
    assert_eq!((request.response_type, request.prompt), (None, None));
    assert_eq!((request.max_age, request.problems.len()), (None, 1));
}

#[test]
fn hints_are_not_in_debug() {
    let text = format!("{:?}", read("id_token_hint=eyJhIjoi&request=eyJiIjoi"));
    assert!(!text.contains("eyJ"), "{text}");
}

#[test]
fn every_parameter_has_its_field() {
    let names = [
        "response_type",
        "response_mode",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "resource",
        "prompt",
        "nonce",
        "claims",
        "acr_values",
        "login_hint",
        "id_token_hint",
        "display",
        "ui_locales",
        "dpop_jkt",
        "authorization_details",
        "request",
        "request_uri",
    ];
    let mut params = Params::new();
    for name in names {
        params.push(name, format!("of-{name}"));
    }
    params.push("max_age", "60");
    params.push("further", "x");
    let request = AuthorizationRequest::from_params(&params);
    assert_eq!(request.extra, [("further".to_owned(), "x".to_owned())]);
    let pairs = |params: &Params<'_>| {
        let pairs = params.iter().map(|(n, v)| (n.to_owned(), v.to_owned()));
        pairs.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(pairs(&request.to_params()), pairs(&params));
}

proptest! {
    #[test]
    fn round_trips(
        response_type in "(code|token|id_token|none|x| ){0,4}",
        response_mode in proptest::option::of("[a-z.]{1,9}"),
        prompt in proptest::option::of("(login|consent|select_account|create|y| ){1,4}"),
        client_id in maybe(), redirect_uri in maybe(), scope in maybe(), state in maybe(),
        code_challenge in maybe(), nonce in maybe(), claims in maybe(), id_token_hint in maybe(),
        max_age: Option<u32>,
        resource in proptest::collection::vec("\\PC{1,8}", 0..3), extra in maybe(),
    ) {
        let response_type = ResponseType::parse(&response_type);
        let request = AuthorizationRequest {
            response_type: (!response_type.to_string().is_empty()).then_some(response_type),
            response_mode: response_mode.as_deref().map(ResponseMode::parse),
            prompt: prompt
                .map(|text| Prompt::parse(&text).unwrap())
                .filter(|prompt| *prompt != Prompt::default()),
            client_id, redirect_uri, scope, state, resource, nonce, claims, max_age,
            id_token_hint: id_token_hint.map(Secret::new),
            code_challenge_method: code_challenge.as_ref().map(|_| "S256".to_owned()),
            code_challenge,
            extra: extra.map(|value| ("further".to_owned(), value)).into_iter().collect(),
            ..AuthorizationRequest::default()
        };
        let url = request.to_url(&Url::parse("https://a.example/authorize?x=").unwrap()).unwrap();
        let params = Params::parse(url.query().unwrap().as_bytes()).unwrap();
        prop_assert_eq!(AuthorizationRequest::from_params(&params), request);
    }
}
