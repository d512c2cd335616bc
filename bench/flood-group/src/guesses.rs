//! Wrong passwords over 100 connections, each with the name of another user.

use std::io::BufReader;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use harness::{Result, ask};
use rustix::process::setpriority_process;

use crate::command::{REDIRECT_URI, SPA};

/// The connections, until they are stopped.
pub(crate) struct Guesses {
    state: Arc<State>,
    threads: Vec<JoinHandle<Result<()>>>,
}

#[derive(Default)]
struct State {
    over: AtomicBool,
    number: AtomicU32,
    checked: AtomicU32,
    refused: AtomicU32,
}

/// How the guesses were answered.
pub(crate) struct Answered {
    /// Their password was hashed, and is wrong.
    pub(crate) checked: u32,
    /// Too many were waiting.
    pub(crate) refused: u32,
}

impl Guesses {
    /// Starts them, and waits until each was answered once.
    pub(crate) fn start(address: SocketAddr) -> Result<Self> {
        let state = Arc::new(State::default());
        let page = Arc::new(LoginPage::open(address)?);
        let thread = |_| {
            let (state, page) = (Arc::clone(&state), Arc::clone(&page));
            thread::spawn(move || guess(address, &state, &page))
        };
        let threads: Vec<_> = (0..CONNECTIONS).map(thread).collect();
        while state.answered().total() < CONNECTIONS {
            if threads.iter().any(JoinHandle::is_finished) {
                break;
            }
            thread::yield_now();
        }
        Ok(Self { state, threads })
    }

    /// Ends them, and returns how the guesses were answered.
    pub(crate) fn stop(self) -> Result<Answered> {
        self.state.over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().map_err(|_| "a thread panicked")??;
        }
        Ok(self.state.answered())
    }
}

impl State {
    fn answered(&self) -> Answered {
        Answered {
            checked: self.checked.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

impl Answered {
    fn total(&self) -> u32 {
        self.checked + self.refused
    }
}

fn guess(address: SocketAddr, state: &State, page: &LoginPage) -> Result<()> {
    // Attackers bring machines of their own: they take what the server and its clients leave.
    setpriority_process(None, LEAST_PRIORITY)?;
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    while !state.over.load(Ordering::Relaxed) {
        let number = state.number.fetch_add(1, Ordering::Relaxed);
        let (head, _) = ask(&mut stream, page.request(address, number).as_bytes())?;
        let counter = match head.get(9..12) {
            Some("422") => &state.checked,
            Some("503") => &state.refused,
            _ => return Err(format!("a guess was answered with {head}").into()),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if head.to_ascii_lowercase().contains("connection: close") {
            stream = BufReader::new(TcpStream::connect(address)?);
        }
    }
    Ok(())
}

/// The hidden inputs of the page that asks for the password, and the cookies of its browser.
struct LoginPage {
    inputs: String,
    cookies: String,
}

impl LoginPage {
    fn open(address: SocketAddr) -> Result<Self> {
        let request = format!(
            "GET /authorize?response_type=code&client_id={SPA}&redirect_uri={}&scope=read&state=1\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &code_challenge_method=S256 HTTP/1.1\r\nhost: {address}\r\n\r\n",
            REDIRECT_URI.replace(':', "%3A").replace('/', "%2F"),
        );
        let mut stream = BufReader::new(TcpStream::connect(address)?);
        let (head, page) = ask(&mut stream, request.as_bytes())?;
        let cookies = head
            .lines()
            .filter_map(|line| line.strip_prefix("set-cookie: "));
        let cookies = cookies.filter_map(|cookie| cookie.split(';').next());
        let inputs = page
            .split("<input")
            .filter(|input| input.contains("\"hidden\""));
        let inputs = inputs.filter_map(|input| {
            let name = between(input, "name=\"")?;
            Some(format!("{name}={}", between(input, "value=\"")?))
        });
        let inputs = inputs.collect::<Vec<_>>().join("&");
        match inputs.is_empty() {
            true => Err(format!("no page for the password: {head}").into()),
            false => Ok(Self {
                inputs,
                cookies: cookies.collect::<Vec<_>>().join("; "),
            }),
        }
    }

    fn request(&self, address: SocketAddr, number: u32) -> String {
        let body = format!("{}&username=nobody-{number}&password=wrong", self.inputs);
        format!(
            "POST /authorize/continue HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\n\
             cookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{body}",
            self.cookies,
            body.len()
        )
    }
}

fn between<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split('"').next()
}

const CONNECTIONS: u32 = 100;
const LEAST_PRIORITY: i32 = 19;
