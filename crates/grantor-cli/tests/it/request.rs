//! `grantor request`.

use serde_json::json;

use crate::api::{Api, Scripted};
use crate::grantor::{Home, Run, Serving};

struct Scene {
    home: Home,
    server: Serving,
    secret: String,
}

impl Scene {
    fn new() -> Self {
        let home = Home::new();
        let secret = home.add_service("job", &["--scope", "read"]);
        let server = home.serve(&[]);
        Self {
            home,
            server,
            secret,
        }
    }

    fn request(&self, args: &[&str]) -> Run {
        let common = [
            "request",
            "--issuer",
            &self.server.issuer,
            "--client-id",
            "job",
        ];
        let command = self.home.command(&[&common, args].concat());
        command.env("GRANTOR_CLIENT_SECRET", &self.secret)
    }

    /// The token that a request carried is one of ours.
    #[track_caller]
    fn has_token(&self, request: &str) -> String {
        let header = request
            .lines()
            .find_map(|line| line.strip_prefix("authorization: bearer "));
        header
            .unwrap_or_else(|| panic!("no token in {request:?}"))
            .to_owned()
    }
}

#[test]
fn sends_a_get_with_a_token_and_prints_the_body_as_it_is() {
    let scene = Scene::new();
    let api = Api::answering(vec![Scripted::new("200 OK", "plain, without a newline")]);
    let done = scene.request(&[&api.url("/things?a=b")]).run().ok();
    assert_eq!(done.out, "plain, without a newline");
    let [request] = api.seen().try_into().unwrap();
    assert!(
        request.starts_with("get /things?a=b http/1.1\n")
            || request.starts_with("get /things?a=b http/1.1\r\n"),
        "{request}"
    );
    scene.has_token(&request);
}

#[test]
fn sends_a_method_headers_and_a_body() {
    let scene = Scene::new();
    let api = Api::answering(vec![Scripted::new("201 Created", "")]);
    let url = api.url("/");
    let json = [
        "-X",
        "PUT",
        "-H",
        "Content-Type: application/json",
        "-H",
        "x-two:  2 ",
        "-d",
        "{\"a\": \"Ä\"}",
        &url,
    ];
    scene.request(&json).run().ok();
    scene.request(&["-d", "a=b", &url]).run().ok();
    let file = scene.home.file("body", "from a file");
    scene
        .request(&["--body", &format!("@{file}"), &url])
        .run()
        .ok();
    scene
        .request(&["-d", "@-", &url])
        .input("from standard input")
        .run()
        .ok();

    let [put, post, file, input] = api.seen().try_into().unwrap();
    assert!(put.starts_with("put / "), "{put}");
    assert!(
        put.contains("\ncontent-type: application/json\r\n"),
        "{put}"
    );
    assert!(put.contains("\nx-two: 2\r\n"), "{put}");
    assert!(put.ends_with("\n\n{\"a\": \"Ä\"}"), "{put}");
    assert!(
        post.starts_with("post / ") && post.ends_with("\n\na=b"),
        "{post}"
    );
    assert!(file.ends_with("\n\nfrom a file"), "{file}");
    assert!(input.ends_with("\n\nfrom standard input"), "{input}");
}

#[test]
fn prints_an_answer_as_json() {
    let scene = Scene::new();
    let text = Scripted::new("200 OK", "{\"a\": 1}").header("content-type", "application/json");
    let api = Api::answering(vec![text, Scripted::new("404 Not Found", [0xff, 0xfe])]);
    let said = scene.request(&["--json", &api.url("/")]).run().ok().json();
    let expected =
        json!({ "status": 200, "content_type": "application/json", "body": "{\"a\": 1}" });
    assert_eq!(said, expected);

    let done = scene.request(&["--json", &api.url("/")]).run();
    assert_eq!(done.code, Some(7));
    let expected = json!({ "status": 404, "content_type": null, "body_base64url": "__4" });
    assert_eq!(done.json(), expected);
    let error: serde_json::Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!(error["message"], "the answer has status 404 Not Found");
}

#[test]
fn a_status_that_is_an_error_prints_the_body_and_fails() {
    let scene = Scene::new();
    let api = Api::answering(vec![
        Scripted::new("403 Forbidden", "not you"),
        Scripted::new("500 Internal Server Error", "not today"),
        Scripted::new("204 No Content", ""),
    ]);
    for (code, body, status) in [(7, "not you", "403"), (8, "not today", "500"), (0, "", "")] {
        let done = scene.request(&[&api.url("/")]).run();
        assert_eq!((done.code, done.out.as_str()), (Some(code), body));
        assert!(done.err.contains(status), "{done:?}");
    }
}

