//! One request and its answer, to prepare a load.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::Result;

/// Sends a request over a connection that stays open, and returns the head and the body of the answer.
///
/// # Errors
///
/// The connection ends, or the answer does not say how long it is.
pub fn ask(stream: &mut BufReader<TcpStream>, request: &[u8]) -> Result<(String, String)> {
    stream.get_mut().write_all(request)?;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Err("the server closed the connection".into());
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    // An answer that only redirects may have no body, and says so or not.
    let length = length.map_or(Ok(0), |length| length.trim().parse())?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((head, String::from_utf8(body)?))
}
