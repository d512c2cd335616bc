//! The server on a loopback socket.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use grantor_core::BoxFuture;
use http::{Request, Response, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use tokio::sync::oneshot;
use tower_service::Service;
use url::Url;

use super::FakeServer;
use super::outcome::Outcome;

/// A [`FakeServer`] on a socket: plain HTTP on 127.0.0.1, at a free port. Needs the feature `listen`.
///
/// It runs on its own thread, so that clients that block can be tested too, and ends when it is
/// dropped.
///
/// Everything of [`FakeServer`] can be called on it. Without a clock,
/// [`Fault::Delay`](super::Fault::Delay) takes real time here.
///
/// A test of code with an HTTP client of its own:
///
/// ```
/// use grantor_testkit::{Endpoint, FakeServer, Fault};
///
/// /// The code to test: gets a token, and tries once more if the server is busy.
/// async fn token(http: &reqwest::Client, issuer: &str) -> reqwest::Result<Option<String>> {
///     for _ in 0..2 {
///         let request = http.post(format!("{issuer}/token")).body("grant_type=client_credentials");
///         let answer = request.basic_auth("app", Some("s3cret")).send().await?;
///         if answer.status() == 200 {
///             return answer.text().await.map(Some);
///         }
///     }
///     Ok(None)
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let server = FakeServer::listen().unwrap();
/// server.require_client("app", "s3cret");
/// server.fail_next(Fault::Unavailable(1));
/// # let http = grantor_http::client_builder(&Default::default()).unwrap().build().unwrap();
/// let answer = token(&http, server.issuer().as_str()).await.unwrap();
/// assert!(answer.unwrap().contains("access-1"));
/// server.assert_token_requests(2);
/// assert!(server.requests(Endpoint::Token)[1].has_authorization());
///
/// server.forget_history();
/// server.fail_always(Endpoint::Token, Fault::Refused("invalid_client"));
/// assert!(token(&http, server.issuer().as_str()).await.unwrap().is_none());
/// server.assert_token_requests(2);
/// # });
/// ```
#[derive(Debug)]
pub struct FakeListener {
    server: FakeServer,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeServer {
    /// A server whose issuer is where it listens. Needs the feature `listen`.
    ///
    /// ```
    /// use grantor_testkit::FakeServer;
    ///
    /// let server = FakeServer::listen()?;
    /// assert_eq!(server.url().host_str(), Some("127.0.0.1"));
    /// assert_eq!(server.token_requests(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The system gives no socket or no thread.
    pub fn listen() -> io::Result<FakeListener> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let server = Self::new(&format!("http://{}", listener.local_addr()?));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let service = Fake(server.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("grantor-fake-server".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                        return;
                    };
                    let options = grantor_listen::Options::default();
                    let serving =
                        grantor_listen::serve(listener, service, options, std::future::pending());
                    // Requests under way end with the server: the test is over.
                    tokio::select! {
                        () = serving => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(FakeListener {
            server,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl FakeListener {
    /// Where it listens, which is its issuer too.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.server.issuer.url()
    }

    /// The server, which also answers within the process.
    #[must_use]
    pub fn server(&self) -> &FakeServer {
        &self.server
    }
}

impl Deref for FakeListener {
    type Target = FakeServer;

    fn deref(&self) -> &FakeServer {
        &self.server
    }
}

impl Drop for FakeListener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread ends, or it panicked and has reported that.
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
pub(super) struct Fake(pub(super) FakeServer);

type Body = UnsyncBoxBody<Bytes, io::Error>;

impl<B> Service<Request<B>> for Fake
where
    B: http_body::Body<Data = Bytes, Error: std::error::Error + Send + Sync> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let server = self.0.clone();
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let body = Limited::new(body, MAX_REQUEST).collect().await;
            let body = body.map_err(io::Error::other)?.to_bytes();
            head.uri = absolute(&server, &head.uri);
            match server.serve(Request::from_parts(head, body)).await {
                Outcome::Answered(answer) => Ok(answer.map(whole)),
                Outcome::Dropped(answer) => Ok(answer.map(|body| begun(&body))),
                Outcome::Unsent | Outcome::Lost | Outcome::Panicked => Err(cut()),
            }
        })
    }
}

/// A request over a socket names only its path.
fn absolute(server: &FakeServer, uri: &Uri) -> Uri {
    let mut url = server.issuer.url().clone();
    url.set_path(uri.path());
    url.set_query(uri.query());
    url.as_str().parse().unwrap_or_else(|_| uri.clone())
}

fn whole(body: Bytes) -> Body {
    let never = |never: Infallible| match never {};
    Full::new(body).map_err(never).boxed_unsync()
}

/// The first half of a body, and the end of the connection.
fn begun(body: &Bytes) -> Body {
    let half = body.slice(..body.len() / 2);
    let frame = stream::iter([Ok(http_body::Frame::data(half))]);
    // Bytes before an error in the same turn are not sent.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(cut())
    });
    StreamBody::new(frame.chain(end)).boxed_unsync()
}

fn cut() -> io::Error {
    io::Error::other("a fault ends the connection")
}

/// The most bytes of a request that are read: 1 MiB.
const MAX_REQUEST: usize = 1024 * 1024;
