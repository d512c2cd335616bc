//! URLs that are fetched and URLs that are not, over a transport that answers without a network.

use std::sync::atomic::{AtomicU32, Ordering};

use grantor_http::{RefreshTimes, TransportError};
use grantor_testkit::{FakeClock, FakeTransport, environment};

use super::*;

type Answer = Result<Response<Bytes>, TransportError>;

struct Setup {
    clock: FakeClock,
    transport: FakeTransport,
    fetcher: Fetcher,
}

impl Setup {
    fn new(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        let transport = FakeTransport::new(move |_| std::future::ready(answer()));
        Self::over(transport.to_public_addresses())
    }

    fn over(transport: FakeTransport) -> Self {
        let clock = FakeClock::new();
        let given = transport.clone();
        let open = OpenTransport::new(move |_| Ok(given.clone()));
        let fetcher = Fetcher::new(open, Addresses::Public, environment(&clock));
        Self {
            clock,
            transport,
            fetcher,
        }
    }

    async fn get(&self, url: &str) -> Result<Bytes, FetchError> {
        let url = Url::parse(url).unwrap();
        let answer = self.fetcher.get(&url, "application/json", 10).await;
        answer.map(Response::into_body)
    }

    fn sent(&self) -> usize {
        self.transport.sent().len()
    }
}

fn answer(status: u16, body: &'static str) -> Answer {
    let answer = Response::builder().status(status).body(body.into());
    Ok(answer.unwrap())
}

/// CVE-2020-10770 and RFC 7591 section 5: a client names an address inside of the server's network.
#[tokio::test]
async fn ssrf_to_a_private_address_is_never_sent() {
    let setup = Setup::new(|| answer(200, "secret"));
    for url in [
        "https://127.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
        "http://app.example/",
    ] {
        let error = setup.get(url).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{url}: {error:?}");
        assert!(!error.is_transient());
    }
    assert_eq!(setup.sent(), 0);
}

/// A transport that may connect to any address would be a way around the check of names.
#[tokio::test]
async fn ssrf_over_a_transport_without_a_promise_is_never_sent() {
    let transport = FakeTransport::new(|_| std::future::ready(answer(200, "x")));
    let setup = Setup::over(transport);
    let error = setup.get("https://app.example/").await.unwrap_err();
    assert!(error.to_string().contains("to_public_addresses"), "{error}");
    assert!(setup.fetcher.open().is_err());
    assert_eq!(setup.sent(), 0);
}

/// A public host redirects into the network: RFC 9110 section 15.4 lets a client stay where it is.
#[tokio::test]
async fn ssrf_by_a_redirect_is_not_followed() {
    let setup = Setup::new(|| {
        let answer = Response::builder().status(302);
        let answer = answer.header("location", "http://169.254.169.254/");
        Ok(answer.body(Bytes::new()).unwrap())
    });
    let error = setup.get("https://app.example/").await.unwrap_err();
    assert!(matches!(error, FetchError::Status(302)), "{error:?}");
    assert_eq!(setup.sent(), 1);
}

#[tokio::test]
async fn an_answer_is_used_only_with_status_200_and_as_it_was_asked_for() {
    for status in [201, 204, 206, 304, 404, 500] {
        let setup = Setup::new(move || answer(status, ""));
        let error = setup.get("https://app.example/").await.unwrap_err();
        assert!(matches!(error, FetchError::Status(got) if got == status));
        assert_eq!(error.is_transient(), status >= 500);
    }
    let setup = Setup::new(|| {
        let answer = Response::builder().header("content-encoding", "gzip");
        Ok(answer.body(Bytes::new()).unwrap())
    });
    let error = setup.get("https://app.example/").await.unwrap_err();
    assert!(matches!(error, FetchError::Malformed(_)), "{error:?}");
    let sent = setup.transport.sent();
    assert_eq!(sent[0].headers()["accept-encoding"], "identity");
    assert_eq!(sent[0].extensions().get(), Some(&AnswerLimit(10)));
}

/// Resource exhaustion: a document without an end (CIMD section 6.6).
#[tokio::test]
async fn a_document_that_is_too_large_is_refused() {
    let fits = Setup::new(|| answer(200, "0123456789"));
    assert_eq!(
        &fits.get("https://app.example/").await.unwrap()[..],
        b"0123456789"
    );
    // A transport that reads no further than it is told, and one that reads all of it.
    for over in [
        Setup::new(|| answer(200, "0123456789a")),
        Setup::new(|| Err(TransportError::too_long(10))),
    ] {
        let error = over.get("https://app.example/").await.unwrap_err();
        assert!(matches!(error, FetchError::TooLarge), "{error:?}");
        assert!(!error.is_transient());
    }
}

