//! Databases with so many live grants: some that a client may use, and copies of their records.

use std::io::BufReader;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use grantor_core::Timestamp;
use grantor_store::Store;
use harness::{Result, ask};
use server::{SignIn, client_request, redeem, token_of};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::open;
use crate::records::{self, Samples};

/// A database, and what is known of it.
pub(crate) struct Filled {
    folder: TempDir,
    /// Of grants that are spread over the others.
    pub(crate) refresh_tokens: Vec<String>,
    pub(crate) bytes_for_a_grant: f64,
    pub(crate) bytes_for_a_token: f64,
    pub(crate) tokens_expire_at: Timestamp,
}

impl Filled {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    pub(crate) fn database(&self) -> Result<&str> {
        Ok(self
            .folder
            .path()
            .to_str()
            .ok_or("a path that is no text")?)
    }
}

/// Makes a database with so many live grants.
pub(crate) fn database(grants: u64) -> Result<Filled> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(FILE);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let store = Arc::new(open(&path)?);
    let refresh_tokens = own_grants(&runtime, Arc::clone(&store) as Arc<dyn Store>)?;
    let mut samples = runtime.block_on(Samples::of(&*store, OWN))?;
    // They outlive the measurement, and expire when that is what is measured.
    let tokens_expire_at = samples.token.1.expires_at.ok_or("a token that lasts")? + DAY;
    samples.token.1.expires_at = Some(tokens_expire_at);
    let mut filled = Filled {
        folder,
        refresh_tokens,
        bytes_for_a_grant: 0.0,
        bytes_for_a_token: 0.0,
        tokens_expire_at,
    };
    let before = size(&path)?;
    for record in &samples.grant {
        runtime.block_on(records::put(&store, record, grants))?;
    }
    let after = size(&path)?;
    filled.bytes_for_a_grant = (after - before) / grants as f64;
    runtime.block_on(records::put(&store, &samples.token, TOKENS))?;
    filled.bytes_for_a_token = (size(&path)? - after) / TOKENS as f64;
    Ok(filled)
}

/// Grants of the user, by the server's own endpoints, and their refresh tokens.
fn own_grants(runtime: &Runtime, store: Arc<dyn Store>) -> Result<Vec<String>> {
    let server = runtime.block_on(server::build_with_grants_on(store))?;
    let address = server::serve_beside(&server)?;
    let mut browser = SignIn::start(address)?;
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    let mut token = || {
        let body = redeem(&browser.code()?);
        let request = client_request(address, "/token", &body, "");
        token_of(&ask(&mut stream, &request)?.1, "refresh_token")
    };
    (0..OWN).map(|_| token()).collect()
}

/// The bytes of a database and of what was not yet moved into it.
fn size(database: &Path) -> Result<f64> {
    let log = PathBuf::from(format!("{}-wal", database.display()));
    let log = log.metadata().map_or(0, |log| log.len());
    Ok((database.metadata()?.len() + log) as f64)
}

/// The name of the database in its folder.
pub(crate) const FILE: &str = "scale.db";
const OWN: usize = 1_000;
/// Enough that one batch in a thousand is several batches.
pub(crate) const TOKENS: u64 = 1_000_000;
const DAY: Duration = Duration::from_secs(24 * 3600);
