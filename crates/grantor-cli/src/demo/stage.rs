//! The servers of the demo: an authorization server and a protected API on sockets of their own.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{ClientAuthentication, Environment, Issuer, RedirectUri, Scope, Secret};
use grantor_http::ReqwestTransport;
use grantor_listen::Options;
use grantor_resource::{AccessToken, Verifier, protect};
use grantor_server::{NewClient, Server, StoredClients};
use grantor_site::{Account, AccountSite, Accounts, Passwords};
use grantor_store::{MasterKey, Namespace, Store, Stores};
use grantor_store_sqlite::SqliteStore;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Layer;

use super::Error;

/// So short that a renewal can be waited for. A client renews after seven tenths of it, and the API
/// lets a token pass for up to a second less, since introspection tells whole seconds.
pub(super) const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(6);
/// The scope of the demo's tokens.
pub(super) const SCOPE: &str = "read";
/// Where the application wants its codes. Nobody listens there: the browser stops before.
pub(super) const REDIRECT_URI: &str = "http://127.0.0.1/cb";
pub(super) const USER: &str = "ada";

/// How many files may be open: a hundred calls at once are two hundred sockets in this process.
const OPEN_FILES: u64 = 1024;
const DRAIN: Duration = Duration::from_millis(500);

/// The running server and API, and who may use them.
pub(super) struct Stage {
    pub(super) server: Server,
    /// The API's URL, by which tokens name it too.
    pub(super) api: String,
    /// A confidential client with tokens for itself.
    pub(super) service: ClientAuthentication,
    /// A public client with tokens for users.
    pub(super) app: ClientAuthentication,
    /// The API, where it introspects.
    pub(super) resource: ClientAuthentication,
    /// Another API, which the tokens are not for.
    pub(super) other_resource: ClientAuthentication,
    pub(super) account: Account,
    pub(super) password: Secret,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    directory: TempDir,
}

impl Stage {
    pub(super) async fn open(environment: &Environment) -> Result<Self, Error> {
        crate::platform::allow_open_files(OPEN_FILES);
        let failed = |error| Error::new("a socket on 127.0.0.1 can't be opened", error);
        let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let (for_server, for_api) = (bind().await.map_err(failed)?, bind().await.map_err(failed)?);
        let server_address = for_server.local_addr().map_err(failed)?;
        let api_address = for_api.local_addr().map_err(failed)?;
        let api = format!("http://{api_address}/notes");
        let issuer = Issuer::parse(&format!("http://{server_address}"))
            .map_err(|error| Error::new("the server has no issuer", error))?;

        let directory = tempfile::tempdir()
            .map_err(|error| Error::new("a temporary directory can't be made", error))?;
        let stores = open_stores(directory.path(), &issuer, environment).await?;
        let clients = register(&stores, &api).await?;
        let password = Secret::new(environment.random_text::<12>());
        let accounts = Accounts::open(&stores, Passwords::default()).map_err(unprepared)?;
        let account = accounts.add(USER, &password).await.map_err(unprepared)?;
        let server = Server::builder(issuer, stores).configure(|config| {
            config.access_token_lifetime = ACCESS_TOKEN_LIFETIME;
            config.scopes = scope();
        });
        let server = server.site_with(AccountSite::for_server);
        let server = server.build().await.map_err(unprepared)?;

        let (stop, stopped) = watch::channel(false);
        let mut listeners = JoinSet::new();
        let options = Options {
            drain_timeout: DRAIN,
            ..Options::default()
        };
        let protected = protected_api(&server, &api, clients.resource.clone())?;
        let until = until(stopped.clone());
        listeners.spawn(grantor_listen::serve(
            for_server,
            server.clone(),
            options.clone(),
            until,
        ));
        listeners.spawn(grantor_listen::serve(
            for_api,
            protected,
            options,
            self::until(stopped),
        ));
        Ok(Self {
            server,
            api,
            service: clients.service,
            app: clients.app,
            resource: clients.resource,
            other_resource: clients.other_resource,
            account,
            password,
            stop,
            listeners,
            directory,
        })
    }

