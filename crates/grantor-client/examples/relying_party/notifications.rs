//! The client's notification endpoint (CIBA Core section 10.2), for one request.

use grantor_client::BackchannelFlow;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use url::Url;

use crate::Outcome;

pub(crate) struct Listener(TcpListener);

impl Listener {
    pub(crate) async fn bind(url: &str) -> Outcome<Self> {
        let addresses = Url::parse(url)?.socket_addrs(|| None)?;
        Ok(Self(TcpListener::bind(&*addresses).await?))
    }

    /// Takes one notification, and answers it.
    pub(crate) async fn take_one(&self, flow: &BackchannelFlow) -> Outcome {
        let (mut connection, _) = self.0.accept().await?;
        let (read, mut write) = connection.split();
        let mut read = BufReader::new(read);
        let mut headers = HeaderMap::new();
        loop {
            let mut line = String::new();
            read.read_line(&mut line).await?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) => {
                    let name: HeaderName = name.parse()?;
                    headers.insert(name, HeaderValue::from_str(value)?);
                }
                None if line.trim_end().is_empty() => break,
                None => {}
            }
        }
        let length = headers
            .get("content-length")
            .ok_or("a body without a length")?;
        let mut body = vec![0; length.to_str()?.parse()?];
        read.read_exact(&mut body).await?;
        let outcome = flow.notified(&headers, &body);
        let status = outcome.err().map_or(204, |error| error.status().as_u16());
        let answer = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n\r\n");
        write.write_all(answer.as_bytes()).await?;
        Ok(outcome?)
    }
}
