//! Token requests at a fixed rate, whether they are answered or not.

use std::io::BufReader;
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Error, Result, ask, quantile};

/// The microseconds within which 99 % of the tokens came, of 500 that are asked for in a second. One that had
/// to wait for a connection is late from the moment that it was due.
pub(crate) fn p99(address: SocketAddr, window: Duration) -> Result<f64> {
    let request = format!(
        "POST /token HTTP/1.1\r\nhost: {address}\r\nauthorization: Basic {CREDENTIALS}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let number = (window.as_secs_f64() / PERIOD.as_secs_f64()) as u32;
    let (next, latencies) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    let began = Instant::now();
    let connection = || -> Result<()> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= number {
                return Ok(());
            }
            let due = began + PERIOD * turn;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let (head, _) = ask(&mut stream, request.as_bytes())?;
            if !head.starts_with("HTTP/1.1 200") {
                return Err(head.into());
            }
            let took = due.elapsed().as_secs_f64() * 1e6;
            latencies
                .lock()
                .map_err(|error| error.to_string())?
                .push(took);
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(connection)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| match thread.join() {
                Ok(outcome) => outcome,
                Err(_) => Err(Error::from("a thread panicked")),
            })
    })?;
    let latencies = latencies.into_inner().map_err(|error| error.to_string())?;
    Ok(quantile(&latencies, 0.99))
}

const PERIOD: Duration = Duration::from_millis(2);
/// As many as may be late at once.
const CONNECTIONS: usize = 32;
const BODY: &str = "grant_type=client_credentials&scope=read";
const CREDENTIALS: &str = "Y2xpZW50OmEtc2VjcmV0LW9mLXRoZS1jbGllbnQtb2YtdGhlLWZsb29k";
