//! `grantor key`, and clients that authenticate by their keys.

use serde_json::json;

use crate::grantor::{Home, eventually};

#[test]
fn keys_are_listed_and_replaced_while_the_server_runs() {
    let home = Home::new();
    let config = home.file(
        "grantor.toml",
        "[tokens]\nformat = \"es256\"\naudience = \"https://api.example\"\n",
    );
    let with = |args: &[&str]| home.run(&[args, &["--config", &config, "--json"]].concat());
    let secret = home.add_service("job", &[]);
    let server = home.serve(&["--config", &config]);
    let listed = with(&["key", "list"]).ok().json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(
        listed
            .as_array()
            .unwrap()
            .iter()
            .all(|key| key["state"] == "active")
    );
    let next = with(&["key", "rotate"]).ok().json();
    assert_eq!(
        (&next["state"], &next["algorithm"]),
        (&json!("next"), &json!("ES256"))
    );
    let now = with(&["key", "rotate", "--now"]).ok().json();
    assert_eq!(now["state"], "active");
    let listed = with(&["key", "list"]).ok().json();
    let states: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["state"])
        .collect();
    assert_eq!(states, ["retiring", "active", "active"]);
    // No private part is shown, and the server issues tokens all the while.
    assert!(!listed.to_string().contains("pkcs8"));
    assert_eq!(server.ask_token("job", &secret).status, 200);
    home.run(&["key", "rotate"]).fails(2, &["--algorithm"]);
    home.run(&["key", "rotate", "--algorithm", "HS256"])
        .fails(2, &["HS256", "PS256"]);
    let text = home.run(&["key", "list"]).ok().out;
    assert_eq!(text.lines().count(), 3, "{text}");
}

/// A key that somebody else has: a new one signs, and whatever the old one signed is refused.
#[test]
fn a_removed_key_is_published_no_longer_and_its_tokens_are_refused() {
    let home = Home::new();
    let config = home.file(
        "grantor.toml",
        "[tokens]\nformat = \"es256\"\naudience = \"https://api.example\"\n",
    );
    let args = ["--config", &config, "--issuer", "http://127.0.0.1:8787"];
    let secret = home.add_service("job", &[]);
    let published = |server: &crate::grantor::Serving| server.get("/jwks").body;
    let server = home.serve(&args);
    let token = server.ask_token("job", &secret).text("access_token");
    assert!(server.is_active(&token, "job", &secret));
    let listed = home.json(&["key", "list"]);
    let signs = |key: &&serde_json::Value| key["algorithm"] == "ES256";
    let stolen = listed.as_array().unwrap().iter().find(signs).unwrap();
    let stolen = stolen["id"].as_str().unwrap().to_owned();
    assert!(published(&server).contains(&stolen));
    let removed = home.json(&["key", "remove", &stolen]);
    assert_eq!(
        (&removed["id"], &removed["removed"]),
        (&json!(stolen), &json!(true))
    );
    assert_eq!(removed["key"]["state"], "active");
    let new = removed["key"]["id"].as_str().unwrap();
    home.run(&["key", "remove", &stolen])
        .fails(1, &["no signing key", &stolen]);
    drop(server);
    let server = home.serve(&args);
    let keys = published(&server);
    assert!(!keys.contains(&stolen) && keys.contains(new), "{keys}");
    assert!(!server.is_active(&token, "job", &secret));
    let token = server.ask_token("job", &secret).text("access_token");
    assert!(server.is_active(&token, "job", &secret));
    let text = home.run(&["key", "remove", new]).ok().out;
    assert!(text.starts_with(&format!("key {new} removed")), "{text}");
    assert!(text.contains("ES256  signs"), "{text}");
}

#[test]
fn a_client_is_registered_with_its_public_keys() {
    let home = Home::new();
    let keys = json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "one",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }] });
    let file = home.file("keys.json", &keys.to_string());
    let add = |id: &str, file: &str| {
        home.run(&[
            "client",
            "add",
            id,
            "--grant",
            "client_credentials",
            "--auth-method",
            "private_key_jwt",
            "--jwks",
            file,
        ])
    };
    let added = add("job", &file).ok().out;
    assert_eq!(added, "client job added\n", "it has no secret");
    let shown = home.json(&["client", "show", "job"]);
    assert_eq!(shown["auth_method"], "private_key_jwt");
    assert_eq!(shown["jwks"], keys);
    assert_eq!(shown["secrets"], json!([]));
    let text = home.run(&["client", "show", "job"]).ok().out;
    assert!(text.contains("keys:           one"), "{text}");
    let private = home.file(
        "private.json",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
    );
    add("other", &private).fails(2, &["--jwks", "not a JWK Set of public keys"]);
    add("other", "nowhere.json").fails(2, &["--jwks nowhere.json"]);
    home.run(&["client", "add", "other", "--auth-method", "tls_client_auth"])
        .fails(2, &["--auth-method tls_client_auth", "private_key_jwt"]);
    home.run(&["client", "rotate-secret", "job"])
        .fails(1, &["private_key_jwt", "has no secret"]);
    let changed = home.json(&[
        "client",
        "set",
        "job",
        "--danger-assertion-audience-token-endpoint",
        "true",
    ]);
    assert_eq!(changed["danger_assertion_audience_token_endpoint"], true);
    let changed = home.json(&[
        "client",
        "set",
        "job",
        "--auth-method",
        "client_secret",
        "--jwks",
        "",
    ]);
    assert_eq!(
        (&changed["auth_method"], &changed["jwks"]),
        (&json!("client_secret"), &json!(null))
    );
    let rotated = home.json(&["client", "rotate-secret", "job"]);
    let secret = rotated["client_secret"].as_str().unwrap();
    let server = home.serve(&[]);
    eventually("the new secret", || {
        server.ask_token("job", secret).status == 200
    });
}

/// Identifiers of keys and of clients that register themselves are random, so one of 64 begins so.
#[test]
fn an_identifier_may_begin_with_a_hyphen() {
    let home = Home::new();
    let grant = ["client", "add", "--grant", "client_credentials"];
    home.run(&[&grant[..], &["--", "-job"]].concat()).ok();
    let shown = home.json(&["client", "show", "-job"]);
    assert_eq!(shown["client_id"], "-job");
    let args = ["client", "set", "-job", "--name", "A job"];
    home.run(&args).ok();
    home.run(&["client", "rotate-secret", "-job"]).ok();
    home.run(&["client", "remove", "-job"]).ok();
    let unknown = "--0bLNVhrtyiIzHEDeLHqn1BZ5qOHkzHJQk9CmoYVIQ";
    home.run(&["key", "remove", unknown])
        .fails(1, &["no signing key", unknown]);
}
