//! As much of a browser as signing in takes: cookies, redirects, and one form to a page.

use std::collections::BTreeMap;

use bytes::Bytes;
use grantor_core::Params;
use grantor_http::Transport;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use url::Url;

use super::line::Line;

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// A user's browser at one server. It leaves that server for nowhere.
pub(super) struct Browser {
    line: Line,
    home: Url,
    cookies: BTreeMap<String, String>,
}

/// The place where a browser is after a click.
#[derive(Debug)]
pub(super) enum Arrival {
    /// On a page of the server.
    Page(Page),
    /// Before a place elsewhere, where it was sent.
    Away(Url),
}

/// A page and where it came from.
#[derive(Debug)]
pub(super) struct Page {
    url: Url,
    status: StatusCode,
    html: String,
}

impl Arrival {
    /// The page that `what` names.
    pub(super) fn page(self, what: &str) -> Result<Page, String> {
        match self {
            Self::Page(page) if page.status == StatusCode::OK => Ok(page),
            Self::Page(page) => {
                let status = page.status.as_u16();
                Err(format!("{what} came with status {status}, expected 200"))
            }
            Self::Away(_) => Err(format!(
                "the browser was sent away instead of seeing {what}"
            )),
        }
    }

    /// The place that the browser was sent to.
    pub(super) fn away(self) -> Result<Url, String> {
        match self {
            Self::Away(url) => Ok(url),
            Self::Page(page) => Err(format!(
                "a page with status {} instead of a redirect to the application",
                page.status.as_u16()
            )),
        }
    }
}

impl Browser {
    /// A new one, without cookies. `home` is on the server.
    pub(super) fn new(line: Line, home: &Url) -> Self {
        Self {
            line,
            home: home.clone(),
            cookies: BTreeMap::new(),
        }
    }

    pub(super) async fn open(&mut self, url: Url) -> Result<Arrival, String> {
        self.go(Method::GET, url, String::new()).await
    }

    /// Fills the form of a page in and presses a button: one with a name and a value, or the nameless
    /// one. Every other button stays out of what is sent.
    pub(super) async fn submit(
        &mut self,
        page: &Page,
        fill: &[(&str, &str)],
        press: Option<(&str, &str)>,
    ) -> Result<Arrival, String> {
        let form = Form::of(&page.html).ok_or("the page has no form")?;
        let mut params = Params::new();
        for (name, value) in &form.inputs {
            let filled = fill.iter().find(|(field, _)| field == name);
            params.push(name.as_str(), filled.map_or(value.as_str(), |(_, v)| v));
        }
        if let Some((field, _)) = fill.iter().find(|(field, _)| !form.has_input(field)) {
            return Err(format!("the form has no field \"{field}\""));
        }
        if let Some((name, value)) = press {
            if !form.buttons.iter().any(|b| b.0 == name && b.1 == value) {
                return Err(format!("the form has no button \"{name}\" = \"{value}\""));
            }
            params.push(name, value);
        }
        let action = page.url.join(&form.action);
        let action = action.map_err(|_| "the form leads to no URL".to_owned())?;
        self.go(Method::POST, action, params.to_form()).await
    }

    async fn go(
        &mut self,
        mut method: Method,
        mut url: Url,
        mut body: String,
    ) -> Result<Arrival, String> {
        for _ in 0..REDIRECTS {
            if url.origin() != self.home.origin() {
                return Ok(Arrival::Away(url));
            }
            let request = self.request(&method, &url, std::mem::take(&mut body))?;
            let answer = self.line.send(request).await;
            let answer = answer.map_err(|error| format!("no answer to the browser: {error}"))?;
            self.keep_cookies(answer.headers());
            let location = answer.headers().get(header::LOCATION);
            let Some(location) = location.and_then(|value| value.to_str().ok()) else {
                return Ok(Arrival::Page(Page {
                    url,
                    status: answer.status(),
                    html: String::from_utf8_lossy(answer.body()).into_owned(),
                }));
            };
            url = url
                .join(location)
                .map_err(|_| "a redirect leads to no URL".to_owned())?;
            // "303 See Other" is followed by GET, and the server sends no other.
            method = Method::GET;
        }
        Err(format!("more than {REDIRECTS} redirects in a row"))
    }

    fn request(&self, method: &Method, url: &Url, body: String) -> Result<Request<Bytes>, String> {
        let mut request = Request::builder().method(method).uri(url.as_str());
        if method == Method::POST {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request = request.header(header::CONTENT_TYPE, form);
        }
        if !self.cookies.is_empty() {
            let pairs = self.cookies.iter().map(|(n, v)| format!("{n}={v}"));
            let mut cookies = HeaderValue::try_from(pairs.collect::<Vec<_>>().join("; "))
                .map_err(|_| "a cookie does not fit into a header".to_owned())?;
            cookies.set_sensitive(true);
            request = request.header(header::COOKIE, cookies);
        }
        request.body(body.into()).map_err(|error| error.to_string())
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            let pair = value.to_str().unwrap_or_default().split(';').next();
            if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// The one form of a page.
#[derive(Debug, Default, PartialEq, Eq)]
struct Form {
    action: String,
    inputs: Vec<(String, String)>,
    buttons: Vec<(String, String)>,
}

impl Form {
    fn of(html: &str) -> Option<Self> {
        let mut form: Option<Self> = None;
        for tag in html
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split_once('>'))
        {
            let (name, attributes) = tag.0.split_once(' ').unwrap_or((tag.0, ""));
            let value = |attribute| attribute_of(attributes, attribute).unwrap_or_default();
            match (name, &mut form) {
                ("form", None) => {
                    form = Some(Self {
                        action: value("action"),
                        ..Self::default()
                    });
                }
                ("input", Some(form)) => form.inputs.push((value("name"), value("value"))),
                ("button", Some(form)) => form.buttons.push((value("name"), value("value"))),
                ("/form", Some(_)) => break,
                _ => {}
            }
        }
        form
    }

    fn has_input(&self, field: &str) -> bool {
        self.inputs.iter().any(|(name, _)| name == field)
    }
}

/// An attribute in double quotes, its character references resolved.
fn attribute_of(mut attributes: &str, wanted: &str) -> Option<String> {
    while let Some((name, rest)) = attributes.split_once("=\"") {
        let (value, rest) = rest.split_once('"')?;
        // Attributes without a value may come before the name.
        if name.split_whitespace().next_back() == Some(wanted) {
            return Some(resolve(value));
        }
        attributes = rest;
    }
    None
}

fn resolve(value: &str) -> String {
    let references = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    let replace = |text: String, (reference, plain): &(&str, &str)| text.replace(reference, plain);
    references.iter().fold(value.to_owned(), replace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_hidden_fields_and_buttons() {
        let html = r#"<style>a > b {}</style><input name="outside"><form method="post"
action="/go?a=1&#38;b=2"><input type="hidden" name="csrf" value="a&#34;&#38;#60;">
<input id="u" name="username" value="" required autofocus><button name="decision" value="allow">
Allow</button><button type="submit">Go</button></form><input name="behind">"#
            .replace('\n', " ");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            Form::of(&html),
            Some(Form {
                action: "/go?a=1&b=2".to_owned(),
                inputs: vec![pair("csrf", "a\"&#60;"), pair("username", "")],
                buttons: vec![pair("decision", "allow"), pair("", "")],
            })
        );
        assert_eq!(Form::of("<p>nothing</p>"), None);
    }
}
