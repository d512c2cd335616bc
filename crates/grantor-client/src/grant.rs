use grantor_store::MasterKey;

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
    /// It becomes part of the keys of records, so secrets are in it as fingerprints only.
    pub(crate) fn identity(&self, app: &App, key: &MasterKey) -> String {
        let who = match self {
            Self::ClientCredentials => {
                let secret = app.client_secret.as_ref();
                let fingerprint = secret.map(|secret| key.fingerprint("client_secret", secret));
                format!("client {fingerprint:?}")
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