/// Resource exhaustion: a host that sends nothing.
#[tokio::test]
async fn a_host_that_does_not_answer_is_given_up() {
    let silent = FakeTransport::new(|_| std::future::pending());
    let setup = Setup::over(silent.to_public_addresses());
    let getting = setup.get("https://app.example/");
    let moving = async {
        while setup.sent() == 0 {
            tokio::task::yield_now().await;
        }
        setup.clock.advance(TIME_LIMIT);
    };
    let (got, ()) = tokio::join!(getting, moving);
    assert!(matches!(got, Err(FetchError::TooSlow)), "{got:?}");
}

#[tokio::test]
async fn only_so_many_documents_are_fetched_at_once() {
    let silent = FakeTransport::new(|_| std::future::pending());
    let setup = Setup::over(silent.to_public_addresses());
    let urls: Vec<String> = (0..AT_ONCE)
        .map(|n| format!("https://app{n}.example/"))
        .collect();
    let waiting = futures_util::future::join_all(urls.iter().map(|url| setup.get(url)));
    let one_more = async {
        while setup.sent() < AT_ONCE {
            tokio::task::yield_now().await;
        }
        setup.get("https://one-more.example/").await
    };
    let refused = tokio::select! {
        _ = waiting => panic!("nobody answers"),
        refused = one_more => refused.unwrap_err(),
    };
    assert!(matches!(refused, FetchError::TooMany), "{refused:?}");
    // A request that is given up makes room.
    tokio::select! {
        biased;
        got = setup.get("https://later.example/") => panic!("{got:?}"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(setup.sent(), AT_ONCE + 1);
}

/// Resource exhaustion: the documents of one slow host leave room for those of others, and another one of
/// that host is refused at once.
#[tokio::test]
async fn a_slow_host_does_not_use_up_the_fetches_of_all() {
    let silent = FakeTransport::new(|_| std::future::pending());
    let setup = Setup::over(silent.to_public_addresses());
    let slow: Vec<String> = (0..40)
        .map(|n| format!("https://slow.example/{n}"))
        .collect();
    let slow = futures_util::future::join_all(slow.iter().map(|url| setup.get(url)));
    let others: Vec<String> = (0..AT_ONCE - 4)
        .map(|n| format!("https://app{n}.example/"))
        .collect();
    let others = futures_util::future::join_all(others.iter().map(|url| setup.get(url)));
    let moving = async {
        while setup.sent() < AT_ONCE {
            tokio::task::yield_now().await;
        }
        setup.clock.advance(TIME_LIMIT);
    };
    let (slow, others, ()) = tokio::join!(slow, others, moving);
    let refused = |got: &&Result<Bytes, FetchError>| matches!(got, Err(FetchError::TooMany));
    assert_eq!(slow.iter().filter(refused).count(), 36);
    assert_eq!(others.iter().filter(refused).count(), 0);
    assert_eq!(setup.sent(), AT_ONCE);
}

/// A reflected flood: a stranger names ever other URLs of a host, and the server asks it.
#[tokio::test]
async fn a_host_is_not_flooded_by_ever_other_urls() {
    let setup = Setup::new(|| answer(200, "x"));
    let mut refused = 0;
    for n in 0..200 {
        let got = setup.get(&format!("https://victim.example/{n}")).await;
        refused += u32::from(got.is_err());
    }
    assert_eq!((refused, setup.sent()), (80, 120));
    assert!(setup.get("https://other.example/").await.is_ok());
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_for_an_unknown_kid_after_a_cooldown() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let setup = Setup::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        answer(200, r#"{"keys":[]}"#)
    });
    let url = Url::parse("https://app.example/jwks").unwrap();
    let (a, b) = tokio::join!(setup.fetcher.keys(&url), setup.fetcher.keys(&url));
    let seen = a.unwrap();
    assert!(Arc::ptr_eq(&seen, &b.unwrap()));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // A flood of invented keys.
    for _ in 0..3 {
        let newer = setup.fetcher.newer_keys(&url, &seen).await.unwrap();
        assert!(Arc::ptr_eq(&newer, &seen));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    setup.clock.advance(RefreshTimes::default().cooldown);
    let newer = setup.fetcher.newer_keys(&url, &seen).await.unwrap();
    assert!(!Arc::ptr_eq(&newer, &seen));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

/// SSRF by a `jwks_uri`: CVE-2020-10770 again, behind a client's metadata.
#[tokio::test]
async fn ssrf_by_a_url_of_keys_is_never_sent() {
    let setup = Setup::new(|| answer(200, r#"{"keys":[]}"#));
    for url in ["https://10.0.0.1/jwks", "http://app.example/jwks"] {
        assert!(setup.fetcher.keys(&Url::parse(url).unwrap()).await.is_err());
    }
    assert_eq!(setup.sent(), 0);
}
