//! The step `code_pkce`: the authorization code flow with PKCE.

use grantor_core::exchange::FetchError;
use grantor_core::{
    AuthorizationRequest, AuthorizationResponse, CodeVerifier, GrantParameters, ResponseType,
    Secret, TokenRequest, TokenResponse,
};
use http::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::{Player, Seen, Shown, demand, expect, known};
use crate::demo::browser::Browser;
use crate::demo::player::Login;
use crate::demo::stage::{REDIRECT_URI, SCOPE, USER};

/// A user signs in and consents on the server's pages, and the application gets a token that nobody
/// else could have got with the code (RFC 6749 section 4.1, RFC 7636, RFC 9207).
pub(super) async fn code_pkce(player: &mut Player) -> Shown {
    let before = player.counters();
    let verifier = CodeVerifier::from_random(player.environment.random_bytes());
    let answer = sign_in(player, &verifier).await?;

    let stranger = CodeVerifier::from_random(player.environment.random_bytes());
    let refused = redeem(player, &answer, stranger).await?;
    let is_invalid_grant =
        |error: FetchError| matches!(error, FetchError::Answer(e) if e.is_invalid_grant());
    demand(
        refused.is_err_and(is_invalid_grant),
        "a wrong code verifier was not refused with invalid_grant",
    )?;
    let tokens = redeem(player, &answer, verifier).await?;
    let tokens = tokens.map_err(|error| format!("the code was not redeemed: {error}"))?;
    let refresh_token = tokens.refresh_token.ok_or("there is no refresh token")?;
    let seen = player.call_with(&tokens.access_token).await?;
    expect(
        "the API's answer to the user's token",
        seen.status(),
        StatusCode::OK,
    )?;
    let seen: Value = serde_json::from_slice(seen.body()).unwrap_or_default();
    let subject = player.stage.account.subject.as_str();
    expect(
        "the user whom the API saw",
        seen["subject"].as_str(),
        Some(subject),
    )?;

    let after = player.counters();
    let codes = after.codes_issued - before.codes_issued;
    expect("codes", codes, 1)?;
    let issued = after.tokens_issued - before.tokens_issued;
    expect("access tokens", issued, 1)?;
    player.login = Some(Login {
        access_token: tokens.access_token,
        refresh_tokens: vec![refresh_token],
    });
    Ok(Seen::new(
        format!("{USER} signed in and consented; only the right verifier redeemed the code"),
        json!({
            "codes_issued": codes,
            "tokens_issued": issued,
            "authorization_requests": after.authorization_requests - before.authorization_requests,
            "token_requests": after.token_requests - before.token_requests,
        }),
    ))
}

/// Sends a browser through the pages. The code.
async fn sign_in(player: &Player, verifier: &CodeVerifier) -> Result<Secret, String> {
    let metadata = player.metadata().await?;
    let state = player.environment.random_text::<16>();
    let request = AuthorizationRequest {
        response_type: Some(ResponseType::code()),
        client_id: Some(player.stage.app.client_id().to_owned()),
        redirect_uri: Some(REDIRECT_URI.to_owned()),
        scope: Some(SCOPE.to_owned()),
        state: Some(state.clone()),
        code_challenge: Some(verifier.challenge().value),
        code_challenge_method: Some("S256".to_owned()),
        resource: vec![player.stage.api.clone()],
        ..AuthorizationRequest::default()
    };
    let endpoint = metadata.authorization_endpoint.as_ref();
    let url = request.to_url(known(endpoint, "authorization_endpoint")?);
    let url = url.map_err(|error| error.to_string())?;

    let issuer = player.stage.server.issuer();
    let mut browser = Browser::new(player.line.clone(), issuer.url());
    let login = browser.open(url).await?.page("the login page")?;
    let password = player.stage.password.expose();
    let filled = [("username", USER), ("password", password)];
    let consent = browser.submit(&login, &filled, None).await?;
    let consent = consent.page("the consent page")?;
    let allow = Some(("decision", "allow"));
    let landed = browser.submit(&consent, &[], allow).await?.away()?;

    let mut place = landed.clone();
    place.set_query(None);
    let redirect_uri = Url::parse(REDIRECT_URI).map_err(|error| error.to_string())?;
    demand(
        place == redirect_uri,
        "the browser was sent elsewhere than to the redirect URI",
    )?;
    let advertised = metadata.authorization_response_iss_parameter_supported;
    AuthorizationResponse::from_query(landed.query().unwrap_or_default())
        .and_then(|answer| answer.into_code(&state, Some(issuer), advertised))
        .map_err(|error| error.to_string())
}

async fn redeem(
    player: &Player,
    code: &Secret,
    verifier: CodeVerifier,
) -> Result<Result<TokenResponse, FetchError>, String> {
    let request = TokenRequest::new(GrantParameters::AuthorizationCode {
        code: code.clone(),
        redirect_uri: Some(REDIRECT_URI.to_owned()),
        code_verifier: Some(verifier),
    });
    player.fetch(&request, &player.stage.app).await
}
