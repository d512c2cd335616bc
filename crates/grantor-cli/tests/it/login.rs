//! `grantor login` and `logout`, against the server of the command and against a fake provider.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use grantor_testkit::{Endpoint, FakeListener, FakeServer, Fault};
use serde_json::Value;
use url::Url;

use crate::grantor::{Done, Home, Run, Serving};
use crate::web::{self, Answer, Visitor};

const PASSWORD: &str = "correct horse battery staple";

/// A login that waits for the user.
pub(crate) struct Waiting {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    /// What it said last, on standard error.
    pub(crate) said: Value,
}

impl Waiting {
    pub(crate) fn start(run: Run) -> Self {
        let mut child = run.arg("--json").stdout(Stdio::piped()).start_with_errors();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let waiting = Self {
            child,
            stderr,
            said: Value::Null,
        };
        waiting.says_next()
    }

    /// With what it says next.
    pub(crate) fn says_next(mut self) -> Self {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        self.said = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        self
    }

    /// Where the user signs in.
    pub(crate) fn url(&self) -> Url {
        let url = self.said["authorization_url"].as_str();
        url.unwrap_or_else(|| panic!("{}", self.said))
            .parse()
            .unwrap()
    }

    /// Where the browser comes back to.
    fn redirect_uri(&self) -> Url {
        let url = self.url();
        let mut query = url.query_pairs();
        let found = query.find(|(name, _)| name == "redirect_uri").unwrap();
        found.1.parse().unwrap()
    }

    fn address(&self) -> SocketAddr {
        address(&self.redirect_uri())
    }

    pub(crate) fn ended(mut self) -> Done {
        let mut err = String::new();
        self.stderr.read_to_string(&mut err).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(!err.contains("panicked"), "{err}");
        Done {
            code: output.status.code(),
            out,
            err,
        }
    }
}

pub(crate) fn address(url: &Url) -> SocketAddr {
    *url.socket_addrs(|| None).unwrap().first().unwrap()
}

/// Follows a redirect to the loopback address.
pub(crate) fn come_back(url: &Url) -> Answer {
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    web::get(address(url), &target, &[])
}

pub(crate) fn login(home: &Home, issuer: &str, more: &[&str]) -> Run {
    let own = [
        "login",
        "--issuer",
        issuer,
        "--client-id",
        "app",
        "--no-browser",
    ];
    at_home(home, &[&own, more].concat())
}

/// A command of a user with a home.
pub(crate) fn at_home(home: &Home, args: &[&str]) -> Run {
    let data = home.path("share");
    home.command(args)
        .env("XDG_DATA_HOME", data.to_str().unwrap())
}

/// A provider with an API.
fn fake() -> FakeListener {
    let server = FakeServer::listen().unwrap();
    server.add_public_client("app");
    server
}

/// Signs in at the fake provider.
pub(crate) fn signed_in(home: &Home, server: &FakeListener, more: &[&str]) -> Value {
    let waiting = Waiting::start(login(home, server.issuer().as_str(), more));
    let back = server.approve(&waiting.url());
    assert_eq!(come_back(&back).status, 200);
    let done = waiting.ended().ok();
    done.json()
}

/// A server with a user and a client for them.
fn serving(home: &Home) -> Serving {
    let add = ["client", "add", "app", "--public", "--scope", "read"];
    let uri = ["--redirect-uri", "http://127.0.0.1/callback"];
    let grants = ["--grant", "authorization_code,refresh_token,device_code"];
    let config = "grant_types = [\"authorization_code\", \"refresh_token\", \"device_code\"]\n";
    home.file("grantor.toml", config);
    home.run(&[&add[..], &uri, &grants].concat()).ok();
    home.add_user("ann", PASSWORD);
    home.serve(&["--config", "grantor.toml"])
}

