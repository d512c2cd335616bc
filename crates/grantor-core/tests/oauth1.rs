//! Signatures of OAuth 1.0a, by the examples of RFC 5849 and others.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use bytes::Bytes;
use grantor_core::oauth1::{
    BodyHash, Callback, Credentials, OwnMethod, Placement, SignatureMethod, Signing, Unsignable,
    base_string,
};
use grantor_core::{Secret, Timestamp};
use grantor_jose::{Algorithm, Key, SignError};
use http::{HeaderMap, Method, Request, Uri};
use serde_json::Value;

fn vectors(group: &str) -> Vec<Value> {
    let all: Value =
        serde_json::from_str(include_str!("../../../vectors/oauth1/signatures.json")).unwrap();
    all[group].as_array().unwrap().clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

fn pairs(params: &Value) -> Vec<(String, String)> {
    let own = |text: &Value| text.as_str().unwrap().to_owned();
    let pairs = params.as_array().unwrap().iter();
    pairs.map(|pair| (own(&pair[0]), own(&pair[1]))).collect()
}

/// The last part of a base string, decoded once.
fn parameters(form: &[u8], query: &str, protocol: &[(String, String)]) -> String {
    let uri: Uri = format!("https://a.example/?{query}").parse().unwrap();
    let base = base_string(&Method::GET, &uri, &HeaderMap::new(), form, protocol).unwrap();
    decoded(base.rsplit('&').next().unwrap())
}

fn decoded(text: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.unwrap().into_owned()
}

fn uri_of(uri: &str) -> Option<String> {
    // A URI of `http` can hold no space and no fragment.
    let uri: Uri = uri.replace(' ', "%20").parse().ok()?;
    let base = base_string(&Method::GET, &uri, &HeaderMap::new(), b"", &[]).ok()?;
    Some(decoded(base.split('&').nth(1)?))
}

#[test]
fn parameters_are_encoded_and_sorted_as_the_examples_are() {
    let vectors = vectors("parameter_normalisation");
    for vector in &vectors {
        assert_eq!(
            parameters(b"", "", &pairs(&vector["params"])),
            vector["expected"]
        );
    }
    let encodings = self::vectors("percent_encoding");
    for vector in &encodings {
        let pair = [("n".to_owned(), text(vector, "input").to_owned())];
        assert_eq!(
            parameters(b"", "", &pair),
            format!("n={}", text(vector, "expected"))
        );
    }
    assert_eq!((vectors.len(), encodings.len()), (6, 10));
}

#[test]
fn the_uri_is_signed_in_lower_case_and_without_a_port_that_goes_without_saying() {
    let (good, bad) = (
        vectors("base_string_uri"),
        vectors("base_string_uri_errors"),
    );
    for vector in &good {
        let uri = text(vector, "uri");
        assert_eq!(uri_of(uri).as_deref(), vector["expected"].as_str(), "{uri}");
    }
    for uri in &bad {
        assert_eq!(uri_of(uri.as_str().unwrap()), None, "{uri}");
    }
    assert_eq!((good.len(), bad.len()), (21, 15));
}

#[test]
fn parameters_come_from_query_form_and_header_with_duplicates_and_plus() {
    let vectors = vectors("collect_parameters");
    for vector in &vectors {
        let all = pairs(&vector["expected_params_unordered"]);
        let protocol = all.iter().filter(|(name, _)| name.starts_with("oauth_"));
        let protocol: Vec<_> = protocol.cloned().collect();
        let form = text(vector, "body").as_bytes();
        let collected = parameters(form, text(vector, "uri_query"), &protocol);
        assert_eq!(collected, parameters(b"", "", &all));
    }
    assert_eq!(vectors.len(), 1);
    assert_eq!(
        parameters(b"a=1&&a=1&b", "c=%FF&d=~+", &[]),
        "a=1&a=1&b=&c=%FF&d=~%20"
    );
}

fn method(name: &str) -> SignatureMethod {
    let methods = [
        SignatureMethod::HmacSha1ForLegacyUseOnly,
        SignatureMethod::HmacSha256,
        SignatureMethod::HmacSha512,
        SignatureMethod::DangerPlaintext,
    ];
    methods
        .into_iter()
        .find(|method| method.as_str() == name)
        .unwrap()
}

#[test]
fn signatures_are_those_that_are_printed() {
    let vectors = vectors("signatures");
    for vector in &vectors {
        let uri: Uri = text(vector, "base_string_uri").parse().unwrap();
        let http_method: Method = text(vector, "http_method").parse().unwrap();
        let params = pairs(&vector["params"]);
        let base = base_string(&http_method, &uri, &HeaderMap::new(), b"", &params).unwrap();
        assert_eq!(base, vector["base_string"]);
        let signature = method(text(vector, "method")).signature(
            &base,
            &Secret::from(text(vector, "client_secret")),
            &Secret::from(text(vector, "token_secret")),
        );
        assert_eq!(
            signature.unwrap().expose(),
            vector["expected_signature"],
            "{}",
            vector["name"]
        );
    }
    assert_eq!(vectors.len(), 9);
    for (group, name) in [("hmac_sha1_raw", "HMAC-SHA1"), ("plaintext", "PLAINTEXT")] {
        for vector in self::vectors(group) {
            let secret = |name: &str| Secret::from(text(&vector, name));
            let base = vector["base_string"].as_str().unwrap_or_default();
            let signed = method(name);
            let signed = signed.signature(base, &secret("client_secret"), &secret("token_secret"));
            assert_eq!(signed.unwrap().expose(), vector["expected"]);
        }
    }
}

fn signing() -> Signing {
    let mut signing = Signing::new(Credentials::new("foo", ""));
    signing.extra = vec![("oauth_version".to_owned(), "1.0".to_owned())];
    signing
}

fn placed(placement: Placement) -> Signing {
    let mut signing = signing();
    signing.placement = placement;
    signing
}

fn request(uri: &str, content_type: &str, body: &'static str) -> Request<Bytes> {
    let mut request = Request::post(uri);
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
    request.body(Bytes::from_static(body.as_bytes())).unwrap()
}

fn sign(signing: &Signing, mut request: Request<Bytes>) -> Result<Request<Bytes>, Unsignable> {
    signing.sign(&mut request, "abc", Timestamp::from_secs(123))?;
    Ok(request)
}

/// The parameters in the header.
fn header(request: &Request<Bytes>) -> &str {
    let header = &request.headers()["authorization"];
    assert!(header.is_sensitive());
    header.to_str().unwrap().strip_prefix("OAuth ").unwrap()
}

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

#[test]
fn an_oauth1_signature_covers_a_form_and_keeps_every_body() {
    let plain = sign(&signing(), request("https://i.b", "", "")).unwrap();
    assert!(header(&plain).contains("oauth_signature=\"h2sRqLArjhlc5p3FTkuNogVHlKE%3D\""));
    let cjk = sign(
        &signing(),
        request("https://i.b?cjk=%E5%95%A6%E5%95%A6", "", ""),
    )
    .unwrap();
    assert!(header(&cjk).contains("oauth_signature=\"W0haoue5IZAZoaJiYCtfqwMf8x8%3D\""));
    let as_form = sign(
        &signing(),
        request("https://i.b", FORM, "cjk=%E5%95%A6%E5%95%A6"),
    )
    .unwrap();
    assert_eq!(header(&as_form), header(&cjk));
    for (content_type, body) in [
        (FORM, "a=1&b=2+3"),
        ("application/json", "{\"a\":1}"),
        ("", "x"),
    ] {
        for placement in [Placement::Header, Placement::Query] {
            let signing = placed(placement);
            let signed = sign(&signing, request("https://i.b/x?y=1", content_type, body)).unwrap();
            assert_eq!(signed.body(), body);
            assert_eq!(
                signed.uri().query().unwrap().contains("oauth_"),
                placement == Placement::Query
            );
        }
    }
}

#[test]
fn a_body_that_is_no_form_is_signed_by_its_hash() {
    let hash = |change: fn(&mut Signing), content_type: &str, body| {
        let mut signing = signing();
        change(&mut signing);
        let signed = sign(&signing, request("https://i.b", content_type, body)).unwrap();
        let all = header(&signed).split(", ").map(str::to_owned);
        all.into_iter()
            .find(|pair| pair.starts_with("oauth_body_hash="))
    };
    let keep: fn(&mut Signing) = |_| {};
    // SHA-1 and SHA-256 of "Hello World!".
    let sha1 = Some("oauth_body_hash=\"Lve95gjOVATpfV8EL5X4nxwjKHE%3D\"".to_owned());
    assert_eq!(hash(keep, "text/plain", "Hello World!"), sha1);
    let sha256 = hash(
        |s| s.method = SignatureMethod::HmacSha256,
        "text/plain",
        "Hello World!",
    );
    assert!(
        sha256
            .unwrap()
            .contains("f4OxZX%2Fx%2FFO5LcGBSKHWXfwtSx%2Bj1ncoSt3SABJtkGk%3D")
    );
    assert_eq!(hash(keep, FORM, "a=1"), None);
    assert_eq!(hash(keep, "", ""), None);
    assert_eq!(
        hash(|s| s.body_hash = BodyHash::Omitted, "text/plain", "x"),
        None
    );
    assert_eq!(
        hash(
            |s| s.method = SignatureMethod::DangerPlaintext,
            "text/plain",
            "x"
        ),
        None
    );
}

#[test]
fn the_signature_goes_to_the_place_that_was_asked_for_and_is_the_same_there() {
    let signed = |placement| {
        let signing = placed(placement);
        sign(&signing, request("https://i.b/x?y=%20", FORM, "a=1")).unwrap()
    };
    let in_header = signed(Placement::Header);
    let signature = header(&in_header)
        .rsplit("oauth_signature=\"")
        .next()
        .unwrap();
    let signature = format!("oauth_signature={}", signature.trim_end_matches('"'));
    let query = signed(Placement::Query);
    assert!(
        query
            .uri()
            .query()
            .unwrap()
            .starts_with("y=%20&oauth_consumer_key=foo&")
    );
    assert!(query.uri().query().unwrap().ends_with(&signature));
    let body = signed(Placement::Body);
    let form = std::str::from_utf8(body.body()).unwrap();
    assert!(form.starts_with("a=1&oauth_consumer_key=foo&") && form.ends_with(&signature));
    assert!(!body.headers().contains_key("authorization"));
    let into_nothing = placed(Placement::Body);
    let into_nothing = sign(&into_nothing, request("https://i.b", "", "")).unwrap();
    assert_eq!(
        into_nothing.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
}

#[test]
fn the_realm_is_said_and_not_signed() {
    let bare = sign(&signing(), request("https://i.b", "", "")).unwrap();
    let mut with = signing();
    with.realm = Some("a \"b\"".to_owned());
    let realm = sign(&with, request("https://i.b", "", "")).unwrap();
    let rest = header(&realm)
        .strip_prefix("realm=\"a \\\"b\\\"\", ")
        .unwrap();
    assert_eq!(rest, header(&bare));
    with.realm = Some("a\nb".to_owned());
    assert_eq!(
        sign(&with, request("https://i.b", "", "")).unwrap_err(),
        Unsignable::Realm
    );
}

#[test]
fn the_host_header_is_what_is_signed() {
    let mut request = request("https://10.0.0.1:8443/x", "", "");
    let host = "API.example:443".parse().unwrap();
    request.headers_mut().insert("host", host);
    let there = self::request("https://api.example/x", "", "");
    let (by_header, there) = (
        sign(&signing(), request).unwrap(),
        sign(&signing(), there).unwrap(),
    );
    assert_eq!(header(&by_header), header(&there));
}

#[test]
fn what_can_not_be_signed_stays_as_it_was() {
    let mut body = signing();
    body.placement = Placement::Body;
    let mut plaintext = signing();
    plaintext.method = SignatureMethod::DangerPlaintext;
    let mut authorized = request("https://i.b", "", "");
    authorized
        .headers_mut()
        .insert("authorization", "Bearer x".parse().unwrap());
    for (signing, mut request, error) in [
        (signing(), authorized, Unsignable::Authorized),
        (signing(), request("/x", "", ""), Unsignable::Uri),
        (
            body,
            request("https://i.b", "application/json", "{}"),
            Unsignable::BodyIsNoForm,
        ),
        (
            plaintext,
            request("http://i.b", "", ""),
            Unsignable::Insecure,
        ),
        (
            signing(),
            request("https://i.b?oauth_nonce=1", "", ""),
            Unsignable::Repeated("oauth_nonce".to_owned()),
        ),
    ] {
        let before = format!("{request:?}");
        let result = signing.sign(&mut request, "abc", Timestamp::from_secs(123));
        assert_eq!(result, Err(error));
        assert_eq!(format!("{request:?}"), before);
    }
}

#[derive(Debug)]
struct Reversed;

impl OwnMethod for Reversed {
    fn name(&self) -> &'static str {
        "X-REVERSED"
    }

    fn signature(&self, base: &str, client: &Secret, _: &Secret) -> Result<Secret, SignError> {
        if client.is_empty() {
            return Err(SignError::new("no secret"));
        }
        Ok(base.chars().rev().collect::<String>().into())
    }
}

#[test]
fn a_method_of_ones_own_signs_the_base_string() {
    let mut signing = Signing::new(Credentials::new("foo", "bar"));
    signing.method = SignatureMethod::Own(std::sync::Arc::new(Reversed));
    let signed = sign(&signing, request("https://i.b", "", "")).unwrap();
    assert!(header(&signed).contains("oauth_signature_method=\"X-REVERSED\""));
    // The base string begins with "POST&https".
    assert!(header(&signed).ends_with("sptth%26TSOP\""));
    signing.client.secret = Secret::new("");
    let failed = sign(&signing, request("https://i.b", "", ""));
    assert_eq!(failed.unwrap_err(), Unsignable::KeyFailed);
}

#[test]
fn rsa_signs_as_jws_does_and_needs_no_secret() {
    for (algorithm, name, length) in [
        (Algorithm::Rs256, "RSA-SHA256", 32),
        (Algorithm::Rs512, "RSA-SHA512", 64),
    ] {
        let key = Key::generate(algorithm).unwrap();
        let public = key.public().unwrap().clone();
        let mut signing = Signing::new(Credentials::new("foo", ""));
        signing.method = SignatureMethod::rsa(key).unwrap();
        let signed = sign(&signing, request("https://i.b", "text/plain", "x")).unwrap();
        let parameters: Vec<(String, String)> = header(&signed)
            .split(", ")
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), decoded(value.trim_matches('"'))))
            .collect();
        let value = |name: &str| {
            let found = parameters.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.clone()).unwrap()
        };
        assert_eq!(value("oauth_signature_method"), name);
        let bytes = |text: String| {
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap()
        };
        assert_eq!(bytes(value("oauth_body_hash")).len(), length);
        let protocol: Vec<_> = parameters
            .iter()
            .filter(|(name, _)| name != "oauth_signature")
            .cloned()
            .collect();
        let uri = "https://i.b/".parse().unwrap();
        let base = base_string(&Method::POST, &uri, &HeaderMap::new(), b"", &protocol).unwrap();
        let signature = bytes(value("oauth_signature"));
        assert!(
            public
                .verify(algorithm, base.as_bytes(), &signature)
                .is_ok()
        );
    }
    let key = Key::generate(Algorithm::Es256).unwrap();
    let error = SignatureMethod::rsa(key).unwrap_err().to_string();
    assert!(error.starts_with("a key for ES256 signs no"), "{error}");
}

