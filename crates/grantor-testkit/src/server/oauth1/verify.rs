//! The checks of a signed request (RFC 5849 section 3.2).

use grantor_core::{Issuer, Timestamp};

use super::base_string::base_string;
use super::parameters::{Parameters, is_form};
use super::problem::{Problem, problem};
use super::signature::{Keys, is_body_hash, is_good};
use crate::server::RecordedRequest;
use crate::server::state::State;

/// How far the timestamp of a request may be from the server's clock, in seconds.
const WINDOW: u64 = 300;

/// A request of a client with its token, if it has one: not verified yet.
pub(super) struct Claimed {
    pub(super) parameters: Parameters,
    pub(super) client: String,
    method: String,
    signature: String,
}

impl Claimed {
    /// Reads a request, of a client that is known.
    pub(super) fn read(state: &State, request: &RecordedRequest) -> Result<Self, Problem> {
        let parameters = Parameters::of(request);
        if !parameters.is_well_formed() {
            let why = "the parameters of OAuth are in one place, each once";
            return Err(problem("parameter_rejected", why));
        }
        let version = parameters.get("oauth_version");
        if version.is_some_and(|version| version != "1.0") {
            return Err(problem("version_rejected", "oauth_version is 1.0"));
        }
        let required = |name| {
            let absent = problem("parameter_absent", "a parameter of OAuth is missing");
            parameters.get(name).ok_or(absent)
        };
        let client = required("oauth_consumer_key")?;
        let method = required("oauth_signature_method")?;
        let signature = required("oauth_signature")?;
        if method != "PLAINTEXT" {
            required("oauth_timestamp")?;
            required("oauth_nonce")?;
        }
        if !state.oauth1.methods.contains(&method) {
            return Err(problem(
                "signature_method_rejected",
                "the method is not taken",
            ));
        }
        let has_secret = state.clients.iter().any(|known| known.client_id == client);
        if !has_secret && !state.oauth1.keys.contains_key(&client) {
            return Err(problem("consumer_key_unknown", "the client is not known"));
        }
        Ok(Self {
            parameters,
            client,
            method,
            signature,
        })
    }

    /// Verifies the signature under the secret of the request's token, which is empty without one. The
    /// nonce is used up.
    pub(super) fn verify(
        &self,
        issuer: &Issuer,
        state: &mut State,
        request: &RecordedRequest,
        token_secret: &str,
    ) -> Result<(), Problem> {
        let get = |name| self.parameters.get(name);
        if let Some(timestamp) = get("oauth_timestamp") {
            check_timestamp(&timestamp, state.now())?;
        }
        let known = state.clients.iter();
        let secrets = known.filter(|known| known.client_id == self.client);
        let client_secret = secrets
            .filter_map(|known| known.client_secret.clone())
            .next();
        let keys = Keys {
            client_secret: &client_secret.unwrap_or_default(),
            token_secret,
            public_key: state.oauth1.keys.get(&self.client),
        };
        let text = base_string(issuer, request, &self.parameters).unwrap_or_default();
        if !is_good(&self.method, &keys, &text, &self.signature) {
            return Err(problem("signature_invalid", "the signature is another one"));
        }
        self.check_body(state, request)?;
        if let Some(nonce) = get("oauth_nonce") {
            let [token, timestamp] =
                ["oauth_token", "oauth_timestamp"].map(|name| get(name).unwrap_or_default());
            let used = [self.client.clone(), token, timestamp, nonce];
            if !state.oauth1.used.insert(used) {
                return Err(problem("nonce_used", "the request was sent before"));
            }
        }
        Ok(())
    }

    /// The extension "OAuth Request Body Hash": a form is signed itself and has none.
    fn check_body(&self, state: &State, request: &RecordedRequest) -> Result<(), Problem> {
        let body = request.request().body();
        let is_form = is_form(request.request());
        match self.parameters.get("oauth_body_hash") {
            Some(_) if is_form => Err(problem(
                "parameter_rejected",
                "a form has no oauth_body_hash",
            )),
            Some(hash) if !is_body_hash(&self.method, body, &hash) => Err(problem(
                "signature_invalid",
                "oauth_body_hash is that of another body",
            )),
            None if state.oauth1.body_hash_required && !is_form && !body.is_empty() => {
                Err(problem("parameter_absent", "oauth_body_hash is missing"))
            }
            _ => Ok(()),
        }
    }
}

/// RFC 5849 section 3.3. Without a clock every time is good.
fn check_timestamp(text: &str, now: Option<Timestamp>) -> Result<(), Problem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let timestamp = text
        .parse::<i64>()
        .ok()
        .filter(|seconds| digits && *seconds > 0);
    let Some(timestamp) = timestamp else {
        return Err(problem(
            "parameter_rejected",
            "oauth_timestamp is a positive number",
        ));
    };
    match now.is_none_or(|now| now.as_secs().abs_diff(timestamp) <= WINDOW) {
        true => Ok(()),
        false => Err(problem(
            "timestamp_refused",
            "the time is not that of the server",
        )),
    }
}
