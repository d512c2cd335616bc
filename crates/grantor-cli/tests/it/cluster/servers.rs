//! The servers of a cluster, which have nothing in common but the database, the key and the issuer.

use std::net::SocketAddr;
use std::thread;

use grantor_jose::base64url;
use rustix::process::Signal;

use super::balancer::Balancer;
use crate::grantor::{Home, Run, Serving};
use crate::web::REDIRECT_URI;

pub(super) const ISSUER: &str = "http://127.0.0.1:8787";
pub(super) const USER: &str = "ann";
pub(super) const PASSWORD: &str = "correct horse battery staple";
pub(super) const PUBLIC_CLIENT: &str = "spa";
pub(super) const SERVICE: &str = "job";

/// The same file for all of them.
const CONFIGURATION: &str = "\
request_deadline = 20
[store]
namespace = \"blue\"
[tokens]
audience = \"https://api.example\"
access_lifetime = 7200
refresh_grace = 300
";

/// The master key that they begin with.
pub(super) const KEY: [u8; 32] = [7; 32];

/// Three servers, each with a working directory of its own, and the balancer before them.
pub(super) struct Servers {
    /// The database, as each of them reaches it.
    urls: [String; 3],
    /// The master keys of those that start from now on, in base64url.
    pub(super) master_key: String,
    configuration: String,
    homes: [Home; 3],
    running: Vec<Option<Serving>>,
    pub(super) balancer: Balancer,
    /// Of the client [`SERVICE`].
    pub(super) secret: String,
}

impl Servers {
    /// Furnishes the database, and starts the servers at the same time.
    pub(super) fn start(url: &str) -> Self {
        Self::start_with(url, CONFIGURATION)
    }

    /// Like [`start`](Self::start), with this configuration.
    pub(super) fn start_with(url: &str, configuration: &str) -> Self {
        let urls = [(); 3].map(|()| url.to_owned());
        Self::start_all(urls, configuration)
    }

    /// Like [`start`](Self::start), where each of them reaches the database by another URL.
    pub(super) fn start_at(urls: &[String; 3]) -> Self {
        Self::start_all(urls.clone(), CONFIGURATION)
    }

    fn start_all(urls: [String; 3], configuration: &str) -> Self {
        let mut servers = Self {
            urls,
            master_key: base64url::encode(KEY),
            configuration: configuration.to_owned(),
            homes: [Home::new(), Home::new(), Home::new()],
            running: vec![None, None, None],
            balancer: Balancer::start(vec![nowhere(); 3]),
            secret: String::new(),
        };
        servers.furnish();
        let this = &servers;
        let started = thread::scope(|scope| {
            let starting = [0, 1, 2].map(|place| scope.spawn(move || this.serve(place)));
            starting.map(|server| server.join().unwrap())
        });
        for (place, server) in started.into_iter().enumerate() {
            servers.put(place, server);
        }
        servers
    }

    /// Ends one with SIGKILL.
    pub(super) fn kill(&mut self, place: usize) {
        if let Some(mut server) = self.running[place].take() {
            server.signal(Signal::KILL);
            server.ended();
        }
    }

    /// Has one end when it has answered what it was asked.
    pub(super) fn stop(&mut self, place: usize) {
        if let Some(mut server) = self.running[place].take() {
            server.signal(Signal::TERM);
            server.ended();
        }
    }

    /// Starts one again.
    pub(super) fn restart(&mut self, place: usize) {
        let server = self.serve(place);
        self.put(place, server);
    }

    /// Has the balancer send one nothing more.
    pub(super) fn take_out(&self, place: usize) {
        self.balancer.replace(place, nowhere());
    }

    /// Ends all, and starts them on another database, with everything else as it was.
    pub(super) fn move_to(&mut self, url: &str) {
        for place in 0..3 {
            self.stop(place);
            url.clone_into(&mut self.urls[place]);
            self.restart(place);
        }
    }

    fn put(&mut self, place: usize, server: Serving) {
        self.balancer.replace(place, server.address);
        self.running[place] = Some(server);
    }

    fn serve(&self, place: usize) -> Serving {
        let run = self.homes[place].serve_command(&["--issuer", ISSUER]);
        self.sharing(place, run).serve()
    }

    /// Adds the settings that all servers of one database share.
    fn sharing(&self, place: usize, run: Run) -> Run {
        let file = self.homes[place].file("grantor.toml", &self.configuration);
        run.env("GRANTOR_CONFIG", &file)
            .env("GRANTOR_STORE_URL", &self.urls[place])
            .env("GRANTOR_MASTER_KEY", &self.master_key)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Serving> {
        self.running.iter().flatten()
    }

    /// A command of an administrator.
    pub(super) fn command(&self, args: &[&str]) -> Run {
        self.sharing(0, self.homes[0].command(args))
    }

    /// Adds the clients and the user.
    fn furnish(&mut self) {
        let grants = "authorization_code,refresh_token";
        let public = [
            "client",
            "add",
            PUBLIC_CLIENT,
            "--public",
            "--grant",
            grants,
        ];
        let redirect = ["--redirect-uri", REDIRECT_URI];
        self.command(&[&public[..], &redirect].concat()).run().ok();
        let service = ["client", "add", SERVICE, "--grant", "client_credentials"];
        let resource = ["--resource-server", "https://api.example", "--json"];
        let added = self.command(&[&service[..], &resource].concat()).run().ok();
        let secret = &added.json()["client_secret"];
        let user = self.command(&["user", "add", USER]).input(PASSWORD);
        user.run().ok();
        self.secret = secret.as_str().unwrap().to_owned();
    }

    /// Nothing is on the disk of a server, and no password in its log.
    pub(super) fn assert_stateless(&self, password: &str) {
        for home in &self.homes {
            assert!(!home.path("grantor-data").exists(), "nothing is here");
            let log = std::fs::read_to_string(home.path("serve.log")).unwrap_or_default();
            assert!(!log.contains(password), "a password in the log");
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}

/// An address at which no server listens.
fn nowhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 1))
}
