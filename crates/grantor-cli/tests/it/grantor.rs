//! The binary, run in a folder that is gone afterwards.

use std::fs::{File, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::web::{self, Answer};

/// Longer than anything here takes; a test that waits for it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again until the answer is yes.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}: not in time");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A working directory, in which `./grantor-data` is the data folder.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and says where it is.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        // A configuration with a password is refused where others may read it.
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A command that has nothing from this process's environment.
    pub(crate) fn command(&self, args: &[&str]) -> Run {
        self.command_by(Command::new(env!("CARGO_BIN_EXE_grantor")), args)
    }

    fn command_by(&self, mut command: Command, args: &[&str]) -> Run {
        command
            .env_clear()
            .current_dir(self.0.path())
            .args(args)
            .stderr(Stdio::null());
        Run {
            command,
            input: Vec::new(),
        }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        self.command(args).run()
    }

    /// The JSON that a command prints.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        self.command(args).arg("--json").run().ok().json()
    }

    /// Registers a client for client credentials. Its secret.
    pub(crate) fn add_service(&self, id: &str, more: &[&str]) -> String {
        let grant = ["client", "add", id, "--grant", "client_credentials"];
        let added = self.json(&[&grant, more].concat());
        added["client_secret"].as_str().unwrap().to_owned()
    }

    pub(crate) fn add_user(&self, name: &str, password: &str) {
        self.command(&["user", "add", name])
            .input(password)
            .run()
            .ok();
    }

    /// A server on a free port.
    pub(crate) fn serve(&self, args: &[&str]) -> Serving {
        self.serve_command(args).serve()
    }

    /// Like [`serve`](Self::serve), not started yet. Its log goes to `serve.log`.
    pub(crate) fn serve_command(&self, args: &[&str]) -> Run {
        self.serve_by(Command::new(env!("CARGO_BIN_EXE_grantor")), args)
    }

    /// The same, for a limit on the size of its files: a write beyond that fails and ends nothing.
    pub(crate) fn serve_command_for_full_files(&self, args: &[&str]) -> Run {
        let mut shell = Command::new("/bin/sh");
        let ignoring = "trap '' XFSZ; exec \"$0\" \"$@\"";
        shell.args(["-c", ignoring, env!("CARGO_BIN_EXE_grantor")]);
        self.serve_by(shell, args)
    }

    fn serve_by(&self, program: Command, args: &[&str]) -> Run {
        let serve = ["serve", "--listen", "127.0.0.1:0"];
        let mut run = self.command_by(program, &[&serve, args].concat());
        run.command
            .stderr(File::create(self.path("serve.log")).unwrap());
        run
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("serve.log")).unwrap()
    }
}

/// A command that is to run.
pub(crate) struct Run {
    command: Command,
    input: Vec<u8>,
}

impl Run {
    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets its standard input, which is not a terminal.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// Starts it with the standard output it was given; its end is the caller's.
    pub(crate) fn start(self) -> Child {
        self.spawn()
    }

    /// The same, and its standard error is read by the caller.
    pub(crate) fn start_with_errors(mut self) -> Child {
        self.command.stderr(Stdio::piped());
        self.spawn()
    }

    fn spawn(mut self) -> Child {
        let mut child = self.command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that does not read its input has closed it.
        let _ = stdin.write_all(&self.input);
        child
    }

    pub(crate) fn run(mut self) -> Done {
        self.command.stdout(Stdio::piped());
        self.finish()
    }

    /// Runs it with the standard output it was given.
    pub(crate) fn finish(mut self) -> Done {
        self.command.stderr(Stdio::piped());
        let output = self.spawn().wait_with_output().unwrap();
        let done = Done {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!done.err.contains("panicked"), "{done:?}");
        done
    }

    pub(crate) fn serve(mut self) -> Serving {
        self.command.arg("--json").stdout(Stdio::piped());
        let folder = self.command.get_current_dir().unwrap().to_owned();
        let mut child = self.spawn();
        let (line, first) = mpsc::channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            let mut text = String::new();
            if stdout.read_line(&mut text).is_ok() {
                let _ = line.send(text);
            }
        });
        let line = first.recv_timeout(PATIENCE).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let log = std::fs::read_to_string(folder.join("serve.log"));
            panic!("it did not start: {}", log.unwrap_or_default())
        });
        Serving {
            child,
            issuer: said["issuer"].as_str().unwrap().to_owned(),
            address: said["listen"].as_str().unwrap().parse().unwrap(),
        }
    }
}

/// The outcome of a command.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.err, "");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }

    /// It failed, with nothing on standard output and all of this in its message.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, says: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{self:?}");
        for text in says {
            assert!(self.err.contains(text), "no {text:?} in {:?}", self.err);
        }
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) issuer: String,
    pub(crate) address: SocketAddr,
}

impl Serving {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the end of the server", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        web::get(self.address, path, &[])
    }

    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        web::post(self.address, path, form, &[])
    }

    /// Asks for a token by client credentials.
    pub(crate) fn ask_token(&self, id: &str, secret: &str) -> Answer {
        let grant = ("grant_type", "client_credentials");
        self.post(
            "/token",
            &[grant, ("client_id", id), ("client_secret", secret)],
        )
    }

    /// Returns whether introspection calls a token active, for the client that it was issued to or
    /// the resource server that it is for.
    pub(crate) fn is_active(&self, token: &str, id: &str, secret: &str) -> bool {
        let client = [("client_id", id), ("client_secret", secret)];
        let answer = self.post("/introspect", &[&client[..], &[("token", token)]].concat());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["active"].as_bool().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
