//! Clients that present a certificate (RFC 8705).

use grantor_testkit::certificates::{AUTHORITY, CLIENT, CLIENT_KEY, OTHER_CLIENT_KEY, der};
use grantor_testkit::{Endpoint, FakeServer, FakeTlsListener};

use crate::grantor::{Home, Run};
use crate::login::{Waiting, at_home, come_back};

fn server(home: &Home) -> FakeTlsListener {
    let server = FakeServer::listen_tls().unwrap();
    server.add_tls_client("app", &der(CLIENT));
    home.file("authority.pem", AUTHORITY);
    home.file("app.pem", CLIENT);
    home.file("app.key", CLIENT_KEY);
    home.file("other.key", OTHER_CLIENT_KEY);
    server
}

const CERTIFICATE: [&str; 4] = [
    "--client-certificate",
    "app.pem",
    "--client-certificate-key",
    "app.key",
];

/// A command of the client at the server, with more options.
fn command(home: &Home, server: &FakeTlsListener, name: &str, more: &[&str]) -> Run {
    let issuer = server.issuer().as_str().to_owned();
    let own = [
        "--issuer",
        &issuer,
        "--client-id",
        "app",
        "--ca-file",
        "authority.pem",
    ];
    at_home(home, &[&[name], &own[..], more].concat())
}

#[test]
fn a_client_authenticates_by_its_certificate_and_calls_apis_over_it() {
    let home = Home::new();
    let server = server(&home);
    let own = der(CLIENT);
    let token = command(&home, &server, "token", &CERTIFICATE)
        .run()
        .ok()
        .out;
    let bound_to = server.certificate_thumbprint(token.trim_end());
    assert!(bound_to.is_some());
    for (name, endpoint) in [
        ("introspect", Endpoint::Introspection),
        ("revoke", Endpoint::Revocation),
    ] {
        let run = command(&home, &server, name, &CERTIFICATE);
        run.input(token.clone()).run().ok();
        assert_eq!(server.requests(endpoint)[0].certificate(), Some(&own[..]));
    }
    let url = server.mtls_api_url();
    let method = ["--auth-method", "tls_client_auth", url.as_str()];
    let more = [&CERTIFICATE[..], &method].concat();
    command(&home, &server, "request", &more).run().ok();
    assert_eq!(
        server.requests(Endpoint::Api)[0].certificate(),
        Some(&own[..])
    );
}

#[test]
fn a_login_remembers_where_the_certificate_is() {
    let home = Home::new();
    let server = server(&home);
    let login = command(&home, &server, "login", &CERTIFICATE).arg("--no-browser");
    let waiting = Waiting::start(login);
    come_back(&server.approve(&waiting.url()));
    waiting.ended().ok();
    let url = server.mtls_api_url();
    at_home(&home, &["request", "--renew", url.as_str()])
        .run()
        .ok();
    for endpoint in [Endpoint::Token, Endpoint::Api] {
        for request in server.requests(endpoint) {
            assert_eq!(
                request.certificate(),
                Some(&der(CLIENT)[..]),
                "{endpoint:?}"
            );
        }
    }
    at_home(&home, &["logout"]).run().ok();
    assert_eq!(server.count(Endpoint::Revocation), 2);
}

#[test]
fn a_certificate_that_can_not_be_used_is_said_without_its_key() {
    let home = Home::new();
    let server = server(&home);
    for (certificate, key, code, says) in [
        ("app.pem", "other.key", 3, "--client-certificate app.pem"),
        ("app.key", "app.key", 3, "--client-certificate app.key"),
        (
            "app.pem",
            "nothing.key",
            3,
            "--client-certificate-key nothing.key",
        ),
    ] {
        let options = [
            "--client-certificate",
            certificate,
            "--client-certificate-key",
            key,
        ];
        let done = command(&home, &server, "token", &options).run();
        done.fails(code, &[says]);
        assert!(!done.err.contains("PRIVATE KEY"), "{done:?}");
    }
    let alone = ["--client-certificate", "app.pem"];
    let done = command(&home, &server, "token", &alone).run();
    done.fails(2, &["--client-certificate-key"]);
    let none = ["--auth-method", "self_signed_tls_client_auth"];
    let done = command(&home, &server, "token", &none).run();
    done.fails(2, &["give --client-certificate"]);
    server.assert_no_token_requests();
}
