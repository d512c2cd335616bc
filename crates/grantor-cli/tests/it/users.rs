//! `grantor user`, and what a user does then.

use serde_json::json;

use crate::grantor::{Home, eventually};
use crate::web::{REDIRECT_URI, Visitor, redeem, refresh};

const PASSWORD: &str = "a long walk on the beach";

fn add_app(home: &Home) {
    home.run(&[
        "client",
        "add",
        "app",
        "--public",
        "--grant",
        "authorization_code",
        "--grant",
        "refresh_token",
        "--scope",
        "read",
        "--redirect-uri",
        REDIRECT_URI,
    ])
    .ok();
}

#[test]
fn a_user_is_added_listed_and_removed() {
    let home = Home::new();
    add_app(&home);
    let empty = home.run(&["user", "list"]).ok();
    assert_eq!(empty.out, "no users yet: grantor user add NAME\n");
    let added = home
        .command(&["user", "add", "Ann"])
        .input(PASSWORD)
        .run()
        .ok();
    assert_eq!(added.out, "user ann added\n");
    let bob = home
        .command(&["user", "add", "bob", "--json"])
        .input(PASSWORD)
        .run();
    let bob = bob.ok().json();
    assert_eq!(bob["name"], "bob");

    assert_eq!(home.run(&["user", "list"]).ok().out, "ann\nbob\n");
    let listed = home.json(&["user", "list"]);
    assert_eq!(listed[1], bob);
    assert_ne!(listed[0]["subject"], bob["subject"]);

    let removed = home.run(&["user", "remove", "ann"]).ok();
    assert_eq!(removed.out, "user ann removed, and all their tokens\n");
    assert_eq!(home.json(&["user", "remove", "bob"]), bob);
    assert_eq!(home.json(&["user", "list"]), json!([]));
}

#[test]
fn passwords_are_taken_as_they_are() {
    let home = Home::new();
    add_app(&home);
    let server = home.serve(&[]);
    for (name, input, password) in [
        ("unicode", "пароль 密码 ß\n", "пароль 密码 ß"),
        ("spaces", "  in front, behind  \n", "  in front, behind  "),
        ("without-newline", "no newline", "no newline"),
        ("lines", "first line\nsecond line\n", "first line"),
    ] {
        home.add_user(name, input);
        Visitor::new(&server).sign_in("app", name, password);
        let wrong = Visitor::new(&server).log_in("app", name, password.trim_end_matches('e'));
        assert_eq!(wrong.status == 422, password.ends_with('e'), "{name}");
    }
}

#[test]
fn users_come_and_go_while_the_server_runs() {
    let home = Home::new();
    let server = home.serve(&[]);
    add_app(&home);
    home.add_user("ann", PASSWORD);
    let mut visitor = Visitor::new(&server);
    let code = visitor.sign_in("app", "ann", PASSWORD);
    let tokens = redeem(&server, "app", &code);
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let refreshed = refresh(&server, "app", &tokens.text("refresh_token"));
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let late = visitor.sign_in_again("app");

    home.run(&["user", "remove", "ann"]).ok();
    let refresh_token = refreshed.text("refresh_token");
    eventually("the end of the user's tokens", || {
        let refused = refresh(&server, "app", &refresh_token);
        refused.status == 400 && refused.text("error") == "invalid_grant"
    });
    let refused = redeem(&server, "app", &late);
    assert_eq!(
        (refused.status, refused.text("error").as_str()),
        (400, "invalid_grant")
    );
    let page = Visitor::new(&server).log_in("app", "ann", PASSWORD);
    assert_eq!(page.status, 422);
    assert!(
        page.body.contains("user name or the password is wrong"),
        "{page:?}"
    );
    let page = visitor.open("app");
    assert!(
        page.body.contains("name=\"password\""),
        "a session without its user: {page:?}"
    );

    // Somebody else of the same name begins with nothing.
    home.add_user("ann", PASSWORD);
    Visitor::new(&server).sign_in("app", "ann", PASSWORD);
    assert_eq!(refresh(&server, "app", &refresh_token).status, 400);
}

#[test]
fn another_password_ends_what_the_old_one_began() {
    let home = Home::new();
    add_app(&home);
    home.add_user("ann", PASSWORD);
    let server = home.serve(&[]);
    let mut visitor = Visitor::new(&server);
    let code = visitor.sign_in("app", "ann", PASSWORD);
    let tokens = redeem(&server, "app", &code);
    let before = home.json(&["user", "list"]);

    let new = "a long swim in the sea";
    let change = |more: &[&str]| {
        let command = home.command(&[&["user", "password", "ann"], more].concat());
        command.input(new).run().ok().out
    };
    assert_eq!(
        change(&[]),
        "password of ann changed, and all their tokens revoked\n"
    );
    assert_eq!(home.json(&["user", "list"]), before, "the subject stays");
    eventually("the end of the old tokens", || {
        refresh(&server, "app", &tokens.text("refresh_token")).status == 400
    });
    let page = visitor.open("app");
    assert!(
        page.body.contains("name=\"password\""),
        "a session from before: {page:?}"
    );
    assert_eq!(
        Visitor::new(&server).log_in("app", "ann", PASSWORD).status,
        422
    );

    let mut visitor = Visitor::new(&server);
    let code = visitor.sign_in("app", "ann", new);
    let tokens = redeem(&server, "app", &code);
    assert_eq!(change(&["--keep-tokens"]), "password of ann changed\n");
    let kept = refresh(&server, "app", &tokens.text("refresh_token"));
    assert_eq!(kept.status, 200, "{kept:?}");
    // The tokens are kept; the browser signs in again all the same.
    let page = visitor.open("app");
    assert!(page.body.contains("name=\"password\""), "{page:?}");

    let unknown_user = home
        .command(&["user", "password", "nobody"])
        .input(new)
        .run();
    unknown_user.fails(1, &["there is no user nobody"]);
    let short = home
        .command(&["user", "password", "ann"])
        .input("short")
        .run();
    short.fails(1, &["at least 8 characters"]);
}
