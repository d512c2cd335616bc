//! The bytes that each cached token takes beyond its own, by an allocator that counts. Answers have no
//! further members, which would be kept as they came.
//!
//! A program of its own, as counting would slow down everything else that the group measures. It
//! runs on one thread, whose allocations are those that are counted.

use std::io::Write;

use bytes::Bytes;
use grantor_client::{Policy, SubjectToken, Tokens};
use grantor_core::{BoxFuture, TokenEndpointAuthMethod};
use grantor_http::{Transport, TransportError};
use http::{Request, Response};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [subjects] = arguments.as_slice() else {
        return Err("say how many subjects there are".into());
    };
    let subjects: u64 = subjects.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tokens = Tokens::token_exchange("https://idp.example", "app", "s3cret")
        .token_endpoint("https://idp.example/token")
        .auth_method(TokenEndpointAuthMethod::ClientSecretBasic)
        .transport(Answers)
        .spawn_on(runtime.handle().clone())
        .policy(policy())
        .allow_origin("https://api.example")
        .build()?;
    // This part is there once for all tokens.
    runtime.block_on(call(&tokens, u64::MAX))?;
    let mut outcome: Result<()> = Ok(());
    let counted = allocation_counter::measure(|| {
        outcome = runtime.block_on(async {
            for subject in 0..subjects {
                call(&tokens, subject).await?;
            }
            Ok(())
        });
    });
    outcome?;
    let kept = subjects.min(KEPT as u64) as f64;
    let bytes = counted.bytes_current as f64 / kept - TOKEN_LENGTH as f64;
    Ok(writeln!(std::io::stdout(), "{bytes}")?)
}

/// One request of a subject, twice, as the second finds the token.
async fn call(tokens: &Tokens, subject: u64) -> Result<()> {
    for _ in 0..2 {
        let mut request = Request::get("https://api.example/things").body(())?;
        let token = SubjectToken::access_token(format!("{subject:0SUBJECT_LENGTH$}"));
        request.extensions_mut().insert(token);
        let attempt = tokens.prepare(&mut request).await?;
        let _ = attempt.observe(&Response::new(())).await;
    }
    Ok(())
}

fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.max_subject_tokens = KEPT;
    policy
}

/// Answers every token request at once, and keeps nothing.
#[derive(Debug)]
struct Answers;

impl Transport for Answers {
    fn send(
        &self,
        _: Request<Bytes>,
    ) -> BoxFuture<'_, std::result::Result<Response<Bytes>, TransportError>> {
        let token = "t".repeat(TOKEN_LENGTH);
        let body =
            format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}"#);
        Box::pin(async { Ok(Response::new(Bytes::from(body))) })
    }
}

/// How many are kept.
const KEPT: usize = 10_000;
const TOKEN_LENGTH: usize = 740;
/// Short, as how long it is, is up to whoever gave it.
const SUBJECT_LENGTH: usize = 16;
