//! The meta commands of memcached and their answers.

use std::fmt::Write as _;
use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// The longest line that an answer has.
const MAX_LINE: u64 = 2048;
/// The longest value that an answer has: the longest record, and more than any number.
const MAX_VALUE: usize = 1024 * 1024;

/// When a server drops an item, as it reads it: seconds from now up to 30 days, seconds since 1970 above
/// that, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry(pub(crate) i32);

impl Expiry {
    pub(crate) const NEVER: Self = Self(0);
}

/// The condition of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    None,
    /// There is no item.
    Add,
    /// The item is the one that had this token.
    Token(u64),
}

/// One request.
pub(crate) enum Command<'a> {
    /// The item, with its token.
    Get(&'a str),
    Set(&'a str, &'a [u8], Expiry, Condition),
    Delete(&'a str, Condition),
    /// Adds to a number, which begins as what is added.
    Add(&'a str, u64, Expiry),
    /// Nothing: whether the server is there and knows meta commands.
    Nothing,
    /// The login of a server that asks for one, which is a value under any key.
    LogIn(&'a str, &'a str),
}

impl Command<'_> {
    /// The command on the wire. An answer that has the mark has the one given here.
    pub(crate) fn encode(&self, mark: u64) -> Bytes {
        let mut line = String::with_capacity(192);
        let value: &[u8] = match self {
            Self::Get(key) => {
                let _ = write!(line, "mg {key} v c O{mark}\r\n");
                return line.into();
            }
            Self::Delete(key, condition) => {
                let _ = write!(line, "md {key} O{mark}");
                condition.write(&mut line);
                line.push_str("\r\n");
                return line.into();
            }
            Self::Add(key, n, Expiry(at)) => {
                let _ = write!(line, "ma {key} v N{at} J{n} D{n} O{mark}\r\n");
                return line.into();
            }
            Self::Nothing => return Bytes::from_static(b"mn\r\n"),
            Self::LogIn(user, password) => {
                let value = format!("{user} {password}");
                let _ = write!(line, "set login 0 0 {}\r\n{value}\r\n", value.len());
                return line.into();
            }
            Self::Set(key, value, Expiry(at), condition) => {
                let _ = write!(line, "ms {key} {} T{at} O{mark}", value.len());
                condition.write(&mut line);
                line.push_str("\r\n");
                value
            }
        };
        let mut bytes = BytesMut::with_capacity(line.len() + value.len() + 2);
        bytes.put_slice(line.as_bytes());
        bytes.put_slice(value);
        bytes.put_slice(b"\r\n");
        bytes.freeze()
    }
}

impl Condition {
    fn write(self, line: &mut String) {
        match self {
            Self::None => {}
            Self::Add => line.push_str(" ME"),
            Self::Token(token) => {
                let _ = write!(line, " C{token}");
            }
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The value and its token.
    Value(Bytes, u64),
    Done,
    /// There is no such item.
    None,
    /// There is one already.
    Exists,
    /// It is another one.
    Changed,
    Refused(Refusal),
}

/// What a server says that does not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) text: String,
}

/// Reads one answer, and the mark of its request if the answer has it.
pub(crate) async fn read(
    from: &mut (impl AsyncBufRead + Unpin),
) -> io::Result<(Answer, Option<u64>)> {
    let mut line = Vec::new();
    let read = from.take(MAX_LINE).read_until(b'\n', &mut line).await?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let line = std::str::from_utf8(&line).map_err(|_| strange("an answer that is no text"))?;
    let line = line
        .strip_suffix("\r\n")
        .ok_or_else(|| strange("an answer without an end"))?;
    let mut words = line.split(' ');
    let code = words.next().unwrap_or_default();
    let length = match code {
        "VA" => words.next(),
        _ => None,
    };
    let (mut token, mut mark) = (0, None);
    for word in words {
        match word.split_at_checked(1) {
            Some(("c", number)) => token = number.parse().unwrap_or(0),
            Some(("O", number)) => mark = number.parse().ok(),
            _ => {}
        }
    }
    let answer = match code {
        "VA" => {
            let length = length.and_then(|length| length.parse().ok());
            let length = length.filter(|length| *length <= MAX_VALUE);
            let length = length.ok_or_else(|| strange("a value of an unknown length"))?;
            let mut value = vec![0; length + 2];
            from.read_exact(&mut value).await?;
            if !value.ends_with(b"\r\n") {
                return Err(strange("a value without an end"));
            }
            value.truncate(length);
            Answer::Value(value.into(), token)
        }
        "HD" | "MN" | "STORED" => Answer::Done,
        "EN" | "NF" => Answer::None,
        "NS" => Answer::Exists,
        "EX" => Answer::Changed,
        "ERROR" | "CLIENT_ERROR" | "SERVER_ERROR" => Answer::Refused(Refusal {
            text: line.to_owned(),
        }),
        _ => return Err(strange("an answer of an unknown kind")),
    };
    Ok((answer, mark))
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("memcached gave {what}"))
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// What is there already is read without a runtime.
    fn answers(mut text: &[u8]) -> Vec<(Answer, Option<u64>)> {
        let mut found = Vec::new();
        while !text.is_empty() {
            let mut reading = pin!(read(&mut text));
            let Poll::Ready(one) = reading
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
            else {
                panic!("a slice is ready");
            };
            match one {
                Ok(one) => found.push(one),
                Err(_) => return Vec::new(),
            }
        }
        found
    }

    #[test]
    fn commands_are_written_as_the_protocol_has_them() {
        let text = |command: Command<'_>| command.encode(7);
        assert_eq!(text(Command::Get("k")), "mg k v c O7\r\n");
        let set = Command::Set("k", b"a\r\nb", Expiry(9), Condition::Token(3));
        assert_eq!(text(set), "ms k 4 T9 O7 C3\r\na\r\nb\r\n");
        let add = Command::Set("k", b"", Expiry::NEVER, Condition::Add);
        assert_eq!(text(add), "ms k 0 T0 O7 ME\r\n\r\n");
        assert_eq!(text(Command::Delete("k", Condition::None)), "md k O7\r\n");
        assert_eq!(
            text(Command::Add("k", 2, Expiry(9))),
            "ma k v N9 J2 D2 O7\r\n"
        );
        assert_eq!(text(Command::LogIn("u", "p")), "set login 0 0 3\r\nu p\r\n");
    }

    #[test]
    fn answers_are_read_one_after_the_other() {
        let value = Answer::Value(Bytes::from_static(b"a\r\nb"), 3);
        let refused = Answer::Refused(Refusal {
            text: "SERVER_ERROR out of memory storing object".to_owned(),
        });
        let text = b"VA 4 c3 O7\r\na\r\nb\r\nEN\r\nHD O8\r\nNS O9\r\nEX O10\r\nNF\r\nMN\r\n\
                     SERVER_ERROR out of memory storing object\r\n";
        let wanted = [
            (value, Some(7)),
            (Answer::None, None),
            (Answer::Done, Some(8)),
            (Answer::Exists, Some(9)),
            (Answer::Changed, Some(10)),
            (Answer::None, None),
            (Answer::Done, None),
            (refused, None),
        ];
        assert_eq!(answers(text), wanted);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for text in [
            &b"HD"[..],
            b"VA x\r\n",
            b"VA 9999999\r\n",
            b"VA 2\r\nabc\r\n",
            b"VA 4\r\nab",
            b"+OK\r\n",
            b"\xff\r\n",
        ] {
            assert_eq!(answers(text), [], "{text:?}");
        }
    }
}
