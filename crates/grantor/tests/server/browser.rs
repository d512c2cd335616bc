//! A browser for the examples.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, header};

use crate::calls::{Answer, form, send};

/// A browser that keeps cookies and follows redirects within the application.
pub(crate) struct Browser {
    app: Router,
    /// Where the server is.
    origin: &'static str,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(app: Router, origin: &'static str) -> Self {
        Self {
            app,
            origin,
            cookies: BTreeMap::new(),
        }
    }

    /// Another one, at the same application.
    pub(crate) fn other(&self) -> Self {
        Self::new(self.app.clone(), self.origin)
    }

    pub(crate) async fn go(&mut self, mut method: Method, url: &str, mut body: String) -> Answer {
        let mut url = url.to_owned();
        loop {
            let cookies = self.cookies.iter().map(|(n, v)| format!("{n}={v}"));
            let cookies: Vec<String> = cookies.collect();
            let request = Request::builder()
                .method(&method)
                .uri(url.replace(self.origin, ""))
                .header(header::COOKIE, cookies.join("; "))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body));
            let answer = send(&self.app, request.unwrap()).await;
            for cookie in answer.headers.get_all(header::SET_COOKIE) {
                let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = cookie.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            // A redirect to a client ends here.
            let stays =
                |location: &str| location.starts_with('/') || location.contains(self.origin);
            if !answer.status.is_redirection() || !stays(&answer.location()) {
                return answer;
            }
            (url, method, body) = (answer.location(), Method::GET, String::new());
        }
    }

    pub(crate) async fn open(&mut self, url: &str) -> Answer {
        self.go(Method::GET, url, String::new()).await
    }

    /// Sends the form of a page with these inputs.
    pub(crate) async fn press(&mut self, page: &Answer, inputs: &[(&str, &str)]) -> Answer {
        let (_, action) = page.text.split_once("action=\"").unwrap();
        let action = action.split('"').next().unwrap();
        let hidden = page
            .text
            .split("type=\"hidden\" name=\"")
            .skip(1)
            .map(|rest| {
                let (name, rest) = rest.split_once("\" value=\"").unwrap();
                (name, rest.split('"').next().unwrap())
            });
        let pairs: Vec<(&str, &str)> = hidden.chain(inputs.iter().copied()).collect();
        self.go(Method::POST, action, form(&pairs)).await
    }
}
