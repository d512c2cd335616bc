//! Tests of the metadata of a resource.

use super::*;

fn issuer() -> Issuer {
    Issuer::parse("https://id.example.com").unwrap()
}

#[test]
fn the_well_known_part_comes_before_the_path() {
    for (resource, location) in [
        (
            "https://a.example",
            "https://a.example/.well-known/oauth-protected-resource",
        ),
        (
            "https://a.example/",
            "https://a.example/.well-known/oauth-protected-resource",
        ),
        (
            "https://a.example/resource1",
            "https://a.example/.well-known/oauth-protected-resource/resource1",
        ),
        (
            "https://a.example/r/?k=v",
            "https://a.example/.well-known/oauth-protected-resource/r/?k=v",
        ),
    ] {
        let found = ResourceMetadata::location(resource).unwrap();
        assert_eq!(found.as_str(), location);
    }
}

#[test]
fn rejects_what_is_no_identifier() {
    for bad in [
        "",
        "a",
        "http://a.example",
        "https://a.example/#f",
        "urn:a:b",
    ] {
        let invalid = Err(InvalidResourceMetadata::Resource);
        assert_eq!(
            ResourceMetadata::new(bad, issuer()).map(|_| ()),
            invalid,
            "{bad}"
        );
    }
}

#[test]
fn further_members_are_written_beside_the_known_ones() {
    let mut metadata = ResourceMetadata::new("https://a.example/r", issuer()).unwrap();
    metadata.scopes_supported = vec!["read".to_owned()];
    metadata.extra.insert("x".to_owned(), 1.into());
    let json: Value = serde_json::from_str(&metadata.to_json()).unwrap();
    assert_eq!(json["resource"], "https://a.example/r");
    assert_eq!(json["scopes_supported"], serde_json::json!(["read"]));
    assert_eq!(json["x"], 1);
}

#[test]
fn says_how_proofs_are_taken() {
    let metadata = ResourceMetadata::new("https://a.example", issuer()).unwrap();
    let dpop = |required: bool| {
        let dpop = Dpop::at("https://a.example");
        let dpop = dpop.signing_alg_values_supported([
            grantor_jose::Algorithm::Es256,
            grantor_jose::Algorithm::Hs256,
        ]);
        let dpop = match required {
            true => dpop.bound_access_tokens_required(),
            false => dpop,
        };
        let with_dpop = metadata.clone().with_dpop(&dpop.build().unwrap());
        serde_json::to_value(with_dpop).unwrap()
    };
    for required in [false, true] {
        let json = dpop(required);
        let algorithms = &json["dpop_signing_alg_values_supported"];
        assert_eq!(*algorithms, serde_json::json!(["ES256"]));
        let flag = json.get("dpop_bound_access_tokens_required");
        assert_eq!(flag.is_some(), required);
    }
}

#[test]
fn says_that_tokens_come_in_the_header() {
    let metadata = ResourceMetadata::new("https://a.example", issuer()).unwrap();
    assert_eq!(
        metadata.to_json(),
        "{\"resource\":\"https://a.example\",\
             \"authorization_servers\":[\"https://id.example.com\"],\
             \"bearer_methods_supported\":[\"header\"]}"
    );
}
