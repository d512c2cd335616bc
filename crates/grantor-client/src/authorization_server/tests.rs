//! Every request to the server beside every property that one must have.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use grantor_core::exchange::Retry;
use grantor_core::{
    BackchannelAuthenticationRequest, BackchannelAuthenticationResponse, BasicEncoding, BoxFuture,
    CodeVerifier, DeviceAuthorizationResponse, Environment, GrantParameters, IntrospectionRequest,
    Quirks, RevocationRequest, Scope, Secret, TokenParameters, UserHint,
};
use grantor_http::{MetadataCache, Transport, TransportError};
use grantor_jose::{Algorithm, Key};
use http::{Request, Response};

use super::assertion::Assertion;
use super::authorization::{Pushing, SignInRequest, UnadvertisedS256};
use super::connection::Connection;
use super::issuer_keys::IssuerKeys;
use super::proof_on_send::ServerNonces;
use super::request_object::RequestProtection;
use super::throttle::Throttles;
use super::token_endpoint::TokenCall;
use super::{AuthorizationServer, ClientRegistration};
use crate::config::authorization_answer::AuthorizationAnswer;
use crate::config::endpoints::Endpoints;
use crate::config::id_tokens::IdTokenSettings;
use crate::config::policy::Policy;
use crate::config::server::ServerConfig;
use crate::error::Error;
use crate::observe::hooks::{Hooks, RequestKind};
use crate::runtime::tasks::Tasks;
use crate::runtime::worker::Worker;

const SECRET: &str = "s3cret of the client";

/// Records what is sent, and answers by repeating it in an error.
#[derive(Debug, Default)]
struct Echo {
    sent: Mutex<Vec<Request<Bytes>>>,
    /// Never answers.
    hangs: bool,
    retry_after: bool,
}

impl Transport for Echo {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let mut response = Response::builder().status(400);
        if self.retry_after {
            response = response.status(503).header("retry-after", "7");
        }
        let body = serde_json::json!({
            "error": "invalid_request",
            "error_description": format!("not {SECRET}, nor value-of-the-caller"),
        });
        self.sent.lock().unwrap().push(request);
        let hangs = self.hangs;
        Box::pin(async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok(response.body(body.to_string().into()).unwrap())
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Token,
    Refresh,
    Code,
    DeviceAuthorization,
    PushedAuthorization,
    BackchannelAuthentication,
    BackchannelPoll,
    DevicePoll,
    Introspection,
    /// Revocation, which is also used for a superseded refresh token.
    Revocation,
}

/// Each caller: the kind of request that hooks see; whether it says where the token is to be used, and
/// its scope; whether an endpoint that asked not to be called keeps it from being sent (a poll keeps
/// the server's pace by itself).
const CALLERS: [(Caller, RequestKind, bool, bool, bool); 10] = [
    (Caller::Token, RequestKind::Token, true, true, true),
    (Caller::Refresh, RequestKind::Refresh, true, true, true),
    (Caller::Code, RequestKind::Token, true, false, true),
    (
        Caller::DeviceAuthorization,
        RequestKind::DeviceAuthorization,
        true,
        true,
        true,
    ),
    (
        Caller::PushedAuthorization,
        RequestKind::PushedAuthorization,
        true,
        true,
        true,
    ),
    (
        Caller::BackchannelAuthentication,
        RequestKind::BackchannelAuthentication,
        true,
        true,
        true,
    ),
    (
        Caller::BackchannelPoll,
        RequestKind::Token,
        true,
        false,
        false,
    ),
    (Caller::DevicePoll, RequestKind::Token, true, false, false),
    (
        Caller::Introspection,
        RequestKind::Introspection,
        false,
        false,
        true,
    ),
    (
        Caller::Revocation,
        RequestKind::Revocation,
        false,
        false,
        true,
    ),
];

struct Scene {
    echo: Arc<Echo>,
    server: AuthorizationServer,
    tasks: Tasks,
    seen: Arc<Mutex<Vec<(RequestKind, &'static str)>>>,
}

fn registration(assertion: Option<Assertion>) -> ClientRegistration {
    let url = |path: &str| format!("https://idp.example/{path}").parse().ok();
    let mut quirks = Quirks::NONE;
    quirks.basic = BasicEncoding::Raw;
    ClientRegistration {
        server: ServerConfig {
            endpoints: Endpoints {
                token: url("token"),
                device_authorization: url("device"),
                introspection: url("introspect"),
                revocation: url("revoke"),
                authorization: url("authorize"),
                pushed_authorization_request: url("par"),
                backchannel_authentication: url("backchannel"),
                ..Endpoints::default()
            },
            quirks,
            ..ServerConfig::default()
        },
        client_id: "app".to_owned(),
        client_secret: assertion.is_none().then(|| Secret::from(SECRET)),
        client_assertion: assertion,
        method: None,
        id_tokens: IdTokenSettings::default(),
        presents_certificate: false,
        given_assertion: None,
    }
}

impl Scene {
    fn new(echo: Echo, assertion: Option<Assertion>) -> Self {
        let echo = Arc::new(echo);
        let clock = grantor_testkit::FakeClock::new();
        clock.set_waits(grantor_testkit::Waits::OnTheTimer);
        let environment: Environment = grantor_testkit::environment(&clock);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut hooks = Hooks::default();
        let (on_request, on_response) = (Arc::clone(&seen), Arc::clone(&seen));
        hooks.add_request(move |kind, _| {
            on_request.lock().unwrap().push((kind, "request"));
            Box::pin(std::future::ready(()))
        });
        hooks.add_response(move |kind, _| {
            on_response.lock().unwrap().push((kind, "response"));
            Box::pin(std::future::ready(()))
        });
        let connection = Arc::new(Connection {
            transport: Arc::clone(&echo) as Arc<dyn Transport>,
            hooks,
            environment: environment.clone(),
            throttles: Throttles::default(),
            nonces: ServerNonces::default(),
        });
        let keys = IssuerKeys::new(Arc::clone(&echo) as _, environment.clone());
        let metadata = MetadataCache::new(Arc::clone(&echo) as _, environment);
        let policy = Policy::default();
        let server = AuthorizationServer::new(
            registration(assertion),
            connection,
            (Arc::new(metadata), Arc::new(keys)),
            &policy,
        );
        Self {
            echo,
            server,
            tasks: Tasks::new(Arc::new(Worker::thread())),
            seen,
        }
    }

