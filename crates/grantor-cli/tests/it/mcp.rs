//! `serve --profile mcp`: clients without a registration.

use grantor_jose::base64url;
use serde_json::{Value, json};

use crate::api::{Api, Scripted};
use crate::grantor::{Home, Serving};
use crate::web::{self, Answer, REDIRECT_URI, Visitor, redeem, refresh};

const RESOURCE: &str = "https://mcp.example/mcp";
const PASSWORD: &str = "a password of ann";
const PROFILE: [&str; 4] = ["--profile", "mcp", "--resource", RESOURCE];

/// The host of a client, with its document.
fn client() -> (Api, String) {
    let (api, url) = Api::with(|address| {
        let document = json!({
            "client_id": format!("http://{address}/client.json"),
            "client_name": "An Agent",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let document = Scripted::new("200 OK", document.to_string());
        vec![document.header("content-type", "application/json")]
    });
    (api, format!("{url}/client.json"))
}

/// A server with a user, that fetches from this machine.
fn serving(settings: &str) -> (Home, Serving) {
    let home = Home::new();
    home.add_user("ann", PASSWORD);
    let settings = format!("danger_fetch_from_any_address = true\n{settings}");
    let file = home.file("grantor.toml", &settings);
    let server = home.serve(&[&PROFILE[..], &["--config", &file]].concat());
    (home, server)
}

#[test]
fn an_agent_that_nobody_registered_gets_a_token_for_the_mcp_server() {
    let (api, id) = client();
    let (_home, server) = serving("");
    let mut visitor = Visitor::new(&server);
    let login = visitor.open_with(&id, &[("resource", RESOURCE)]);
    assert_eq!(login.status, 200, "{login:?}");
    let consent = visitor.send(&login, &[("username", "ann"), ("password", PASSWORD)]);
    let consent = visitor.go(consent.headers("location").next().unwrap());
    for shown in ["An Agent", "Any program on this device"] {
        assert!(consent.body.contains(shown), "{shown}: {}", consent.body);
    }
    let code = visitor.allow(&consent);
    let tokens = redeem(&server, &id, &code);
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let claims = claims(&tokens.text("access_token"));
    assert_eq!(claims["aud"], RESOURCE);
    assert_eq!(claims["iss"], server.issuer.as_str());
    assert_eq!(claims["client_id"], id.as_str());
    let renewed = refresh(&server, &id, &tokens.text("refresh_token"));
    assert_eq!(renewed.status, 200, "{renewed:?}");
    assert_eq!(api.seen().len(), 1);
}

/// SSRF (CVE-2020-10770): a stranger has the server ask inside of its network.
#[test]
fn ssrf_by_a_client_identifier_reaches_nobody_by_default() {
    let (api, id) = client();
    let home = Home::new();
    let server = home.serve(&PROFILE);
    let port = api.address.port();
    for id in [
        id.clone(),
        id.replace("http://", "https://"),
        format!("https://localhost:{port}/client.json"),
        format!("https://[::ffff:127.0.0.1]:{port}/client.json"),
        format!("https://2130706433:{port}/client.json"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let page = Visitor::new(&server).open_with(&id, &[("resource", RESOURCE)]);
        assert_eq!(page.status, 400, "{id}: {page:?}");
        let refused = refresh(&server, &id, "x");
        assert_eq!(
            (refused.status, refused.text("error")),
            (401, "invalid_client".to_owned())
        );
    }
    assert_eq!(api.seen(), [""; 0]);
}

#[test]
fn metadata_and_health_are_those_of_the_profile() {
    let home = Home::new();
    let scope = ["--scope", "notes:read notes:write"];
    let server = home.serve(&[&PROFILE[..], &scope].concat());
    let metadata = server.get("/.well-known/oauth-authorization-server").json();
    assert_eq!(
        metadata["scopes_supported"],
        json!(["notes:read", "notes:write"])
    );
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256"])
    );
    assert_eq!(metadata.get("registration_endpoint"), None);
    let health = server.get("/healthz");
    assert_eq!(
        (health.status, health.text("status")),
        (200, "ok".to_owned())
    );
}

#[test]
fn a_list_says_which_hosts_may_come() {
    let (api, id) = client();
    let (_home, server) = serving("metadata_documents = [\"agents.example\"]");
    let page = Visitor::new(&server).open_with(&id, &[("resource", RESOURCE)]);
    assert_eq!(page.status, 400, "{page:?}");
    assert_eq!(api.seen(), [""; 0]);
}

#[test]
fn an_agent_registers_itself_if_the_setting_lets_it() {
    let (_home, server) = serving("registration = \"open\"");
    let answer = register(&server, None);
    assert_eq!(answer.status, 201, "{answer:?}");
    let id = answer.text("client_id");
    let mut visitor = Visitor::new(&server);
    let login = visitor.open_with(&id, &[("resource", RESOURCE)]);
    let signed_in = visitor.send(&login, &[("username", "ann"), ("password", PASSWORD)]);
    let consent = visitor.go(signed_in.headers("location").next().unwrap());
    let code = visitor.allow(&consent);
    assert_eq!(redeem(&server, &id, &code).status, 200);
}

#[test]
fn an_initial_access_token_comes_from_a_variable() {
    let home = Home::new();
    let file = home.file("grantor.toml", "registration = \"token\"");
    let args = ["--config", &file];
    let without = home.serve_command(&args).run();
    without.fails(3, &["GRANTOR_REGISTRATION_TOKEN"]);
    for weak in ["x", "fifteen-letters", "sixteen with spaces"] {
        let server = home.serve_command(&args);
        let refused = server.env("GRANTOR_REGISTRATION_TOKEN", weak).run();
        refused.fails(3, &["GRANTOR_REGISTRATION_TOKEN", "16"]);
        assert!(
            !refused.err.contains(weak) || weak == "x",
            "{}",
            refused.err
        );
    }
    let server = home.serve_command(&args);
    let server = server
        .env("GRANTOR_REGISTRATION_TOKEN", "an-initial-token")
        .serve();
    assert_eq!(register(&server, None).status, 401);
    assert_eq!(register(&server, Some("another")).status, 401);
    assert_eq!(register(&server, Some("an-initial-token")).status, 201);
    assert!(!home.log().contains("an-initial-token"));
}

#[test]
fn an_unknown_profile_is_named() {
    let home = Home::new();
    let done = home.serve_command(&["--profile", "fapi"]).run();
    done.fails(3, &["--profile", "\"mcp\""]);
    let done = home.serve_command(&["--resource", "mcp"]).run();
    done.fails(3, &["--resource", "not an absolute URL"]);
}

fn register(server: &Serving, token: Option<&str>) -> Answer {
    let metadata = json!({
        "client_name": "An Agent",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
    });
    let authorization = format!("Bearer {}", token.unwrap_or_default());
    let headers = [("authorization", authorization.as_str())];
    let headers = if token.is_some() { &headers[..] } else { &[] };
    web::post_json(server.address, "/register", &metadata, headers)
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64url::decode(payload).unwrap()).unwrap()
}
