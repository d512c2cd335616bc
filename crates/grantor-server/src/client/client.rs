use grantor_core::{RedirectUri, Scope, Secret};
use serde::{Deserialize, Serialize};

/// A client as the server's checks see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its identifier.
    pub id: String,
    /// What pages call it; its identifier, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// It has no secret, since it could keep none: an application on a device or in a browser.
    #[serde(default)]
    pub public: bool,
    /// The grant types it may use, as on the wire.
    pub grants: Vec<String>,
    /// The scope values it may ask for; all of them, if it asks for none.
    pub scope: Scope,
    /// Where its authorization answers may go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<RedirectUri>,
    /// It is a resource server with this identifier, and may introspect tokens of that audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What was issued under another epoch is dead.
    pub epoch: String,
}

impl Client {
    /// Whether it may use a grant type.
    #[must_use]
    pub fn may_use(&self, grant_type: &str) -> bool {
        self.grants.iter().any(|grant| grant == grant_type)
    }

    /// What pages call it.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// A client that is to be registered.
#[derive(Debug, Clone, Default)]
pub struct NewClient {
    /// Its identifier.
    pub id: String,
    /// What pages call it.
    pub name: Option<String>,
    /// It can keep no secret.
    pub public: bool,
    /// The grant types it may use, as on the wire.
    pub grants: Vec<String>,
    /// The scope values it may ask for.
    pub scope: Scope,
    /// Where its authorization answers may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// It is a resource server with this identifier.
    pub resource: Option<String>,
    /// The secret that somebody chose; one is generated, if absent.
    pub secret: Option<Secret>,
}

impl NewClient {
    /// Everything that is wrong with it, one message each.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |fine: bool, problem: &str| {
            if !fine {
                problems.push(problem.to_owned());
            }
        };
        let has = |grant: &str| self.grants.iter().any(|g| g == grant);
        let printable = |text: &str| text.bytes().all(|b| (b' '..=b'~').contains(&b));
        check(
            (1..=128).contains(&self.id.len()) && printable(&self.id),
            "a client identifier is 1 to 128 printable ASCII characters",
        );
        check(
            !self.grants.is_empty() || self.resource.is_some(),
            "a client needs a grant type, or a resource if it only introspects",
        );
        check(
            !has("authorization_code") || !self.redirect_uris.is_empty(),
            "a client with the authorization_code grant needs a redirect URI",
        );
        check(
            !(self.public && has("client_credentials")),
            "a public client can't use client_credentials: it has no credentials",
        );
        check(
            !(self.public && self.secret.is_some()),
            "a public client has no secret",
        );
        check(
            !(self.public && self.resource.is_some()),
            "a resource server can't be a public client: it authenticates to introspect",
        );
        check(
            !has("refresh_token") || has("authorization_code"),
            "the refresh_token grant needs a grant that gives refresh tokens: authorization_code",
        );
        check(
            self.secret.as_ref().is_none_or(|secret| !secret.is_empty()),
            "the secret is empty",
        );
        let absolute = |text: &String| {
            url::Url::parse(text).is_ok_and(|url| url.fragment().is_none()) && printable(text)
        };
        check(
            self.resource.as_ref().is_none_or(absolute),
            "a resource is an absolute URI without a fragment (RFC 8707 section 2)",
        );
        problems
    }
}
