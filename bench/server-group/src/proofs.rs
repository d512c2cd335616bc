//! Proofs of possession, made before they are measured.

use grantor_jose::{Algorithm, Key, Timestamp, dpop};
use harness::Result;

/// So many proofs for requests to this URL, each with an identifier of its own.
pub(crate) fn proofs(url: &str, number: usize) -> Result<Vec<String>> {
    let key = Key::generate(Algorithm::Es256)?;
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let now = Timestamp::from_secs(i64::try_from(seconds.as_secs())?);
    let request = dpop::Request::new("POST", url);
    let proof = |number: usize| {
        Ok(dpop::sign(
            &key,
            &request,
            &format!("proof-{number:016}"),
            now,
        )?)
    };
    (0..number).map(proof).collect()
}