#[test]
fn a_401_is_the_answer_and_its_challenge_is_told() {
    let scene = Scene::new();
    let challenge = "Bearer error=\"invalid_token\", error_description=\"too old\"";
    let rejected = Scripted::new("401 Unauthorized", "no").header("www-authenticate", challenge);
    let api = Api::answering(vec![rejected]);
    let done = scene.request(&["-d", "body", &api.url("/")]).run();
    assert_eq!((done.code, done.out.as_str()), (Some(7), "no"));
    assert!(done.err.contains("401 Unauthorized"), "{done:?}");
    assert!(done.err.contains(challenge), "{done:?}");
    // The first rejection renews the token, however new it is; the second one is the answer.
    assert_eq!(api.seen().len(), 2);
}

#[test]
fn the_token_goes_to_the_origin_of_the_url_and_to_named_ones_only() {
    let scene = Scene::new();
    let other = Api::answering(vec![Scripted::new("200 OK", "there")]);
    let away = Scripted::new("302 Found", "").header("location", &other.url("/there?q"));
    let api = Api::answering(vec![away]);
    let url = api.url("/");
    let done = scene.request(&["-H", "x-own: 1", &url]).run().ok();
    assert_eq!(done.out, "there");
    let named = ["-H", "x-own: 1", "--origin", &other.url("/"), &url];
    scene.request(&named).run().ok();

    scene.has_token(&api.seen()[0]);
    let [without, with] = other.seen().try_into().unwrap();
    assert!(without.starts_with("get /there?q "), "{without}");
    assert!(
        !without.contains("authorization") && !without.contains("x-own"),
        "{without}"
    );
    scene.has_token(&with);
    assert!(with.contains("x-own: 1"), "{with}");
}

#[test]
fn nothing_is_sent_in_plain_text_to_another_machine() {
    let scene = Scene::new();
    let says = ["tokens may not go to http://api.example"];
    scene
        .request(&["http://api.example/"])
        .run()
        .fails(3, &says);
    let api = Api::answering(vec![Scripted::new("200 OK", "")]);
    scene
        .request(&["--origin", "http://api.example", &api.url("/")])
        .run()
        .fails(3, &says);
    assert!(api.seen().is_empty());
}

#[test]
fn a_request_that_can_not_be_made_says_why() {
    let scene = Scene::new();
    for url in [
        "things",
        "/things",
        "127.0.0.1",
        "127.0.0.1:1/?key=abc",
        "mailto:a@b",
        "",
    ] {
        let done = scene.request(&[url]).run();
        done.fails(2, &["is not a URL"]);
        assert!(!done.err.contains("abc"), "{done:?}");
    }
    let url = "http://127.0.0.1:1/x?key=abc";
    let refused = scene.request(&[url]).run();
    refused.fails(5, &["no answer from http://127.0.0.1:1/x: ", "refused"]);
    assert!(!refused.err.contains("abc"), "{refused:?}");
    scene
        .request(&["-X", "A B", url])
        .run()
        .fails(2, &["-X A B: not a method"]);
    let escape = scene.request(&["-X", "A\u{1b}[2JB", url]).run();
    escape.fails(2, &["-X A\\u001b[2JB: not a method"]);
    scene
        .request(&["-H", "no colon", url])
        .run()
        .fails(2, &["Name: value"]);
    scene
        .request(&["-H", "a: b\nc: d", url])
        .run()
        .fails(2, &["Name: value"]);
    scene
        .request(&["-d", "@missing", url])
        .run()
        .fails(1, &["-d @missing can't be read"]);
    let both = scene
        .request(&["-d", "@-", "--secret-stdin", url])
        .input(scene.secret.as_str());
    both.run().fails(2, &["either the secret or the body"]);
}

