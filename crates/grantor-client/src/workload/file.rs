//! A token in a file, which another program replaces.

use std::fmt;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use grantor_core::BoxFuture;

use super::format::WorkloadTokenFormat;
use super::platform::{Platform, PlatformContext, PlatformToken};
use crate::error::Error;

/// The most bytes of a file that are read: 256 KiB.
const MAX_FILE: u64 = 256 * 1024;

pub(super) struct TokenFile {
    path: FilePath,
    format: WorkloadTokenFormat,
}

enum FilePath {
    Given(PathBuf),
    /// A variable has it.
    Variable(&'static str),
}

impl TokenFile {
    pub(super) fn new(path: PathBuf, format: WorkloadTokenFormat) -> Self {
        Self {
            path: FilePath::Given(path),
            format,
        }
    }

    pub(super) fn of_variable(name: &'static str) -> Self {
        Self {
            path: FilePath::Variable(name),
            format: WorkloadTokenFormat::Text,
        }
    }

    async fn read(&self, context: &PlatformContext<'_>) -> Result<PlatformToken, Error> {
        let path = match &self.path {
            FilePath::Given(path) => path.clone(),
            FilePath::Variable(name) => context.needed(name, "such a workload")?.into(),
        };
        let bytes = read_file(path).await?;
        let token = self.format.read(&bytes, &format!("{self:?}"))?;
        Ok(token.into())
    }
}

/// Reads a file that holds a secret, up to a limit.
pub(super) async fn read_file(path: PathBuf) -> Result<Vec<u8>, Error> {
    let read = tokio::task::spawn_blocking(move || {
        let bytes = read_up_to(&path);
        (path, bytes)
    });
    let (path, bytes) = read
        .await
        .map_err(|_| Error::transient("reading the file of a token was broken off"))?;
    let bytes = bytes.map_err(|error| {
        let message = format!("the file of the token, {path:?}, can't be read: {error}");
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::IsADirectory => {
                Error::configuration(message)
            }
            _ => Error::transient(message),
        }
    })?;
    match u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE) {
        true => Err(Error::refused(format!(
            "the file of the token, {path:?}, is longer than {MAX_FILE} bytes"
        ))),
        false => Ok(bytes),
    }
}

fn read_up_to(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Platform for TokenFile {
    fn fetch<'a>(
        &'a self,
        context: &'a PlatformContext<'_>,
    ) -> BoxFuture<'a, Result<PlatformToken, Error>> {
        Box::pin(self.read(context))
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            FilePath::Given(path) => write!(f, "the file {path:?}"),
            FilePath::Variable(name) => write!(f, "the file that {name} names"),
        }
    }
}
