//! Logins whose key is in a keyring: the Secret Service of GNOME, on a session bus of its own.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use grantor_testkit::{FakeListener, FakeServer};
use tempfile::TempDir;

use crate::grantor::{Home, Run, eventually};
use crate::login::{Waiting, at_home, come_back, login};

/// A session bus with a keyring that is unlocked, until it is dropped.
struct Desktop {
    bus: Child,
    keyring: Child,
    address: String,
    _folder: TempDir,
}

impl Desktop {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--print-address"]);
        bus.arg(format!("--address=unix:dir={}", folder.path().display()));
        let quiet = bus.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut bus = quiet.spawn().unwrap();
        let mut address = String::new();
        let mut said = BufReader::new(bus.stdout.take().unwrap());
        said.read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        let mut keyring = Command::new("gnome-keyring-daemon");
        keyring.args(["--foreground", "--unlock", "--components=secrets"]);
        for name in ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
            keyring.env(name, folder.path());
        }
        keyring.env("DBUS_SESSION_BUS_ADDRESS", &address);
        let quiet = keyring.stdout(Stdio::null()).stderr(Stdio::null());
        let mut keyring = quiet.stdin(Stdio::piped()).spawn().unwrap();
        keyring
            .stdin
            .take()
            .unwrap()
            .write_all(b"open sesame")
            .unwrap();
        eventually("the keyring", || {
            let mut asked = Command::new("dbus-send");
            asked.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus"]);
            asked.args([
                "/",
                "org.freedesktop.DBus.NameHasOwner",
                "string:org.freedesktop.secrets",
            ]);
            let said = asked
                .env("DBUS_SESSION_BUS_ADDRESS", &address)
                .output()
                .unwrap();
            String::from_utf8_lossy(&said.stdout).contains("boolean true")
        });
        Self {
            bus,
            keyring,
            address,
            _folder: folder,
        }
    }

    fn with(&self, run: Run) -> Run {
        run.env("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in [&mut self.keyring, &mut self.bus] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn server() -> FakeListener {
    let server = FakeServer::listen().unwrap();
    server.add_public_client("app");
    server
}

#[test]
fn the_key_of_a_login_is_in_the_keyring_and_later_commands_find_it() {
    let (home, server, desktop) = (Home::new(), server(), Desktop::start());
    let issuer = server.issuer().as_str();
    let waiting = Waiting::start(desktop.with(login(&home, issuer, &["--keyring"])));
    come_back(&server.approve(&waiting.url()));
    waiting.ended().ok();
    assert!(home.path("share/grantor/logins.db").exists());
    assert!(!home.path("share/grantor/master.key").exists());
    let mark = home.path("share/grantor/logins.db.in-keyring");
    assert_eq!(mark.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let command = |args: &[&str]| at_home(&home, args);
    let token = desktop.with(command(&["token"])).run().ok().out;
    assert!(server.takes_access_token(token.trim_end()));
    // Another login of the same file has the same key, whether that is said again or not.
    for (label, more) in [("two", &["--keyring"][..]), ("three", &[])] {
        let more = [&["--label", label][..], more].concat();
        let waiting = Waiting::start(desktop.with(login(&home, issuer, &more)));
        come_back(&server.approve(&waiting.url()));
        waiting.ended().ok();
    }
    let named = ["token", "--login", "three"];
    desktop.with(command(&named)).run().ok();

    // Without the keyring, or with another one, nothing is read and nothing is made.
    command(&named).run().fails(3, &["there is no keyring"]);
    let other = Desktop::start();
    other
        .with(command(&named))
        .run()
        .fails(3, &["the keyring has no key"]);
    assert!(!home.path("share/grantor/master.key").exists());
    for label in ["two", "three"] {
        desktop
            .with(command(&["logout", "--login", label]))
            .run()
            .ok();
    }
    desktop.with(command(&["logout"])).run().ok();
}

#[test]
fn a_file_with_a_key_beside_it_does_not_move_into_the_keyring() {
    let (home, server, desktop) = (Home::new(), server(), Desktop::start());
    let issuer = server.issuer().as_str();
    let waiting = Waiting::start(login(&home, issuer, &[]));
    come_back(&server.approve(&waiting.url()));
    waiting.ended().ok();
    let again = desktop.with(login(&home, issuer, &["--keyring"])).run();
    again.fails(2, &["master.key, not in the keyring", "grantor logout"]);
    at_home(&home, &["token"]).run().ok();
}
