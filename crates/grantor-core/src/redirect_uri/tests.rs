//! Tests of redirect URIs.

use super::*;

#[test]
fn rejects_what_no_client_may_register() {
    for (text, why) in [
        ("", InvalidRedirectUri::NotAbsolute),
        ("/cb", InvalidRedirectUri::NotAbsolute),
        ("https://a.example/c b", InvalidRedirectUri::NotAbsolute),
        ("https:\\\\a.example", InvalidRedirectUri::NotAbsolute),
        ("https://a.example/cb#x", InvalidRedirectUri::Fragment),
        ("https://u@a.example/cb", InvalidRedirectUri::UserInfo),
        ("javascript:alert(1)", InvalidRedirectUri::Scheme),
        ("data:text/html,x", InvalidRedirectUri::Scheme),
        ("mailto:a@a.example", InvalidRedirectUri::Scheme),
        ("intent:cb", InvalidRedirectUri::Scheme),
        ("jar:https://a.example!/x", InvalidRedirectUri::Scheme),
        ("ms-search:query", InvalidRedirectUri::Scheme),
        ("MS-Settings:/x", InvalidRedirectUri::Scheme),
        ("urn:ietf:wg:oauth:2.0:oob", InvalidRedirectUri::Scheme),
        ("https:///cb", InvalidRedirectUri::NoHost),
        ("https:a.example/cb", InvalidRedirectUri::NoHost),
        ("https:/a.example/cb", InvalidRedirectUri::NoHost),
        ("https://*.app.example/cb", InvalidRedirectUri::Wildcard),
        ("com.example.app://*/cb", InvalidRedirectUri::Wildcard),
        (
            "https://a.example/cb?x=1&code=2",
            InvalidRedirectUri::ResponseParameter("code"),
        ),
        (
            "https://a.example/cb?st%61te",
            InvalidRedirectUri::ResponseParameter("state"),
        ),
        (
            "com.example.app:/cb?iss=x",
            InvalidRedirectUri::ResponseParameter("iss"),
        ),
        (
            "https://a.example/cb?error=",
            InvalidRedirectUri::ResponseParameter("error"),
        ),
        ("wss://a.example/cb", InvalidRedirectUri::Scheme),
        ("http://a.example/cb", InvalidRedirectUri::Insecure),
    ] {
        assert_eq!(RedirectUri::parse(text), Err(why), "{text}");
    }
}

/// A page shows the host as it is written, and the browser goes where it means.
#[test]
fn rejects_a_host_in_another_spelling_than_the_normal_one() {
    for host in [
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "127.0.0.01",
        "[0:0:0:0:0:0:0:1]",
        "[::0001]",
        "LOCALHOST",
        "%6cocalhost",
        "loc%61lhost",
    ] {
        for uri in [
            format!("http://{host}:8080/cb"),
            format!("https://{host}/cb?x=1"),
        ] {
            let parsed = RedirectUri::parse(&uri);
            assert_eq!(parsed, Err(InvalidRedirectUri::HostSpelling), "{uri}");
        }
    }
    for uri in [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:/cb",
        "http://localhost?x=a:b",
        "http://[::1]/cb",
        "http://[::1]:8080/cb",
        "https://xn--caf-dma.example/cb:1",
        "com.example.app://Host/cb",
    ] {
        assert!(RedirectUri::parse(uri).is_ok(), "{uri}");
    }
}

#[test]
fn a_private_scheme_without_a_period_is_named() {
    let scheme = |text: &str| {
        let uri = RedirectUri::parse(text).unwrap();
        uri.scheme_without_period().map(str::to_owned)
    };
    for text in [
        "https://a.example/cb?tenant=1",
        "HTTPS://a.example/cb",
        "http://127.0.0.1/cb",
        "com.example.app:/cb",
    ] {
        assert_eq!(scheme(text), None, "{text}");
    }
    assert_eq!(scheme("vscode://a.b/cb").as_deref(), Some("vscode"));
    assert_eq!(scheme("myapp:/cb").as_deref(), Some("myapp"));
}

#[test]
fn parameters_join_a_query_that_is_there() {
    let mut params = Params::new();
    params.push("code", "a b");
    let with = |uri| RedirectUri::with_query(uri, &params);
    assert_eq!(
        with("https://a.example/cb"),
        "https://a.example/cb?code=a+b"
    );
    assert_eq!(
        with("https://a.example/cb?x=1"),
        "https://a.example/cb?x=1&code=a+b"
    );
    assert_eq!(
        with("https://a.example/cb?"),
        "https://a.example/cb?code=a+b"
    );
}
