//! A login that somebody else than the user starts (OpenID Connect Core section 4).

use std::fmt;

use url::Url;

use crate::params::Params;

/// A request to the application's `initiate_login_uri`: "sign this browser in with that issuer" (OpenID
/// Connect Core section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InitiateLogin {
    /// The issuer to sign in with. It has to be one that the application knows.
    pub issuer: String,
    /// The user, as the issuer may know them: goes into the authorization request.
    pub login_hint: Option<String>,
    /// Where the user wants to go afterwards, at the application.
    pub target_link_uri: Option<Url>,
}

/// The reason why a request to start a login is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidInitiateLogin {
    /// Its parameters can't be read.
    Malformed,
    /// It names no issuer.
    NoIssuer,
    /// `target_link_uri` is no URL of the application, which must not send users elsewhere.
    ForeignTarget,
}

impl fmt::Display for InvalidInitiateLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the parameters of the login can't be read",
            Self::NoIssuer => "the login names no \"iss\"",
            Self::ForeignTarget => "\"target_link_uri\" is no URL of this application",
        })
    }
}

impl std::error::Error for InvalidInitiateLogin {}

impl InitiateLogin {
    /// Reads the query or the form of the request. `application` is the URL of the application: a target
    /// has the same origin.
    ///
    /// # Errors
    /// Fails for the reasons that [`InvalidInitiateLogin`] lists.
    pub fn from_query(query: &str, application: &Url) -> Result<Self, InvalidInitiateLogin> {
        let params = Params::parse(query.as_bytes());
        let params = params.map_err(|_| InvalidInitiateLogin::Malformed)?;
        let issuer = params.get("iss").filter(|issuer| !issuer.is_empty());
        let target = match params.get("target_link_uri") {
            None | Some("") => None,
            Some(text) => {
                let target = Url::parse(text).ok();
                let own = |url: &Url| url.origin() == application.origin() && !has_userinfo(url);
                let own = target.filter(|url| application.origin().is_tuple() && own(url));
                Some(own.ok_or(InvalidInitiateLogin::ForeignTarget)?)
            }
        };
        Ok(Self {
            issuer: issuer.ok_or(InvalidInitiateLogin::NoIssuer)?.to_owned(),
            login_hint: params.get("login_hint").map(str::to_owned),
            target_link_uri: target,
        })
    }
}

fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_one_of_the_application() {
        let application = Url::parse("https://app.example/start").unwrap();
        let read = |query: &str| InitiateLogin::from_query(query, &application);
        let good = read(
            "iss=https://idp.example&login_hint=ann&target_link_uri=https://app.example/inbox%3Fa=1",
        )
        .unwrap();
        assert_eq!(good.issuer, "https://idp.example");
        assert_eq!(good.login_hint.as_deref(), Some("ann"));
        let target = good.target_link_uri.unwrap();
        assert_eq!(target.as_str(), "https://app.example/inbox?a=1");
        for foreign in [
            "https://evil.example/",
            "https://app.example.evil.example/",
            "https://app.example:444/",
            "http://app.example/",
            "https://app.example@evil.example/",
            "https://user@app.example/",
            "//app.example/",
            "/inbox",
            "javascript:alert(1)",
        ] {
            let query = format!("iss=https://idp.example&target_link_uri={foreign}");
            let error = Err(InvalidInitiateLogin::ForeignTarget);
            assert_eq!(read(&query), error, "{foreign}");
        }
        assert_eq!(read("login_hint=a"), Err(InvalidInitiateLogin::NoIssuer));
        assert_eq!(read("iss=a&iss=b"), Err(InvalidInitiateLogin::Malformed));
    }
}
