//! Bodies of requests: length, pieces, types.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, header};
use http_body::{Body, Frame};
use http_body_util::Full;

use crate::support::{APP, Ask, Fixture, MACHINE, client_request, form_request};

/// A body that does not say how long it is.
struct Chunks(usize);

impl Body for Chunks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        assert!(self.0 > 0, "it is read past its limit");
        self.0 -= 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'a'; 1024])))))
    }
}

/// A body that comes in these pieces.
struct Pieces(std::vec::IntoIter<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(piece))))
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_body_over_64_kib_is_refused_without_reading_on() {
    let fixture = Fixture::new().await;
    for path in [
        "/token",
        "/par",
        "/introspect",
        "/revoke",
        "/authorize",
        "/authorize/continue",
    ] {
        let body = "a".repeat(64 * 1024 + 1);
        let reply = fixture.send(form_request(path, &body)).await;
        assert_eq!(reply.status, 413, "{path}");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, FORM)
            .body(Chunks(66));
        assert_eq!(fixture.send(request.unwrap()).await.status, 413, "{path}");
    }
}

#[tokio::test]
async fn a_body_of_64_kib_is_read() {
    let fixture = Fixture::new().await;
    let mut pad = "x".repeat(64 * 1024);
    let request = client_request(
        "/token",
        MACHINE,
        &[("grant_type", "client_credentials"), ("pad", &pad)],
    );
    assert_eq!(fixture.send(request).await.status, 413);
    pad.truncate(64 * 1024 - "grant_type=client_credentials&pad=".len());
    let request = client_request(
        "/token",
        MACHINE,
        &[("grant_type", "client_credentials"), ("pad", &pad)],
    );
    fixture.send(request).await.assert_ok();
}

#[tokio::test]
async fn a_body_in_pieces_is_read_whole() {
    let fixture = Fixture::new().await;
    let pieces = [
        "",
        "grant_type=client",
        "",
        "_credentials&sco",
        "pe=read",
        "",
    ];
    let pieces: Vec<Bytes> = pieces.map(Bytes::from).into();
    let request = client_request("/token", MACHINE, &[]);
    let (head, _) = request.into_parts();
    let request = Request::from_parts(head, Pieces(pieces.into_iter()));
    let reply = fixture.send(request).await;
    assert_eq!(reply.assert_ok().json()["scope"], "read");
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let fixture = Fixture::new().await;
    for kind in [
        None,
        Some("application/json"),
        Some("text/plain"),
        Some("multipart/form-data; boundary=x"),
    ] {
        let mut request =
            client_request("/token", MACHINE, &[("grant_type", "client_credentials")]);
        request.headers_mut().remove(header::CONTENT_TYPE);
        if let Some(kind) = kind {
            request
                .headers_mut()
                .insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        fixture
            .send(request)
            .await
            .assert_error(400, "invalid_request");
    }
    let mut request = client_request("/token", MACHINE, &[("grant_type", "client_credentials")]);
    let kind = "Application/X-WWW-Form-URLencoded; charset=UTF-8"
        .parse()
        .unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    fixture.send(request).await.assert_ok();
}

#[tokio::test]
async fn garbled_parameters_are_refused() {
    let fixture = Fixture::new().await;
    let many: String = (0..101).map(|i| format!("p{i}=1&")).collect();
    for body in [
        "grant_type=client_credentials&grant_type=client_credentials",
        "grant_type=client_credentials&client_id=machine&client_id=machine",
        "grant_type=client_credentials&scope=read&scope=write",
        "grant_type=client_credentials&%67rant_type=refresh_token",
        "grant_type=client_credentials&x=1&x=2",
        "grant_type=%ff",
        "%ff=1",
        "grant_type=%ed%a0%80",
        &many,
    ] {
        let mut request = client_request("/token", MACHINE, &[]);
        *request.body_mut() = Full::new(Bytes::from(body.to_owned()));
        fixture
            .send(request)
            .await
            .assert_error(400, "invalid_request");
    }
}

/// Wherever a scope is read: at most 100 values, or as many as the configuration says.
#[tokio::test]
async fn a_scope_of_too_many_values_is_refused() {
    for (most, configured) in [(100, None), (2, Some(2))] {
        let fixture = Fixture::with(|config| {
            config.max_scope_values = configured.unwrap_or(config.max_scope_values);
        })
        .await;
        let refresh_token = fixture.tokens(APP).await.refresh;
        let fitting = "read ".repeat(most);
        let too_many = "read ".repeat(most + 1);
        let says_why = format!("more than {most} values");
        let of_client = [("grant_type", "client_credentials")];
        let refresh = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &*refresh_token),
        ];
        for (who, grant) in [(MACHINE, &of_client[..]), (APP, &refresh)] {
            let with = |scope| [grant, &[("scope", scope)]].concat();
            fixture.token(who, &with(&*fitting)).await.assert_ok();
            let refused = fixture.token(who, &with(&*too_many)).await;
            refused.assert_error(400, "invalid_scope");
            assert!(refused.text().contains(&says_why), "{}", refused.text());
        }
        let ask = Ask::new(APP).with("scope", &fitting);
        fixture.get(&ask.url()).await.assert_ok();
        let ask = Ask::new(APP).with("scope", &too_many);
        let refused = fixture.get(&ask.url()).await;
        refused.assert_redirected_error(APP.redirect_uri, "invalid_scope");
        let pushed: Vec<_> = ask.pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
        let refused = fixture.post("/par", APP, &pushed).await;
        refused.assert_error(400, "invalid_scope");
    }
}

#[tokio::test]
async fn unknown_and_empty_parameters_are_ignored() {
    let fixture = Fixture::new().await;
    let ask = [
        ("grant_type", "client_credentials"),
        ("refresh_token", "gr_x"),
        ("code", "x"),
        ("ext", "1"),
    ];
    let mut request = client_request("/token", MACHINE, &ask);
    let body = "grant_type=client_credentials&scope=&scope=&code=x&ext=1";
    fixture.send(request).await.assert_ok();
    request = client_request("/token", MACHINE, &[]);
    *request.body_mut() = Full::new(Bytes::from(body));
    fixture.send(request).await.assert_ok();
}

#[tokio::test]
async fn a_content_coding_is_not_decoded_and_two_content_types_are_refused() {
    let fixture = Fixture::new().await;
    let ask = || client_request("/token", MACHINE, &[("grant_type", "client_credentials")]);
    for (coding, status) in [("identity", 200), ("gzip", 415), ("identity, br", 415)] {
        let mut request = ask();
        let value = coding.parse().unwrap();
        request
            .headers_mut()
            .insert(header::CONTENT_ENCODING, value);
        let reply = fixture.send(request).await;
        assert_eq!(reply.status, status, "{coding}");
        if status == 415 {
            assert_eq!(reply.header(header::ACCEPT_ENCODING), "identity");
        }
    }
    let mut request = ask();
    let value = FORM.parse().unwrap();
    request.headers_mut().append(header::CONTENT_TYPE, value);
    let reply = fixture.send(request).await;
    reply.assert_error(400, "invalid_request");
}
