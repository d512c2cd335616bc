//! The cookie that identifies a browser.

use grantor_core::Secret;
use grantor_jose::base64url;
use http::HeaderMap;

use super::Reply;
use crate::error::Error;
use crate::services::Services;
use crate::site::{FormKey, Page, Stage};

/// The browser, known by a cookie of its own long before anybody signs in.
pub(crate) struct Browser {
    pub(crate) secret: Secret,
    /// True if it had no cookie.
    pub(crate) is_new: bool,
}

impl Browser {
    pub(crate) fn of(headers: &HeaderMap, services: &Services) -> Self {
        let known = services
            .browser_cookie
            .read(headers)
            .filter(|value| is_ours(value));
        let is_new = known.is_none();
        let text = known.map_or_else(|| services.environment.random_text::<32>(), str::to_owned);
        Self {
            secret: Secret::new(text),
            is_new,
        }
    }

    /// The key that makes and opens the forms of a page that belongs to no request.
    pub(crate) fn forms_of_page<'a>(
        &'a self,
        services: &'a Services,
        stage: Stage,
        binding: &'a str,
        action: &'a str,
    ) -> FormKey<'a> {
        FormKey {
            key: &services.page_keys.forms,
            environment: &services.environment,
            stage,
            browser: &self.secret,
            request: "",
            binding,
            action,
        }
    }

    /// What names it in a sealed request, without its cookie.
    pub(crate) fn tag(&self, services: &Services) -> String {
        let secret = self.secret.expose().as_bytes();
        let mac = services.page_keys.mac.sign(&[b"grantor/browser/1", secret]);
        base64url::encode(mac)
    }

    /// A page for it, with its cookie.
    pub(crate) fn show(&self, page: Page, services: &Services) -> Result<Reply, Error> {
        if !self.is_new {
            return Ok(Reply::page(page));
        }
        let cookie = services.browser_cookie.set(self.secret.expose(), None);
        let cookie = cookie.map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Reply::page(page.with_cookie(cookie)))
    }
}

/// Returns whether a value has the form of those that are set here: 32 bytes in base64url.
fn is_ours(value: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    value.len() == 43 && value.bytes().all(is_digit)
}
