//! Applications on loopback sockets, and requests to them.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{App, HttpServer, web};
use grantor_core::{Issuer, Params, Scope};
use grantor_http::system;
use grantor_server::{Limits, NewClient, Server, ServerBuilder, StoredClients};
use grantor_store::{MasterKey, MemoryStore, Namespace, Stores};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, redirect};
use serde_json::Value;

pub(crate) const API: &str = "https://api.example.com";
pub(crate) const APP: (&str, &str) = ("app", "the secret of the app");

/// A socket on which an application will listen.
pub(crate) struct Place {
    listener: TcpListener,
    pub(crate) origin: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, origin }
    }

    /// Serves an application on two threads until the runtime of the test ends.
    pub(crate) fn serve<F>(self, configure: F)
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let application = move || App::new().configure(configure.clone());
        let server = HttpServer::new(application).workers(2).disable_signals();
        tokio::spawn(server.listen(self.listener).unwrap().run());
    }
}

/// A server with the client [`APP`] and a resource server that may introspect.
pub(crate) async fn server(
    issuer: &str,
    configure: impl FnOnce(ServerBuilder, Limits) -> ServerBuilder,
) -> Server {
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    let store = Arc::new(MemoryStore::new());
    let stores = Stores::new(store, Namespace::new("t"), system()).seal_under(key);
    let clients = StoredClients::open(&stores).await.unwrap();
    let app = NewClient::confidential(APP.0)
        .with_secret(APP.1)
        .with_grant_types(["authorization_code", "client_credentials"])
        .with_redirect_uri("http://127.0.0.1:4000/cb".parse().unwrap())
        .with_scope(Scope::parse("read write").unwrap());
    clients.add(app).await.unwrap();
    let api = NewClient::resource_server("api", API).with_secret("the secret of the API");
    clients.add(api).await.unwrap();
    let limits = Limits::new(&stores);
    let builder = Server::builder(Issuer::parse(issuer).unwrap(), stores);
    configure(builder, limits).build().await.unwrap()
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    #[track_caller]
    pub(crate) fn member(&self, name: &str) -> String {
        let member = self.json()[name].clone();
        member
            .as_str()
            .unwrap_or_else(|| panic!("{self:?}"))
            .to_owned()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

pub(crate) async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Answer {
    let client = Client::builder().redirect(redirect::Policy::none()).build();
    let mut request = client.unwrap().request(method, url).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await.unwrap(),
    }
}

pub(crate) async fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    send(Method::GET, url, headers, "").await
}

pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let mut params = Params::new();
    for (name, value) in pairs {
        params.push(*name, *value);
    }
    params.to_form()
}

/// A form of a client, with its secret in it.
pub(crate) async fn post(url: &str, (id, secret): (&str, &str), pairs: &[(&str, &str)]) -> Answer {
    let client = [("client_id", id), ("client_secret", secret)];
    let form_type = ("content-type", "application/x-www-form-urlencoded");
    send(
        Method::POST,
        url,
        &[form_type],
        form(&[&client, pairs].concat()),
    )
    .await
}

pub(crate) async fn token(issuer: &str, scope: &str) -> String {
    let pairs = [("grant_type", "client_credentials"), ("scope", scope)];
    post(&format!("{issuer}/token"), APP, &pairs)
        .await
        .member("access_token")
}

pub(crate) async fn call(url: &str, token: &str) -> Answer {
    get(url, &[("authorization", &format!("Bearer {token}"))]).await
}
