//! The address that the browser is opened at. All users of a machine can read the arguments of its commands,
//! so there is nothing of the sign-in in them: this address leads there, once.

use std::sync::atomic::{AtomicBool, Ordering};

use grantor_http::system;
use url::Url;

/// A page of ours that leads to that of the server.
pub(super) struct StartPage {
    path: String,
    to: Url,
    was_opened: AtomicBool,
}

/// A visit of that page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Visit<'a> {
    First(&'a Url),
    /// Somebody else was there before, or a browser that opens a page twice.
    Again,
}

impl StartPage {
    pub(super) fn new(to: Url) -> Self {
        Self {
            path: format!("/start-{}", system().random_text::<16>()),
            to,
            was_opened: AtomicBool::new(false),
        }
    }

    /// Where it is, beside the redirect URI.
    pub(super) fn url(&self, redirect_uri: &Url) -> Url {
        let mut url = redirect_uri.clone();
        url.set_path(&self.path);
        url
    }

    /// A visit, if the path is that of this page.
    pub(super) fn visit(&self, path: &str) -> Option<Visit<'_>> {
        if path != self.path {
            return None;
        }
        Some(match self.was_opened.swap(true, Ordering::SeqCst) {
            false => Visit::First(&self.to),
            true => Visit::Again,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_to_the_server_once() {
        let to = Url::parse("https://id.example/authorize?state=s3cret").unwrap();
        let page = StartPage::new(to.clone());
        let url = page.url(&Url::parse("http://127.0.0.1:8787/callback").unwrap());
        assert_eq!(url.port(), Some(8787));
        assert!(!url.as_str().contains("s3cret"));
        assert_eq!(page.visit("/callback"), None);
        assert_eq!(page.visit(url.path()), Some(Visit::First(&to)));
        assert_eq!(page.visit(url.path()), Some(Visit::Again));
    }
}
