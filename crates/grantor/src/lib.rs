//! OAuth for Rust applications: one dependency, whose features say which parts of it you use.
//!
//! - Your program **calls an API**: [`client::Tokens`] puts a valid access token on every request.
//! - Your program **issues tokens**: [`server::Server`] is an authorization server as a `tower`
//!   service, with your login pages and your database.
//! - Your program **is an API**: [`resource::protect`] lets only requests with a good token through.
//!
//! ```no_run
//! use grantor::client::Tokens;
//!
//! # async fn things() -> Result<String, Box<dyn std::error::Error>> {
//! let tokens = Tokens::client_credentials("https://id.example.com", "my-service", "s3cret")
//!     .scope("read")
//!     .build()?;
//! let api = tokens.session("https://api.example.com/")?;
//! Ok(api.get("things").send().await?.text().await?)
//! # }
//! ```
//!
//! The session is one of four doors. The others keep the HTTP client that a program has:
//!
//! ```no_run
//! use bytes::Bytes;
//! use grantor::client::{Authenticate, Tokens};
//! use http_body_util::Full;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! use tower::{Layer, Service};
//!
//! # async fn things(tokens: Tokens) -> Result<(), Box<dyn std::error::Error>> {
//! let tokens = tokens.with_origin("https://api.example.com")?;
//! let url = "https://api.example.com/things";
//!
//! // A request of your own reqwest client; `middleware` is for reqwest-middleware.
//! reqwest::Client::new().get(url).authenticate(&tokens).send().await?;
//!
//! // A tower service, here a client of hyper.
//! let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
//! let mut client = tokens.layer().replay_cloned().layer(client);
//! client.call(::http::Request::get(url).body(Full::default())?).await?;
//!
//! // Anything else that sends requests of the crate `http`.
//! let mut request = ::http::Request::get(url).body(())?;
//! let attempt = tokens.prepare(&mut request).await?;
//! # fn send(_: &::http::Request<()>) -> ::http::Response<()> { ::http::Response::new(()) }
//! let answer = send(&request);
//! let observed = attempt.observe(&answer).await; // learns from a 401; `Tokens::prepare` has the whole loop
//! # Ok(())
//! # }
//! ```
//!
//! # Modules
//!
//! Each module is a crate of its own, which can be used without this one.
//!
//! | module | feature | what is in it |
//! |---|---|---|
//! | [`client`] | `client` | tokens for calls of APIs: fetched, cached, renewed, shared, stored |
//! | [`server`] | `server` | the authorization server |
//! | [`site`] | `site` | a login for it, with accounts and pages |
//! | [`resource`] | `resource` | the layer that checks access tokens |
//! | [`mod@axum`] | `axum` | the server and the layer in an axum application |
//! | [`actix`] | `actix` | the server and the layer in an actix-web application |
//! | [`store`] | `store` | where tokens, clients and grants are kept |
//! | [`sqlite`] | `sqlite` | a store in one SQLite file |
//! | [`postgres`] | `postgres` | a store in PostgreSQL, for servers on several machines |
//! | [`mysql`] | `mysql` | a store in MySQL or MariaDB, for servers on several machines |
//! | [`mod@redis`] | `redis` | a store in a Redis server, with sentinels or in a cluster |
//! | [`mod@memcached`] | `memcached` | a store in memcached, for what may be lost |
//! | [`mod@mongodb`] | `mongodb` | a store in MongoDB, for servers on several machines |
//! | [`rsa_sha1`] | `rsa-sha1` | a signature method of OAuth 1.0a |
//! | [`http`] | `http` | transports, and the system's clock and randomness |
//! | [`mod@core`] | always | the protocol as values and functions: requests, answers, scopes, secrets |
//! | [`jose`] | always | JSON Web Tokens, keys and signatures |
//! | [`guide`] | all | the guides to the client, to the server and to the command `grantor` |
//!
//! # Features
//!
//! `client` and `reqwest` are on by default. `default-features = false` leaves them out.
//!
//! | feature | adds |
//! |---|---|
//! | `client` | the module [`client`], with `http`, `store` and `file`, and what only clients need of [`mod@core`] and [`jose`]: OAuth 1.0a, OpenID Connect, encryption |
//! | `reqwest` | HTTP over reqwest and rustls; without it the application brings a [`Transport`](http::Transport) |
//! | `reqwest-middleware` | `Tokens::middleware`, for clients of the crate of that name |
//! | `multipart` | forms with files in a session over reqwest |
//! | `stream` | bodies from streams, and answers as streams, in a session over reqwest |
//! | `blocking` | `Tokens::blocking_session` over ureq, for programs without an async runtime |
//! | `socks` | SOCKS proxies in `HTTPS_PROXY` and `ALL_PROXY`; without it they are an error |
//! | `executable` | `client::TokenExecutable`: tokens that another program prints |
//! | `rsa-sha1` | the module [`rsa_sha1`], for APIs of OAuth 1.0a that take no other signatures by a key |
//! | `metrics` | counters in the recorder of the crate `metrics` |
//! | `server` | the module [`server`], with `http` and `store` |
//! | `fetch` | what the server is given as a URL: metadata documents and `jwks_uri` of clients, keys of issuers whose assertions it takes; included in `reqwest`, alone it needs a transport |
//! | `site` | the module [`site`], with `server`; [`server::open`] begins with it |
//! | `resource` | the module [`resource`], with `http` |
//! | `resource-axum` | the token as an extractor of axum and the resource's metadata as its routes, for an API without a server of its own |
//! | `axum` | the module [`mod@axum`], with `server`, and the module [`resource`] for the server's own tokens; with the feature `resource` for those of another server too |
//! | `resource-actix` | the module [`actix`], for an API without a server of its own, with `resource` |
//! | `actix` | the module [`actix`], with `server` and `resource` |
//! | `http` | the module [`http`]: the system's clock and randomness; transports with what sends requests: `client`, `resource`, `cache`, `fetch`, `reqwest` |
//! | `cache` | `http::Cached`, `JwksCache` and `MetadataCache`, and `http::Transport`, over which they fetch, with `http` |
//! | `store` | the module [`store`] |
//! | `file` | `store::FileStore`, a folder with a file for each record, with `store` |
//! | `transfer` | `store::transfer`, for records on their way to another store or under another key, with `store` |
//! | `sqlite` | the module [`sqlite`], with `store` |
//! | `postgres` | the module [`postgres`], with `store` |
//! | `mysql` | the module [`mysql`], with `store` |
//! | `redis` | the module [`mod@redis`], with `store` |
//! | `memcached` | the module [`mod@memcached`], with `store` |
//! | `mongodb` | the module [`mod@mongodb`], with `store` |
//! | `keyring` | the key that seals stored tokens, in the keyring of the desktop, with `store` |
//! | `deflate` | `jose::jwe::Policy::danger_inflate_up_to`, for encrypted tokens with compressed content |
//! | `jws-json` | `jose::jws::sign_json` and `verify_json`, for signed tokens in JSON rather than compact |
//! | `contract` | `store::contract`, the tests that every store must pass, with `store` |
//!
//! `FakeServer`, an authorization server for tests, is in the crate `grantor-testkit`, a
//! dev-dependency.

