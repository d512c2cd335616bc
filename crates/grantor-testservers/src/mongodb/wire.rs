//! Commands to a MongoDB server in the form of the wire, for what a driver is too large.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The answer to `hello`; none, if the server gives none.
pub(super) fn hello(port: u16) -> Option<Vec<u8>> {
    let command = document(&[number("hello", 1), text("$db", "admin")]);
    ask(port, &command)
}

/// Returns whether a document has a member that is true.
pub(super) fn is_true(document: &[u8], name: &str) -> bool {
    contains(document, &[b"\x08", name.as_bytes(), b"\0\x01"].concat())
}

pub(super) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The answer to one command, in the form of the wire.
pub(super) fn ask(port: u16, command: &[u8]) -> Option<Vec<u8>> {
    const OP_MSG: u32 = 2013;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    // Length, request, answer to, kind; flags; one section with a document.
    let length = u32::try_from(16 + 4 + 1 + command.len()).ok()?;
    let mut message = Vec::new();
    for number in [length, 1, 0, OP_MSG, 0] {
        message.extend(number.to_le_bytes());
    }
    message.push(0);
    message.extend(command);
    stream.write_all(&message).ok()?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let rest = usize::try_from(u32::from_le_bytes(length)).ok()?;
    let mut answer = vec![0; rest.checked_sub(4)?.min(1024 * 1024)];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}

pub(super) fn member(place: usize, port: u16) -> Vec<u8> {
    let number = number("_id", i32::try_from(place).unwrap_or(0));
    let inner = document(&[number, text("host", &format!("127.0.0.1:{port}"))]);
    nested(0x03, &place.to_string(), &inner)
}

pub(super) fn document(members: &[Vec<u8>]) -> Vec<u8> {
    let members = members.concat();
    let length = u32::try_from(4 + members.len() + 1).unwrap_or(0);
    [&length.to_le_bytes()[..], &members, b"\0"].concat()
}

pub(super) fn nested(kind: u8, name: &str, inner: &[u8]) -> Vec<u8> {
    [&[kind], name.as_bytes(), b"\0", inner].concat()
}

pub(super) fn text(name: &str, value: &str) -> Vec<u8> {
    let length = u32::try_from(value.len() + 1).unwrap_or(0);
    let value = [&length.to_le_bytes()[..], value.as_bytes(), b"\0"].concat();
    nested(0x02, name, &value)
}

pub(super) fn number(name: &str, value: i32) -> Vec<u8> {
    nested(0x10, name, &value.to_le_bytes())
}
