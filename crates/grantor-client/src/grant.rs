use grantor_jose::base64url;
use grantor_jose::digest::sha256;

use crate::app::App;
use crate::login::Login;

/// What tokens are had for.
#[derive(Debug)]
pub(crate) enum Grant {
    ClientCredentials,
    Login(Login),
}

impl Grant {
    /// A text that is the same for the same client and the same user.
    ///
    /// A changed client secret may mean other rights, so it makes other tokens; a login stays what
    /// it is.
    pub(crate) fn identity(&self, app: &App) -> String {
        let who = match self {
            Self::ClientCredentials => {
                let secret = app.client_secret.as_ref();
                let hash = secret.map(|s| base64url::encode(sha256(s.expose().as_bytes())));
                format!("client {hash:?}")
            }
            Self::Login(login) => format!("login {:?}", login.label),
        };
        let endpoint = app.token_endpoint.as_ref().map(url::Url::as_str);
        format!(
            "{:?}{endpoint:?}{:?}{who}",
            app.issuer.as_str(),
            app.client_id
        )
    }
}
