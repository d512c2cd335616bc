//! The step `discover`: the server's metadata.

use grantor_core::ServerMetadata;
use grantor_jose::KeySet;
use http::StatusCode;
use serde_json::json;

use super::{Player, Seen, Shown, demand, expect, known};

const GRANTS: [&str; 3] = ["authorization_code", "client_credentials", "refresh_token"];

/// The server says where everything is, at both well-known locations alike (RFC 8414, OpenID Connect
/// Discovery).
pub(super) async fn discover(player: &mut Player) -> Shown {
    let before = player.counters();
    let issuer = player.stage.server.issuer().clone();
    let mut documents = Vec::new();
    for url in issuer.metadata_urls() {
        let answer = player.get(&url).await?;
        let what = format!("the status of {}", url.path());
        expect(&what, answer.status(), StatusCode::OK)?;
        documents.push(answer.into_body());
    }
    demand(
        documents.windows(2).all(|pair| pair[0] == pair[1]),
        "the documents at the two well-known locations differ, expected the same twice",
    )?;
    let document = documents.first().ok_or("there is no well-known location")?;
    let metadata = ServerMetadata::parse(document, &issuer).map_err(|error| error.to_string())?;
    for grant in GRANTS {
        let problem = format!("the grant {grant} is not advertised");
        demand(metadata.supports_grant(grant), &problem)?;
    }
    let methods = &metadata.code_challenge_methods_supported;
    expect("the PKCE methods", methods, &vec!["S256".to_owned()])?;
    demand(
        metadata.authorization_response_iss_parameter_supported,
        "the \"iss\" of authorization answers is not advertised",
    )?;
    known(
        metadata.authorization_endpoint.as_ref(),
        "authorization_endpoint",
    )?;
    known(metadata.token_endpoint.as_ref(), "token_endpoint")?;
    known(
        metadata.introspection_endpoint.as_ref(),
        "introspection_endpoint",
    )?;
    known(metadata.revocation_endpoint.as_ref(), "revocation_endpoint")?;
    let keys = player
        .get(known(metadata.jwks_uri.as_ref(), "jwks_uri")?)
        .await?;
    let keys = KeySet::from_json(keys.body()).map_err(|error| format!("the key set: {error}"))?;
    demand(!keys.keys().is_empty(), "the key set is empty")?;
    let requests = player.counters().discovery_requests - before.discovery_requests;
    expect("requests for metadata and keys", requests, 3)?;
    let keys = keys.keys().len();
    Ok(Seen::new(
        format!("the same metadata at both locations, {keys} keys"),
        json!({"discovery_requests": requests, "grants": GRANTS, "pkce": methods, "keys": keys}),
    ))
}
