use bytes::Bytes;
use grantor_core::{
    AuthMethod, AuthorizationRequest, AuthorizationResponse, Challenge, ClientAuthentication,
    CodeChallenge, ErrorCode, ErrorResponse, GrantRequest, Introspection, Issuer, Params,
    RedirectUri, Scope, Secret, ServerMetadata, TokenQuery, TokenRequest, TokenResponse,
};
use http::{Request, Response, StatusCode, header};
use url::Url;

use super::{Fault, State};

/// An authorization code that was not redeemed yet.
pub(super) struct Code {
    code: String,
    redirect_uri: String,
    challenge: CodeChallenge,
    scope: Option<Scope>,
}

pub(super) fn metadata(issuer: &Issuer) -> ServerMetadata {
    let mut metadata = ServerMetadata::new(issuer.clone());
    metadata.authorization_endpoint = Some(issuer.join("/authorize"));
    metadata.token_endpoint = Some(issuer.join("/token"));
    metadata.introspection_endpoint = Some(issuer.join("/introspect"));
    metadata.revocation_endpoint = Some(issuer.join("/revoke"));
    metadata.response_types_supported = vec!["code".to_owned()];
    let grants = ["authorization_code", "client_credentials", "refresh_token"];
    metadata.grant_types_supported = grants.map(str::to_owned).to_vec();
    metadata.code_challenge_methods_supported = vec!["S256".to_owned()];
    metadata.authorization_response_iss_parameter_supported = true;
    metadata.token_endpoint_auth_methods_supported = vec![
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::None,
    ];
    metadata
}

/// The answer of a fault that has one of its own.
pub(super) fn faulty(fault: &Fault) -> Option<Response<Bytes>> {
    let mut answer = Response::new(Bytes::from_static(b"<html>"));
    match fault {
        Fault::Status(status) => {
            *answer.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
        }
        Fault::TooManyRequests(seconds) => {
            *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            let headers = answer.headers_mut();
            headers.insert(header::RETRY_AFTER, (*seconds).into());
        }
        Fault::NotJson => {}
        Fault::Refused(code) => {
            return Some(refusal(&ErrorResponse::new(
                ErrorCode::from(*code),
                "a fault",
            )));
        }
        _ => return None,
    }
    Some(answer)
}

pub(super) fn answer(
    issuer: &Issuer,
    state: &mut State,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let path = request.uri().path();
    if issuer.metadata_urls().iter().any(|url| url.path() == path) {
        return json(StatusCode::OK, metadata(issuer).to_json());
    }
    let invalid = |why: String| refusal(&ErrorResponse::new(ErrorCode::InvalidRequest, why));
    let params = match Params::parse(request.body()) {
        Ok(params) => params,
        Err(error) => return invalid(error.to_string()),
    };
    if let Err(error) = authenticate(state, request, &params) {
        return refusal(&error);
    }
    match path.strip_prefix(issuer.path()).unwrap_or(path) {
        "/token" => match TokenRequest::from_params(&params) {
            Ok(request) => token(state, request),
            Err(error) => refusal(&error.into()),
        },
        "/introspect" => introspect(state, &params),
        "/revoke" => revoke(state, &params),
        _ => empty(StatusCode::NOT_FOUND),
    }
}

fn authenticate(
    state: &State,
    request: &Request<Bytes>,
    params: &Params<'_>,
) -> Result<(), ErrorResponse> {
    let authorization = request.headers().get(header::AUTHORIZATION);
    let client = ClientAuthentication::from_request(authorization, params)?;
    let Some((client_id, client_secret)) = &state.client else {
        return Ok(());
    };
    let secret = client.client_secret().map(Secret::expose);
    if client.client_id() == client_id && secret == Some(client_secret) {
        return Ok(());
    }
    let why = "another client or another secret";
    Err(ErrorResponse::new(ErrorCode::InvalidClient, why))
}

