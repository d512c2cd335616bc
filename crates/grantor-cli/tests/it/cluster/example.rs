//! The cluster that a script of the repository starts on one machine.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use grantor_core::CodeVerifier;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::person::Person;
use super::servers::{PASSWORD, PUBLIC_CLIENT, USER};
use crate::grantor::{Home, Run, eventually};
use crate::web::{self, REDIRECT_URI, VERIFIER};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../fixtures/cluster/cluster.py"
);

/// The script, which ends what it started when it is told to end.
struct Script {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Script {
    fn start() -> Self {
        let mut child = Command::new("python3")
            .args([SCRIPT, "--grantor", env!("CARGO_BIN_EXE_grantor")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

#[test]
fn a_script_starts_a_cluster_on_one_machine() {
    let mut script = Script::start();
    let cluster = script.line();
    let home = Home::new();
    let with = |run: Run| {
        let variables = cluster["environment"].as_object().unwrap().iter();
        variables.fold(run, |run, (name, value)| {
            run.env(name, value.as_str().unwrap())
        })
    };
    let grants = ["--grant", "authorization_code,refresh_token"];
    let client = ["client", "add", PUBLIC_CLIENT, "--public"];
    let redirect = ["--redirect-uri", REDIRECT_URI];
    let client = [&client[..], &grants, &redirect].concat();
    with(home.command(&client)).run().ok();
    let user = home.command(&["user", "add", USER]).input(PASSWORD);
    with(user).run().ok();

    let issuer = cluster["issuer"].as_str().unwrap();
    let address = issuer.strip_prefix("http://").unwrap().parse().unwrap();
    let mut person = Person::sign_in(address);
    let servers = cluster["servers"].as_array().unwrap();
    assert_eq!(servers.len(), 3);
    // As many codes as there are servers left, each of them through the balancer.
    for server in &servers[..2] {
        let pid = server["pid"].as_i64().unwrap().try_into().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        let its_own = server["address"].as_str().unwrap();
        eventually("its end", || TcpStream::connect(its_own).is_err());
        let code = person.code().unwrap();
        let verifier = CodeVerifier::from_random(VERIFIER);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("client_id", PUBLIC_CLIENT),
            ("code_verifier", verifier.expose()),
        ];
        let answer = web::post(address, "/token", &form, &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
