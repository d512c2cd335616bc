//! The HTTP client of ureq.

use std::io::{self, Cursor, Read};

use grantor_client::Tokens;
use grantor_client::blocking::{SendError, Session};

use crate::door::{Answer, Body, Call, Door, Failure};

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Token(error) => Self::Token(error),
            other => Self::other(other),
        }
    }
}

pub(crate) struct Blocking(Session);

impl Door for Blocking {
    const KNOWS_FORMS: bool = true;

    fn open(tokens: &Tokens, base: &str) -> Self {
        Self(tokens.blocking_session(base).unwrap())
    }

    async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let session = self.0.clone();
        let sent = tokio::task::spawn_blocking(move || send(&session, call));
        sent.await.unwrap()
    }
}

fn send(session: &Session, call: Call) -> Result<Answer, Failure> {
    let request = session.request(call.method, &call.url);
    let mut request = request.headers(call.headers);
    request = match call.body {
        Body::None => request,
        Body::Text(text) | Body::Form(text) => request.body(text),
        Body::Stream(pieces) => {
            let empty: Box<dyn Read + Send> = Box::new(io::empty());
            let chain = |all: Box<dyn Read + Send>, piece: &&'static str| {
                Box::new(all.chain(Cursor::new(*piece))) as Box<dyn Read + Send>
            };
            request.reader(pieces.iter().fold(empty, chain))
        }
    };
    if call.without_token {
        request = request.without_token();
    }
    let mut response = request.send()?;
    Ok(Answer {
        status: response.status().as_u16(),
        text: response.body_mut().read_to_string().unwrap(),
    })
}