    async fn call(&self, caller: Caller) -> Error {
        let parameters = TokenParameters {
            scope: Scope::parse("read").ok(),
            resource: vec!["https://api.example".to_owned()],
            audience: vec!["orders".to_owned()],
            extra: vec![("further".to_owned(), "yes".to_owned())],
            authorization_details: None,
        };
        let given = Secret::from("value-of-the-caller");
        let once = Retry {
            attempts: 1,
            ..Retry::default()
        };
        let token = async |grant| {
            let call = TokenCall::new(grant, &parameters, once.clone());
            let answer = self.server.request_token(call, &self.tasks).await;
            answer.map(drop).map_err(Error::from).unwrap_err()
        };
        match caller {
            Caller::Token => {
                token(GrantParameters::Password {
                    username: "ada".to_owned(),
                    password: given,
                })
                .await
            }
            Caller::Refresh => {
                token(GrantParameters::RefreshToken {
                    refresh_token: given,
                })
                .await
            }
            Caller::Code => {
                token(GrantParameters::AuthorizationCode {
                    code: given,
                    redirect_uri: None,
                    code_verifier: Some(CodeVerifier::from_random([7; 32])),
                })
                .await
            }
            Caller::DeviceAuthorization => {
                let answer = self.server.authorize_device(&parameters).await;
                answer.map(drop).unwrap_err()
            }
            Caller::PushedAuthorization => {
                let asked = SignInRequest {
                    redirect_uri: &"https://app.example/cb".parse().unwrap(),
                    parameters: &parameters,
                    extra: &parameters.extra,
                    id_token: None,
                    dpop_key: None,
                    pushing: Pushing::Always,
                    unadvertised_s256: UnadvertisedS256::Accepted,
                    answer: AuthorizationAnswer::default(),
                    protection: RequestProtection::default(),
                };
                let begun = self.server.begin_authorization(&asked).await;
                begun.map(drop).unwrap_err()
            }
            Caller::BackchannelAuthentication => {
                let scope = parameters.scope.clone().unwrap();
                let audience = ("audience".to_owned(), parameters.audience[0].clone());
                let request = BackchannelAuthenticationRequest {
                    resource: parameters.resource.clone(),
                    extra: [vec![audience], parameters.extra.clone()].concat(),
                    ..BackchannelAuthenticationRequest::new(scope, UserHint::LoginToken(given))
                };
                let asked = self.server.authenticate_by_backchannel(&request, None);
                asked.await.map(drop).unwrap_err()
            }
            Caller::BackchannelPoll => {
                let asked = BackchannelAuthenticationResponse {
                    auth_req_id: given,
                    expires_in: Duration::from_secs(600),
                    interval: Duration::from_secs(5),
                };
                let wanted = (&parameters, None);
                let polled = self
                    .server
                    .poll_backchannel(&asked, None, wanted, &self.tasks);
                polled.await.map(drop).unwrap_err()
            }
            Caller::DevicePoll => {
                let body = serde_json::json!({
                    "device_code": given.expose(),
                    "user_code": "ABCD",
                    "verification_uri": "https://idp.example/device",
                    "expires_in": 600,
                });
                let answer = Response::new(Bytes::from(body.to_string()));
                let device =
                    DeviceAuthorizationResponse::from_response(&answer, &Quirks::NONE).unwrap();
                let wanted = (&parameters, None);
                let polled = self.server.poll_device(&device, wanted, &self.tasks);
                polled.await.map(drop).unwrap_err()
            }
            Caller::Introspection => {
                let request = IntrospectionRequest::new(given);
                let answer = self.server.introspect(&request).await;
                answer.map(drop).unwrap_err()
            }
            Caller::Revocation => {
                let request = RevocationRequest::new(given);
                self.server.revoke(&request).await.unwrap_err()
            }
        }
    }

