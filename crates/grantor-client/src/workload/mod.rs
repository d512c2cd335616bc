//! Tokens that a platform gives a program about itself: in a file, from a service of the machine, from an
//! executable. They are used as they are, or stand for the program at an authorization server.

mod aws;
mod azure;
#[cfg(feature = "executable")]
pub(crate) mod executable;
mod file;
mod format;
mod github;
mod google;
mod http;
pub(crate) mod platform;
mod url;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use grantor_core::{BoxFuture, Secret};

pub use self::aws::AwsIdentity;
pub use self::azure::AzureIdentity;
#[cfg(feature = "executable")]
pub use self::executable::TokenExecutable;
use self::file::TokenFile;
pub use self::format::WorkloadTokenFormat;
use self::github::GithubActions;
pub use self::google::GoogleMetadata;
use self::platform::{Platform, PlatformContext, PlatformToken, Variables};
pub use self::url::TokenUrl;
use crate::error::{Error, SourceError};

/// A token that the platform gives this program about itself: a file of Kubernetes', the metadata service
/// of a cloud, GitHub's service for jobs. It is fetched anew whenever it is needed, so that whoever
/// replaces it is followed.
///
/// | used | by |
/// |---|---|
/// | as the access token itself | [`Tokens::from_workload`](crate::Tokens::from_workload) |
/// | as the subject of a token exchange (RFC 8693) | [`TokensBuilder::subject_of_workload`](crate::TokensBuilder::subject_of_workload) |
/// | as the grant (RFC 7523 section 2.1) | [`Tokens::jwt_bearer`](crate::Tokens::jwt_bearer) |
/// | as the client's assertion about itself (RFC 7523 section 2.2) | [`ClientCredential::Workload`](crate::ClientCredential::Workload) |
///
/// Requests for it go over the transport of the tokens, without their hooks.
///
/// ```
/// use grantor_client::{Tokens, WorkloadToken};
///
/// // A pod of Kubernetes is the client: the token of its service account says so.
/// let token = WorkloadToken::file("/var/run/secrets/tokens/idp");
/// let tokens = Tokens::client_credentials("https://idp.example", "app", token).build()?;
/// # Ok::<(), grantor_client::Error>(())
/// ```
#[derive(Clone)]
pub struct WorkloadToken {
    source: Source,
    variables: Variables,
}

#[derive(Clone)]
enum Source {
    Called(Arc<Callable>),
    Platform(Arc<dyn Platform>),
}

type Callable = dyn Fn() -> BoxFuture<'static, Result<Secret, SourceError>> + Send + Sync;

impl WorkloadToken {
    /// The text of a file, which another program replaces before it ends: a projected token of
    /// Kubernetes', a token of SPIFFE's helper. Blanks around it are left out.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::file_in(path, WorkloadTokenFormat::Text)
    }

    /// A file in this format.
    pub fn file_in(path: impl Into<PathBuf>, format: WorkloadTokenFormat) -> Self {
        Self::of(TokenFile::new(path.into(), format))
    }

    /// The token of the job that GitHub Actions runs, for this audience. The job needs the permission
    /// `id-token: write`.
    pub fn github_actions(audience: impl Into<String>) -> Self {
        Self::of(GithubActions::new(audience.into()))
    }

    /// The file of Azure's workload identity in Kubernetes, which `AZURE_FEDERATED_TOKEN_FILE` names. With
    /// the client of `AZURE_CLIENT_ID` at the tenant of `AZURE_TENANT_ID`:
    /// [`Tokens::from_azure_workload_identity`](crate::Tokens::from_azure_workload_identity).
    #[must_use]
    pub fn azure_federated() -> Self {
        Self::of(TokenFile::of_variable("AZURE_FEDERATED_TOKEN_FILE"))
    }

    /// A token from wherever a program has it.
    ///
    /// ```
    /// use grantor_client::WorkloadToken;
    ///
    /// let token = WorkloadToken::from_fn(|| Box::pin(async { Ok("from an agent".into()) }));
    /// ```
    pub fn from_fn(
        fetch: impl Fn() -> BoxFuture<'static, Result<Secret, SourceError>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            source: Source::Called(Arc::new(fetch)),
            variables: Variables::default(),
        }
    }

    /// Reads variables of the environment by this function, in place of those of the process.
    #[must_use]
    pub fn variables(
        mut self,
        read: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.variables = Variables::new(read);
        self
    }

    fn of(platform: impl Platform) -> Self {
        Self {
            source: Source::Platform(Arc::new(platform)),
            variables: Variables::default(),
        }
    }

    /// The token there is now.
    pub(crate) async fn fetch(&self, context: PlatformContext<'_>) -> Result<PlatformToken, Error> {
        let token = match &self.source {
            Source::Called(call) => {
                let token = call().await.map_err(Error::from_source)?;
                PlatformToken::from(token)
            }
            Source::Platform(platform) => platform.fetch(&context.with(&self.variables)).await?,
        };
        let text = token.token.expose();
        if text.is_empty() {
            return Err(Error::transient(format!("{self:?} gave an empty token")));
        }
        if text.chars().any(char::is_control) {
            return Err(Error::refused(format!(
                "{self:?} gave what is no token: it has several lines, or characters that none has"
            )));
        }
        Ok(token)
    }

    /// A text that is the same for the same source.
    pub(crate) fn identity(&self) -> String {
        format!("{self:?}")
    }
}

impl fmt::Debug for WorkloadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Called(_) => f.write_str("the program's own source"),
            Source::Platform(platform) => platform.fmt(f),
        }
    }
}

impl From<AwsIdentity> for WorkloadToken {
    fn from(identity: AwsIdentity) -> Self {
        Self::of(identity)
    }
}

impl From<AzureIdentity> for WorkloadToken {
    fn from(identity: AzureIdentity) -> Self {
        Self::of(identity)
    }
}

impl From<GoogleMetadata> for WorkloadToken {
    fn from(metadata: GoogleMetadata) -> Self {
        Self::of(metadata)
    }
}

impl From<TokenUrl> for WorkloadToken {
    fn from(url: TokenUrl) -> Self {
        Self::of(url)
    }
}

#[cfg(feature = "executable")]
impl From<TokenExecutable> for WorkloadToken {
    fn from(executable: TokenExecutable) -> Self {
        Self::of(executable)
    }
}