#[test]
fn a_user_signs_in_once_and_every_command_has_the_login() {
    let home = Home::new();
    let server = serving(&home);
    let waiting = Waiting::start(login(&home, &server.issuer, &["--scope", "read"]));
    assert_eq!(waiting.said["browser_opened"], false);
    let back = Visitor::new(&server).approve(&waiting.url(), "ann", PASSWORD);
    let page = come_back(&back);
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body.contains("You are signed in"), "{page:?}");
    let done = waiting.ended().ok().json();
    assert_eq!(done["scope"], "read");
    assert_eq!(done["has_refresh_token"], true);
    let label = server.issuer.replace("http://", "");
    assert_eq!(done["label"], label.as_str());

    let token = at_home(&home, &["token"]).run().ok().out;
    assert_eq!(at_home(&home, &["token"]).run().ok().out, token);
    let renewed = at_home(&home, &["token", "--renew"]).run().ok().out;
    assert_ne!(renewed, token);
    let named = ["token", "--login", &label, "--issuer", &server.issuer];
    assert_eq!(at_home(&home, &named).run().ok().out, renewed);

    let ended = at_home(&home, &["logout", "--json"]).run().ok().json();
    assert_eq!(
        (&ended["revoked"], &ended["label"]),
        (&true.into(), &done["label"])
    );
    let says = ["no login", "--client-id", "grantor login"];
    at_home(&home, &["token"]).run().fails(2, &says);
    let logout = at_home(&home, &["logout"]).run();
    logout.fails(2, &["there is no login to end"]);
}

#[test]
fn the_files_of_a_login_are_for_their_owner_alone() {
    let (home, server) = (Home::new(), fake());
    signed_in(&home, &server, &[]);
    let folder = home.path("share/grantor");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600, "{entry:?}");
        let bytes = std::fs::read(entry.path()).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for secret in ["refresh-1", "access-1", "127.0.0.1"] {
            assert!(!text.contains(secret), "{secret} in {entry:?}");
        }
        names.push(entry.file_name().into_string().unwrap());
    }
    assert!(names.contains(&"logins.db".to_owned()), "{names:?}");

    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o777)).unwrap();
    at_home(&home, &["token"]).run().fails(3, &["mode 0777"]);
}

