//! Codes, their proofs, and clients that may not have them.

use grantor_server::{NewClient, Profile};

use crate::support::{APP, Ask, Fixture, Who};

/// RFC 9700 section 2.1.1: a verifier for a code without a challenge is an attacker's code in a client that
/// uses PKCE. On a server that does not require it.
#[tokio::test]
async fn a_verifier_without_a_challenge_is_a_downgrade() {
    let fixture = Fixture::with(|config| config.profile = Profile::Legacy20).await;
    let ask = Ask::new(APP)
        .without("code_challenge")
        .without("code_challenge_method");
    let code = fixture.code_for(APP, ask).await;
    let injected = fixture.redeem(APP, &code).await;
    injected.assert_error(400, "invalid_grant");
    let mut pairs = code.pairs();
    pairs.retain(|(name, _)| *name != "code_verifier");
    fixture.token(APP, &pairs).await.assert_ok();
}

/// RFC 6749 section 4.1.2.1: a client that has a redirect URI, and not the grant type, gets no code.
#[tokio::test]
async fn a_client_without_the_grant_type_gets_no_code() {
    const FORMER: Who = Who {
        id: "former",
        ..APP
    };
    let fixture = Fixture::new().await;
    let former = NewClient::confidential(FORMER.id)
        .with_grant_types(["client_credentials", "authorization_code"])
        .with_redirect_uri(FORMER.redirect_uri.parse().unwrap())
        .with_scope("read".parse().unwrap())
        .with_secret(FORMER.secret.unwrap());
    fixture.clients.add(former).await.unwrap();
    let without = |client: &mut grantor_server::Client| {
        client
            .grant_types
            .retain(|name| name != "authorization_code");
    };
    fixture.clients.update(FORMER.id, without).await.unwrap();
    fixture.clock.advance(1);
    let reply = fixture.get(&Ask::new(FORMER).url()).await;
    reply.assert_redirected_error(FORMER.redirect_uri, "unauthorized_client");
}

/// RFC 7636 section 4.1: a verifier has 43 to 128 characters of an alphabet. A refused one uses no code up.
#[tokio::test]
async fn a_verifier_of_another_length_or_alphabet_is_refused() {
    let fixture = Fixture::new().await;
    let code = fixture.code(APP).await;
    let right = code.verifier.as_str();
    let long = "v".repeat(129);
    let other = format!("{}+", &right[1..]);
    for wrong in [&right[..42], &long, &other, " ", "\u{e9}"] {
        let mut pairs = code.pairs();
        pairs.retain(|(name, _)| *name != "code_verifier");
        pairs.push(("code_verifier", wrong));
        let reply = fixture.token(APP, &pairs).await;
        assert_eq!(reply.status, 400, "{wrong}");
    }
    fixture.redeem(APP, &code).await.assert_ok();
}
