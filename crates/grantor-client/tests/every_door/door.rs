//! A door, as the behaviours use it.

use grantor_client::{Error, Tokens};
use http::{HeaderMap, HeaderValue, Method};

/// A request, before it goes through a door.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) without_token: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    None,
    Text(&'static str),
    /// Pieces that are there once.
    Stream(&'static [&'static str]),
    /// A form as it is written.
    Form(&'static str),
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

#[derive(Debug)]
pub(crate) enum Failure {
    Token(Error),
    Other(String),
}

pub(crate) trait Door: Send + Sync + 'static {
    /// True if it sends a body in memory once more.
    const SENDS_AGAIN: bool = true;
    /// True if it sends a streamed body once more.
    const STREAMS_AGAIN: bool = false;
    const FOLLOWS_REDIRECTS: bool = true;
    const KNOWS_FORMS: bool = false;

    /// A door to `base` with these tokens.
    fn open(tokens: &Tokens, base: &str) -> Self;

    fn send(&self, call: Call) -> impl Future<Output = Result<Answer, Failure>> + Send;
}

impl Call {
    pub(crate) fn get(url: String) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Body::None,
            without_token: false,
        }
    }

    pub(crate) fn post(url: String, body: Body) -> Self {
        let mut call = Self::get(url);
        call.method = Method::POST;
        call.body = body;
        if matches!(body, Body::Form(_)) {
            return call.header("content-type", "application/x-www-form-urlencoded");
        }
        call
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    pub(crate) fn without_token(mut self) -> Self {
        self.without_token = true;
        self
    }
}

impl Failure {
    pub(crate) fn other(error: impl std::fmt::Debug) -> Self {
        Self::Other(format!("{error:?}"))
    }

    pub(crate) fn is_about_token(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    #[track_caller]
    pub(crate) fn token_error(self) -> Error {
        match self {
            Self::Token(error) => error,
            Self::Other(other) => panic!("no token error: {other}"),
        }
    }
}
