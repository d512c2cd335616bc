//! The work in memcached by a plain socket for each task.

use std::fmt::Write as _;

use harness::Result;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::driver::{Driver, EXPIRY, Record, wrote};
use crate::load::TASKS;

pub(crate) struct Plain(Vec<Mutex<BufReader<TcpStream>>>);

pub(crate) async fn connect(port: u16) -> Result<Plain> {
    let mut sockets = Vec::new();
    for _ in 0..TASKS {
        let socket = TcpStream::connect(("127.0.0.1", port)).await?;
        socket.set_nodelay(true)?;
        sockets.push(Mutex::new(BufReader::new(socket)));
    }
    Ok(Plain(sockets))
}

fn name(record: &Record) -> String {
    let mut name = String::new();
    for byte in record.key.as_bytes() {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

impl Plain {
    /// One request; the first line of its answer and the value.
    async fn ask(&self, task: usize, request: &[u8]) -> Result<(String, Vec<u8>)> {
        let mut socket = self.0[task].lock().await;
        socket.write_all(request).await?;
        let mut line = String::new();
        socket.read_line(&mut line).await?;
        let mut value = Vec::new();
        if let Some(rest) = line.strip_prefix("VA ") {
            let length: usize = rest.split_whitespace().next().unwrap_or("0").parse()?;
            value.resize(length + 2, 0);
            socket.read_exact(&mut value).await?;
        }
        Ok((line, value))
    }

    async fn set(&self, task: usize, flags: &str, record: &Record) -> Result<()> {
        let length = record.version.len() + EXPIRY.len() + record.value.len();
        let mut request = format!("ms {} {length} {flags}\r\n", name(record)).into_bytes();
        request.extend(record.version);
        request.extend(EXPIRY);
        request.extend(&record.value);
        request.extend(b"\r\n");
        let (line, _) = self.ask(task, &request).await?;
        wrote(line.starts_with("HD"))
    }
}

impl Driver for Plain {
    async fn get(&self, task: usize, record: &Record) -> Result<()> {
        let request = format!("mg {} v\r\n", name(record));
        let (_, value) = self.ask(task, request.as_bytes()).await?;
        wrote(value.starts_with(&record.version))
    }

    async fn put(&self, task: usize, record: &Record) -> Result<()> {
        self.set(task, "ME", record).await
    }

    async fn change(&self, task: usize, before: &[u8; 16], record: &Record) -> Result<()> {
        let request = format!("mg {} v c\r\n", name(record));
        let (line, value) = self.ask(task, request.as_bytes()).await?;
        wrote(value.starts_with(before))?;
        let token = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix('c'));
        self.set(task, &format!("C{}", token.unwrap_or("0")), record)
            .await
    }
}
