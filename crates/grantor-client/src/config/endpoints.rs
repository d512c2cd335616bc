//! Where the endpoints of a server are.

/// The endpoints of a server: as texts in [`Server`](crate::Server), as URLs once they were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoints<T = String> {
    /// Where users are sent.
    pub authorization: Option<T>,
    /// The token endpoint.
    pub token: Option<T>,
    /// Where devices begin (RFC 8628).
    pub device_authorization: Option<T>,
    /// Where users are asked without a browser (CIBA).
    pub backchannel_authentication: Option<T>,
    /// Where authorization requests are pushed before the user is sent (RFC 9126).
    pub pushed_authorization_request: Option<T>,
    /// Where clients register themselves (RFC 7591).
    pub registration: Option<T>,
    /// Where tokens are given up.
    pub revocation: Option<T>,
    /// Where tokens are looked up.
    pub introspection: Option<T>,
    /// Where the keys of its signatures are (RFC 7517).
    pub jwks: Option<T>,
    /// Where the claims about a user are (OpenID Connect Core section 5.3).
    pub user_info: Option<T>,
    /// Where a user's session ends (OpenID Connect RP-Initiated Logout).
    pub end_session: Option<T>,
}

impl<T> Endpoints<T> {
    /// Each endpoint in another form, by its name in the metadata.
    pub(crate) fn map<U>(
        &self,
        mut change: impl FnMut(&'static str, &Option<T>) -> Option<U>,
    ) -> Endpoints<U> {
        Endpoints {
            authorization: change("authorization_endpoint", &self.authorization),
            token: change("token_endpoint", &self.token),
            device_authorization: change(
                "device_authorization_endpoint",
                &self.device_authorization,
            ),
            backchannel_authentication: change(
                "backchannel_authentication_endpoint",
                &self.backchannel_authentication,
            ),
            pushed_authorization_request: change(
                "pushed_authorization_request_endpoint",
                &self.pushed_authorization_request,
            ),
            registration: change("registration_endpoint", &self.registration),
            revocation: change("revocation_endpoint", &self.revocation),
            introspection: change("introspection_endpoint", &self.introspection),
            jwks: change("jwks_uri", &self.jwks),
            user_info: change("userinfo_endpoint", &self.user_info),
            end_session: change("end_session_endpoint", &self.end_session),
        }
    }
}

impl<T> Default for Endpoints<T> {
    fn default() -> Self {
        Self {
            authorization: None,
            token: None,
            device_authorization: None,
            backchannel_authentication: None,
            pushed_authorization_request: None,
            registration: None,
            revocation: None,
            introspection: None,
            jwks: None,
            user_info: None,
            end_session: None,
        }
    }
}