#[test]
fn json_goes_and_comes_as_json_and_headers_may_be_in_a_file() {
    let scene = Scene::new();
    let api = Api::answering(vec![Scripted::new("200 OK", "")]);
    let url = api.url("/");
    let headers = scene.home.file("headers", "x-key: s3cret\n\nx-two: 2\n");
    let from_file = format!("@{headers}");
    let body = scene.home.file("body.json", "{}");
    let from_body = format!("@{body}");
    let json = ["--json-body", "{\"a\": 1}", "-H", &from_file, &url];
    scene.request(&json).run().ok();
    let own = [
        "--json-body",
        &from_body,
        "-H",
        "content-type: application/ld+json",
        &url,
    ];
    scene.request(&own).run().ok();
    let [first, second] = api.seen().try_into().unwrap();
    for part in [
        "post / ",
        "content-type: application/json\r\n",
        "accept: application/json\r\n",
        "x-key: s3cret\r\n",
        "x-two: 2\r\n",
        "{\"a\": 1}",
    ] {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert!(
        second.contains("content-type: application/ld+json"),
        "{second}"
    );
    assert!(
        !second.contains("content-type: application/json"),
        "{second}"
    );
    let both = ["--json-body", "{}", "-d", "x", &url];
    scene
        .request(&both)
        .run()
        .fails(2, &["cannot be used with"]);
    let missing = ["-H", "@missing", &url];
    scene
        .request(&missing)
        .run()
        .fails(1, &["-H can't be read from missing"]);
}

#[test]
fn the_head_of_an_answer_is_printed_when_it_is_asked_for() {
    let scene = Scene::new();
    let answer = || Scripted::new("200 OK", "body").header("x-one", "1");
    let api = Api::answering(vec![answer(), answer()]);
    let url = api.url("/");
    let out = scene.request(&["--include", &url]).run().ok().out;
    assert!(out.starts_with("HTTP/1.1 200 OK\r\n"), "{out}");
    assert!(
        out.contains("\r\nx-one: 1\r\n") && out.ends_with("\r\n\r\nbody"),
        "{out}"
    );
    let json = scene.request(&["-i", "--json", &url]).run().ok().json();
    assert_eq!(json["headers"][0], json!(["x-one", "1"]));
}

#[test]
fn an_answer_goes_to_a_file_and_one_that_failed_need_not() {
    let scene = Scene::new();
    let api = Api::answering(vec![
        Scripted::new("200 OK", "first, and longer"),
        Scripted::new("200 OK", "second"),
        Scripted::new("503 Service Unavailable", "not now").header("retry-after", "7"),
    ]);
    let url = api.url("/");
    let to_file = ["-o", "answer", &url];
    for expected in ["first, and longer", "second"] {
        assert_eq!(scene.request(&to_file).run().ok().out, "");
        let written = std::fs::read_to_string(scene.home.path("answer")).unwrap();
        assert_eq!(written, expected);
    }
    let failed = scene.request(&["--fail", "-o", "answer", &url]).run();
    failed.fails(8, &["503", "try again in 7 s"]);
    let written = std::fs::read_to_string(scene.home.path("answer")).unwrap();
    assert_eq!(written, "second");
    scene.request(&["-f", &url]).run().fails(8, &["503"]);
    let sent = api.seen().len();
    let nowhere = scene.request(&["-o", "missing/answer", &url]).run();
    nowhere.fails(1, &["-o missing/answer can't be written"]);
    assert_eq!(
        api.seen().len(),
        sent,
        "sent though the answer had no place"
    );
}

#[test]
fn an_unchanged_answer_is_no_error_and_a_redirect_that_is_not_followed_is_one() {
    let scene = Scene::new();
    let away = |status, location| Scripted::new(status, "").header("location", location);
    let api = Api::answering(vec![
        Scripted::new("304 Not Modified", ""),
        away("302 Found", "/there?key=s3cret"),
        away("302 Found", "/d\u{fc}nn"),
        away("307 Temporary Redirect", "https://other.example/x"),
    ]);
    let url = api.url("/");
    scene.request(&[&url]).run().ok();
    let redirected = scene.request(&["-d", "body", &url]).run();
    redirected.fails(7, &["302", &format!("send it to {}", api.url("/there"))]);
    let here = "--origin";
    assert!(!redirected.err.contains(here) && !redirected.err.contains("s3cret"));
    let unreadable = scene.request(&[&url]).run();
    unreadable.fails(7, &["302", "other than ASCII"]);
    assert!(!unreadable.err.contains(here), "{unreadable:?}");
    let abroad = scene.request(&["-d", "body", &url]).run();
    abroad.fails(7, &["307", "--origin https://other.example"]);
    assert_eq!(api.seen().len(), 4);
}

#[test]
fn an_answer_that_breaks_off_is_none_and_may_be_asked_for_again() {
    let scene = Scene::new();
    let api = Api::answering(vec![Scripted::new("200 OK", "the first half").lacking(1)]);
    let url = api.url("/x?key=abc");
    let done = scene.request(&[&url]).run();
    done.fails(5, &["no answer from", "the answer broke off"]);
    assert!(!done.err.contains("abc"), "{done:?}");
    scene.home.file("answer", "of before");
    let to_file = scene.request(&["-o", "answer", &url]).run();
    to_file.fails(5, &["the answer broke off"]);
    let written = std::fs::read_to_string(scene.home.path("answer")).unwrap();
    assert_eq!(written, "of before");
}
