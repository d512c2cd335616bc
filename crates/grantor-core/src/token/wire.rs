//! How the parameters of a request travel to the token endpoint and its neighbours.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use serde_json::{Map, Value};
use url::Url;

use crate::client_authentication::ClientAuthentication;
use crate::params::Params;
use crate::quirks::{Quirks, RequestEncoding};

/// A request with parameters and the client's authentication; a POST of a form, without quirks.
pub(crate) fn to_request(
    endpoint: &Url,
    mut params: Params<'_>,
    client: &ClientAuthentication,
    quirks: &Quirks,
) -> Request<Bytes> {
    let authorization = client.apply_with(&mut params, quirks);
    let mut url = endpoint.clone();
    let (method, content_type, body) = match quirks.request {
        RequestEncoding::Form => {
            let content_type = "application/x-www-form-urlencoded";
            (Method::POST, Some(content_type), params.to_form())
        }
        RequestEncoding::Json => {
            let content_type = "application/json";
            (Method::POST, Some(content_type), to_json(&params))
        }
        RequestEncoding::DangerGet => {
            url.query_pairs_mut().extend_pairs(params.iter());
            (Method::GET, None, String::new())
        }
    };
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = method;
    // A `Url` with a host is always a valid `Uri`; if it were not, the request goes nowhere.
    *request.uri_mut() = url.as_str().parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some(value) = authorization {
        headers.insert(AUTHORIZATION, value);
    }
    request
}

impl Params<'_> {
    /// Adds the parameters to a request that is made already, in the way in which its own travel:
    /// for what has to be made anew whenever it is sent, as an assertion.
    pub fn append_to(&self, request: &mut Request<Bytes>) {
        if *request.method() == Method::GET {
            if let Ok(mut url) = Url::parse(&request.uri().to_string()) {
                url.query_pairs_mut().extend_pairs(self.iter());
                *request.uri_mut() = url.as_str().parse().unwrap_or_default();
            }
            return;
        }
        let json = request.headers().get(CONTENT_TYPE);
        let json = json.is_some_and(|value| value == "application/json");
        let body = request.body();
        *request.body_mut() = match serde_json::from_slice::<Map<String, Value>>(body) {
            Ok(mut members) if json => {
                add_to(&mut members, self);
                Value::Object(members).to_string().into()
            }
            _ if body.is_empty() => self.to_form().into(),
            _ => [&**body, b"&", self.to_form().as_bytes()].concat().into(),
        };
    }
}

/// A parameter that is repeated becomes an array.
fn to_json(params: &Params<'_>) -> String {
    let mut json = Map::new();
    add_to(&mut json, params);
    Value::Object(json).to_string()
}

fn add_to(json: &mut Map<String, Value>, params: &Params<'_>) {
    for (name, value) in params.iter() {
        let value = Value::from(value);
        match json.get_mut(name) {
            None => {
                json.insert(name.to_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GrantParameters, Scope, ScopeSeparator, TokenRequest};

    fn sent(quirks: &Quirks) -> Request<Bytes> {
        let mut request = TokenRequest::new(GrantParameters::Password {
            username: "ada".into(),
            password: "p&w".into(),
        });
        request.parameters.scope = Some(Scope::parse("a b").unwrap());
        request.parameters.resource =
            vec!["https://one.example".into(), "https://two.example".into()];
        let client = ClientAuthentication::Basic {
            client_id: "a b".into(),
            client_secret: "s:+".into(),
        };
        let endpoint = "https://a.example/token?x=1".parse().unwrap();
        request.to_request_with(&endpoint, &client, quirks)
    }

    #[test]
    fn without_quirks_it_is_a_form() {
        let request = sent(&Quirks::NONE);
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), "https://a.example/token?x=1");
        assert_eq!(request.headers()[ACCEPT_ENCODING], "identity");
        let params = Params::parse(request.body()).unwrap();
        assert_eq!(params.get("scope"), Some("a b"));
        assert_eq!(params.get("password"), Some("p&w"));
        // base64 of "a+b:s%3A%2B"
        assert_eq!(request.headers()[AUTHORIZATION], "Basic YStiOnMlM0ElMkI=");
    }

    #[test]
    fn scopes_stand_between_commas_where_the_server_wants_that() {
        let mut quirks = Quirks::NONE;
        quirks.request_scope = ScopeSeparator::Comma;
        let request = sent(&quirks);
        let params = Params::parse(request.body()).unwrap();
        assert_eq!(params.get("scope"), Some("a,b"));
    }

    #[test]
    fn basic_is_raw_where_the_server_wants_that() {
        let mut quirks = Quirks::NONE;
        quirks.basic = crate::BasicEncoding::Raw;
        let request = sent(&quirks);
        // base64 of "a b:s:+"
        assert_eq!(request.headers()[AUTHORIZATION], "Basic YSBiOnM6Kw==");
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
    }

    #[test]
    fn a_json_body_has_what_the_form_had() {
        let mut quirks = Quirks::NONE;
        quirks.request = RequestEncoding::Json;
        let request = sent(&quirks);
        assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
        let json = serde_json::from_slice::<Value>(request.body()).unwrap();
        assert_eq!(json["password"], "p&w");
        assert_eq!(json["scope"], "a b");
        assert_eq!(json["resource"][1], "https://two.example");
    }

    #[test]
    fn what_is_added_later_travels_as_the_rest_does() {
        let mut more = Params::new();
        more.push("assertion", "a&b");
        let (mut json, mut get) = (Quirks::NONE, Quirks::NONE);
        json.request = RequestEncoding::Json;
        get.request = RequestEncoding::DangerGet;
        let [form, json, get] = [&Quirks::NONE, &json, &get].map(|quirks| {
            let mut request = sent(quirks);
            more.append_to(&mut request);
            request
        });
        let json = serde_json::from_slice::<Value>(json.body()).unwrap();
        assert_eq!(
            (&json["assertion"], &json["scope"]),
            (&"a&b".into(), &"a b".into())
        );
        for text in [form.body(), get.uri().query().unwrap().as_bytes()] {
            let params = Params::parse(text).unwrap();
            assert_eq!(params.get("assertion"), Some("a&b"));
            assert_eq!(params.get("password"), Some("p&w"));
        }
    }

    #[test]
    fn a_get_keeps_the_query_of_the_endpoint_and_has_no_body() {
        let mut quirks = Quirks::NONE;
        quirks.request = RequestEncoding::DangerGet;
        let request = sent(&quirks);
        assert_eq!(request.method(), Method::GET);
        assert!(request.body().is_empty());
        assert!(!request.headers().contains_key(CONTENT_TYPE));
        let query = request.uri().query().unwrap();
        let params = Params::parse(query.as_bytes()).unwrap();
        assert_eq!(params.get("x"), Some("1"));
        assert_eq!(params.get("grant_type"), Some("password"));
        assert_eq!(params.all("resource").count(), 2);
    }
}
