//! The grant types that `serve` can have, by the names of the configuration.

use grantor_server::ServerBuilder;
use grantor_server::grant_type::{AuthorizationCode, ClientCredentials, DeviceCode, RefreshToken};

/// A grant type that needs no code of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServedGrantType {
    AuthorizationCode,
    ClientCredentials,
    RefreshToken,
    DeviceCode,
}

impl ServedGrantType {
    /// Those that a server has if the configuration names none.
    pub(super) const DEFAULT: [Self; 3] = [
        Self::AuthorizationCode,
        Self::ClientCredentials,
        Self::RefreshToken,
    ];

    /// Reads the name that the configuration has for it, or the one on the wire.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        match name {
            "authorization_code" => Ok(Self::AuthorizationCode),
            "client_credentials" => Ok(Self::ClientCredentials),
            "refresh_token" => Ok(Self::RefreshToken),
            "device_code" | DeviceCode::NAME => Ok(Self::DeviceCode),
            _ => Err(format!(
                "\"{name}\" is not one of authorization_code, client_credentials, refresh_token and \
                 device_code"
            )),
        }
    }

    /// Adds it to a server.
    pub(crate) fn add_to(self, builder: ServerBuilder) -> ServerBuilder {
        match self {
            Self::AuthorizationCode => builder.grant_type(AuthorizationCode),
            Self::ClientCredentials => builder.grant_type(ClientCredentials),
            Self::RefreshToken => builder.grant_type(RefreshToken),
            Self::DeviceCode => builder.grant_type(DeviceCode),
        }
    }
}
