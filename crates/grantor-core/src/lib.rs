//! OAuth as values and pure functions.
//!
//! Requests and answers of every endpoint, written and read with the same types, so that a client
//! and a server can both be built on them (RFC 5849, 6749, 6750, 7009, 7523, 7636, 7662, 8414, 8628,
//! 8693, 9207 and their companions). Round trips that take several requests, such as discovery or
//! polling for a device's token, are state machines in [`exchange`].
//!
//! The crate does no IO and has no global state. Everything that needs the time or random bytes
//! takes an [`Environment`]: a [`Clock`] and a [`Random`], handed in once where the program starts.
//! `grantor-http` has those of the machine (`grantor_http::system()`), `grantor-testkit` a clock that
//! tests move and random bytes that they can repeat.
//!
//! | feature | adds |
//! |---|---|
//! | `exchange` | on by default: requests to an authorization server, reading what it answers and publishes, [`exchange`] and [`Quirks`] |
//! | `client` | what only a client needs: [`oauth1`], [`openid`], registration, metadata of a resource that is read, signed and encrypted answers (JARM, RFC 9701), questions on another device (CIBA), and the exchanges that fetch a token or wait for one |

#[cfg(feature = "exchange")]
mod answer;
mod authorization;
mod authorization_details;
#[cfg(feature = "client")]
mod backchannel_authentication;
mod certificate_thumbprint;
mod challenge;
mod client_authentication;
#[cfg(feature = "client")]
mod client_registration;
mod device_authorization;
mod environment;
mod error_response;
#[cfg(feature = "exchange")]
pub mod exchange;
#[cfg(feature = "exchange")]
mod http_date;
mod introspection;
mod issuer;
#[cfg(feature = "client")]
mod jwt_response;
mod loopback;
mod members;
mod metadata;
#[cfg(feature = "client")]
pub mod oauth1;
#[cfg(feature = "client")]
pub mod openid;
mod params;
mod peer;
mod peer_text;
mod pkce;
#[cfg(feature = "client")]
mod protected_resource;
mod pushed_authorization;
#[cfg(feature = "exchange")]
mod quirks;
mod redirect_uri;
mod registration;
mod revocation;
mod scope;
mod secret;
#[cfg(feature = "client")]
mod signed_introspection;
mod token;
mod token_type_hint;
mod token_with_hint;
mod trusted_proxies;

#[cfg(feature = "exchange")]
pub use authorization::AuthorizationError;
pub use authorization::{
    AuthorizationRequest, AuthorizationResponse, Authorized, Delivery, InvalidPrompt,
    ParameterProblem, Prompt, ResponseMode, ResponseType,
};
pub use authorization_details::{AuthorizationDetails, InvalidAuthorizationDetails};
#[cfg(feature = "client")]
pub use backchannel_authentication::{
    BackchannelAuthenticationError, BackchannelAuthenticationRequest,
    BackchannelAuthenticationResponse, BackchannelNotification, InvalidNotification, UserHint,
};
pub use certificate_thumbprint::CertificateThumbprint;
pub use challenge::AuthenticateChallenge;
pub use client_authentication::{ClientAuthentication, RequestView, TokenEndpointAuthMethod};
#[cfg(feature = "client")]
pub use client_registration::{ClientRegistrationError, ClientRegistrationRequest};
#[cfg(feature = "exchange")]
pub use device_authorization::DeviceAuthorizationError;
#[cfg(feature = "client")]
pub use device_authorization::DeviceAuthorizationRequest;
pub use device_authorization::DeviceAuthorizationResponse;
pub use environment::{Clock, Environment, Random};
pub use error_response::{ErrorCode, ErrorResponse};
pub use grantor_jose::{BoxFuture, Timestamp};
#[cfg(feature = "exchange")]
pub use introspection::InvalidIntrospection;
pub use introspection::{Introspect, IntrospectError, Introspection, IntrospectionRequest};
pub use issuer::{InvalidIssuer, Issuer};
#[cfg(feature = "client")]
pub use jwt_response::{InvalidJwtResponse, JwtResponseRules};
pub use loopback::{
    LocalhostNames, has_credentials, is_localhost_name, is_loopback, is_plain_localhost_name,
    is_secure,
};
pub use members::InvalidMember;
#[cfg(feature = "exchange")]
pub use metadata::InvalidMetadata;
pub use metadata::ServerMetadata;
pub use params::{InvalidParams, Params};
pub use peer::PeerAddress;
pub use peer_text::{is_visible, visible};
pub use pkce::{ChallengeMethod, CodeChallenge, CodeVerifier, InvalidPkce};
#[cfg(feature = "client")]
pub use protected_resource::{InvalidProtectedResource, ProtectedResourceMetadata};
#[cfg(feature = "exchange")]
pub use pushed_authorization::PushedAuthorizationError;
pub use pushed_authorization::PushedAuthorizationResponse;
#[cfg(feature = "exchange")]
pub use quirks::{
    AnswerEncoding, BasicEncoding, MemberNames, Quirks, RequestEncoding, ScopeSeparator,
    TokenTypeMeaning,
};
pub use redirect_uri::{InvalidRedirectUri, RedirectUri};
pub use registration::{
    ApplicationType, ClientIdUrl, ClientInformation, ClientMetadata, InvalidClientIdUrl,
    InvalidClientMetadata, InvalidDocument,
};
pub use revocation::RevocationRequest;
pub use scope::{InvalidScope, Scope};
pub use secret::Secret;
#[cfg(feature = "client")]
pub use signed_introspection::{InvalidSignedIntrospection, SignedIntrospection};
#[cfg(feature = "exchange")]
pub use token::TokenError;
pub use token::{
    ActorToken, GrantParameters, InvalidTokenRequest, TokenParameters, TokenRequest, TokenResponse,
    token_type,
};
pub use token_type_hint::TokenTypeHint;
pub use trusted_proxies::{InvalidNetwork, ProxyHeader, TrustedProxies};
