//! Servers whose certificate the platform does not trust.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::api::{Scripted, read, write};
use crate::grantor::{Home, Run};

/// The authority of the certificate for 127.0.0.1.
const AUTHORITY: &str = include_str!("../../../grantor-http/tests/certificates/authority.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../../grantor-http/tests/certificates/server.pem");
const KEY: &[u8] = include_bytes!("../../../grantor-http/tests/certificates/server.key");

/// One answer for every command: metadata, a token, an introspection and an empty key set.
const ANSWER: &str = r#"{"issuer":"ISSUER","token_endpoint":"ISSUER/t","jwks_uri":"ISSUER/k",
    "access_token":"at","token_type":"Bearer","expires_in":60,"active":true,"keys":[]}"#;

/// A server for https. Its URL.
fn https() -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap();
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = config.with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("https://{}", listener.local_addr().unwrap());
    let body = ANSWER.replace("ISSUER", &issuer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // A client that does not trust the certificate sends nothing.
            if read(&mut stream).is_ok() {
                write(&mut stream, &Scripted::new("200 OK", body.clone())).unwrap();
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    issuer
}

/// The commands that connect, with how they end at a server that they trust.
fn commands(home: &Home, issuer: &str) -> Vec<(Run, i32)> {
    let at = |path: &str| format!("{issuer}/{path}");
    let (token, introspection, revocation) = (at("t"), at("i"), at("r"));
    let client = ["--client-id", "job", "--token-endpoint", &token];
    let asking = |command, option, url| home.command(&[command, "--client-id", "job", option, url]);
    let runs = [
        (home.command(&[&["token"], &client[..]].concat()), 0),
        (
            home.command(&[&["request", issuer], &client[..]].concat()),
            0,
        ),
        (
            asking("introspect", "--introspection-endpoint", &introspection),
            0,
        ),
        (asking("revoke", "--revocation-endpoint", &revocation), 0),
        (home.command(&["discover", issuer]), 0),
        (home.command(&["decode", "--issuer", issuer]), 10),
        (home.command(&["decode", "--jwks", &at("k")]), 10),
    ];
    let runs = runs.into_iter().map(|(run, exit)| {
        // No key of an empty set fits.
        let run = run.env("GRANTOR_TOKEN", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA");
        (run.env("GRANTOR_CLIENT_SECRET", "a-client-secret"), exit)
    });
    runs.collect()
}

#[test]
fn an_authority_from_a_file_is_trusted() {
    let (home, issuer) = (Home::new(), https());
    let file = home.file("company.pem", AUTHORITY);
    for (run, exit) in commands(&home, &issuer) {
        let done = run.arg("--ca-file").arg(&file).run();
        assert_eq!(done.code, Some(exit), "{done:?}");
    }
    for (run, _) in commands(&home, &issuer) {
        let done = run.run();
        done.fails(3, &["certificate", "--ca-file"]);
    }
}

#[cfg(feature = "socks")]
#[test]
fn a_proxy_of_socks_leads_to_the_server() {
    let (home, issuer) = (Home::new(), https());
    let address = issuer.trim_start_matches("https://").parse().unwrap();
    let proxy = crate::socks::SocksProxy::to(address);
    let file = home.file("company.pem", AUTHORITY);
    let client = ["--client-id", "job", "--ca-file", &file];
    let endpoint = ["--token-endpoint", "https://service.example/t"];
    let run = home.command(&[&["token"], &client[..], &endpoint].concat());
    let run = run.env("GRANTOR_CLIENT_SECRET", "a-client-secret");
    let done = run.env("ALL_PROXY", &proxy.url()).run().ok();
    assert_eq!(done.out.trim(), "at");
    assert_eq!(proxy.asked_for(), ["service.example:443"]);
}

#[test]
fn a_file_without_certificates_is_a_mistake_of_the_configuration() {
    let (home, issuer) = (Home::new(), "https://127.0.0.1:9");
    let key = std::str::from_utf8(KEY).unwrap();
    let files = [
        home.path("missing.pem").display().to_string(),
        home.file("empty.pem", ""),
        home.file("key.pem", key),
    ];
    for file in files {
        for (run, _) in commands(&home, issuer) {
            let done = run.arg("--ca-file").arg(&file).run();
            done.fails(3, &["--ca-file", &file, "-----BEGIN CERTIFICATE-----"]);
            assert!(!done.err.contains("PRIVATE"), "{done:?}");
        }
    }
}
