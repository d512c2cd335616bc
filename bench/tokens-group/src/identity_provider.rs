//! Where all get their token, which is the same for all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use harness::Result;
use http::HeaderValue;
use serde_json::json;

/// The length of a token: that of a signed one with some claims.
pub const TOKEN_LENGTH: usize = 740;

/// The answer to every token request. It has a refresh token for those who don't do without.
pub fn answer(lifetime_seconds: u64) -> String {
    json!({
        "access_token": "t".repeat(TOKEN_LENGTH),
        "token_type": "Bearer",
        "expires_in": lifetime_seconds,
        "refresh_token": "refresh",
    })
    .to_string()
}

/// The header that such a token is sent in.
///
/// # Errors
///
/// A token of this length can't be sent.
pub fn header() -> Result<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", "t".repeat(TOKEN_LENGTH)))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A token endpoint on a loopback address, for as long as the program runs.
///
/// # Errors
///
/// There is no free port.
pub fn listen() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // The caller will notice.
            let _ = serve(stream);
        }
    });
    Ok(address)
}

fn serve(stream: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut body = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(length) = line.strip_prefix("content-length:") {
            body = length.trim().parse()?;
        }
    }
    reader.read_exact(&mut vec![0; body])?;
    let answer = answer(3600);
    write!(
        reader.get_mut(),
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{answer}",
        answer.len()
    )?;
    Ok(())
}
