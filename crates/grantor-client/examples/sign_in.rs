//! Signs a user in by code and PKCE, as an application on a device does, and calls an API for them.
//!
//! ```console
//! $ ISSUER=http://127.0.0.1:8787 CLIENT_ID=app API_URL=http://127.0.0.1:9000/ \
//!     REDIRECT_URI=http://127.0.0.1:9999/callback cargo run --example sign_in
//! ```
//!
//! Every line on standard input is one more call, so one can watch what a revoked token leads to;
//! the line `renew` has it made with a new token.
#![expect(clippy::print_stdout, reason = "it talks to its user")]

use std::env;
use std::error::Error;

use grantor_client::Tokens;
use grantor_core::RevocationRequest;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use url::Url;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 37\r\n\r\nGo back to the application that asks.\n";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let redirect_uri = env::var("REDIRECT_URI")?;
    let mut login = Tokens::login(env::var("ISSUER")?, env::var("CLIENT_ID")?).scope("read");
    if let Ok(secret) = env::var("CLIENT_SECRET") {
        login = login.client_secret(secret);
    }
    let flow = login.code_flow(&redirect_uri)?;

    // Listens before the browser can be there.
    let url = Url::parse(&redirect_uri)?;
    let listener = TcpListener::bind(&*url.socket_addrs(|| None)?).await?;
    let started = flow.start().await?;
    println!("open {}", started.url);
    let query = query_of_one_request(&listener).await?;
    let tokens = flow.finish(started.pending, &query).await?.tokens;
    println!("signed in");

    let session = tokens.session(&env::var("API_URL")?)?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        if line == "renew" {
            tokens.renew().await?;
        }
        println!("API answered {}", session.get("").send().await?.status());
    }

    tokens
        .revoke(&RevocationRequest::new(tokens.get().await?.secret))
        .await?;
    tokens.close().await;
    println!("token revoked");
    Ok(())
}

/// Waits for the browser to come back, and takes the query of its request.
async fn query_of_one_request(listener: &TcpListener) -> Result<String, Box<dyn Error>> {
    let (mut browser, _) = listener.accept().await?;
    let mut line = String::new();
    BufReader::new(&mut browser).read_line(&mut line).await?;
    browser.write_all(ANSWER).await?;
    let target = line.split(' ').nth(1).unwrap_or_default();
    Ok(target
        .split_once('?')
        .map_or("", |(_, query)| query)
        .to_owned())
}
