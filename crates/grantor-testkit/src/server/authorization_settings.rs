//! How the authorization endpoint answers: by redirect or by form, as a JWT.

use std::sync::Arc;

use grantor_core::Delivery;
use grantor_jose::jwe::{ContentEncryption, EncryptionKey};
use serde_json::{Map, Value};
use url::Url;

use super::{FakeServer, endpoints};

/// A test's change of the claims of an answer that is a JWT.
type ResponseChange = Arc<dyn Fn(&mut Map<String, Value>) + Send + Sync>;

/// The settings of answers that are a JWT.
#[derive(Default)]
pub(super) struct ResponseSettings {
    pub(super) change: Option<ResponseChange>,
    pub(super) encryption: Option<Arc<(EncryptionKey, ContentEncryption)>>,
}

/// Users decide. Every response type of `code`, `token` and `id_token` is known, and the response modes
/// `query`, `fragment`, `form_post` and those of JARM.
impl FakeServer {
    /// The user's consent: the redirect of the authorization request in `url`, with what its response type
    /// asks for.
    ///
    /// # Panics
    /// The request lacks something, as `redirect_uri` or `code_challenge`, or asks for an answer by form:
    /// see [`approve_by_form`](Self::approve_by_form).
    #[must_use]
    pub fn approve(&self, url: &Url) -> Url {
        redirect(self.approved(url))
    }

    /// The user's refusal: the redirect of the authorization request in `url`, with
    /// `access_denied`.
    ///
    /// # Panics
    /// As [`approve`](Self::approve).
    #[must_use]
    pub fn deny(&self, url: &Url) -> Url {
        redirect(self.denied(url))
    }

    /// The user's consent to a request with the response mode `form_post` or `form_post.jwt`: the body of
    /// the form that the browser posts to the redirect URI.
    ///
    /// # Panics
    /// The request lacks something, or asks for no form.
    #[must_use]
    pub fn approve_by_form(&self, url: &Url) -> String {
        form(self.approved(url))
    }

    /// The user's refusal of such a request.
    ///
    /// # Panics
    /// As [`approve_by_form`](Self::approve_by_form).
    #[must_use]
    pub fn deny_by_form(&self, url: &Url) -> String {
        form(self.denied(url))
    }

    /// Answers that are a JWT (JARM) have the claims that `change` leaves.
    pub fn change_responses(
        &self,
        change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
    ) {
        self.lock().responses.change = Some(Arc::new(change));
    }

    /// Answers that are a JWT are encrypted to this key.
    pub fn encrypt_responses(&self, key: EncryptionKey, encryption: ContentEncryption) {
        self.lock().responses.encryption = Some(Arc::new((key, encryption)));
    }

    #[expect(clippy::expect_used, reason = "the callers document the panic")]
    fn approved(&self, url: &Url) -> Delivery {
        let query = url.query().unwrap_or_default();
        endpoints::approve(&self.issuer, &mut self.lock(), query).expect("an authorization request")
    }

    #[expect(clippy::expect_used, reason = "the callers document the panic")]
    fn denied(&self, url: &Url) -> Delivery {
        let query = url.query().unwrap_or_default();
        endpoints::deny(&self.issuer, &mut self.lock(), query).expect("an authorization request")
    }
}

#[expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the callers document the panic"
)]
fn redirect(delivery: Delivery) -> Url {
    match delivery {
        Delivery::Redirect(uri) => Url::parse(&uri).expect("a redirect URI"),
        _ => panic!("the request asks for an answer by form"),
    }
}

#[expect(clippy::panic, reason = "the callers document the panic")]
fn form(delivery: Delivery) -> String {
    match delivery {
        Delivery::FormPost { inputs, .. } => inputs.to_form(),
        _ => panic!("the request asks for no answer by form"),
    }
}
