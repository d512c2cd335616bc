//! The request by which an application ends the user's session at the issuer (OpenID Connect
//! RP-Initiated Logout 1.0).

use url::Url;

use crate::params::Params;
use crate::secret::Secret;

/// A request to the end session endpoint (OpenID Connect RP-Initiated Logout section 2), which the user's
/// browser carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndSessionRequest {
    /// The ID token of the login. Without it most issuers ask the user.
    pub id_token_hint: Option<Secret>,
    /// The user, as the issuer may know them.
    pub logout_hint: Option<String>,
    /// The client; needed beside a redirect URI where there is no ID token.
    pub client_id: Option<String>,
    /// Where the browser goes afterwards: registered with the issuer.
    pub post_logout_redirect_uri: Option<String>,
    /// Comes back at the redirect URI.
    pub state: Option<String>,
    /// The languages that the user prefers.
    pub ui_locales: Option<String>,
}

impl EndSessionRequest {
    /// The parameters, for a redirect or for a form that posts itself.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        let mut params = Params::new();
        let hint = self.id_token_hint.as_ref();
        params.push_some("id_token_hint", hint.map(|it| it.expose().to_owned()));
        params.push_some("logout_hint", self.logout_hint.clone());
        params.push_some("client_id", self.client_id.clone());
        params.push_some(
            "post_logout_redirect_uri",
            self.post_logout_redirect_uri.clone(),
        );
        params.push_some("state", self.state.clone());
        params.push_some("ui_locales", self.ui_locales.clone());
        params
    }

    /// The URL that the browser is sent to. It has the ID token, so a page behind it, or a log of the
    /// issuer, may learn the user's name.
    #[must_use]
    pub fn to_url(&self, endpoint: &Url) -> Url {
        let mut url = endpoint.clone();
        let mut query = url.query().unwrap_or_default().to_owned();
        let form = self.to_params().to_form();
        if !query.is_empty() && !form.is_empty() {
            query.push('&');
        }
        query.push_str(&form);
        url.set_query((!query.is_empty()).then_some(&query));
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_the_endpoint_stays() {
        let request = EndSessionRequest {
            id_token_hint: Some(Secret::new("a.b.c")),
            post_logout_redirect_uri: Some("https://app.example/bye?x=1".into()),
            state: Some("s".into()),
            ..EndSessionRequest::default()
        };
        let endpoint = Url::parse("https://idp.example/end?p=b2c").unwrap();
        assert_eq!(
            request.to_url(&endpoint).as_str(),
            "https://idp.example/end?p=b2c&id_token_hint=a.b.c&\
             post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye%3Fx%3D1&state=s"
        );
        let nothing = EndSessionRequest::default().to_url(&endpoint);
        assert_eq!(nothing, endpoint);
        assert!(!format!("{request:?}").contains("a.b.c"));
    }
}
