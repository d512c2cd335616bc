//! The limits on metadata documents that the server fetches, and the answers that tell nothing of its network.

use bytes::Bytes;
use http_body_util::Full;

use crate::support::{Ask, Browser, DOCUMENT, Fixture, PRIVATE_NAME, Reply, Web, form_request};

/// A host on which strangers store files, such as pictures, is no host of clients by that.
#[tokio::test]
async fn a_document_that_its_host_calls_anything_else_than_json_is_no_client() {
    for (content_type, is_taken) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("application/cimd+json", true),
        ("application/client-metadata+json;x=1", true),
        ("", false),
        ("text/html", false),
        ("text/plain", false),
        ("text/json", false),
        ("image/png; application/json", false),
        ("application/jsonp", false),
        ("application/+json", false),
        ("application/json, text/html", false),
        ("text/html, application/cimd+json", false),
        ("/cimd+json", false),
        ("application/octet-stream", false),
    ] {
        let web = Web::new();
        web.serve_as(content_type);
        let fixture = web.fixture().await;
        let page = open(&fixture, &Ask::new(DOCUMENT)).await;
        match is_taken {
            true => assert!(
                page.assert_ok().text().contains("Sign in"),
                "{content_type}"
            ),
            false => assert!(
                page.assert_error_page(400).text().contains("content type"),
                "{content_type}"
            ),
        }
    }
}

/// A caller who names ever other URLs of a popular host uses up its own budget, and not the host's.
#[tokio::test]
async fn one_caller_does_not_use_up_the_fetches_of_a_host() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let open_from = async |id: &str, address: &str| open_from(&fixture, id, address).await;
    for n in 0..130 {
        let id = format!("https://client.example/{n}.json");
        open_from(&id, "198.51.100.1").await.assert_error_page(503);
    }
    assert_eq!(web.fetched(), 30);
    assert_eq!(open_from(DOCUMENT.id, "198.51.100.1").await.status, 503);
    assert_ne!(open_from(DOCUMENT.id, "198.51.100.2").await.status, 503);
    // A document that is kept costs nothing.
    assert_ne!(open_from(DOCUMENT.id, "198.51.100.1").await.status, 503);
}

/// Nor does somebody with an IPv6 /48, where each of 65,536 networks has a budget of its own.
#[tokio::test]
async fn a_network_of_callers_does_not_use_up_the_fetches_of_all() {
    let web = Web::new();
    let fixture = web.fixture().await;
    for n in 0..130 {
        let id = format!("https://client-{n}.example/{n}.json");
        let address = format!("2001:db8:1:{n:x}::1");
        open_from(&fixture, &id, &address)
            .await
            .assert_error_page(503);
    }
    assert_eq!(web.fetched(), 120);
    let other = open_from(&fixture, DOCUMENT.id, "2001:db8:2::1").await;
    assert_ne!(other.status, 503);
}

async fn open_from(fixture: &Fixture, id: &str, address: &str) -> Reply {
    let url = asking(id).url();
    let mut request = http::Request::get(url)
        .body(Full::<Bytes>::default())
        .unwrap();
    let address = grantor_core::PeerAddress(address.parse().unwrap());
    request.extensions_mut().insert(address);
    fixture.send(request).await
}

/// SSRF as an oracle: the answer to a name of the server's network is the one to a name that does not exist.
#[tokio::test]
async fn ssrf_by_a_document_does_not_tell_which_internal_names_exist() {
    let web = Web::new();
    let fixture = web.fixture().await;
    let answer = async |host: &str| {
        let id = format!("https://{host}/client.json");
        let page = open(&fixture, &asking(&id)).await;
        page.assert_error_page(503);
        let form = format!("grant_type=refresh_token&refresh_token=x&client_id={id}");
        let refused = fixture.send(form_request("/token", &form)).await;
        refused.assert_error(503, "temporarily_unavailable");
        (page.text().replace(host, ""), refused.text().to_owned())
    };
    let private = answer(PRIVATE_NAME).await;
    assert_eq!(private, answer("unknown.internal.example").await);
}

fn asking(client_id: &str) -> Ask {
    Ask::new(DOCUMENT).with("client_id", client_id)
}

async fn open(fixture: &Fixture, ask: &Ask) -> Reply {
    Browser::new(fixture).open(&ask.url()).await
}