fn token(state: &mut State, request: TokenRequest) -> Response<Bytes> {
    let invalid_grant = |why: &str| refusal(&ErrorResponse::new(ErrorCode::InvalidGrant, why));
    let mut scope = request.scope;
    let refresh_token = match request.grant {
        GrantRequest::ClientCredentials => None,
        GrantRequest::RefreshToken { refresh_token } => {
            match state.families.rotate(refresh_token.expose()) {
                Some(next) => Some(next),
                None => return invalid_grant("the refresh token is not good"),
            }
        }
        GrantRequest::AuthorizationCode {
            code,
            redirect_uri,
            code_verifier,
        } => {
            let mut codes = state.codes.iter();
            let Some(at) = codes.position(|known| known.code == code.expose()) else {
                return invalid_grant("the code is not known");
            };
            let known = state.codes.remove(at);
            let proven = code_verifier.is_some_and(|v| v.challenge() == known.challenge);
            if !proven || redirect_uri.as_deref() != Some(&known.redirect_uri) {
                return invalid_grant("the code is of another request");
            }
            scope = known.scope;
            Some(state.families.begin())
        }
        _ => {
            let code = ErrorCode::UnsupportedGrantType;
            return refusal(&ErrorResponse::new(code, "not known here"));
        }
    };
    state.issued += 1;
    let access_token = format!("access-{}", state.issued);
    state.good.insert(access_token.clone());
    let mut response = TokenResponse::bearer(access_token);
    response.expires_in = state.lifetime;
    response.refresh_token = refresh_token.map(Secret::new);
    response.scope = scope;
    response.extra = state.extra.clone();
    json(StatusCode::OK, response.to_json())
}

fn introspect(state: &State, params: &Params<'_>) -> Response<Bytes> {
    let query = TokenQuery::from_params(params);
    let active = query.is_some_and(|query| state.good.contains(query.token.expose()));
    let answer = Introspection {
        active,
        ..Introspection::inactive()
    };
    json(StatusCode::OK, answer.to_json())
}

fn revoke(state: &mut State, params: &Params<'_>) -> Response<Bytes> {
    if let Some(query) = TokenQuery::from_params(params) {
        state.good.remove(query.token.expose());
        state.families.end(query.token.expose());
    }
    empty(StatusCode::OK)
}

#[expect(clippy::expect_used, reason = "the caller documents the panic")]
pub(super) fn approve(issuer: &Issuer, state: &mut State, url: &Url) -> Url {
    let params = Params::parse(url.query().unwrap_or_default().as_bytes());
    let request = AuthorizationRequest::from_params(&params.expect("an authorization request"));
    let challenge = request.code_challenge.expect("\"code_challenge\"");
    let method = request.code_challenge_method;
    let redirect_uri = request.redirect_uri.expect("\"redirect_uri\"");
    state.issued += 1;
    let code = format!("code-{}", state.issued);
    state.codes.push(Code {
        code: code.clone(),
        redirect_uri: redirect_uri.clone(),
        challenge: CodeChallenge::parse(&challenge, method.as_deref()).expect("a challenge"),
        scope: request.scope.and_then(|scope| Scope::parse(&scope).ok()),
    });
    let answer = AuthorizationResponse {
        outcome: Ok(Secret::new(code)),
        state: request.state,
        issuer: Some(issuer.as_str().to_owned()),
    };
    let redirect = RedirectUri::with_query(&redirect_uri, &answer.to_params());
    Url::parse(&redirect).expect("\"redirect_uri\" is a URL")
}

pub(super) fn api<B>(state: &State, request: &Request<B>) -> Response<Bytes> {
    let header = request.headers().get(header::AUTHORIZATION);
    let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if token.is_some_and(|token| state.good.contains(token)) {
        return empty(StatusCode::OK);
    }
    let mut response = empty(StatusCode::UNAUTHORIZED);
    let challenge = Challenge::new("Bearer").with("error", "invalid_token");
    let headers = response.headers_mut();
    headers.insert(header::WWW_AUTHENTICATE, challenge.to_header());
    response
}

fn refusal(error: &ErrorResponse) -> Response<Bytes> {
    let status = match error.error {
        ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    json(status, error.to_json())
}

fn json(status: StatusCode, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let value = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
