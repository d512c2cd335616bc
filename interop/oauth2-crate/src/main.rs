//! A client written with the crate `oauth2`: every grant that it has, against the server in `ISSUER`.
//!
//! It prints `ok FEATURE` for each, and `open URL` where a user is needed. The answer to that is a line
//! on standard input: the redirect.

use std::env::var;
use std::error::Error;
use std::io::{Write, stdin, stdout};

use oauth2::basic::{BasicClient, BasicErrorResponseType};
use oauth2::{
    AccessToken, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    DeviceAuthorizationUrl, EndpointSet, HttpRequest, HttpResponse, IntrospectionUrl,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, RevocationUrl, Scope,
    StandardDeviceAuthorizationResponse, StandardErrorResponse, StandardRevocableToken,
    TokenIntrospectionResponse, TokenResponse, TokenUrl,
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Client = BasicClient<EndpointSet, EndpointSet, EndpointSet, EndpointSet, EndpointSet>;
type Refusal<E> = RequestTokenError<E, StandardErrorResponse<BasicErrorResponseType>>;

fn main() -> Outcome {
    let service = client("SERVICE")?;
    step("client credentials, introspection, revocation", || {
        let token = client_credentials(&service)?;
        expect(is_active(&service, &token)?, "the token is not active")?;
        let revocable = StandardRevocableToken::AccessToken(token.clone());
        service.revoke_token(revocable)?.request(&send)?;
        expect(!is_active(&service, &token)?, "the token was not revoked")
    })?;
    step("client_secret_post", || {
        let posting = service.clone().set_auth_type(AuthType::RequestBody);
        client_credentials(&posting).map(drop)
    })?;
    step("wrong secret is refused", || {
        let stranger = service.clone();
        let stranger = stranger.set_client_secret(ClientSecret::new("wrong".to_owned()));
        let refused = stranger.exchange_client_credentials().request(&send);
        refused_with(BasicErrorResponseType::InvalidClient, refused)
    })?;
    for (kind, client) in [
        ("confidential", client("WEB")?),
        ("public", client("PUBLIC")?),
    ] {
        step(&format!("{kind} client: code with PKCE, refresh"), || {
            code(&client)
        })?;
    }
    step("device", || device(&client("PUBLIC")?))
}

/// The client with this name, and its secret if it has one.
fn client(name: &str) -> Outcome<Client> {
    let issuer = var("ISSUER")?;
    let client = BasicClient::new(ClientId::new(var(format!("{name}_ID"))?))
        .set_auth_uri(AuthUrl::new(format!("{issuer}/authorize"))?)
        .set_token_uri(TokenUrl::new(format!("{issuer}/token"))?)
        .set_introspection_url(IntrospectionUrl::new(format!("{issuer}/introspect"))?)
        .set_device_authorization_url(DeviceAuthorizationUrl::new(format!(
            "{issuer}/device_authorization"
        ))?)
        // The library revokes over https alone; `send` takes that back.
        .set_revocation_url(RevocationUrl::new(
            format!("{issuer}/revoke").replacen("http:", "https:", 1),
        )?)
        .set_redirect_uri(RedirectUrl::new(var("REDIRECT_URI")?)?);
    Ok(match var(format!("{name}_SECRET")) {
        Ok(secret) => client.set_client_secret(ClientSecret::new(secret)),
        Err(_) => client.set_auth_type(AuthType::RequestBody),
    })
}

fn client_credentials(client: &Client) -> Outcome<AccessToken> {
    let request = client.exchange_client_credentials();
    let answer = request
        .add_scope(Scope::new("read".to_owned()))
        .request(&send)?;
    Ok(answer.access_token().clone())
}

fn is_active(client: &Client, token: &AccessToken) -> Outcome<bool> {
    Ok(client.introspect(token).request(&send)?.active())
}

/// Signs in, redeems the code twice, and refreshes.
fn code(client: &Client) -> Outcome {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let request = client.authorize_url(CsrfToken::new_random);
    let (url, state) = request
        .add_scope(Scope::new("read".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let redirect = ask("open", url.as_str())?;
    let (_, query) = redirect
        .split_once('?')
        .ok_or("a redirect without a query")?;
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| *key == name).map(|(_, value)| value);
        found.ok_or_else(|| format!("no {name} in the redirect"))
    };
    expect(value("state")? == state.secret(), "another state")?;
    let code = AuthorizationCode::new(value("code")?.to_owned());
    let again = PkceCodeVerifier::new(verifier.secret().clone());
    let request = client.exchange_code(code.clone());
    let tokens = request.set_pkce_verifier(verifier).request(&send)?;
    let refresh_token = tokens.refresh_token().ok_or("no refresh token")?;
    let renewed = client
        .exchange_refresh_token(refresh_token)
        .request(&send)?;
    let same = renewed.access_token().secret() == tokens.access_token().secret();
    expect(!same, "the token was not renewed")?;
    let request = client.exchange_code(code);
    let refused = request.set_pkce_verifier(again).request(&send);
    refused_with(BasicErrorResponseType::InvalidGrant, refused)
}

fn device(client: &Client) -> Outcome {
    let request = client.exchange_device_code();
    let device: StandardDeviceAuthorizationResponse = request
        .add_scope(Scope::new("read".to_owned()))
        .request(&send)?;
    let page = device
        .verification_uri_complete()
        .ok_or("no complete URL")?;
    ask("device", page.secret())?;
    let poll = client.exchange_device_access_token(&device);
    let tokens = poll.request(&send, std::thread::sleep, None)?;
    tokens.refresh_token().ok_or("no refresh token")?;
    Ok(())
}

fn refused_with<T, E: Error + 'static>(
    code: BasicErrorResponseType,
    answer: Result<T, Refusal<E>>,
) -> Outcome {
    match answer {
        Ok(_) => Err("it was not refused".into()),
        Err(RequestTokenError::ServerResponse(refusal)) => {
            let error = refusal.error();
            expect(*error == code, &format!("refused with {error:?}"))
        }
        Err(other) => Err(other.into()),
    }
}

/// Prints a line, and returns the one that answers it.
fn ask(word: &str, url: &str) -> Outcome<String> {
    writeln!(stdout(), "{word} {url}")?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

fn step(name: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    let outcome = work();
    let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
    writeln!(stdout(), "{verdict} {name}")?;
    outcome
}

fn expect(holds: bool, otherwise: &str) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

/// Sends a request; loopback has no TLS.
fn send(mut request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let uri = request.uri().to_string().replacen("https:", "http:", 1);
    *request.uri_mut() = uri.parse().map_err(oauth2::http::Error::from)?;
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .new_agent();
    let (head, mut body) = agent.run(request)?.into_parts();
    Ok(HttpResponse::from_parts(head, body.read_to_vec()?))
}
