//! A browser without a screen: it follows redirects, keeps cookies, and sends every form that it is shown.

use std::collections::HashMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::Outcome;

pub(crate) struct Browser {
    http: reqwest::Client,
    provider: Url,
    cookies: HashMap<String, String>,
}

impl Browser {
    /// One that stays at this provider: what leads away from it is the answer.
    pub(crate) fn new(provider: &str) -> Outcome<Self> {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()?;
        Ok(Self {
            http,
            provider: provider.parse()?,
            cookies: HashMap::new(),
        })
    }

    /// Opens a URL, and returns what leads away from the provider: a URL, or the body of a form; or the
    /// page at which it ends.
    pub(crate) async fn open(&mut self, url: &Url) -> Outcome<String> {
        let mut next = (Method::GET, url.clone(), String::new());
        for _ in 0..20 {
            let at = next.1.clone();
            let answer = self.send(next).await?;
            if let Some(location) = answer.headers().get(LOCATION) {
                let to = at.join(location.to_str()?)?;
                if self.is_elsewhere(&to) {
                    return Ok(to.into());
                }
                next = (Method::GET, to, String::new());
                continue;
            }
            let status = answer.status();
            let page = answer.text().await?;
            if !status.is_success() {
                return Err(format!("the provider answered {status}: {page}").into());
            }
            let Some((action, body)) = form(&page) else {
                return Ok(page);
            };
            let to = at.join(&action)?;
            if self.is_elsewhere(&to) {
                return Ok(body);
            }
            next = (Method::POST, to, body);
        }
        Err("the provider redirects without end".into())
    }

    /// Opens the page of a device, and sends its second form with the button that refuses.
    pub(crate) async fn refuse(&mut self, url: &Url) -> Outcome {
        let mut next = (Method::GET, url.clone(), String::new());
        for _ in 0..3 {
            let at = next.1.clone();
            let page = self.send(next).await?.text().await?;
            let Some((action, mut body)) = form(&page) else {
                return Ok(());
            };
            if page.contains("name=\"abort\"") {
                body.push_str("&abort=yes");
            }
            next = (Method::POST, at.join(&action)?, body);
        }
        Ok(())
    }

    async fn send(&mut self, (method, url, body): (Method, Url, String)) -> Outcome<Response> {
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = self.http.request(method.clone(), url);
        request = request.header(COOKIE, cookies.join("; "));
        if method == Method::POST {
            let form = "application/x-www-form-urlencoded";
            request = request.header(CONTENT_TYPE, form).body(body);
        }
        let answer = request.send().await?;
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = cookie.split_once('=') {
                match value.is_empty() {
                    true => self.cookies.remove(name),
                    false => self.cookies.insert(name.to_owned(), value.to_owned()),
                };
            }
        }
        Ok(answer)
    }

    fn is_elsewhere(&self, url: &Url) -> bool {
        url.origin() != self.provider.origin()
    }
}

/// The action of the form of a page, and its inputs.
fn form(page: &str) -> Option<(String, String)> {
    let (_, form) = page.split_once("<form")?;
    let action = attribute(form, "action").unwrap_or_default();
    let mut inputs = Serializer::new(String::new());
    for input in form.split("<input").skip(1) {
        let input = input.split('>').next().unwrap_or_default();
        if let Some(name) = attribute(input, "name") {
            inputs.append_pair(&name, &attribute(input, "value").unwrap_or_default());
        }
    }
    Some((action, inputs.finish()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    let escapes = [
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let plain = escapes
        .iter()
        .fold(value.to_owned(), |text, (from, to)| text.replace(from, to));
    Some(plain)
}
