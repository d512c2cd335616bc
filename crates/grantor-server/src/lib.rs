//! An OAuth authorization server that embeds in your application, as a `tower` service.
//!
//! RFC 6749, 6750, 7009, 7523, 7591, 7592, 7636, 7662, 8414, 8628, 8693, 8707, 9068, 9126, 9207, 9449, and
//! client-id metadata documents. It names no web framework and no
//! database: requests are of the `http` crate, records go through `grantor-store`. The application
//! decides who the user is and what they see, by the trait [`Site`]. The crate `grantor-site` is one
//! implementation of it, with accounts and pages.
//!
//! | feature | adds |
//! |---|---|
//! | `fetch` | on by default: what clients and configuration give as a URL: metadata documents and `jwks_uri` of clients, keys of trusted issuers; [`ServerBuilder`] has `transport_with` for it |
//!
//! # Endpoints
//!
//! Below the issuer, as [`Server::paths`] lists them; [`Config::paths`] changes all but the metadata:
//!
//! | path | who calls it | what it does |
//! |---|---|---|
//! | `/token` | clients, by POST | issues tokens (RFC 6749 section 3.2): JSON, errors too |
//! | `/introspect` | confidential clients, by POST | says what a token is worth (RFC 7662) |
//! | `/revoke` | clients, by POST | revokes a token (RFC 7009): 200 without a body, for unknown tokens too |
//! | `/authorize` | browsers, by GET, HEAD or POST | begins an authorization (RFC 6749 section 4.1): pages, then a redirect to the client; errors are redirected too once the client and its redirect URI are known |
//! | `/par` | clients, by POST | keeps an authorization request (RFC 9126) and gives a `request_uri` that stands for it, valid for 90 s and one answer of a user |
//! | `/device_authorization` | clients, by POST | gives a device a code for itself and one for its user (RFC 8628) |
//! | `/device` | browsers, by GET, HEAD or POST | where a user types in the code that a device shows |
//! | `/authorize/continue` | browsers | where forms of pages go, and where the site's own pages lead back to |
//! | `/jwks` | anybody, by GET | the public keys |
//! | `/register` | clients, by POST of JSON | registers a client that describes itself (RFC 7591), if [`Config::registration`] is on |
//! | `/register/client` | such clients, by GET, PUT and DELETE | reads, replaces and removes the registration (RFC 7592) |
//! | `/healthz` | whoever runs the server, by GET | 200 if the stores answer, otherwise 503, if [`Config::health_endpoint`] is on |
//! | `/.well-known/oauth-authorization-server` | anybody, by GET | the metadata (RFC 8414). An issuer with a path has it behind this path |
//! | `/.well-known/openid-configuration` | anybody, by GET | the same document, for clients that look there |
//! | paths of [`Site::paths`] | browsers, by GET or POST | pages of the site's own |
//!
//! An endpoint that the server does not have, because no grant type needs it, is 404 and not in the
//! metadata. Web pages may read what clients, the metadata and the keys answer (CORS): `/token`, `/par` and
//! `/revoke` only those of the origins of the client's redirect URIs.
//!
//! # Answers
//!
//! | status | at | when |
//! |---|---|---|
//! | 200 | all | done. JSON is never cached, except metadata and keys |
//! | 201 | `/par` | the request is kept |
//! | 303 | `/authorize`, `/authorize/continue`, `/device` | to the client, with `code`, `state` and `iss`, or with `error`; or to the next page |
//! | 400 | all | the request is wrong: `error` and `error_description`, which name the parameter and its value, never a secret. At `/authorize` it is a page, if the client or its redirect URI is not known, or if the client describes itself |
//! | 401 | `/token`, `/par`, `/introspect`, `/revoke` | `invalid_client`, with `WWW-Authenticate: Basic`. The true reason is an event and not in the answer |
//! | 404, 405 | all | no such path, another method: 405 has `Allow` |
//! | 413 | all | the body is over 64 KiB, or a pushed request over 8 KiB |
//! | 415 | all | the body has a content coding, which the server does not decode |
//! | 422 | `/authorize/continue`, `/device` | the login of the site with accounts failed, or no device has the code: the page is shown again |
//! | 429 | `/token`, `/par`, `/device_authorization`, `/introspect`, `/revoke`, `/device`, logins | too many wrong secrets or passwords, or codes of devices |
//! | 500, 503 | all | the server or its store failed. A request that got 503 may be sent again after `Retry-After`: it used up no code and no refresh token |

mod authorization;
mod build_error;
mod builder;
mod cached;
mod client;
mod config;
mod device_authorization;
mod dpop;
mod endpoint;
mod error;
mod event;
mod fetch;
mod grant;
pub mod grant_type;
mod http;
mod identifier;
mod issuer_mark;
mod key;
mod limits;
mod maintenance;
mod policy;
mod profile;
mod pushed_request;
mod records;
mod resource;
mod revocation;
mod router;
mod server;
mod services;
mod site;
mod state;
mod text;
mod token;

pub use build_error::BuildError;
pub use builder::ServerBuilder;
pub use client::{
    Client, ClientAuthMethod, ClientKeys, Clients, Credentials, InvalidClientKeys, NewClient,
    Registered, RegisteredBy, Registrar, RegistrationPolicy, SecretHashes, SharedSecrets,
    StoredClient, StoredClients, UnsupportedAuthMethod, VerifySecret,
};
pub use config::{
    AccessTokens, Config, DefaultScope, GrantTypeSettings, Lifetime, MetadataDocuments, Paths,
    Registration, Rotation,
};
pub use device_authorization::Poll;
pub use error::{Error, Refusal, SiteMisuse};
pub use event::{CountersSnapshot, Event, EventKind, Severity};
pub use fetch::{FetchError, Fetcher};
pub use grant::{
    CodeState, EndReason, Grant, GrantState, GrantedUnder, ListedGrant, PreviousRefreshToken,
    RefreshState,
};
pub use grant_type::{GrantType, Granted, NewGrant, TokenCall};
pub use identifier::Identifier;
pub use key::{KeyState, RotateAt, StoredKey, StoredKeys};
pub use limits::{Bucket, Limit, Limits};
pub use policy::{Pkce, Policy};
pub use profile::Profile;
pub use revocation::{Consent, RevocationEpoch, Subjects, Target};
#[doc(hidden)]
pub use router::EndpointRow;
pub use server::Server;
pub use site::{
    Allowed, Cookie, CookieToken, Decision, DeviceAnswer, Form, Interaction, Login,
    LoginRequirements, Page, PageCall, PasswordAnswer, PasswordLogin, SignIn, Site, SiteError,
    SiteSetup, Submitted, UserCodeProblem, UserCodePrompt, error_advice,
};
pub use token::{PresentedToken, TokenContents, TokenFormat};
