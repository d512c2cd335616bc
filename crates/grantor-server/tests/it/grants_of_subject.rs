//! The list of a user's grants, as an account page shows it.

use grantor_server::{ListedGrant, Target};

use crate::support::{APP, Fault, Fixture, MACHINE, SPA, Tokens, Who};

const DAY: u64 = 24 * 3600;

async fn alice(fixture: &Fixture) -> String {
    let listed = fixture.accounts.named("alice").await.unwrap();
    listed.unwrap().subject
}

async fn list(fixture: &Fixture) -> Vec<ListedGrant> {
    let alice = alice(fixture).await;
    fixture.server.grants_of(&alice).await.unwrap()
}

fn clients(listed: &[ListedGrant]) -> Vec<&str> {
    listed
        .iter()
        .map(|listed| &*listed.grant.client_id)
        .collect()
}

#[tokio::test]
async fn a_user_has_a_grant_for_each_login_of_each_application() {
    let fixture = Fixture::new().await;
    assert!(list(&fixture).await.is_empty());
    for who in [APP, SPA, SPA] {
        fixture.clock.advance(1);
        let code = fixture.code(who).await;
        // Nobody has a token of it yet.
        let before = list(&fixture).await.len();
        fixture.redeem(who, &code).await.assert_ok();
        assert_eq!(list(&fixture).await.len(), before + 1);
    }
    let ask = [("grant_type", "client_credentials")];
    fixture.token(MACHINE, &ask).await.assert_ok();
    let listed = list(&fixture).await;
    assert_eq!(clients(&listed), ["app", "spa", "spa"]);
    assert!(fixture.server.grants_of("nobody").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_has_ended_is_not_listed() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(APP).await;
    fixture.tokens(SPA).await;
    let listed = list(&fixture).await;
    let spa = listed
        .iter()
        .find(|one| one.grant.client_id == "spa")
        .unwrap();
    let target = Target::Grant(spa.id.to_string());
    fixture.server.revoke(&target).await.unwrap();
    assert_eq!(clients(&list(&fixture).await), ["app"]);
    fixture.revoke(APP, &tokens.refresh).await.assert_ok();
    assert!(list(&fixture).await.is_empty());

    fixture.tokens(SPA).await;
    let subject = alice(&fixture).await;
    let consent = Target::Consent {
        subject,
        client_id: "spa".to_owned(),
    };
    fixture.server.revoke(&consent).await.unwrap();
    fixture.clock.advance(2);
    assert!(list(&fixture).await.is_empty());
}

/// A grant may live for years; its entry is written anew before it expires, and not at every use.
#[tokio::test]
async fn a_grant_stays_listed_for_as_long_as_it_is_used() {
    for who in [APP, SPA] {
        let fixture = Fixture::new().await;
        let mut tokens = fixture.tokens(who).await;
        let mut entries = 1;
        let (_, mut entry) = fixture.record(*b"gs").await;
        for _ in 0..40 {
            fixture.clock.advance(7 * DAY);
            tokens = Tokens::of(&fixture.refresh(who, &tokens.refresh).await);
            assert_eq!(clients(&list(&fixture).await), [who.id]);
            let (_, now) = fixture.record(*b"gs").await;
            entries += usize::from(now != entry);
            entry = now;
        }
        assert!((5..=12).contains(&entries), "{entries}");
        fixture.clock.advance(31 * DAY);
        assert!(list(&fixture).await.is_empty());
    }
}

#[tokio::test]
async fn a_list_that_can_not_be_kept_costs_no_token_and_is_mended_later() {
    let fixture = Fixture::new().await;
    let refuse = || fixture.store.set(Fault::RefusedPuts { kind: *b"gs" });
    let missing = |who: Who| {
        let fixture = &fixture;
        async move {
            let code = fixture.code(who).await;
            refuse();
            let tokens = Tokens::of(&fixture.redeem(who, &code).await);
            fixture.store.set(Fault::None);
            assert!(list(fixture).await.is_empty());
            tokens
        }
    };
    let tokens = missing(SPA).await;
    fixture.refresh(SPA, &tokens.refresh).await.assert_ok();
    assert_eq!(clients(&list(&fixture).await), ["spa"]);
}
