//! The endpoints at which a client authenticates, and where they are.

use grantor_core::{ServerMetadata, TokenEndpointAuthMethod};
use url::Url;

use crate::config::server::ServerConfig;

/// An endpoint of the server at which a client authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Token,
    DeviceAuthorization,
    BackchannelAuthentication,
    PushedAuthorization,
    Introspection,
    Revocation,
}

impl Endpoint {
    /// Its name in messages.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Token => "token endpoint",
            Self::DeviceAuthorization => "device authorization endpoint",
            Self::BackchannelAuthentication => "backchannel authentication endpoint",
            Self::PushedAuthorization => "pushed authorization request endpoint",
            Self::Introspection => "introspection endpoint",
            Self::Revocation => "revocation endpoint",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "token_endpoint",
            Self::DeviceAuthorization => "device_authorization_endpoint",
            Self::BackchannelAuthentication => "backchannel_authentication_endpoint",
            Self::PushedAuthorization => "pushed_authorization_request_endpoint",
            Self::Introspection => "introspection_endpoint",
            Self::Revocation => "revocation_endpoint",
        }
    }

    /// Its URL, if that was configured.
    pub(crate) fn given(self, server: &ServerConfig) -> Option<&Url> {
        match self {
            Self::Token => server.endpoints.token.as_ref(),
            Self::DeviceAuthorization => server.endpoints.device_authorization.as_ref(),
            Self::BackchannelAuthentication => server.endpoints.backchannel_authentication.as_ref(),
            Self::PushedAuthorization => server.endpoints.pushed_authorization_request.as_ref(),
            Self::Introspection => server.endpoints.introspection.as_ref(),
            Self::Revocation => server.endpoints.revocation.as_ref(),
        }
    }

    /// Its URL in the metadata. A client that presents a certificate prefers the alias for such (RFC
    /// 8705 section 5).
    pub(crate) fn of(self, metadata: &ServerMetadata, has_certificate: bool) -> Option<&Url> {
        let alias = metadata.mtls_endpoint_aliases.get(self.name());
        if let Some(alias) = alias.filter(|_| has_certificate) {
            return Some(alias);
        }
        match self {
            Self::Token => metadata.token_endpoint.as_ref(),
            Self::DeviceAuthorization => metadata.device_authorization_endpoint.as_ref(),
            Self::BackchannelAuthentication => {
                metadata.backchannel_authentication_endpoint.as_ref()
            }
            Self::PushedAuthorization => metadata.pushed_authorization_request_endpoint.as_ref(),
            Self::Introspection => metadata.introspection_endpoint.as_ref(),
            Self::Revocation => metadata.revocation_endpoint.as_ref(),
        }
    }

    /// The methods it takes; what is not said of it is said of the token endpoint.
    pub(crate) fn methods(self, metadata: &ServerMetadata) -> &[TokenEndpointAuthMethod] {
        let own = match self {
            Self::Token
            | Self::DeviceAuthorization
            | Self::BackchannelAuthentication
            | Self::PushedAuthorization => &metadata.token_endpoint_auth_methods_supported,
            Self::Introspection => &metadata.introspection_endpoint_auth_methods_supported,
            Self::Revocation => &metadata.revocation_endpoint_auth_methods_supported,
        };
        if own.is_empty() {
            &metadata.token_endpoint_auth_methods_supported
        } else {
            own
        }
    }
}
