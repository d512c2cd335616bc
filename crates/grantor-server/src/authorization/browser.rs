use grantor_core::Secret;
use http::{HeaderMap, HeaderValue};

use crate::http::{Reply, cookie};
use crate::services::Services;
use crate::site::Page;

/// The browser, known by a cookie of its own long before anybody signs in.
pub(crate) struct Browser {
    pub(crate) secret: Secret,
    /// Whether it had no cookie.
    pub(crate) is_new: bool,
    set_cookie: HeaderValue,
}

impl Browser {
    pub(super) fn of(headers: &HeaderMap, services: &Services) -> Self {
        let name = cookie::name("browser", &services.issuer);
        let known = cookie::read(headers, &name).filter(|value| value.len() == 43);
        let is_new = known.is_none();
        let text = known.map_or_else(|| services.environment.random_text::<32>(), str::to_owned);
        Self {
            set_cookie: cookie::set(&name, &text, cookie::is_secure(&services.issuer), None),
            secret: Secret::new(text),
            is_new,
        }
    }

    /// A page for it, with its cookie.
    pub(crate) fn show(&self, page: Page) -> Reply {
        Reply::page(if self.is_new {
            page.with_cookie(self.set_cookie.clone())
        } else {
            page
        })
    }
}
