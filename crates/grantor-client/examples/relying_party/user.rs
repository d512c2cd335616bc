//! What the provider says of the user, and the end of their session.

use grantor_client::openid::EndSessionRequest;
use serde_json::json;

use crate::Outcome;
use crate::browser::Browser;
use crate::scene::{CALLBACK, Scene, expect, sign_in};

pub(crate) async fn encrypted_id_token(scene: &Scene) -> Outcome {
    for algorithm in ["RS256", "ES256"] {
        let members = json!({
            "id_token_signed_response_alg": algorithm,
            "id_token_encrypted_response_alg": "ECDH-ES",
            "id_token_encrypted_response_enc": "A256GCM",
        });
        let client = scene.client(members).await?;
        let plain = client.login().id_token_algorithm(algorithm.parse()?);
        let login = plain.clone().decrypt_id_tokens(client.decryption()?);
        sign_in(scene, &login.code_flow(CALLBACK)?).await?;
        match sign_in(scene, &plain.code_flow(CALLBACK)?).await {
            Err(error) if error.to_string().contains("no key to decrypt") => {}
            outcome => return Err(format!("{outcome:?} without a key").into()),
        }
    }
    Ok(())
}

pub(crate) async fn signed_user_info(scene: &Scene) -> Outcome {
    let signed = json!({
        "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "ES256",
    });
    let mut encrypted = signed.clone();
    encrypted["userinfo_encrypted_response_alg"] = json!("ECDH-ES");
    encrypted["userinfo_encrypted_response_enc"] = json!("A256GCM");
    encrypted["id_token_encrypted_response_alg"] = json!("ECDH-ES");
    encrypted["id_token_encrypted_response_enc"] = json!("A256GCM");
    for (members, is_encrypted) in [(signed, false), (encrypted, true)] {
        let client = scene.client(members).await?;
        let mut login = client.login().id_token_algorithm("ES256".parse()?);
        if is_encrypted {
            login = login.decrypt_id_tokens(client.decryption()?);
        }
        let flow = login.code_flow(CALLBACK)?;
        let signed_in = sign_in(scene, &flow).await?;
        let user = flow.user_info(&signed_in.tokens, &scene.user).await?;
        expect(user.text("name"), Some("A User"))?;
    }
    Ok(())
}

pub(crate) async fn logout(scene: &Scene) -> Outcome {
    let bye = "https://app.example/bye";
    let client = scene
        .client(json!({"post_logout_redirect_uris": [bye]}))
        .await?;
    let flow = client.flow()?;
    let started = flow.start().await?;
    let mut browser = Browser::new(&scene.issuer)?;
    let answer = browser.open(&started.url).await?;
    let signed_in = flow.finish(started.pending, &answer).await?;
    let id_token = signed_in.extra.get("id_token").and_then(|it| it.as_str());
    let url = flow.end_session_url(EndSessionRequest {
        id_token_hint: id_token.map(Into::into),
        post_logout_redirect_uri: Some(bye.to_owned()),
        state: Some("bye-bye".to_owned()),
        ..EndSessionRequest::default()
    });
    let url = url.await?.ok_or("the provider ends no sessions")?;
    let landed = browser.open(&url).await?;
    expect(landed.as_str(), "https://app.example/bye?state=bye-bye")
}
