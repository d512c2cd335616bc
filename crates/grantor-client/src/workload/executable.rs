//! A token that another program prints. Needs the feature `executable`.

use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use grantor_core::{BoxFuture, Secret, Timestamp, token_type};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::platform::{Platform, PlatformContext, PlatformToken};
use crate::error::Error;

/// A program that prints a token as Google's libraries have it: a JSON object with `version` 1, `success`,
/// `token_type`, `id_token` or `saml_response`, and `expiration_time`. Needs the feature `executable`.
///
/// It is killed when it takes too long, and when the tokens are closed.
#[derive(Clone)]
pub struct TokenExecutable {
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    limit: Duration,
}

/// The most bytes of its output that are read: 256 KiB.
const MAX_OUTPUT: u64 = 256 * 1024;

#[derive(Deserialize)]
struct Output {
    version: u32,
    success: bool,
    token_type: Option<String>,
    id_token: Option<String>,
    saml_response: Option<String>,
    expiration_time: Option<i64>,
    code: Option<String>,
}

impl TokenExecutable {
    /// A program by its path, which is run without a shell, for 30 s at most.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            limit: Duration::from_secs(30),
        }
    }

    /// An argument. Other users of the machine can read it.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// A variable of its environment, beside those of this process.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// How long it may take. The time that a token request may take
    /// ([`Policy::request_timeout`](crate::Policy::request_timeout)) holds besides.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    async fn run(&self, context: &PlatformContext<'_>) -> Result<PlatformToken, Error> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|error| Error::configuration(format!("{self:?} can't be started: {error}")))?;
        let printed = child.stdout.take();
        let ended = async {
            let output = read(printed).await;
            (output, child.wait().await)
        };
        let Ok((output, status)) = tokio::time::timeout(self.limit, ended).await else {
            return Err(Error::transient(format!(
                "{self:?} did not end within {} s",
                self.limit.as_secs_f32()
            )));
        };
        let broken = |error: std::io::Error| Error::transient(format!("{self:?} failed: {error}"));
        let (output, status) = (output.map_err(broken)?, status.map_err(broken)?);
        let output: Option<Output> = serde_json::from_slice(&output).ok();
        match output {
            Some(output) if output.success && status.success() => self.token(output, context),
            Some(Output {
                success: false,
                code: Some(code),
                ..
            }) => Err(Error::refused(format!(
                "{self:?} has no token (code {:?})",
                grantor_core::visible(&code, 100)
            ))),
            _ if !status.success() => Err(Error::refused(format!("{self:?} failed ({status})"))),
            _ => Err(Error::refused(format!(
                "{self:?} printed something else than an object with a token"
            ))),
        }
    }

    fn token(&self, output: Output, context: &PlatformContext<'_>) -> Result<PlatformToken, Error> {
        let lacks = |what: &str| Error::refused(format!("{self:?} printed {what}"));
        if output.version != 1 {
            return Err(lacks("an object of another version than 1"));
        }
        let expires_at = output.expiration_time.map(Timestamp::from_secs);
        if expires_at.is_some_and(|end| end <= context.environment.now()) {
            return Err(Error::transient(format!(
                "{self:?} printed a token that has ended"
            )));
        }
        let kind = output.token_type.unwrap_or_default();
        let token = match &*kind {
            token_type::SAML2 => output.saml_response,
            token_type::JWT | token_type::ID_TOKEN => output.id_token,
            _ => return Err(lacks("a token of a kind that is not known")),
        };
        let token = token.ok_or_else(|| lacks("no token"))?;
        Ok(PlatformToken {
            token: Secret::new(token),
            token_type: Some(kind),
            expires_at,
        })
    }
}

/// All that is printed, up to a limit; more is not read, and is no JSON then.
async fn read(printed: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut output = Vec::new();
    if let Some(printed) = printed {
        printed.take(MAX_OUTPUT).read_to_end(&mut output).await?;
    }
    Ok(output)
}

impl Platform for TokenExecutable {
    fn fetch<'a>(
        &'a self,
        context: &'a PlatformContext<'_>,
    ) -> BoxFuture<'a, Result<PlatformToken, Error>> {
        Box::pin(self.run(context))
    }
}

impl fmt::Debug for TokenExecutable {
    /// Leaves the arguments and variables out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the executable {:?}", self.program)
    }
}

/// The words of a command as Google's files have it, in which quotes keep blanks together.
pub(crate) fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in command.chars() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            (letter, Some(_)) => word.get_or_insert_default().push(letter),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, None) if letter.is_whitespace() => words.extend(word.take()),
            (letter, None) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    (quote.is_none() && !words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_is_read_as_words() {
        let read = |text: &str| words(text).unwrap();
        assert_eq!(read("/bin/x  --a=b c"), ["/bin/x", "--a=b", "c"]);
        assert_eq!(read("\"/my dir/x\" 'a b'c \"\""), ["/my dir/x", "a bc", ""]);
        for bad in ["", "  ", "x 'open"] {
            assert_eq!(words(bad), None, "{bad}");
        }
    }
}