    fn sent(&self) -> usize {
        self.echo.sent.lock().unwrap().len()
    }

    /// The parameters of the one request that was sent.
    fn parameters(&self) -> HashMap<String, String> {
        let sent = self.echo.sent.lock().unwrap();
        assert_eq!(sent.len(), 1);
        let pairs = url::form_urlencoded::parse(sent[0].body());
        pairs.into_owned().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn every_request_has_the_servers_quirks_and_the_programs_hooks_around_it() {
    for (caller, kind, ..) in CALLERS {
        let scene = Scene::new(Echo::default(), None);
        scene.call(caller).await;
        let sent = scene.echo.sent.lock().unwrap().remove(0);
        let raw = format!("Basic {}", STANDARD.encode(format!("app:{SECRET}")));
        assert_eq!(sent.headers()["authorization"], *raw, "{caller:?}");
        // Nothing here decompresses an answer.
        assert_eq!(sent.headers()["accept-encoding"], "identity", "{caller:?}");
        let seen = scene.seen.lock().unwrap();
        assert_eq!(*seen, [(kind, "request"), (kind, "response")], "{caller:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_request_is_signed_where_the_client_signs() {
    for (caller, ..) in CALLERS {
        let key = Key::generate(Algorithm::Es256).unwrap();
        let scene = Scene::new(Echo::default(), Some(Assertion::new(key)));
        scene.call(caller).await;
        let parameters = scene.parameters();
        let assertion = parameters.get("client_assertion").unwrap();
        assert_eq!(assertion.split('.').count(), 3, "{caller:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_error_repeats_what_was_sent() {
    for (caller, ..) in CALLERS {
        let scene = Scene::new(Echo::default(), None);
        let error = scene.call(caller).await;
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(SECRET), "{caller:?}: {shown}");
        // These requests hold nothing of the caller's.
        let has_nothing = [Caller::DeviceAuthorization, Caller::PushedAuthorization];
        if !has_nothing.contains(&caller) {
            assert!(
                !shown.contains("value-of-the-caller"),
                "{caller:?}: {shown}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_token_is_for_goes_with_requests_for_tokens_alone() {
    for (caller, _, names_use, names_scope, _) in CALLERS {
        let scene = Scene::new(Echo::default(), None);
        scene.call(caller).await;
        let parameters = scene.parameters();
        for name in ["resource", "audience", "further"] {
            assert_eq!(
                parameters.contains_key(name),
                names_use,
                "{caller:?} {name}"
            );
        }
        assert_eq!(parameters.contains_key("scope"), names_scope, "{caller:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_asked_for_a_pause_is_not_called_meanwhile() {
    for (caller, .., obeys) in CALLERS {
        let echo = Echo {
            retry_after: true,
            ..Echo::default()
        };
        let scene = Scene::new(echo, None);
        // A poll goes on until the code expires.
        let _ = tokio::time::timeout(Duration::from_secs(8), scene.call(caller)).await;
        assert_eq!(scene.sent(), 1, "{caller:?}");
        let again = tokio::time::timeout(Duration::from_secs(8), scene.call(caller)).await;
        if obeys {
            assert!(again.unwrap().retry_after().is_some(), "{caller:?}");
        }
        assert_eq!(scene.sent(), if obeys { 1 } else { 2 }, "{caller:?}");
        // The others are asked all the same.
        let other = match caller {
            Caller::Revocation => Caller::Introspection,
            _ => Caller::Revocation,
        };
        let before = scene.sent();
        scene.call(other).await;
        assert_eq!(scene.sent(), before + 1, "{caller:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_takes_longer_than_the_policy_says() {
    for (caller, ..) in CALLERS {
        let echo = Echo {
            hangs: true,
            ..Echo::default()
        };
        let scene = Scene::new(echo, None);
        let began = tokio::time::Instant::now();
        // A poll is repeated, and a refresh token is sent once more.
        let called = tokio::time::timeout(Duration::from_secs(25), scene.call(caller)).await;
        let polls = matches!(caller, Caller::DevicePoll | Caller::BackchannelPoll);
        assert!(called.is_ok() || polls, "{caller:?}");
        if polls {
            assert!(scene.sent() > 1, "{caller:?}");
        } else {
            assert!(began.elapsed() <= Duration::from_secs(21), "{caller:?}");
        }
    }
}
