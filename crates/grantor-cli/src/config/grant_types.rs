//! The grant types that `serve` can have, by the names of the configuration.

use grantor_server::grant_type::{
    AuthorizationCode, ClientCredentials, DeviceCode, Implicit, Password, RefreshToken,
};
use grantor_server::{Profile, ServerBuilder};

/// A grant type that needs no code of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServedGrantType {
    AuthorizationCode,
    ClientCredentials,
    RefreshToken,
    DeviceCode,
    /// Of [`Profile::Legacy20`] alone, as is the next.
    Password,
    Implicit,
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
            Password::NAME => Ok(Self::Password),
            Implicit::NAME => Ok(Self::Implicit),
            _ => Err(format!(
                "\"{name}\" is not one of authorization_code, client_credentials, refresh_token, \
                 device_code, password and implicit"
            )),
        }
    }

    /// Its name on the wire.
    pub(super) fn wire_name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => DeviceCode::NAME,
            Self::Password => Password::NAME,
            Self::Implicit => Implicit::NAME,
        }
    }

    /// The reason why a server with this profile can't have it.
    pub(super) fn problem_under(self, profile: Profile) -> Option<String> {
        let name = match self {
            Self::Password => Password::NAME,
            Self::Implicit => Implicit::NAME,
            _ => return None,
        };
        (profile != Profile::Legacy20).then(|| {
            format!(
                "grant_types: \"{name}\" is not one of OAuth 2.1: leave it out, or set the profile to \
                 \"legacy20\""
            )
        })
    }

    /// Adds it to a server.
    pub(crate) fn add_to(self, builder: ServerBuilder) -> ServerBuilder {
        match self {
            Self::AuthorizationCode => builder.grant_type(AuthorizationCode),
            Self::ClientCredentials => builder.grant_type(ClientCredentials),
            Self::RefreshToken => builder.grant_type(RefreshToken),
            Self::DeviceCode => builder.grant_type(DeviceCode),
            Self::Password => builder.grant_type(Password),
            Self::Implicit => builder.grant_type(Implicit),
        }
    }
}
