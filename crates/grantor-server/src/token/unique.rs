//! Unique access tokens: one that is still valid is handed out again.

use std::time::Duration;

use grantor_core::{Secret, Timestamp};
use grantor_store::{Conflict, Kind, Record, Versioned, kinds};
use serde::{Deserialize, Serialize};

use super::{Minting, Tokens};
use crate::error::Error;

/// The access token that a client has for a user, a grant type, a scope, resources and a key: the one
/// record of the server with the text of a token. It is sealed.
#[derive(Serialize, Deserialize)]
pub(crate) struct UniqueTokenRecord {
    token: String,
    expires_at: Timestamp,
}

impl Record for UniqueTokenRecord {
    const KIND: Kind = kinds::UNIQUE_TOKENS;
    const NAME: &'static str = "a unique access token";
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// How unique tokens are minted for a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UniqueTokens<'a> {
    /// The grant type of the grant, or of the request.
    pub(crate) grant_type: &'a str,
    /// Whether one that is there is handed out. A refresh puts a new one in its place.
    pub(crate) hand_out: bool,
}

/// An access token for the answer.
pub(crate) struct Issued {
    pub(crate) text: Secret,
    /// How long it is still valid.
    pub(crate) lifetime: Duration,
    /// True if it was handed out before.
    pub(crate) repeated: bool,
}

impl Tokens {
    /// The token that there is, if everything that it depends on is still valid; otherwise a new one in
    /// its place. Of several requests at once, one makes it and the others hand it out.
    pub(crate) async fn mint_unique(
        &self,
        minting: &mut Minting<'_>,
        unique: UniqueTokens<'_>,
    ) -> Result<Issued, Error> {
        let Some(records) = &self.unique else {
            let problem = "the records of unique tokens were not prepared";
            return Err(Error::Internal(problem.to_owned()));
        };
        let key = records.key_of_name(&name(minting, unique.grant_type)?);
        let found = records.get(&key).await?;
        if unique.hand_out
            && let Some(issued) = self.still_valid(found.as_ref(), minting).await?
        {
            return Ok(issued);
        }
        let text = self.mint(minting).await?;
        let record = UniqueTokenRecord {
            token: text.expose().to_owned(),
            expires_at: minting.now + minting.lifetime,
        };
        let written = match &found {
            Some(found) => records.update(&key, &record, found.version).await?,
            None => records.create(&key, &record).await?,
        };
        if let Err(Conflict) = written
            && unique.hand_out
        {
            // Another request was faster. The token of this one is an orphan, and expires.
            let theirs = records.get(&key).await?;
            if let Some(issued) = self.still_valid(theirs.as_ref(), minting).await? {
                return Ok(issued);
            }
        }
        Ok(Issued {
            text,
            lifetime: minting.lifetime,
            repeated: false,
        })
    }

    /// A token as it is handed out again: its grant has not ended, nobody revoked it, it ends no later
    /// than a new one would, and at least a tenth of its time is left.
    async fn still_valid(
        &self,
        found: Option<&Versioned<UniqueTokenRecord>>,
        minting: &Minting<'_>,
    ) -> Result<Option<Issued>, Error> {
        let Some(Versioned { record, .. }) = found else {
            return Ok(None);
        };
        let seen = self.read(&record.token, Some(minting.client)).await?;
        let Some(expires_at) = seen.exp.filter(|_| seen.active) else {
            return Ok(None);
        };
        let left = Timestamp::from_secs(expires_at).since(minting.now);
        let is_usable = left <= minting.lifetime && left >= minting.lifetime / 10;
        Ok(is_usable.then(|| Issued {
            text: Secret::new(record.token.as_str()),
            lifetime: left,
            repeated: true,
        }))
    }
}

/// Everything in which two tokens must be the same to be one.
fn name(minting: &Minting<'_>, grant_type: &str) -> Result<String, Error> {
    let contents = &*minting.contents;
    let mut scope: Vec<&str> = contents.scope.iter().collect();
    let mut audience: Vec<&str> = contents.audience.iter().map(String::as_str).collect();
    scope.sort_unstable();
    audience.sort_unstable();
    let claims = serde_json::to_string(&contents.claims)
        .map_err(|_| Error::Internal("the claims can't be written".to_owned()))?;
    let (scope, audience) = (scope.join(" "), audience.join(" "));
    let format = match minting.client.opaque_access_tokens {
        true => "opaque",
        false => "",
    };
    let parts = [
        format,
        grant_type,
        &minting.client.id,
        contents.subject.as_deref().unwrap_or_default(),
        &scope,
        &audience,
        minting.dpop_jkt.unwrap_or_default(),
        &claims,
    ];
    let parts = parts.iter().map(|part| format!("{}:{part}", part.len()));
    Ok(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<UniqueTokenRecord>();
    }
}
