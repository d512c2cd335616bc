//! All faults of an input are reported clearly, and nothing is lost.

use std::net::TcpListener;

use rusqlite::Connection;

use crate::grantor::{Home, Serving};

#[test]
fn a_port_in_use() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let done = home.run(&["serve", "--listen", &address]);
    done.fails(1, &[&address, "is in use", "--listen"]);
    assert!(!home.path("grantor-data").exists());
}

#[test]
fn addresses_and_issuers_that_are_none() {
    let home = Home::new();
    let both = home.run(&["serve", "--listen", "here", "--issuer", "there"]);
    both.fails(3, &["--listen", "127.0.0.1:8787", "--issuer", "https"]);
    let public = home.run(&["serve", "--listen", "0.0.0.0:0"]);
    public.fails(3, &["0.0.0.0", "--issuer"]);
    let plain = home.run(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--issuer",
        "http://id.example",
    ]);
    plain.fails(3, &["https, or http on a loopback address"]);
    for issuer in [
        "https://id.example/a/../b",
        "HTTPS://id.example",
        "https://id.example:443",
    ] {
        let done = home.run(&["serve", "--listen", "127.0.0.1:0", "--issuer", issuer]);
        done.fails(3, &[issuer, "normal form, https://id.example/"]);
    }
    let elsewhere = home.run(&[
        "serve",
        "--listen",
        "192.0.2.1:8787",
        "--issuer",
        "https://id.example",
    ]);
    elsewhere.fails(1, &["192.0.2.1:8787 can't be listened on"]);
}

#[test]
fn a_data_folder_that_can_not_be_written() {
    let home = Home::new();
    let file = home.file("file", "a letter");
    let below = format!("{file}/data");
    for data in [&file, &below, "/proc/grantor", "/proc"] {
        for args in [
            &["client", "add", "job", "--grant", "client_credentials"][..],
            &["serve", "--listen", "127.0.0.1:0"],
        ] {
            let done = home.run(&[args, &["--data", data]].concat());
            done.fails(3, &[data]);
        }
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "a letter");
}

#[test]
fn a_database_of_a_newer_version() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let open = || Connection::open(home.path("grantor-data/grantor.db")).unwrap();
    let set = |version: i64| {
        let updated = open().pragma_update(None, "user_version", version);
        updated.unwrap();
    };
    let own = open().pragma_query_value(None, "user_version", |row| row.get(0));
    let own: i64 = own.unwrap();
    set(99);
    for args in [
        &["client", "list"][..],
        &["user", "list"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        home.run(args)
            .fails(1, &["grantor.db", "version 99", "newer grantor"]);
    }
    set(own);
    works(&home, &secret);
}

#[test]
fn a_file_that_is_no_database() {
    let home = Home::new();
    std::fs::create_dir(home.path("grantor-data")).unwrap();
    let letter = "Dear reader, ".repeat(100);
    let path = home.file("grantor-data/grantor.db", &letter);
    home.run(&["client", "list"])
        .fails(3, &["grantor.db", "is not an SQLite database"]);
    assert_eq!(std::fs::read_to_string(path).unwrap(), letter);
}

#[test]
fn a_master_key_that_is_lost_wrong_cut_off_or_open_to_others() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let path = home.path("grantor-data/master.key");
    let key = std::fs::read(&path).unwrap();
    let refused = |says: &[&str]| {
        home.run(&["client", "list"]).fails(3, says);
        home.run(&["serve", "--listen", "127.0.0.1:0"])
            .fails(3, says);
    };
    std::fs::remove_file(&path).unwrap();
    refused(&["master.key is missing", "backup", "GRANTOR_MASTER_KEY"]);
    assert!(!path.exists(), "no new key takes the place of the lost one");

    let write = |bytes: &[u8], mode| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    };
    write(&[9; 32], 0o600);
    refused(&["another master key"]);
    write(&key[..31], 0o600);
    refused(&["master.key is not 32 bytes long"]);
    write(&key, 0o644);
    refused(&["mode 0644", "0600"]);
    write(&key, 0o600);
    works(&home, &secret);
}

