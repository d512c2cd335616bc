//! The transport over reqwest, against sockets on loopback.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use grantor_core::exchange::{FailureKind, NoAnswer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::ClientCertificate;
use crate::tls::testing::{CLIENT, CLIENT_KEY, authority, mtls_server, tls_server};

/// Answers one connection with these bytes, then closes it. None: closes it after the request.
async fn server(answer: Option<Vec<u8>>) -> SocketAddr {
    server_at("127.0.0.1:0", answer).await
}

async fn server_at(address: &str, answer: Option<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        if let Some(answer) = answer {
            let _ = stream.write_all(&answer).await;
        }
    });
    address
}

/// Returns the failure of a request to this URI.
async fn failure(transport: &ReqwestTransport, uri: &str) -> TransportError {
    let request = Request::get(uri).body(Bytes::new()).unwrap();
    transport.send(request).await.unwrap_err()
}

async fn get(address: SocketAddr) -> Result<Response<Bytes>, TransportError> {
    let uri = format!("http://{address}/token?secret=hunter2");
    let request = Request::get(uri).body(Bytes::new()).unwrap();
    ReqwestTransport::new().unwrap().send(request).await
}

fn answer(head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    Some([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn gives_the_whole_answer() {
    let address = server(answer("418 teapot\r\nx-a: 1", b"short")).await;
    let response = get(address).await.unwrap();
    assert_eq!(response.status().as_u16(), 418);
    assert_eq!(response.headers()["x-a"], "1");
    assert_eq!(&response.body()[..], b"short");
}

#[tokio::test]
async fn follows_no_redirect() {
    let address = server(answer("302 Found\r\nlocation: http://127.0.0.1:1/", b"")).await;
    assert_eq!(get(address).await.unwrap().status().as_u16(), 302);
}

#[tokio::test]
async fn reads_no_more_than_the_limit() {
    let exactly = server(answer("200 OK", &vec![b'x'; MAX_ANSWER])).await;
    assert_eq!(get(exactly).await.unwrap().body().len(), MAX_ANSWER);
    let over = server(answer("200 OK", &vec![b'x'; MAX_ANSWER + 1])).await;
    let over = get(over).await.unwrap_err();
    assert_eq!(over.no_answer(), NoAnswer::Unknown);
    assert!(over.is_too_long());
}

#[tokio::test]
async fn says_what_went_wrong_and_whose_fault_it_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let transport = ReqwestTransport::new().unwrap();
    let refused = failure(&transport, &format!("http://{closed}/?code=hunter2")).await;
    assert_eq!(refused.to_string(), "the connection was refused");
    assert!(refused.failure().is_transient());
    // No label is longer than 63 bytes, so nobody is asked.
    let name = format!("{}.invalid", "a".repeat(64));
    let unknown = failure(&transport, &format!("http://{name}/?code=hunter2")).await;
    assert_eq!(
        unknown.to_string(),
        format!("the name \"{name}\" can't be resolved")
    );
    assert!(unknown.failure().is_transient());
    let relative = failure(&transport, "/token").await;
    assert_eq!(relative.kind(), FailureKind::Configuration);
    let over = server(answer("200 OK", &vec![b'x'; MAX_ANSWER + 1])).await;
    let too_long = get(over).await.unwrap_err();
    assert_eq!(too_long.kind(), FailureKind::Peer);
    assert!(too_long.to_string().contains("1 MiB"), "{too_long}");
}

#[tokio::test]
async fn certificates_are_those_of_the_platform_and_of_the_authorities_that_are_named() {
    let plain = ReqwestTransport::new().unwrap();
    let untrusted = failure(&plain, &tls_server(1).url).await;
    assert_eq!(untrusted.kind(), FailureKind::Certificate, "{untrusted:?}");
    assert_eq!(untrusted.no_answer(), NoAnswer::Unsent);
    let text = untrusted.to_string();
    assert!(
        text.contains("certificate is not accepted") && text.contains("UnknownIssuer"),
        "{text}"
    );
    let trusting = ReqwestTransport::with_options(&authority().into()).unwrap();
    let request = Request::get(tls_server(1).url).body(Bytes::new()).unwrap();
    assert_eq!(trusting.send(request).await.unwrap().status().as_u16(), 204);
    let by_another_name = tls_server(1).url.replace("127.0.0.1", "127.0.0.2");
    let error = failure(&trusting, &by_another_name).await;
    assert_eq!(error.kind(), FailureKind::Certificate, "{error}");
}

#[tokio::test]
async fn a_client_certificate_is_presented_where_it_is_asked_for() {
    let certificate = ClientCertificate::from_pem(CLIENT, CLIENT_KEY).unwrap();
    let thumbprint = certificate.thumbprint().clone();
    let mut options = TransportOptions::from(authority());
    options.client_certificate = Some(certificate);
    let transport = ReqwestTransport::with_options(&options).unwrap();
    assert_eq!(transport.client_certificate(), Some(&thumbprint));
    for server in [mtls_server(1), tls_server(1)] {
        let request = Request::get(server.url).body(Bytes::new()).unwrap();
        assert_eq!(
            transport.send(request).await.unwrap().status().as_u16(),
            204
        );
    }
    let without = ReqwestTransport::with_options(&authority().into()).unwrap();
    assert_eq!(without.client_certificate(), None);
    let error = failure(&without, &mtls_server(1).url).await;
    assert_eq!(error.kind(), FailureKind::Certificate, "{error:?}");
    assert_eq!(error.no_answer(), NoAnswer::Unsent);
    assert!(error.to_string().contains("client certificate"), "{error}");
}

#[tokio::test]
async fn a_handshake_that_fails_otherwise_may_succeed_later() {
    let plain_http = server(answer("204 No Content", b"")).await;
    let transport = ReqwestTransport::new().unwrap();
    let error = failure(&transport, &format!("https://{plain_http}/")).await;
    assert!(error.failure().is_transient(), "{error}");
    assert_eq!(error.no_answer(), NoAnswer::Unsent);
}

#[tokio::test]
async fn a_client_of_the_application_keeps_its_settings_and_follows_no_redirect() {
    let builder = || reqwest::Client::builder().no_proxy();
    let moved = server(answer("302 Found\r\nlocation: http://127.0.0.1:1/", b"")).await;
    let transport = ReqwestTransport::from_builder(builder()).unwrap();
    let request = Request::get(format!("http://{moved}/")).body(Bytes::new());
    let response = transport.send(request.unwrap()).await.unwrap();
    assert_eq!(response.status().as_u16(), 302);
    let proxy = server(answer("204 No Content", b"")).await;
    let proxy = Proxy::http(format!("http://{proxy}")).unwrap();
    let transport = ReqwestTransport::from_builder(builder().proxy(proxy)).unwrap();
    let request = Request::get("http://proxied.invalid/").body(Bytes::new());
    let response = transport.send(request.unwrap()).await.unwrap();
    assert_eq!(response.status().as_u16(), 204);
}

#[tokio::test]
async fn a_proxy_that_can_not_be_used_fails_what_it_is_for_and_nothing_else() {
    let variable = |name: &str| match name {
        "ALL_PROXY" => Some("ftp://user:hunter2@proxy.example".to_owned()),
        "NO_PROXY" => Some("excepted.invalid".to_owned()),
        _ => None,
    };
    let builder = builder_in(&TransportOptions::default(), variable).unwrap();
    let transport = ReqwestTransport::from_builder(builder).unwrap();
    let error = failure(&transport, "https://api.example/").await;
    assert_eq!(error.kind(), FailureKind::Configuration);
    assert!(error.to_string().starts_with("ALL_PROXY names"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    let excepted = failure(&transport, "https://excepted.invalid/").await;
    assert!(
        excepted.to_string().contains("\"excepted.invalid\""),
        "{excepted}"
    );
    let here = server(answer("204 No Content", b"")).await;
    let request = Request::get(format!("http://{here}/")).body(Bytes::new());
    let response = transport.send(request.unwrap()).await.unwrap();
    assert_eq!(response.status().as_u16(), 204);
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn a_proxy_of_socks_is_spoken_to_with_the_feature() {
    for scheme in ["socks5", "socks5h", "socks", "socks4a"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("{scheme}://{}", listener.local_addr().unwrap());
        let variable = |name: &str| (name == "ALL_PROXY").then(|| proxy.clone());
        let builder = builder_in(&TransportOptions::default(), variable).unwrap();
        let transport = ReqwestTransport::from_builder(builder).unwrap();
        let greeted = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut version = [0];
            stream.read_exact(&mut version).await.unwrap();
            version[0]
        };
        // A name would have to be resolved here for some of them.
        let sending = failure(&transport, "https://192.0.2.1/");
        let (version, _) = tokio::join!(greeted, sending);
        assert_eq!(version, if scheme == "socks4a" { 4 } else { 5 }, "{scheme}");
    }
}

#[cfg(feature = "socks")]
#[tokio::test]
async fn requests_go_through_a_proxy_of_socks() {
    use crate::proxy::testing::SocksProxy;
    let server = tls_server(1);
    let proxy = SocksProxy::to(server.address);
    let variable = |name: &str| (name == "ALL_PROXY").then(|| proxy.url());
    let builder = builder_in(&authority().into(), variable).unwrap();
    let transport = ReqwestTransport::from_builder(builder).unwrap();
    let request = Request::get("https://service.example:8443/").body(Bytes::new());
    let response = transport.send(request.unwrap()).await.unwrap();
    assert_eq!(response.status().as_u16(), 204);
    assert_eq!(proxy.asked_for(), ["service.example:8443"]);
}

#[tokio::test]
async fn knows_whether_a_request_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed_port = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(
        get(closed_port).await.unwrap_err().no_answer(),
        NoAnswer::Unsent
    );
    let silent = server(None).await;
    assert_eq!(
        get(silent).await.unwrap_err().no_answer(),
        NoAnswer::Unknown
    );
}

#[tokio::test]
async fn gives_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let timeouts = Timeouts {
        total: Duration::from_millis(50),
        ..Timeouts::default()
    };
    let transport = ReqwestTransport::with_timeouts(&timeouts).unwrap();
    let request = Request::get(format!("http://{address}/"));
    let error = transport.send(request.body(Bytes::new()).unwrap()).await;
    assert_eq!(error.unwrap_err().no_answer(), NoAnswer::Unknown);
    drop(listener);
}

#[tokio::test]
async fn names_below_localhost_are_this_machine() {
    let transport = ReqwestTransport::new().unwrap();
    assert_eq!(transport.localhost_names(), LocalhostNames::Loopback);
    for (name, address) in [
        ("localhost", "127.0.0.1:0"),
        ("api.localhost", "127.0.0.1:0"),
        ("a.b.LOCALHOST", "127.0.0.1:0"),
        ("api.localhost.", "127.0.0.1:0"),
        ("api.localhost", "[::1]:0"),
    ] {
        let server = server_at(address, answer("204 No Content", b"")).await;
        let request = Request::get(format!("http://{name}:{}/", server.port()));
        let response = transport.send(request.body(Bytes::new()).unwrap()).await;
        assert_eq!(response.unwrap().status().as_u16(), 204, "{name} {address}");
    }
}

#[tokio::test]
async fn a_client_of_the_application_promises_nothing_of_names_below_localhost() {
    let builder = reqwest::Client::builder().no_proxy();
    let transport = ReqwestTransport::from_builder(builder).unwrap();
    assert_eq!(transport.localhost_names(), LocalhostNames::ByDns);
}

#[tokio::test]
async fn errors_show_no_url() {
    let error = get(server(None).await).await.unwrap_err();
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(" {error} {error:?}");
        source = error.source();
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_proxy_is_for_https_and_never_for_this_machine() {
    let dead = |name: &str| {
        name.ends_with("_PROXY")
            .then(|| "http://127.0.0.1:1".to_owned())
    };
    let builder = builder_in(&TransportOptions::default(), dead).unwrap();
    let client = builder.build().unwrap();
    let address = server(answer("204 No Content", b"")).await;
    let direct = client.get(format!("http://{address}/")).send().await;
    assert_eq!(direct.unwrap().status().as_u16(), 204);
    let proxied = client.get("https://example.invalid/").send().await;
    assert!(proxied.unwrap_err().is_connect());
    for name in ["localhost", "api.localhost", "API.localhost."] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sending = client.get(format!("https://{name}:{port}/")).send();
        let is_direct = tokio::select! {
            accepted = listener.accept() => accepted.is_ok(),
            _ = sending => false,
        };
        assert!(is_direct, "{name}");
    }
    let malformed = builder_in(&TransportOptions::default(), |_| Some("::".to_owned()));
    assert_eq!(malformed.unwrap_err().no_answer(), NoAnswer::Unsent);
}

#[tokio::test]
async fn a_request_may_take_less_than_the_most() {
    let short = |url: String| Request::get(url).extension(AnswerLimit(10));
    for (length, fits) in [(10, true), (11, false)] {
        let address = server(answer("200 OK", &vec![b'x'; length])).await;
        let request = short(format!("http://{address}/")).body(Bytes::new());
        let answered = ReqwestTransport::new()
            .unwrap()
            .send(request.unwrap())
            .await;
        let too_long = answered.err().is_some_and(|error| error.is_too_long());
        assert_eq!(too_long, !fits, "{length}");
    }
}

/// Nothing is sent: no connection is made to a listener.
#[tokio::test]
async fn a_transport_to_public_addresses_connects_to_no_other() {
    let transport = ReqwestTransport::to_public_addresses(&TransportOptions::default()).unwrap();
    assert_eq!(transport.addresses(), Addresses::Public);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "localhost",
        "localhost.",
        "a.localhost",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
    ] {
        let url = format!("https://{host}:{port}/");
        let failure = failure(&transport, &url);
        let error = tokio::select! {
            accepted = listener.accept() => panic!("{host} was connected to: {accepted:?}"),
            error = failure => error,
        };
        assert_eq!(error.no_answer(), NoAnswer::Unsent, "{host}");
        assert!(
            error.to_string().contains("no public address"),
            "{host}: {error}"
        );
    }
    let plain = failure(&transport, &format!("http://1.1.1.1:{port}/")).await;
    assert_eq!(plain.no_answer(), NoAnswer::Unsent, "{plain}");
}
