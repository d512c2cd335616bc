//! Tests of the transport over ureq.

use http::Uri;

use super::*;
use crate::tls::testing::{CLIENT, CLIENT_KEY, authority, mtls_server, tls_server};

fn proxied(variables: &[(&str, &str)], uri: &str) -> bool {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let agent = agent_in(&TransportOptions::default(), variable).unwrap();
    let uri: Uri = uri.parse().unwrap();
    let proxy = agent.config().proxy();
    proxy.is_some_and(|proxy| !proxy.is_no_proxy(&uri))
}

#[test]
fn a_proxy_is_for_other_machines() {
    let proxy = [("HTTPS_PROXY", "http://user:pass@proxy.example:3128")];
    assert!(proxied(&proxy, "https://api.example/"));
    for uri in [
        "http://127.0.0.1:80/",
        "http://127.9.9.9/",
        "http://localhost/",
        "http://api.localhost:3000/",
        "https://API.LOCALHOST./",
        "http://localhost./",
        "http://[::1]:8080/",
    ] {
        assert!(!proxied(&proxy, uri), "{uri}");
    }
    for uri in ["https://localhost.example/", "https://xlocalhost/"] {
        assert!(proxied(&proxy, uri), "{uri}");
    }
    assert!(!proxied(&[], "https://api.example/"));
}

#[test]
fn exceptions_are_kept() {
    let variables = [
        ("ALL_PROXY", "http://proxy.example:3128"),
        ("NO_PROXY", "intern.example, .other.example"),
    ];
    assert!(!proxied(&variables, "https://intern.example/"));
    assert!(!proxied(&variables, "https://a.intern.example/"));
    assert!(!proxied(&variables, "https://a.other.example/"));
    assert!(proxied(&variables, "https://api.example/"));
}

#[test]
fn a_proxy_that_is_no_url_is_named() {
    let variable = |name: &str| (name == "HTTPS_PROXY").then(|| "://".to_owned());
    let error = agent_in(&TransportOptions::default(), variable).unwrap_err();
    assert!(error.to_string().contains("HTTPS_PROXY"), "{error}");
}

#[test]
fn a_proxy_that_can_not_be_used_fails_what_it_is_for_and_nothing_else() {
    let variable = |name: &str| match name {
        "ALL_PROXY" => Some("ftp://user:hunter2@proxy.example".to_owned()),
        "NO_PROXY" => Some("excepted.invalid".to_owned()),
        _ => None,
    };
    let agent = agent_in(&TransportOptions::default(), variable).unwrap();
    let fails = |uri: &str| agent.get(uri).call().unwrap_err().to_string();
    let error = fails("https://api.example/");
    assert!(error.contains("ALL_PROXY names"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    for uri in [
        format!("http://{closed}/"),
        "https://a.excepted.invalid/".into(),
    ] {
        assert!(!fails(&uri).contains("ALL_PROXY"), "{uri}");
    }
}

#[cfg(feature = "socks")]
#[test]
fn a_proxy_of_socks_is_spoken_to_with_the_feature() {
    use std::io::Read;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("socks://{}", listener.local_addr().unwrap());
    let variable = |name: &str| (name == "ALL_PROXY").then(|| proxy.clone());
    let agent = agent_in(&TransportOptions::default(), variable).unwrap();
    let greeted = std::thread::spawn(move || {
        let mut version = [0];
        listener
            .accept()
            .unwrap()
            .0
            .read_exact(&mut version)
            .unwrap();
        version[0]
    });
    assert!(agent.get("https://api.invalid/").call().is_err());
    assert_eq!(greeted.join().unwrap(), 5);
}

#[cfg(feature = "socks")]
#[test]
fn requests_go_through_a_proxy_of_socks() {
    use crate::proxy::testing::SocksProxy;
    let server = tls_server(1);
    let proxy = SocksProxy::to(server.address);
    let variable = |name: &str| (name == "ALL_PROXY").then(|| proxy.url());
    let agent = agent_in(&authority().into(), variable).unwrap();
    let answer = agent.get("https://service.example:8443/").call().unwrap();
    assert_eq!(answer.status().as_u16(), 204);
    assert_eq!(proxy.asked_for(), ["service.example:8443"]);
}

#[test]
fn certificates_are_those_of_the_platform_and_of_the_authorities_that_are_named() {
    let agent = |options: TransportOptions| agent_in(&options, |_| None).unwrap();
    let plain = agent(TransportOptions::default());
    let error = plain.get(tls_server(1).url).call().unwrap_err();
    assert!(
        matches!(error, ureq::Error::Rustls(_) | ureq::Error::Io(_)),
        "{error}"
    );
    let trusting = agent(authority().into());
    let answer = trusting.get(tls_server(1).url).call().unwrap();
    assert_eq!(answer.status().as_u16(), 204);
}

#[test]
fn a_client_certificate_is_presented_where_it_is_asked_for() {
    let mut options = TransportOptions::from(authority());
    let without = blocking_agent_with(&options).unwrap();
    assert!(without.get(mtls_server(1).url).call().is_err());
    options.client_certificate = Some(ClientCertificate::from_pem(CLIENT, CLIENT_KEY).unwrap());
    let agent = blocking_agent_with(&options).unwrap();
    for server in [mtls_server(1), tls_server(1)] {
        assert_eq!(agent.get(server.url).call().unwrap().status(), 204);
    }
}
