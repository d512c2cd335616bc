//! How the request goes to the authorization endpoint, and to whom its tokens are bound.

use grantor_client::Dpop;
use grantor_jose::Algorithm;
use grantor_jose::jwe::{ContentEncryption, KeyManagement};
use serde_json::json;

use crate::Outcome;
use crate::scene::{CALLBACK, Scene, expect, parameter, sign_in};

pub(crate) async fn pushed(scene: &Scene) -> Outcome {
    let members = json!({"require_pushed_authorization_requests": true});
    let client = scene.client(members).await?;
    let flow = client.flow()?.push_requests();
    let started = flow.start().await?;
    expect(parameter(&started.url, "redirect_uri"), None)?;
    sign_in(scene, &flow).await.map(drop)
}

pub(crate) async fn signed(scene: &Scene) -> Outcome {
    for algorithm in [
        Algorithm::Es256,
        Algorithm::Ps256,
        Algorithm::Rs256,
        Algorithm::EdDsa,
    ] {
        let members = json!({"request_object_signing_alg": algorithm.as_str()});
        let client = scene.client_with(algorithm, members).await?;
        let flow = client.flow()?.sign_requests_with(client.assertion()?);
        let started = flow.start().await?;
        expect(parameter(&started.url, "request").is_some(), true)?;
        expect(parameter(&started.url, "state"), None)?;
        sign_in(scene, &flow).await?;
        sign_in(scene, &flow.push_requests()).await?;
    }
    Ok(())
}

pub(crate) async fn encrypted(scene: &Scene) -> Outcome {
    let members = json!({
        "request_object_signing_alg": "ES256",
        "request_object_encryption_alg": "ECDH-ES",
        "request_object_encryption_enc": "A256GCM",
    });
    let client = scene.client(members).await?;
    let flow = client.flow()?.sign_requests_with(client.assertion()?);
    let flow = flow.encrypt_requests(KeyManagement::EcdhEs, ContentEncryption::A256Gcm);
    sign_in(scene, &flow).await.map(drop)
}

pub(crate) async fn dpop(scene: &Scene) -> Outcome {
    let client = scene
        .client(json!({"dpop_bound_access_tokens": true}))
        .await?;
    let login = client.login().dpop(Dpop::generated());
    let flow = login.code_flow(CALLBACK)?;
    let signed_in = sign_in(scene, &flow).await?;
    expect(signed_in.tokens.get().await?.token_type, "DPoP")?;
    flow.user_info(&signed_in.tokens, &scene.user).await?;
    signed_in.tokens.renew().await?;
    flow.user_info(&signed_in.tokens, &scene.user).await?;
    Ok(())
}