#[test]
fn the_three_steps_are_those_of_the_example() {
    // RFC 5849 section 1.2, over https, with PLAINTEXT for the first two as it is printed.
    let mut signing = Signing::new(Credentials::new("dpf43f3p2l4k3l03", "kd94hf93k423kf44"));
    signing.method = SignatureMethod::DangerPlaintext;
    signing.realm = Some("Photos".to_owned());
    let endpoint = url::Url::parse("https://photos.example.net/initiate").unwrap();
    let back = Callback::Url(url::Url::parse("http://printer.example.com/ready").unwrap());
    let now = Timestamp::from_secs(137_131_200);
    let asked = signing.temporary_credentials_request(&endpoint, &back, "wIjqoxSZ", now);
    let asked = asked.unwrap();
    assert_eq!(
        (asked.method(), &*asked.uri().to_string()),
        (&Method::POST, endpoint.as_str())
    );
    let sent = header(&asked);
    assert!(sent.contains("oauth_callback=\"http%3A%2F%2Fprinter.example.com%2Fready\""));
    assert!(
        sent.contains("oauth_signature=\"kd94hf93k423kf44%26\"") && !sent.contains("oauth_token")
    );
    let nowhere = signing.temporary_credentials_request(&endpoint, &Callback::OutOfBand, "n", now);
    assert!(header(&nowhere.unwrap()).contains("oauth_callback=\"oob\""));

    let temporary = Credentials::new("hh5s93j4hdidpola", "hdhd0244k9j7ao03");
    let page = url::Url::parse("https://photos.example.net/authorize?a=b").unwrap();
    let page = Signing::authorization_url(&page, &temporary);
    let expected = "https://photos.example.net/authorize?a=b&oauth_token=hh5s93j4hdidpola";
    assert_eq!(page.as_str(), expected);

    let endpoint = url::Url::parse("https://photos.example.net/token").unwrap();
    let verifier = Secret::new("hfdp7dh39dks9884");
    let asked = signing.token_credentials_request(&endpoint, &temporary, &verifier, "walatlh", now);
    let asked = asked.unwrap();
    let sent = header(&asked);
    assert!(sent.contains("oauth_token=\"hh5s93j4hdidpola\""));
    assert!(sent.contains("oauth_verifier=\"hfdp7dh39dks9884\""));
    assert!(sent.contains("oauth_signature=\"kd94hf93k423kf44%26hdhd0244k9j7ao03\""));
}
