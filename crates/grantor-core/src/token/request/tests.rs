//! Tests of token requests.

use super::*;
use crate::{ActorToken, CodeVerifier, token_type};
use proptest::prelude::*;

fn any_grant() -> impl Strategy<Value = GrantParameters> {
    prop_oneof![
        Just(GrantParameters::ClientCredentials),
        "[ -~]{1,30}".prop_map(|token| GrantParameters::RefreshToken {
            refresh_token: token.into()
        }),
        (
            "[ -~]{1,30}",
            proptest::option::of("[ -~]{1,30}"),
            any::<Option<[u8; 32]>>()
        )
            .prop_map(|(code, redirect_uri, verifier)| {
                GrantParameters::AuthorizationCode {
                    code: code.into(),
                    redirect_uri,
                    code_verifier: verifier.map(CodeVerifier::from_random),
                }
            }),
        ("[ -~]{1,30}", "[ -~]{1,30}").prop_map(|(username, password)| {
            GrantParameters::Password {
                username,
                password: password.into(),
            }
        }),
        (
            "[ -~]{1,30}",
            proptest::option::of(("[ -~]{1,30}", "[ -~]{1,30}")),
            proptest::option::of("[ -~]{1,30}")
        )
            .prop_map(|(subject_token, actor, requested_token_type)| {
                GrantParameters::TokenExchange {
                    subject_token: subject_token.into(),
                    subject_token_type: token_type::ACCESS_TOKEN.into(),
                    actor: actor.map(|(token, token_type)| ActorToken {
                        token: token.into(),
                        token_type,
                    }),
                    requested_token_type,
                }
            }),
        "[ -~]{1,30}".prop_map(|device_code| GrantParameters::DeviceCode {
            device_code: device_code.into()
        }),
        "[ -~]{1,30}".prop_map(|auth_req_id| GrantParameters::Ciba {
            auth_req_id: auth_req_id.into()
        }),
        "[ -~]{1,30}".prop_map(|assertion| GrantParameters::JwtBearer {
            assertion: assertion.into()
        }),
        "urn:[a-z]{1,10}".prop_map(|grant_type| GrantParameters::Other { grant_type }),
    ]
}

proptest! {
    #[test]
    fn round_trips(
        grant in any_grant(),
        scope in proptest::option::of("[a-z]{1,5} [a-z]{6,8}"),
        resource in proptest::collection::vec("https://[a-z]{1,8}", 0..3),
        audience in proptest::collection::vec("[ -~]{1,8}", 0..3),
        details in proptest::option::of("[ -~]{0,8}"),
        extra in proptest::collection::vec("[ -~]{1,8}", 0..3),
    ) {
        let details = details.map(|text| serde_json::json!([{"type": text, "n": 1}]));
        let request = TokenRequest {
            grant,
            parameters: TokenParameters {
                scope: scope.map(|text| Scope::parse(&text).unwrap()),
                resource,
                audience,
                authorization_details: details
                    .map(|value| AuthorizationDetails::from_value(&value).unwrap()),
                extra: extra.into_iter().enumerate().map(|(i, v)| (format!("x{i}"), v)).collect(),
            },
        };
        let form = request.to_params().to_form();
        let params = Params::parse(form.as_bytes()).unwrap();
        prop_assert_eq!(TokenRequest::from_params(&params).unwrap(), request);
    }
}

#[test]
fn a_scope_without_values_is_no_scope() {
    let params = Params::parse(b"grant_type=client_credentials&scope=++").unwrap();
    assert_eq!(
        TokenRequest::from_params(&params).unwrap().parameters.scope,
        None
    );
}

#[test]
fn a_parameter_of_another_grant_is_an_extra_one() {
    let params = Params::parse(b"grant_type=urn:x&username=ada&code=c").unwrap();
    let extra = TokenRequest::from_params(&params).unwrap().parameters.extra;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(extra, [pair("username", "ada"), pair("code", "c")]);
}

#[test]
fn debug_shows_no_secret() {
    for grant in [
        GrantParameters::Password {
            username: "ada".into(),
            password: "hunter2".into(),
        },
        GrantParameters::JwtBearer {
            assertion: "hunter2".into(),
        },
        GrantParameters::TokenExchange {
            subject_token: "hunter2".into(),
            subject_token_type: token_type::JWT.into(),
            actor: Some(ActorToken {
                token: "hunter2".into(),
                token_type: token_type::JWT.into(),
            }),
            requested_token_type: None,
        },
    ] {
        let text = format!("{:?}", TokenRequest::new(grant));
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn names_what_is_missing() {
    let read = |form: &str| TokenRequest::from_params(&Params::parse(form.as_bytes()).unwrap());
    assert_eq!(read(""), Err(InvalidTokenRequest::Missing("grant_type")));
    assert_eq!(
        read("grant_type=authorization_code"),
        Err(InvalidTokenRequest::Missing("code"))
    );
    assert_eq!(
        read("grant_type=authorization_code&code=x&code_verifier=short"),
        Err(InvalidTokenRequest::Malformed("code_verifier"))
    );
    let exchange = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange\
                        &subject_token=t&subject_token_type=u";
    assert!(read(exchange).is_ok());
    for (actor, missing) in [
        ("actor_token=a", "actor_token_type"),
        ("actor_token_type=a", "actor_token"),
    ] {
        let read = read(&format!("{exchange}&{actor}"));
        assert_eq!(read, Err(InvalidTokenRequest::Missing(missing)));
    }
    assert_eq!(
        read("grant_type=password&username=ada"),
        Err(InvalidTokenRequest::Missing("password"))
    );
    assert_eq!(
        read("grant_type=client_credentials&scope=%22"),
        Err(InvalidTokenRequest::Scope)
    );
}
