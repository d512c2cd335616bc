//! Opening: what it carries, passwords, TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use grantor_store::{Class, Store};
use grantor_store_memcached::MemcachedStore;
use grantor_testservers::Memcached;
use grantor_testservers::certificates::{AUTHORITY, CERTIFICATE, KEY};

use crate::{block_on, creation, runtime, value_of};

#[test]
fn it_carries_no_grants_and_no_guards_and_says_why() {
    let server = Memcached::start().unwrap();
    block_on(&runtime(), async {
        let store = Arc::new(MemcachedStore::open(&server.url()).await.unwrap());
        let capabilities = store.capabilities();
        for class in [Class::Transition, Class::Guard] {
            let reason = class.refuses(&capabilities).unwrap();
            assert_eq!(reason, "memcached may evict live records");
        }
        for class in [Class::ShortLived, Class::Cache] {
            assert!(class.refuses(&capabilities).is_none());
        }
        assert!(store.listing().is_none());
        assert!(store.counter().is_some());
    });
}

#[test]
fn what_does_not_fit_is_evicted_and_not_half_kept() {
    let server = Memcached::start_with(&["--memory-limit=4"]).unwrap();
    block_on(&runtime(), async {
        let store = MemcachedStore::open(&server.url()).await.unwrap();
        let (mut gone, mut keys) = (0, Vec::new());
        for number in 0..100 {
            let mut put = creation(&format!("{number}"));
            put.value = vec![7; 200_000].into();
            store.put(&put).await.map(drop).unwrap();
            keys.push(put.key);
        }
        for found in store.get_many(&keys).await.unwrap() {
            match found {
                Some(entry) => assert_eq!(entry.value.len(), 200_000),
                None => gone += 1,
            }
        }
        assert!(gone > 0, "20 MB in 4");
    });
}

#[test]
fn a_wrong_password_is_a_configuration_error_that_does_not_show_it() {
    let logins = [("logins", "ann:correct-horse\n")];
    let server = Memcached::start_with_files(&["--auth-file=FOLDER/logins"], &logins).unwrap();
    block_on(&runtime(), async {
        let url = |login: &str| server.url().replace("//", &format!("//{login}"));
        let store = MemcachedStore::open(&url("ann:correct-horse@"))
            .await
            .unwrap();
        store.put(&creation("a")).await.map(drop).unwrap();
        for wrong in [url("ann:battery-staple@"), url("")] {
            let error = MemcachedStore::open(&wrong).await.unwrap_err();
            assert!(error.is_configuration(), "{error}");
            let text = format!("{error} {error:?}");
            assert!(
                !text.contains("staple") && !text.contains("horse"),
                "{text}"
            );
        }
    });
}

#[test]
fn a_login_at_a_server_that_asks_for_none_is_refused_and_its_password_is_stored_nowhere() {
    let server = Memcached::start().unwrap();
    assert_eq!(ask(&server, "set login 0 0 6\r\ntheirs\r\n"), "STORED\r\n");
    block_on(&runtime(), async {
        let url = server.url().replace("//", "//ann:correct-horse@");
        let error = MemcachedStore::open(&url).await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("--auth-file"), "{error}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("horse"), "{text}");
    });
    let kept = ask(&server, "get login\r\n");
    assert_eq!(kept, "VALUE login 0 6\r\ntheirs\r\nEND\r\n");
}

/// The answer to one command, as it is on the wire.
fn ask(server: &Memcached, command: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.write_all(command.as_bytes()).unwrap();
    stream.write_all(b"quit\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn tls_checks_the_certificate() {
    let settings = [
        "--enable-ssl",
        "--extended=ssl_chain_cert=FOLDER/certificate,ssl_key=FOLDER/key",
    ];
    let files = [("certificate", CERTIFICATE), ("key", KEY)];
    let server = Memcached::start_with_files(&settings, &files).unwrap();
    block_on(&runtime(), async {
        let url = server
            .url()
            .replace("memcached://127.0.0.1", "memcacheds://localhost");
        let trusted = format!("{url}?tlsrootcert={AUTHORITY}");
        let store = MemcachedStore::open(&trusted).await.unwrap();
        store.put(&creation("a")).await.map(drop).unwrap();
        assert_eq!(value_of(&store, "a").await.unwrap(), "a");
        let error = MemcachedStore::open(&url).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
    });
}
