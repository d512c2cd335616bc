//! Requests to answers: routing, bodies, and what every answer carries.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use grantor_core::{AuthenticateChallenge, ErrorCode, ErrorResponse, Params};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body::Body;
use http_body_util::{BodyExt, Full, Limited};
use tower_service::Service;

use crate::counters::count;
use crate::endpoint::metadata::paths;
use crate::server::Inner;
use crate::{Error, Server};

/// The longest body that is read: 64 KiB.
const MAX_BODY: usize = 64 * 1024;

pub(crate) type Answer = Response<Full<Bytes>>;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Metadata,
    Keys,
    Token,
    Introspect,
    Revoke,
    Authorize,
    Continue,
}

impl Server {
    /// The paths that the server answers, for mounting it in a router: absolute, with the path of
    /// the issuer in them.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let issuer = &self.0.config.issuer;
        let below = [
            paths::TOKEN,
            paths::AUTHORIZE,
            paths::CONTINUE,
            paths::INTROSPECT,
            paths::REVOKE,
            paths::KEYS,
        ];
        let well_known = issuer.metadata_urls();
        let mut all: Vec<String> = well_known.iter().map(|u| u.path().to_owned()).collect();
        all.extend(below.iter().map(|path| issuer.join(path).path().to_owned()));
        all
    }
}

impl<B> Service<Request<B>> for Server
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move { Ok(inner.answer(request).await) })
    }
}

impl Inner {
    async fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: Body,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        let (head, body) = request.into_parts();
        let Some(route) = self.route(head.uri.path()) else {
            return plain(StatusCode::NOT_FOUND, "there is nothing here\n");
        };
        let allowed: &[Method] = match route {
            Route::Metadata | Route::Keys => &[Method::GET, Method::HEAD],
            Route::Token | Route::Introspect | Route::Revoke => &[Method::POST],
            Route::Authorize | Route::Continue => &[Method::GET, Method::POST],
        };
        if !allowed.contains(&head.method) {
            return method_not_allowed(allowed);
        }
        if matches!(route, Route::Metadata | Route::Keys) {
            count(&self.counters.discovery_requests);
            let documents = &self.documents;
            return document(match route {
                Route::Keys => documents.keys.clone(),
                _ => documents.metadata.clone(),
            });
        }
        let form = match self
            .form(&head.method, &head.uri, &head.headers, body)
            .await
        {
            Ok(form) => form,
            Err(answer) => return answer,
        };
        let parsed = match route {
            // It tells the client what is repeated.
            Route::Authorize => Params::parse_repeated(&form),
            _ => Params::parse(&form),
        };
        let params = match parsed {
            Ok(params) => params,
            Err(error) => {
                let error = Error::refused(ErrorCode::InvalidRequest, error.to_string());
                return match route {
                    Route::Authorize | Route::Continue => self.error_page(&error),
                    _ => self.json_error(&error),
                };
            }
        };
        match route {
            Route::Authorize => self.authorize(&head, &params).await,
            Route::Continue => self.continue_authorize(&head, &params).await,
            _ => self.back_channel(route, &head.headers, &params).await,
        }
    }

    async fn back_channel(&self, route: Route, headers: &HeaderMap, params: &Params<'_>) -> Answer {
        let answered = match route {
            Route::Token => self.token(headers, params).await.map(|t| t.to_json()),
            Route::Introspect => self.introspect(headers, params).await.map(|i| i.to_json()),
            _ => self.revoke(headers, params).await.map(|()| String::new()),
        };
        match answered {
            Ok(body) => json(StatusCode::OK, body),
            Err(error) => self.json_error(&error),
        }
    }

    fn route(&self, path: &str) -> Option<Route> {
        let issuer = &self.config.issuer;
        if let Some(below) = path.strip_prefix(issuer.path()) {
            match below {
                paths::TOKEN => return Some(Route::Token),
                paths::INTROSPECT => return Some(Route::Introspect),
                paths::REVOKE => return Some(Route::Revoke),
                paths::KEYS => return Some(Route::Keys),
                paths::AUTHORIZE if self.has_grant("authorization_code") => {
                    return Some(Route::Authorize);
                }
                paths::CONTINUE if self.has_grant("authorization_code") => {
                    return Some(Route::Continue);
                }
                "/.well-known/openid-configuration" => return Some(Route::Metadata),
                _ => {}
            }
        }
        let rest = path.strip_prefix("/.well-known/oauth-authorization-server")?;
        (rest.trim_end_matches('/') == issuer.path()).then_some(Route::Metadata)
    }

    /// The parameters of a request: the query of a GET, the body of a POST.
    async fn form<B>(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: B,
    ) -> Result<Bytes, Answer>
    where
        B: Body,
        B::Error: std::error::Error + Send + Sync + 'static,
    {
        if method != Method::POST {
            return Ok(Bytes::copy_from_slice(
                uri.query().unwrap_or_default().as_bytes(),
            ));
        }
        if !is_form(headers) {
            let error = Error::refused(
                ErrorCode::InvalidRequest,
                "the body must have the content type application/x-www-form-urlencoded",
            );
            return Err(self.json_error(&error));
        }
        let limited = Limited::new(body, MAX_BODY);
        match limited.collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(json(
                StatusCode::PAYLOAD_TOO_LARGE,
                ErrorResponse::new(ErrorCode::InvalidRequest, "the body is over 64 KiB").to_json(),
            )),
            Err(_) => Err(plain(StatusCode::BAD_REQUEST, "the body broke off\n")),
        }
    }

    /// An error of the token endpoint and its neighbours (RFC 6749 section 5.2).
    fn json_error(&self, error: &Error) -> Answer {
        count(&self.counters.errors);
        log(error);
        let (status, response) = error.to_wire();
        let mut answer = json(status, response.to_json());
        if status == StatusCode::UNAUTHORIZED {
            let challenge =
                AuthenticateChallenge::new("Basic").with("realm", self.config.issuer.as_str());
            let challenge = challenge.to_header();
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = HeaderValue::from_static("1");
            answer.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        answer
    }
}

/// Faults of the server go to the log; what a peer did wrong is the peer's to read.
pub(crate) fn log(error: &Error) {
    match error {
        Error::Refused(refusal) => tracing::debug!(error = %refusal.error, "refused"),
        other => tracing::error!(error = %other, "failed"),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let mime = value.and_then(|value| value.split(';').next());
    mime.is_some_and(|mime| {
        mime.trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

fn json(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    // RFC 6749 section 5.1: "Cache-Control ... no-store" and "Pragma ... no-cache".
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}

fn document(body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    answer
}

fn plain(status: StatusCode, body: &'static str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn method_not_allowed(allowed: &[Method]) -> Answer {
    let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
    let mut answer = plain(
        StatusCode::METHOD_NOT_ALLOWED,
        "this method is not for here\n",
    );
    if let Ok(names) = HeaderValue::try_from(names.join(", ")) {
        answer.headers_mut().insert(header::ALLOW, names);
    }
    answer
}
