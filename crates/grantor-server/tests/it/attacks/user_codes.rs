//! Guessing the user codes of the device grant (RFC 8628 sections 5.1 and 6.1).

use std::collections::HashSet;

use grantor_core::PeerAddress;
use tokio::task::JoinSet;

use crate::support::{Browser, Fixture, Form, form, form_request, send};

/// RFC 8628 section 5.1; django-oauth-toolkit issue 1734: user codes without a limit on guesses.
#[tokio::test]
async fn guessing_user_codes_is_stopped() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    let mut attacker = Browser::new(&fixture);
    attacker.address = Some("198.51.100.1".parse().unwrap());
    let mut last = attacker.open("/device").await;
    for i in 0..25 {
        // Another browser each time: the limit is not its own.
        attacker.cookies.clear();
        let page = attacker.open("/device").await;
        last = attacker
            .press(&page, &[("user_code", "BCDF-GHJK")], None)
            .await;
        assert_eq!(last.status, if i < 20 { 422 } else { 429 }, "{i}");
    }
    // The right code is as good as no other.
    let page = attacker.open("/device").await;
    let right = [("user_code", device.user_code.as_str())];
    let refused = attacker.press(&page, &right, None).await;
    assert_eq!(refused.status, 429);
    assert!(last.text().contains("too many attempts"));
    let mut user = Browser::new(&fixture);
    user.address = Some("192.0.2.1".parse().unwrap());
    let login = user.type_code(&device.user_code).await;
    assert!(login.assert_ok().text().contains("Sign in"));
}

/// Whoever has an IPv6 /48, which tunnel brokers give away, has a /64 for each guess.
#[tokio::test]
async fn guessing_user_codes_from_a_network_of_addresses_is_stopped() {
    let fixture = Fixture::with_devices().await;
    let device = fixture.device().await;
    let mut attacker = Browser::new(&fixture);
    let page = attacker.open("/device").await;
    for i in 0..101 {
        attacker.address = Some(format!("2001:db8:1:{i:x}::1").parse().unwrap());
        let guess = attacker.press(&page, &[("user_code", "BCDF-GHJK")], None);
        assert_eq!(guess.await.status, if i < 100 { 422 } else { 429 }, "{i}");
    }
    for address in ["2001:db8:2::1", "192.0.2.1"] {
        let mut user = Browser::new(&fixture);
        user.address = Some(address.parse().unwrap());
        user.type_code(&device.user_code).await.assert_ok();
    }
}

/// The same, for all whose address a proxy hides.
#[tokio::test]
async fn guessing_user_codes_without_an_address_is_stopped() {
    let fixture = Fixture::with_devices().await;
    let mut attacker = Browser::new(&fixture);
    let page = attacker.open("/device").await;
    for _ in 0..600 {
        let guess = attacker.press(&page, &[("user_code", "BCDF-GHJK")], None);
        assert_eq!(guess.await.status, 422);
    }
    let guess = attacker.press(&page, &[("user_code", "BCDF-GHJK")], None);
    assert_eq!(guess.await.status, 429);
    let mut user = Browser::new(&fixture);
    user.address = Some("192.0.2.1".parse().unwrap());
    let device = fixture.device().await;
    user.type_code(&device.user_code).await.assert_ok();
}

/// RFC 8628 section 5.1: the limit holds for guesses that come together.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_that_come_together_do_not_pass_the_limit() {
    let fixture = Fixture::with_devices().await;
    fixture.store.let_others_go_first();
    let mut browser = Browser::new(&fixture);
    let page = browser.open("/device").await;
    let prompt = Form::of(page.text());
    let cookies: Vec<String> = browser
        .cookies
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    let cookies = cookies.join("; ");
    let mut running = JoinSet::new();
    for _ in 0..60 {
        let server = fixture.server.clone();
        let pairs = [
            ("csrf".to_owned(), prompt.input("csrf").to_owned()),
            ("user_code".to_owned(), "BCDFGHJK".to_owned()),
        ];
        let mut request = form_request("/device", &form(&pairs));
        request
            .headers_mut()
            .insert(http::header::COOKIE, cookies.parse().unwrap());
        request
            .extensions_mut()
            .insert(PeerAddress("198.51.100.1".parse().unwrap()));
        running.spawn(async move { send(&server, request).await });
    }
    let replies = running.join_all().await;
    let looked_up = replies.iter().filter(|reply| reply.status == 422).count();
    let refused = replies.iter().filter(|reply| reply.status == 429).count();
    assert_eq!((looked_up, refused), (20, 40));
}

/// RFC 8628 section 6.1: codes are random, without vowels and letters that look like digits, and no
/// device gets the code of another.
#[tokio::test]
async fn user_codes_are_unpredictable_and_unique() {
    let fixture = Fixture::with_devices().await;
    let mut seen = HashSet::new();
    for _ in 0..100 {
        let device = fixture.device().await;
        assert!(
            device
                .user_code
                .chars()
                .all(|c| "BCDFGHJKLMNPQRSTVWXZ-".contains(c))
        );
        assert!(device.device_code.len() > 64);
        assert!(seen.insert(device.user_code));
    }
    // The store can't be searched for them.
    for kind in [*b"uc", *b"da"] {
        for (key, entry) in fixture.records(kind).await {
            let stored = [format!("{key:?}").into_bytes(), entry.value.to_vec()].concat();
            let stored = String::from_utf8_lossy(&stored).into_owned();
            assert!(
                seen.iter()
                    .all(|code| !stored.contains(code) && !stored.contains(&code.replace('-', "")))
            );
        }
    }
}