#[test]
fn stray_requests_and_slow_clients_end_nothing() {
    let (home, server) = (Home::new(), fake());
    let waiting = Waiting::start(login(&home, server.issuer().as_str(), &[]));
    let address = waiting.address();
    assert!(address.ip().is_loopback());
    let mut silent = web::connect(address);
    let mut slow = web::connect(address);
    slow.write_all(b"GET /callback?code=").unwrap();
    for (target, status) in [
        ("/favicon.ico", 404),
        ("/", 404),
        ("/callback", 400),
        ("/callback?code=c&state=wrong", 400),
        ("/callback?error=access_denied&state=wrong", 400),
    ] {
        assert_eq!(web::get(address, target, &[]).status, status, "{target}");
    }
    assert_eq!(web::post(address, "/callback", &[], &[]).status, 405);
    // A page of another site, whose name leads to this address.
    let mut rebound = web::connect(address);
    let request = b"GET /callback HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    rebound.write_all(request).unwrap();
    assert_eq!(Answer::read(&mut rebound).status, 421);
    let mut garbage = web::connect(address);
    garbage
        .write_all(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")
        .unwrap();

    let back = server.approve(&waiting.url());
    let page = come_back(&back);
    assert_eq!(page.status, 200, "{page:?}");
    let csp = page.headers("content-security-policy").next().unwrap();
    assert!(csp.contains("default-src 'none'") && csp.contains("'sha256-"));
    assert!(page.headers("cache-control").any(|it| it == "no-store"));
    waiting.ended().ok();
    server.assert_token_requests(1);
    // The port was for the flow only.
    assert!(std::net::TcpStream::connect(address).is_err());
    let mut rest = Vec::new();
    let _ = (silent.read_to_end(&mut rest), slow.read_to_end(&mut rest));
}

#[test]
fn a_refusal_is_told_on_the_page_and_in_the_exit_code() {
    let (home, server) = (Home::new(), fake());
    let waiting = Waiting::start(login(&home, server.issuer().as_str(), &[]));
    let page = come_back(&server.deny(&waiting.url()));
    assert_eq!(page.status, 400, "{page:?}");
    assert!(page.body.contains("That did not work"), "{page:?}");
    assert!(page.body.contains("access_denied"), "{page:?}");
    let says = ["nobody is signed in", "access_denied", "needs_login"];
    waiting.ended().fails(4, &says);

    // The server says something that is not meant for a page.
    let waiting = Waiting::start(login(&home, server.issuer().as_str(), &[]));
    let mut back = server.deny(&waiting.url());
    let state = waiting.url();
    let state = state
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap();
    back.set_query(None);
    back.query_pairs_mut()
        .append_pair("error", "server_error")
        .append_pair("error_description", "<script>alert(1)</script>")
        .append_pair("iss", server.issuer().as_str())
        .append_pair("state", &state.1);
    let page = come_back(&back);
    assert!(!page.body.contains("<script>"), "{page:?}");
    waiting.ended().fails(5, &["server_error"]);
    at_home(&home, &["token"]).run().fails(2, &["no login"]);
}

#[test]
fn nobody_waits_for_ever() {
    let (home, server) = (Home::new(), fake());
    let issuer = server.issuer().as_str();
    let late = login(&home, issuer, &["--timeout", "0"]).run();
    late.fails(4, &["nobody signed in within 0 s", "--timeout"]);
    assert!(late.err.contains("/authorize?"), "{late:?}");
    server.assert_no_token_requests();
}

#[test]
fn the_browser_is_the_one_of_the_variable() {
    let (home, server) = (Home::new(), fake());
    let seen = home.path("seen");
    let script = format!(
        "#!/bin/sh\nprintf '%s' \"$1\" > {}.new\n/bin/mv {0}.new {0}\n",
        seen.display()
    );
    let script = home.file("browser", &script);
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let issuer = server.issuer().as_str();
    let args = ["login", "--issuer", issuer, "--client-id", "app"];
    let run = at_home(&home, &args);
    let browsers = format!("/nonexistent/browser:{script} %s");
    let waiting = Waiting::start(run.env("BROWSER", &browsers));
    assert_eq!(waiting.said["browser_opened"], true);
    crate::grantor::eventually("the browser", || seen.exists());
    let opened = std::fs::read_to_string(&seen).unwrap();
    // All users of the machine can read the arguments of a browser.
    let url = waiting.url();
    let has = |name: &str| url.query_pairs().any(|(own, _)| own == name);
    assert!(has("state") && !opened.contains("state") && !opened.contains(issuer));
    let opened: Url = opened.parse().unwrap();
    let begun = web::get(address(&opened), opened.path(), &[]);
    assert_eq!(begun.headers("location").next(), Some(url.as_str()));
    come_back(&server.approve(&url));
    waiting.ended().ok();

    // Somebody else was there first: whose account it would be is not known.
    std::fs::remove_file(&seen).unwrap();
    let again = at_home(&home, &[&args[..], &["--label", "two"]].concat());
    let waiting = Waiting::start(again.env("BROWSER", &browsers));
    crate::grantor::eventually("the browser", || seen.exists());
    let opened: Url = std::fs::read_to_string(&seen).unwrap().parse().unwrap();
    let [stolen, own] = [(); 2].map(|()| web::get(address(&opened), opened.path(), &[]));
    assert_eq!((stolen.status, own.status), (303, 400));
    waiting.ended().fails(1, &["opened twice"]);

    let none = at_home(&home, &args).env("BROWSER", "/nonexistent/browser");
    let none = Waiting::start(none.arg("--timeout").arg("0"));
    assert_eq!(none.said["browser_opened"], false);
    assert_eq!(none.ended().code, Some(4));
}

#[test]
fn a_device_signs_in_by_a_code() {
    let home = Home::new();
    let server = serving(&home);
    let own = [
        "login",
        "--device",
        "--issuer",
        &server.issuer,
        "--client-id",
        "app",
    ];
    let waiting = Waiting::start(at_home(&home, &own));
    let user_code = waiting.said["user_code"].as_str().unwrap();
    let mut visitor = Visitor::new(&server);
    let page = visitor.go("/device");
    let page = visitor.send_code(&page, user_code);
    let page = visitor.go(page.headers("location").next().unwrap());
    let page = visitor.send(&page, &[("username", "ann"), ("password", PASSWORD)]);
    let page = visitor.go(page.headers("location").next().unwrap());
    let done = visitor.send(&page, &[("decision", "allow")]);
    assert_eq!(done.status, 200, "{done:?}");
    let done = waiting.ended().ok().json();
    assert_eq!(done["client_id"], "app");
    at_home(&home, &["token"]).run().ok();

    let text = at_home(&home, &[&own[..], &["--timeout", "0"]].concat()).run();
    text.fails(4, &["type in the code", "nobody signed in"]);
}

/// Over ssh, in a container: nothing says how to open a browser.
#[test]
fn without_a_browser_a_code_is_printed() {
    let (home, server) = (Home::new(), fake());
    let issuer = server.issuer().as_str();
    let own = ["login", "--issuer", issuer, "--client-id", "app"];
    let waiting = Waiting::start(at_home(&home, &own));
    server.approve_device(waiting.said["user_code"].as_str().unwrap());
    waiting.ended().ok();
    at_home(&home, &["token"]).run().ok();
    // A URL is printed where that is wanted, where it says more, or where the server knows no devices.
    let url = at_home(&home, &[&own[..], &["--no-browser"]].concat());
    Waiting::start(url.arg("--timeout").arg("0")).url();
    let more = at_home(
        &home,
        &[&own[..], &["--parameter", "prompt=login"]].concat(),
    );
    Waiting::start(more.arg("--timeout").arg("0")).url();
    server.fail_always(
        Endpoint::DeviceAuthorization,
        Fault::Refused("unauthorized_client"),
    );
    let refused = at_home(&home, &[&own[..], &["--label", "other"]].concat());
    let waiting = Waiting::start(refused);
    come_back(&server.approve(&waiting.url()));
    waiting.ended().ok();
    // With --device the error names the other ways to sign in.
    let device = at_home(&home, &[&own[..], &["--device"]].concat()).run();
    device.fails(3, &["unauthorized_client", "leave --device out"]);
}

#[test]
fn openid_says_who_signed_in() {
    let (home, server) = (Home::new(), fake());
    server.change_id_tokens(|claims| {
        claims.insert("name".to_owned(), "Ada \u{1b}[2J Lovelace".into());
    });
    let done = signed_in(&home, &server, &["--scope", "openid"]);
    assert_eq!(done["subject"], "user-1");
    assert_eq!(done["claims"]["sub"], "user-1");
    assert_eq!(done["claims"]["iss"], server.issuer().as_str());
    assert!(done["claims"]["name"].as_str().unwrap().starts_with("Ada"));

    server.change_id_tokens(|claims| {
        claims.insert("nonce".to_owned(), "another".into());
    });
    let issuer = server.issuer().as_str();
    let other = ["--scope", "openid", "--label", "other"];
    let waiting = Waiting::start(login(&home, issuer, &other));
    let page = come_back(&server.approve(&waiting.url()));
    assert_eq!(page.status, 400, "{page:?}");
    let done = waiting.ended();
    assert_eq!((done.code, done.out.as_str()), (Some(6), ""), "{done:?}");
    let says = ["no such login", "the logins are"];
    at_home(&home, &["token", "--login", "other"])
        .run()
        .fails(2, &says);
}
