//! Registration, the code, and how a client says who it is.

use grantor_core::{IntrospectionRequest, RevocationRequest};
use serde_json::json;

use crate::Outcome;
use crate::scene::{Scene, expect, sign_in};

pub(crate) async fn registration(scene: &Scene) -> Outcome {
    let client = scene.client(json!({"client_name": "Notes"})).await?;
    let registrar = &scene.registrar;
    let mut read = registrar.read(&client.information).await?;
    expect(read.metadata.client_name.as_deref(), Some("Notes"))?;
    read.metadata.client_name = Some("Notes 2".to_owned());
    let updated = registrar.update(&read).await?;
    expect(updated.metadata.client_name.as_deref(), Some("Notes 2"))?;
    registrar.delete(&updated).await?;
    match registrar.read(&updated).await {
        Ok(_) => Err("a registration that was ended can be read".into()),
        Err(_) => Ok(()),
    }
}

pub(crate) async fn code(scene: &Scene) -> Outcome {
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let client = scene
            .client(json!({"token_endpoint_auth_method": method}))
            .await?;
        let flow = client.flow()?;
        let signed_in = sign_in(scene, &flow).await?;
        let user = flow.user_info(&signed_in.tokens, &scene.user).await?;
        expect(user.text("name"), Some("A User"))?;
        let before = signed_in.tokens.get().await?;
        let after = signed_in.tokens.renew().await?;
        expect(before.secret == after.secret, false)?;
        flow.user_info(&signed_in.tokens, &scene.user).await?;
    }
    Ok(())
}

pub(crate) async fn private_key_jwt(scene: &Scene) -> Outcome {
    let members = json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
    });
    let client = scene.client(members).await?;
    let login = client.login().client_assertion(client.assertion()?);
    let flow = login.code_flow(crate::scene::CALLBACK)?;
    sign_in(scene, &flow).await?.tokens.renew().await?;
    Ok(())
}

pub(crate) async fn client_secret_jwt(scene: &Scene) -> Outcome {
    let members = json!({"token_endpoint_auth_method": "client_secret_jwt"});
    let client = scene.client(members).await?;
    let login = client.login();
    let login = login.auth_method(grantor_core::TokenEndpointAuthMethod::ClientSecretJwt);
    let flow = login.code_flow(crate::scene::CALLBACK)?;
    sign_in(scene, &flow).await?.tokens.renew().await?;
    Ok(())
}

pub(crate) async fn introspection_and_revocation(scene: &Scene) -> Outcome {
    let client = scene.client(json!({})).await?;
    let tokens = sign_in(scene, &client.flow()?).await?.tokens;
    let token = tokens.get().await?.secret;
    let question = IntrospectionRequest::new(token.clone());
    let answer = tokens.introspect(&question).await?;
    expect(answer.active, true)?;
    expect(answer.sub.as_deref(), Some(&*scene.user))?;
    tokens.revoke(&RevocationRequest::new(token)).await?;
    expect(tokens.introspect(&question).await?.active, false)
}
