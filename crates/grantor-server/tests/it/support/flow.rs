//! The clients of the fixtures, and the steps of the code flow.

use grantor_core::{ClientAuthentication, CodeVerifier};

/// A client that every fixture has registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) id: &'static str,
    pub(crate) secret: Option<&'static str>,
    pub(crate) redirect_uri: &'static str,
}

/// Confidential, with codes and refresh tokens.
pub(crate) const APP: Who = Who {
    id: "app",
    secret: Some("the secret of app"),
    redirect_uri: "https://app.example/cb",
};
/// Another like [`APP`].
pub(crate) const OTHER: Who = Who {
    id: "other",
    secret: Some("the secret of other"),
    redirect_uri: "https://other.example/cb?tenant=1",
};
/// Public, with codes and refresh tokens.
pub(crate) const SPA: Who = Who {
    id: "spa",
    secret: None,
    redirect_uri: "https://spa.example/cb",
};
/// With client credentials only.
pub(crate) const MACHINE: Who = Who {
    id: "machine",
    secret: Some("the secret of machine"),
    redirect_uri: "",
};
/// A resource server.
pub(crate) const API: Who = Who {
    id: "api",
    secret: Some("the secret of api"),
    redirect_uri: "",
};

pub(crate) const STATE: &str = "af0ifjsldkj";

impl Who {
    pub(crate) fn authentication(self) -> ClientAuthentication {
        let client_id = self.id.to_owned();
        match self.secret {
            Some(secret) => ClientAuthentication::Basic {
                client_id,
                client_secret: secret.into(),
            },
            None => ClientAuthentication::None { client_id },
        }
    }
}

/// An authorization request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) verifier: CodeVerifier,
}

impl Ask {
    pub(crate) fn new(who: Who) -> Self {
        let verifier = CodeVerifier::from_random(grantor_http::system().random_bytes());
        let ask = Self {
            pairs: Vec::new(),
            verifier,
        };
        let challenge = ask.verifier.challenge().value;
        ask.with("response_type", "code")
            .with("client_id", who.id)
            .with("redirect_uri", who.redirect_uri)
            .with("scope", "read")
            .with("state", STATE)
            .with("code_challenge", &challenge)
            .with("code_challenge_method", "S256")
    }

    /// With this parameter, in place of another of that name.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(n, _)| n != name);
        self
    }

    /// With this parameter besides what is there.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.pairs.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn url(&self) -> String {
        format!("/authorize?{}", super::form(&self.pairs))
    }
}

/// A code, and what its client needs to redeem it.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) code: String,
    pub(crate) verifier: String,
    pub(crate) redirect_uri: String,
}

impl Code {
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("code", &self.code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &self.verifier),
        ]
    }
}

/// The tokens of one grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    #[track_caller]
    pub(crate) fn of(reply: &super::Reply) -> Self {
        Self {
            access: reply.assert_ok().member("access_token"),
            refresh: reply.member("refresh_token"),
        }
    }
}
