//! One connection, on which requests follow each other without waiting for answers.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use grantor_store_connection::{IsOpen, Stream};
use tokio::io::{AsyncWriteExt, BufReader, ReadHalf, WriteHalf, split};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::error::Failure;
use crate::wire::{Answer, Command, read};

/// The most bytes of several requests that are written together.
const TOGETHER: usize = 64 * 1024;

/// A connection. Dropping it closes it.
pub(crate) struct Connection {
    requests: mpsc::UnboundedSender<Request>,
    mark: AtomicU64,
    waiting: Arc<Waiting>,
    tasks: [JoinHandle<()>; 2],
}

struct Request {
    bytes: Bytes,
    mark: u64,
    answer: oneshot::Sender<Answer>,
}

/// Who waits for answers, in the order of the requests.
#[derive(Default)]
struct Waiting(Mutex<State>);

#[derive(Default)]
struct State {
    queue: VecDeque<(u64, oneshot::Sender<Answer>)>,
    /// Why there are no more answers.
    ended: Option<String>,
}

impl Connection {
    pub(crate) fn new(stream: Pin<Box<dyn Stream>>) -> Self {
        let (from, to) = split(stream);
        let (requests, received) = mpsc::unbounded_channel();
        let waiting = Arc::new(Waiting::default());
        let reading = tokio::spawn(read_all(from, Arc::clone(&waiting)));
        let writing = tokio::spawn(write_all(to, received, Arc::clone(&waiting)));
        Self {
            requests,
            mark: AtomicU64::new(1),
            waiting,
            tasks: [reading, writing],
        }
    }

    /// Sends a command.
    pub(crate) async fn send(&self, command: &Command<'_>) -> Result<Answer, Failure> {
        let mark = self.mark.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        let request = Request {
            bytes: command.encode(mark),
            mark,
            answer,
        };
        if self.requests.send(request).is_ok()
            && let Ok(answer) = answered.await
        {
            return match answer {
                Answer::Refused(refusal) => Err(Failure::Refused(refusal)),
                answer => Ok(answer),
            };
        }
        let ended = self.waiting.lock().ended.clone();
        Err(Failure::Lost(
            ended.unwrap_or_else(|| "it was closed".to_owned()),
        ))
    }
}

impl IsOpen for Connection {
    fn is_open(&self) -> bool {
        self.waiting.lock().ended.is_none()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody gets an answer any more.
    fn end(&self, why: impl Into<String>) {
        let mut state = self.lock();
        state.ended.get_or_insert(why.into());
        state.queue.clear();
    }

    /// Gives an answer to whoever is next.
    fn give(&self, answer: Answer, mark: Option<u64>) -> Result<(), &'static str> {
        let next = self.lock().queue.pop_front();
        let (wanted, sender) = next.ok_or("memcached answers though nobody asked")?;
        if mark.is_some_and(|mark| mark != wanted) {
            return Err("memcached answers another request");
        }
        // What stands behind an error is unknown.
        let refused = matches!(answer, Answer::Refused(_));
        let _ = sender.send(answer);
        match refused {
            true => Err("memcached refused a request"),
            false => Ok(()),
        }
    }
}

async fn read_all(from: ReadHalf<Pin<Box<dyn Stream>>>, waiting: Arc<Waiting>) {
    let mut from = BufReader::with_capacity(16 * 1024, from);
    loop {
        let given = match read(&mut from).await {
            Ok((answer, mark)) => waiting.give(answer, mark).map_err(str::to_owned),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = given {
            waiting.end(why);
            return;
        }
    }
}

async fn write_all(
    mut to: WriteHalf<Pin<Box<dyn Stream>>>,
    mut requests: mpsc::UnboundedReceiver<Request>,
    waiting: Arc<Waiting>,
) {
    while let Some(request) = requests.recv().await {
        if let Err(error) = write(&mut to, request, &mut requests, &waiting).await {
            waiting.end(error.to_string());
            return;
        }
    }
}

/// Writes a request, with those that came meanwhile.
async fn write(
    to: &mut WriteHalf<Pin<Box<dyn Stream>>>,
    request: Request,
    requests: &mut mpsc::UnboundedReceiver<Request>,
    waiting: &Waiting,
) -> io::Result<()> {
    let first = queue(request, waiting)?;
    let Ok(second) = requests.try_recv() else {
        to.write_all(&first).await?;
        return to.flush().await;
    };
    let mut together = Vec::with_capacity(first.len() * 4);
    together.extend_from_slice(&first);
    together.extend_from_slice(&queue(second, waiting)?);
    while together.len() < TOGETHER
        && let Ok(next) = requests.try_recv()
    {
        together.extend_from_slice(&queue(next, waiting)?);
    }
    to.write_all(&together).await?;
    to.flush().await
}

/// Puts whoever asked into the queue; before anything is sent, so that no answer is early.
fn queue(request: Request, waiting: &Waiting) -> io::Result<Bytes> {
    let mut state = waiting.lock();
    if state.ended.is_some() {
        return Err(io::ErrorKind::NotConnected.into());
    }
    state.queue.push_back((request.mark, request.answer));
    Ok(request.bytes)
}
