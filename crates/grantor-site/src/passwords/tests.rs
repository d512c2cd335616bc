//! Tests of the pool that hashes passwords.

use super::*;

#[tokio::test]
async fn knows_a_password_and_no_other() {
    let passwords = Passwords::danger_cheap();
    let hash = passwords.hash(&"right".into(), [1; 16]).await.unwrap();
    assert!(hash.starts_with("$argon2id$"));
    for (text, right) in [("right", true), ("wrong", false)] {
        let verified = passwords.verify(&text.into(), Some(hash.clone())).await;
        assert_eq!(verified, Ok(right));
    }
    assert_eq!(passwords.verify(&"right".into(), None).await, Ok(false));
    let bad = passwords.verify(&"right".into(), Some("x".into())).await;
    assert_eq!(bad, Err(PasswordError::Failed));
}

#[tokio::test]
async fn a_flood_is_turned_away() {
    let passwords = Passwords::new(Params::default(), 1, 1);
    let (enter, entered) = std::sync::mpsc::channel();
    let (leave, left) = std::sync::mpsc::channel::<()>();
    let held = passwords.clone();
    let held = tokio::spawn(async move {
        held.run("", move |_| {
            enter.send(()).unwrap();
            left.recv().unwrap();
        })
        .await
    });
    tokio::task::spawn_blocking(move || entered.recv().unwrap())
        .await
        .unwrap();
    // One is at work and one waits; the third is turned away.
    let waiting = passwords.clone();
    let waiting = tokio::spawn(async move { waiting.run("", |_| ()).await });
    tokio::task::yield_now().await;
    let third = passwords.run("", |_| ()).await;
    assert_eq!(third, Err(PasswordError::Busy));
    leave.send(()).unwrap();
    assert_eq!(held.await.unwrap(), Ok(()));
    assert_eq!(waiting.await.unwrap(), Ok(()));
}
