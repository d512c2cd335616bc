//! Users who decide on another device.

use grantor_core::UserHint;
use serde_json::json;

use crate::Outcome;
use crate::browser::Browser;
use crate::notifications::Listener;
use crate::scene::{Scene, expect};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CIBA: &str = "urn:openid:params:grant-type:ciba";

pub(crate) async fn device(scene: &Scene) -> Outcome {
    let members = json!({"grant_types": [DEVICE, "authorization_code", "refresh_token"]});
    let client = scene.client(members).await?;
    let flow = client.login().device_flow()?;
    let waiting = flow.start().await?;
    // Its user opens the page with the code in it, and sends its forms.
    let page = waiting.verification_uri_complete.as_ref();
    let page = page.ok_or("the provider has no page with the code in it")?;
    Browser::new(&scene.issuer)?.open(page).await?;
    let signed_in = waiting.finish().await?;
    let subject = signed_in
        .id_token
        .as_ref()
        .map(|it| it.subject().to_owned());
    expect(subject.as_deref(), Some(&*scene.user))?;
    signed_in.tokens.renew().await?;

    let waiting = flow.start().await?;
    let page = waiting.verification_uri_complete.as_ref();
    let page = page.ok_or("the provider has no page with the code in it")?;
    Browser::new(&scene.issuer)?.refuse(page).await?;
    match waiting.finish().await {
        Err(error) if error.needs_login() => Ok(()),
        outcome => Err(format!("{outcome:?} after a refusal").into()),
    }
}

pub(crate) async fn ciba_poll(scene: &Scene) -> Outcome {
    for signed in [false, true] {
        let mut members = json!({
            "grant_types": [CIBA, "authorization_code", "refresh_token"],
            "backchannel_token_delivery_mode": "poll",
        });
        if signed {
            members["backchannel_authentication_request_signing_alg"] = json!("ES256");
        }
        let client = scene.client(members).await?;
        let mut flow = client.login().backchannel_flow()?.binding_message("W4SCT");
        if signed {
            flow = flow.sign_requests_with(client.assertion()?);
        }
        let unknown = flow.start(UserHint::Login("nobody".to_owned())).await;
        let error = unknown.err().and_then(|error| error.oauth_error().cloned());
        expect(
            error.map(|code| code.to_string()).as_deref(),
            Some("unknown_user_id"),
        )?;
        let waiting = flow.start(UserHint::Login(scene.user.clone())).await?;
        let signed_in = waiting.finish().await?;
        let subject = signed_in
            .id_token
            .as_ref()
            .map(|it| it.subject().to_owned());
        expect(subject.as_deref(), Some(&*scene.user))?;
        signed_in.tokens.renew().await?;
    }
    Ok(())
}

pub(crate) async fn ciba_ping(scene: &Scene) -> Outcome {
    let members = json!({
        "grant_types": [CIBA, "authorization_code", "refresh_token"],
        "backchannel_token_delivery_mode": "ping",
        "backchannel_client_notification_endpoint": "https://client.example/notifications",
    });
    let client = scene.client(members).await?;
    let flow = client.login().backchannel_flow()?.ping();
    let listener = Listener::bind(&scene.notifications).await?;
    let waiting = flow.start(UserHint::Login(scene.user.clone())).await?;
    let began = std::time::Instant::now();
    listener.take_one(&flow).await?;
    waiting.finish().await?;
    // Long before it would have asked by itself.
    expect(began.elapsed().as_secs() < 30, true)
}
