//! What a script learns of the server that it talks to.

/// Variables of the environment of a script.
#[derive(Default)]
pub(super) struct Environment(Vec<(&'static str, String)>);

pub(super) const SERVICE_ID: &str = "service";
pub(super) const WEB_ID: &str = "web";
pub(super) const PUBLIC_ID: &str = "app";
pub(super) const HMAC_ID: &str = "hmac";
pub(super) const SIGNER_ID: &str = "signer";
pub(super) const ENDPOINT_SIGNER_ID: &str = "endpoint-signer";
pub(super) const BOUND_ID: &str = "bound";
pub(super) const RESOURCE: &str = "https://api.example/";
pub(super) const LOGIN_NAME: &str = "alice";
pub(super) const LOGIN_PASSWORD: &str = "a lantern for the long way home";

impl Environment {
    /// What is the same for every server: the identifiers of the clients, and the user.
    pub(super) fn new(redirect_uri: &str) -> Self {
        let mut environment = Self::default();
        for (name, value) in [
            ("SERVICE_ID", SERVICE_ID),
            ("WEB_ID", WEB_ID),
            ("PUBLIC_ID", PUBLIC_ID),
            ("HMAC_ID", HMAC_ID),
            ("SIGNER_ID", SIGNER_ID),
            ("ENDPOINT_SIGNER_ID", ENDPOINT_SIGNER_ID),
            ("BOUND_ID", BOUND_ID),
            ("REDIRECT_URI", redirect_uri),
            ("RESOURCE", RESOURCE),
            ("LOGIN_NAME", LOGIN_NAME),
            ("LOGIN_PASSWORD", LOGIN_PASSWORD),
        ] {
            environment.set(name, value);
        }
        // What this server has not, no step of its scripts asks for.
        for name in [
            "SERVICE_SECRET",
            "WEB_SECRET",
            "HMAC_SECRET",
            "EXCHANGE_ISSUER",
            "URL_ID",
            "CERTIFICATES",
        ] {
            environment.set(name, "");
        }
        environment
    }

    /// Sets a variable, in place of an earlier value.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, value.into()));
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}
