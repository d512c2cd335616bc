//! Calls an API from a program without an async runtime.
//!
//! ```console
//! $ ISSUER=http://127.0.0.1:8787 CLIENT_ID=app CLIENT_SECRET=… API_URL=http://127.0.0.1:9000/ \
//!     cargo run --example blocking --features blocking
//! ```
#![expect(clippy::print_stdout, reason = "it talks to its user")]

use std::env;
use std::error::Error;

use grantor_client::Tokens;

fn main() -> Result<(), Box<dyn Error>> {
    let (issuer, client_id) = (env::var("ISSUER")?, env::var("CLIENT_ID")?);
    let tokens =
        Tokens::client_credentials(issuer, client_id, env::var("CLIENT_SECRET")?).build()?;
    let api = tokens.blocking_session(&env::var("API_URL")?)?;
    let mut answer = api.get("").send()?;
    println!("API answered {}", answer.status());
    println!("{}", answer.body_mut().read_to_string()?);
    Ok(())
}