#[test]
fn clients_that_can_not_be() {
    let home = Home::new();
    let add = |args: &[&str]| home.run(&[&["client", "add", "job"], args].concat());
    add(&[
        "--grant",
        "client",
        "--scope",
        "a\"b",
        "--redirect-uri",
        "https://a.example/#b",
    ])
    .fails(
        2,
        &[
            "client job",
            "--grant client: must be one of authorization_code, client_credentials, refresh_token",
            "--scope a\"b: ",
            "--redirect-uri https://a.example/#b: a redirect URI has no fragment",
        ],
    );
    add(&[
        "--public",
        "--grant",
        "client_credentials",
        "--resource-server",
        "api",
    ])
    .fails(
        2,
        &[
            "a public client can't use client_credentials",
            "a resource server can't be a public client",
            "a resource is an absolute URI",
        ],
    );
    add(&[]).fails(2, &["a client needs a grant type", "--grant"]);
    let service = ["client", "add", "job", "--grant", "client_credentials"];
    let lifetimes = ["--access-lifetime", "0s", "--refresh-lifetime", "0s"];
    home.run(&[&service[..], &lifetimes].concat()).fails(
        2,
        &["between 1 s and 30 days", "between 1 min and 10 years"],
    );
    let invisible = home.command(&[&service[..], &["--secret-stdin"]].concat());
    invisible
        .input("twenty letters\u{0} or so\n")
        .run()
        .fails(2, &["printable ASCII"]);
    add(&["--grant", "authorization_code"]).fails(2, &["needs a redirect URI"]);
    let public = [
        "client",
        "add",
        "app",
        "--public",
        "--secret-stdin",
        "--grant",
    ];
    let public = [
        &public[..],
        &["authorization_code", "--redirect-uri", "https://a.example/"],
    ]
    .concat();
    let done = home.command(&public).input("a secret of some length").run();
    done.fails(2, &["a public client has no secret"]);
    let empty = [
        "client",
        "add",
        "job",
        "--grant",
        "client_credentials",
        "--secret-stdin",
    ];
    for input in ["", "\n", "\r\n"] {
        home.command(&empty)
            .input(input)
            .run()
            .fails(2, &["the client's secret is empty"]);
    }
    home.command(&empty)
        .input([0xff, 0xfe])
        .run()
        .fails(1, &["the client's secret can't be read"]);
    assert!(!home.path("grantor-data").exists(), "nothing was made");
}

#[test]
fn a_second_client_of_one_name_leaves_the_first_as_it_is() {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    let again = home.run(&["client", "add", "job", "--grant", "client_credentials"]);
    again.fails(1, &["there is a client job already", "rotate its secret"]);
    let resource = [
        "client",
        "add",
        "api",
        "--resource-server",
        "https://api.example",
    ];
    home.run(&resource).ok();
    let other = [
        "client",
        "add",
        "other",
        "--resource-server",
        "https://api.example",
    ];
    home.run(&other)
        .fails(1, &["https://api.example belongs to another client"]);
    works(&home, &secret);
}

#[test]
fn names_that_are_not_there() {
    let home = Home::new();
    home.run(&["client", "remove", "job"])
        .fails(1, &["there is no client job"]);
    home.run(&["client", "rotate-secret", "job"])
        .fails(1, &["there is no client job"]);
    home.run(&["user", "remove", "ann"])
        .fails(1, &["there is no user ann"]);
    let json = home.run(&["user", "remove", "ann", "--json"]);
    json.fails(1, &["\"message\":\"there is no user ann\""]);
}

#[test]
fn users_and_passwords_that_can_not_be() {
    let home = Home::new();
    let add = |name: &str, input: &[u8]| home.command(&["user", "add", name]).input(input).run();
    add("ann", b"").fails(2, &["the password is empty"]);
    add("ann", b"\nbehind an empty line").fails(2, &["the password is empty"]);
    add("ann", b"1234567").fails(1, &["at least 8 characters"]);
    add("ann", &[b'a'; 1025]).fails(1, &["at most 1024 bytes"]);
    add("ann", &[0xc3; 20]).fails(1, &["the password can't be read"]);
    add("", b"long enough").fails(1, &["a user name is 1 to 128 bytes"]);
    add("a\nb", b"long enough").fails(1, &["control characters"]);
    add("ann", b"long enough").ok();
    add(" ANN ", b"long enough too").fails(1, &["there is a user ann already"]);
    assert_eq!(home.run(&["user", "list"]).ok().out, "ann\n");
}

/// The data are as they were: the client's secret is good.
fn works(home: &Home, secret: &str) {
    let server: Serving = home.serve(&[]);
    assert_eq!(server.ask_token("job", secret).status, 200);
}
