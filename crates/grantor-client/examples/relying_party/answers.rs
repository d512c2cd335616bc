//! How the answer of the authorization endpoint comes.

use grantor_client::CodeFlow;
use grantor_core::{ResponseMode, ResponseType};
use serde_json::json;

use crate::Outcome;
use crate::browser::Browser;
use crate::scene::{CALLBACK, Client, Scene, expect, sign_in};

fn of_type(client: &Client, response_type: &str) -> Outcome<CodeFlow> {
    let flow = client.flow()?.danger_redirect_tokens();
    Ok(flow.response_type(ResponseType::parse(response_type)))
}

pub(crate) async fn hybrid(scene: &Scene) -> Outcome {
    let types = ["code id_token", "code token", "code id_token token"];
    let members = json!({
        "response_types": types,
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
    });
    let client = scene.client(members).await?;
    for response_type in types {
        let flow = of_type(&client, response_type)?;
        let signed_in = sign_in(scene, &flow).await?;
        flow.user_info(&signed_in.tokens, &scene.user).await?;
        signed_in.tokens.renew().await?;
    }
    Ok(())
}

pub(crate) async fn implicit(scene: &Scene) -> Outcome {
    let types = ["id_token", "id_token token"];
    let members = json!({"response_types": types, "grant_types": ["implicit"]});
    let client = scene.client(members).await?;
    for response_type in types {
        let flow = of_type(&client, response_type)?;
        let signed_in = sign_in(scene, &flow).await?;
        match response_type.contains(' ') {
            true => drop(flow.user_info(&signed_in.tokens, &scene.user).await?),
            false => expect(signed_in.tokens.get().await.is_err(), true)?,
        }
    }
    Ok(())
}

pub(crate) async fn form_post(scene: &Scene) -> Outcome {
    let client = scene.client(json!({})).await?;
    let flow = client.flow()?.response_mode(ResponseMode::FormPost);
    sign_in(scene, &flow).await.map(drop)
}

pub(crate) async fn jarm(scene: &Scene) -> Outcome {
    for algorithm in ["RS256", "ES256"] {
        let members = json!({"authorization_signed_response_alg": algorithm});
        let client = scene.client(members).await?;
        let login = client.login();
        let login = login.authorization_response_algorithm(algorithm.parse()?);
        let flow = login.code_flow(CALLBACK)?;
        for mode in ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"] {
            sign_in(
                scene,
                &flow.clone().response_mode(ResponseMode::parse(mode)),
            )
            .await?;
        }
        let silent = flow
            .response_mode(ResponseMode::Jwt)
            .parameter("prompt", "none");
        let started = silent.start().await?;
        let answer = Browser::new(&scene.issuer)?.open(&started.url).await?;
        let outcome = silent.finish(started.pending, &answer).await;
        match outcome {
            Err(error) if error.to_string().contains("login_required") => {}
            outcome => return Err(format!("{outcome:?} instead of an error").into()),
        }
    }
    Ok(())
}

pub(crate) async fn jarm_encrypted(scene: &Scene) -> Outcome {
    let members = json!({
        "authorization_signed_response_alg": "ES256",
        "authorization_encrypted_response_alg": "ECDH-ES",
        "authorization_encrypted_response_enc": "A256GCM",
    });
    let client = scene.client(members).await?;
    let login = client.login();
    let login = login.decrypt_authorization_responses(client.decryption()?);
    let flow = login.code_flow(CALLBACK)?.response_mode(ResponseMode::Jwt);
    sign_in(scene, &flow).await.map(drop)
}
