//! A client that loses a permission can't use it by an earlier grant.

use grantor_server::{Client, NewClient};

use crate::support::{APP, Ask, FILES, Fixture, MACHINE, RESOURCE, Reply, Tokens, Who, with_codes};

const LIMITED: Who = Who {
    id: "limited",
    secret: Some("the secret of limited"),
    redirect_uri: "https://limited.example/cb",
};

/// Changes a client, and waits until the server has read it again.
async fn change(fixture: &Fixture, who: Who, change: impl Fn(&mut Client)) {
    fixture.clients.update(who.id, change).await.unwrap();
    fixture.clock.advance(2);
}

async fn audience(fixture: &Fixture, reply: &Reply) -> Vec<String> {
    let token = reply.assert_ok().member("access_token");
    fixture.server.introspect(&token).await.unwrap().aud
}

#[tokio::test]
async fn a_refresh_gives_what_is_left_of_the_scope() {
    let fixture = Fixture::new().await;
    let code = fixture
        .code_for(APP, Ask::new(APP).with("scope", "read write"))
        .await;
    let tokens = Tokens::of(&fixture.redeem(APP, &code).await);
    change(&fixture, APP, |client| {
        client.scope = "write".parse().unwrap()
    })
    .await;
    let refreshed = fixture.refresh(APP, &tokens.refresh).await;
    assert_eq!(refreshed.assert_ok().member("scope"), "write");
    let read = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &tokens.refresh),
        ("scope", "read"),
    ];
    fixture
        .token(APP, &read)
        .await
        .assert_error(400, "invalid_scope");
    change(&fixture, APP, |client| {
        client.scope = "other".parse().unwrap()
    })
    .await;
    let refused = fixture.refresh(APP, &tokens.refresh).await;
    refused.assert_error(400, "invalid_grant");
    // A permission that is restored works again: the grant itself stayed.
    change(&fixture, APP, |client| {
        client.scope = "read write".parse().unwrap()
    })
    .await;
    let refreshed = fixture.refresh(APP, &tokens.refresh).await;
    assert_eq!(refreshed.assert_ok().member("scope"), "read write");
}

#[tokio::test]
async fn a_code_gives_what_is_left_of_the_scope() {
    let fixture = Fixture::new().await;
    let code = fixture
        .code_for(APP, Ask::new(APP).with("scope", "read write"))
        .await;
    change(&fixture, APP, |client| {
        client.scope = "write".parse().unwrap()
    })
    .await;
    let redeemed = fixture.redeem(APP, &code).await;
    assert_eq!(redeemed.assert_ok().member("scope"), "write");
}

#[tokio::test]
async fn a_refresh_gives_what_is_left_of_the_resources() {
    let fixture = Fixture::new().await;
    let ask = Ask::new(APP)
        .and("resource", FILES)
        .and("resource", RESOURCE);
    let code = fixture.code_for(APP, ask).await;
    let tokens = Tokens::of(&fixture.redeem(APP, &code).await);
    let only = |resources: &'static [&'static str]| {
        move |client: &mut Client| {
            client.resources = Some(resources.iter().map(|r| (*r).to_owned()).collect());
        }
    };
    change(&fixture, APP, only(&[FILES])).await;
    let refreshed = fixture.refresh(APP, &tokens.refresh).await;
    assert_eq!(audience(&fixture, &refreshed).await, [FILES]);
    let named = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &tokens.refresh),
        ("resource", RESOURCE),
    ];
    fixture
        .token(APP, &named)
        .await
        .assert_error(400, "invalid_target");
    change(&fixture, APP, only(&["https://another.example"])).await;
    let refused = fixture.refresh(APP, &tokens.refresh).await;
    refused.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn leaving_resource_out_reaches_no_further_than_naming_it() {
    let fixture = Fixture::new().await;
    let limited = |resources: &[&str]| -> NewClient {
        let mut new = with_codes(LIMITED).with_resources(resources.to_vec());
        new.client.grant_types.push("client_credentials".to_owned());
        new
    };
    fixture.clients.add(limited(&[FILES])).await.unwrap();
    let without = [("grant_type", "client_credentials")];
    let with = [without[0], ("resource", RESOURCE)];
    fixture
        .token(LIMITED, &with)
        .await
        .assert_error(400, "invalid_target");
    let own = fixture.token(LIMITED, &without).await;
    assert_eq!(audience(&fixture, &own).await, [FILES]);
    let code = fixture.code(LIMITED).await;
    let redeemed = fixture.redeem(LIMITED, &code).await;
    assert_eq!(audience(&fixture, &redeemed).await, [FILES]);
    // With several it has to say which.
    let several = limited(&[FILES, "https://another.example"]).client;
    change(&fixture, LIMITED, |client| {
        client.resources.clone_from(&several.resources)
    })
    .await;
    fixture
        .token(LIMITED, &without)
        .await
        .assert_error(400, "invalid_target");
    let ask = fixture.get(&Ask::new(LIMITED).url()).await;
    ask.assert_redirected_error(LIMITED.redirect_uri, "invalid_target");
    // The default, where that is among them.
    let all = limited(&["https://another.example", "HTTPS://API.example"]).client;
    change(&fixture, LIMITED, |client| {
        client.resources.clone_from(&all.resources)
    })
    .await;
    let own = fixture.token(LIMITED, &without).await;
    assert_eq!(audience(&fixture, &own).await, [RESOURCE]);
    assert_eq!(fixture.token(MACHINE, &without).await.status, 200);
}