#[cfg(feature = "resource-actix")]
#[doc(inline)]
pub use grantor_actix as actix;
#[cfg(feature = "axum")]
#[doc(inline)]
pub use grantor_axum as axum;
#[cfg(feature = "client")]
#[doc(inline)]
pub use grantor_client as client;
#[doc(inline)]
pub use grantor_core as core;
#[cfg(feature = "http")]
#[doc(inline)]
pub use grantor_http as http;
#[doc(inline)]
pub use grantor_jose as jose;
#[cfg(any(feature = "axum", feature = "resource"))]
#[doc(inline)]
pub use grantor_resource as resource;
#[cfg(feature = "rsa-sha1")]
#[doc(inline)]
pub use grantor_rsa_sha1 as rsa_sha1;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "site")]
#[doc(inline)]
pub use grantor_site as site;
#[cfg(feature = "store")]
#[doc(inline)]
pub use grantor_store as store;
#[cfg(feature = "store")]
mod open_store;
#[cfg(feature = "memcached")]
#[doc(inline)]
pub use grantor_store_memcached as memcached;
#[cfg(feature = "mongodb")]
#[doc(inline)]
pub use grantor_store_mongodb as mongodb;
#[cfg(feature = "mysql")]
#[doc(inline)]
pub use grantor_store_mysql as mysql;
#[cfg(feature = "postgres")]
#[doc(inline)]
pub use grantor_store_postgres as postgres;
#[cfg(feature = "redis")]
#[doc(inline)]
pub use grantor_store_redis as redis;
#[cfg(feature = "sqlite")]
#[doc(inline)]
pub use grantor_store_sqlite as sqlite;
#[cfg(feature = "store")]
pub use open_store::open_store;

// The pages use most of the features; whoever builds the documentation turns all of them on.
#[cfg(all(
    doc,
    feature = "actix",
    feature = "axum",
    feature = "blocking",
    feature = "client",
    feature = "reqwest-middleware",
    feature = "site",
    feature = "sqlite"
))]
pub mod guide;

/// The examples of the README, compiled.
#[cfg(all(
    doctest,
    feature = "axum",
    feature = "client",
    feature = "site",
    feature = "sqlite"
))]
#[doc = include_str!("../../../README.md")]
struct Readme;
