//! A browser for tests.

use std::collections::BTreeMap;
use std::net::IpAddr;

use bytes::Bytes;
use grantor_core::PeerAddress;
use http::{Method, Request, header};
use http_body_util::Full;

use super::{Fixture, Form, ISSUER, PASSWORD, Reply};

/// A browser: keeps cookies, follows redirects inside the server, and sends the form of a page with
/// the one button that was pressed.
pub(crate) struct Browser<'f> {
    fixture: &'f Fixture,
    pub(crate) cookies: BTreeMap<String, String>,
    /// Where its connections come from.
    pub(crate) address: Option<IpAddr>,
    /// What a proxy of the application adds to each request.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// Every answer it has had, redirects too.
    pub(crate) seen: Vec<Reply>,
}

impl<'f> Browser<'f> {
    pub(crate) fn new(fixture: &'f Fixture) -> Self {
        Self {
            fixture,
            cookies: BTreeMap::new(),
            address: None,
            headers: Vec::new(),
            seen: Vec::new(),
        }
    }

    pub(crate) async fn open(&mut self, url: &str) -> Reply {
        self.go(Method::GET, url, String::new()).await
    }

    /// Sends the form of `page`, its inputs filled in, with the button of that value.
    pub(crate) async fn press(
        &mut self,
        page: &Reply,
        fill: &[(&str, &str)],
        button: Option<&str>,
    ) -> Reply {
        let form = Form::of(page.text());
        let filled = |(name, value): &(String, String)| {
            let own = fill.iter().find(|(n, _)| n == name);
            (
                name.clone(),
                own.map_or(value.clone(), |(_, v)| (*v).to_owned()),
            )
        };
        let mut pairs: Vec<_> = form.inputs.iter().map(filled).collect();
        let pressed = form
            .buttons
            .iter()
            .find(|(_, value)| Some(value.as_str()) == button);
        assert_eq!(pressed.is_some(), button.is_some(), "{form:?}");
        pairs.extend(pressed.cloned());
        self.post(&form.action, &pairs).await
    }

    pub(crate) async fn post(&mut self, action: &str, pairs: &[(String, String)]) -> Reply {
        self.go(Method::POST, action, super::form(pairs)).await
    }

    pub(crate) async fn sign_in(&mut self, page: &Reply) -> Reply {
        self.press(page, &[("username", "alice"), ("password", PASSWORD)], None)
            .await
    }

    pub(crate) async fn allow(&mut self, page: &Reply) -> Reply {
        self.press(page, &[], Some("allow")).await
    }

    async fn go(&mut self, mut method: Method, url: &str, mut body: String) -> Reply {
        let mut url = url.to_owned();
        for _ in 0..10 {
            let request = Request::builder()
                .method(&method)
                .uri(inside(&url).unwrap());
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(n, v)| format!("{n}={v}"))
                .collect();
            let own = self.headers.iter();
            let request = own.fold(request, |request, (name, value)| {
                request.header(*name, *value)
            });
            let request = request
                .header(header::COOKIE, cookies.join("; "))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Full::new(Bytes::from(body)));
            let mut request = request.unwrap();
            if let Some(address) = self.address {
                request.extensions_mut().insert(PeerAddress(address));
            }
            let reply = self.fixture.send(request).await;
            self.keep_cookies(&reply);
            self.seen.push(reply.clone());
            url = reply.header(header::LOCATION).to_owned();
            if url.is_empty() || inside(&url).is_none() {
                return reply;
            }
            (method, body) = (Method::GET, String::new());
        }
        panic!("redirected for ever to {url}");
    }

    fn keep_cookies(&mut self, reply: &Reply) {
        for cookie in reply.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// The path of a URL of this server.
fn inside(url: &str) -> Option<&str> {
    if url.starts_with('/') {
        return Some(url);
    }
    let origin = ISSUER.split('/').take(3).collect::<Vec<_>>().join("/");
    url.strip_prefix(&origin)
        .filter(|rest| rest.starts_with('/'))
}
