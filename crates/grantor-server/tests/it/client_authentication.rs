//! Authentication of clients at the token endpoint.

use grantor_core::{ClientAuthentication, Params};
use http::{HeaderValue, header};

use crate::support::{APP, Fixture, MACHINE, Reply, SPA, Who, client_request, form_request};

const ASK: &str = "grant_type=client_credentials";

async fn send(fixture: &Fixture, authorizations: &[&str], body: &str) -> Reply {
    let mut request = form_request("/token", body);
    for authorization in authorizations {
        let value = HeaderValue::try_from(*authorization).unwrap();
        request.headers_mut().append(header::AUTHORIZATION, value);
    }
    fixture.send(request).await
}

fn basic(who: Who) -> String {
    let header = who.authentication().apply(&mut Params::new()).unwrap();
    header.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_secret_may_come_in_the_header_or_in_the_body() {
    let fixture = Fixture::new().await;
    send(&fixture, &[&basic(MACHINE)], ASK).await.assert_ok();
    let named = format!("{ASK}&client_id=machine");
    send(&fixture, &[&basic(MACHINE)], &named).await.assert_ok();
    let posted = format!("{named}&client_secret=the+secret+of+machine");
    send(&fixture, &[], &posted).await.assert_ok();
    let lower = basic(MACHINE).replacen("Basic", "bASIC", 1);
    send(&fixture, &[&lower], ASK).await.assert_ok();
}

#[tokio::test]
async fn an_unknown_client_and_a_wrong_secret_look_the_same() {
    let fixture = Fixture::new().await;
    let wrong = Who {
        secret: Some("wrong"),
        ..MACHINE
    };
    let unknown = Who {
        id: "nobody",
        ..MACHINE
    };
    let first = send(&fixture, &[&basic(wrong)], ASK).await;
    let second = send(&fixture, &[&basic(unknown)], ASK).await;
    first.assert_error(401, "invalid_client");
    assert_eq!(first.body, second.body);
    assert_eq!(first.headers, second.headers);
    assert!(
        first
            .header(header::WWW_AUTHENTICATE)
            .starts_with("Basic realm=")
    );
}

#[tokio::test]
async fn no_proof_is_no_authentication() {
    let fixture = Fixture::new().await;
    for (authorizations, body) in [
        (vec![], ASK.to_owned()),
        (vec![], format!("{ASK}&client_id=machine")),
        (vec![], format!("{ASK}&client_id=machine&client_secret=")),
        (vec!["Basic"], ASK.to_owned()),
        (vec!["Basic bWFjaGluZQ=="], ASK.to_owned()),
        (vec!["Basic bWFjaGluZTo="], ASK.to_owned()),
        (vec!["Basic ####"], ASK.to_owned()),
        (vec!["Bearer x"], ASK.to_owned()),
        (vec!["Digest username=\"machine\""], ASK.to_owned()),
    ] {
        let reply = send(&fixture, &authorizations, &body).await;
        reply.assert_error(401, "invalid_client");
        assert!(reply.headers.contains_key(header::WWW_AUTHENTICATE));
    }
}

#[tokio::test]
async fn two_methods_at_once_are_refused() {
    let fixture = Fixture::new().await;
    let own = basic(MACHINE);
    for (authorizations, body) in [
        (
            vec![&*own],
            format!("{ASK}&client_id=machine&client_secret=the+secret+of+machine"),
        ),
        (
            vec![&*own],
            format!("{ASK}&client_secret=the+secret+of+machine"),
        ),
        (vec![&*own], format!("{ASK}&client_id=app")),
        (vec![&*own, &*own], ASK.to_owned()),
        (vec![&*own, "Bearer x"], ASK.to_owned()),
    ] {
        send(&fixture, &authorizations, &body)
            .await
            .assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn credentials_in_the_query_do_not_count() {
    let fixture = Fixture::new().await;
    let url = "/token?client_id=machine&client_secret=the+secret+of+machine";
    fixture
        .send(form_request(url, ASK))
        .await
        .assert_error(401, "invalid_client");
    let request = client_request("/token?grant_type=client_credentials", MACHINE, &[]);
    fixture
        .send(request)
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_public_client_has_no_secret_to_show() {
    let fixture = Fixture::new().await;
    let guessed = Who {
        secret: Some("x"),
        ..SPA
    };
    fixture
        .refresh(guessed, "gr_x")
        .await
        .assert_error(401, "invalid_client");
    // Nor does a confidential client pass as a public one.
    let code = fixture.code(APP).await;
    fixture
        .redeem(
            Who {
                secret: None,
                ..APP
            },
            &code,
        )
        .await
        .assert_error(401, "invalid_client");
    fixture.redeem(APP, &code).await.assert_ok();
}

#[tokio::test]
async fn identifiers_and_secrets_are_form_encoded_inside_basic() {
    let fixture = Fixture::new().await;
    let who = Who {
        id: "a:b +%",
        secret: Some("p:~%+ &=\""),
        redirect_uri: "",
    };
    let new = grantor_server::NewClient::confidential(who.id)
        .with_grant_types(["client_credentials"])
        .with_secret(who.secret.unwrap());
    fixture.clients.add(new).await.unwrap();
    fixture
        .token(who, &[("grant_type", "client_credentials")])
        .await
        .assert_ok();
    let post = ClientAuthentication::Post {
        client_id: who.id.to_owned(),
        client_secret: who.secret.unwrap().into(),
    };
    let mut params = Params::parse(ASK.as_bytes()).unwrap();
    post.apply(&mut params);
    send(&fixture, &[], &params.to_form()).await.assert_ok();
}