    /// Stops both listeners and removes the directory.
    pub(super) async fn close(mut self) -> Result<(), Error> {
        self.stop.send_replace(true);
        while self.listeners.join_next().await.is_some() {}
        drop(self.server);
        self.directory
            .close()
            .map_err(|error| Error::new("the temporary directory can't be removed", error))
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // If the sender is gone, so is the stage.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn open_stores(
    directory: &Path,
    issuer: &Issuer,
    environment: &Environment,
) -> Result<Stores, Error> {
    let store = SqliteStore::open(directory.join("demo.db")).map_err(unprepared)?;
    let store: Arc<dyn Store> = Arc::new(store);
    let namespace = Namespace::new(issuer.as_str());
    let keys = directory.join("keys");
    let key = MasterKey::open(&keys, &store, namespace, environment).await;
    let key = key.map_err(unprepared)?;
    Ok(Stores::new(store, namespace, environment.clone()).seal_under(key.sealing_key()))
}

struct Registered {
    service: ClientAuthentication,
    app: ClientAuthentication,
    resource: ClientAuthentication,
    other_resource: ClientAuthentication,
}

async fn register(stores: &Stores, api: &str) -> Result<Registered, Error> {
    let clients = StoredClients::open(stores).await.map_err(unprepared)?;
    let redirect_uri = RedirectUri::parse(REDIRECT_URI).map_err(unprepared)?;
    let app = NewClient::public("app")
        .with_name("Demo App")
        .with_grant_types(["authorization_code", "refresh_token"])
        .with_scope(scope())
        .with_redirect_uri(redirect_uri);
    let service = NewClient::confidential("service")
        .with_grant_types(["client_credentials"])
        .with_scope(scope());
    let resource = NewClient::resource_server;
    Ok(Registered {
        service: add(&clients, service).await?,
        app: add(&clients, app).await?,
        resource: add(&clients, resource("api", api.to_owned())).await?,
        other_resource: add(&clients, resource("other-api", format!("{api}/other"))).await?,
    })
}

async fn add(clients: &StoredClients, new: NewClient) -> Result<ClientAuthentication, Error> {
    let client_id = new.client.id.clone();
    let secret = clients.add(new).await.map_err(unprepared)?;
    Ok(match secret {
        Some(client_secret) => ClientAuthentication::Basic {
            client_id,
            client_secret,
        },
        None => ClientAuthentication::None { client_id },
    })
}

/// The API: tells whose token it was called with. It asks the server about every token every time,
/// so that one which was revoked is refused at once.
fn protected_api(
    server: &Server,
    api: &str,
    client: ClientAuthentication,
) -> Result<
    impl tower::Service<
        Request<grantor_listen::Body>,
        Response = Response<Full<Bytes>>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + 'static,
    Error,
> {
    let issuer = server.issuer();
    let transport = ReqwestTransport::new().map_err(unprepared)?;
    let verifier = Verifier::discover(issuer.as_str())
        .audience(api)
        .client(client)
        .transport(Arc::new(transport))
        .cache(Duration::ZERO)
        .build()
        .map_err(unprepared)?;
    let answer = tower::service_fn(|request: Request<grantor_listen::Body>| {
        let answer = hello(request.extensions().get::<AccessToken>());
        std::future::ready(Ok::<_, Infallible>(answer))
    });
    Ok(protect(&verifier).scopes(&scope()).layer(answer))
}

fn hello(token: Option<&AccessToken>) -> Response<Full<Bytes>> {
    let body = json!({
        "client_id": token.and_then(|token| token.client_id.as_deref()),
        "subject": token.and_then(|token| token.subject.as_deref()),
        "scope": token.map(|token| token.scope.as_str()),
    });
    let mut answer = Response::new(Full::new(Bytes::from(format!("{body}\n"))));
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}

fn scope() -> Scope {
    Scope::parse(SCOPE).unwrap_or_default()
}

fn unprepared(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new("the demo can't be set up", error)
}
