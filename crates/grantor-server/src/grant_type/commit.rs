//! The decision of a grant type, and what follows from it: at most one write decides.

mod issue;
mod writes;

use std::time::Duration;

use grantor_core::{Params, Secret, Timestamp, TokenResponse};
use grantor_store::{Record as _, Retry};

use super::{GrantType, Granted, TokenCall};
use crate::client::Client;
use crate::dpop::CheckedProof;
use crate::error::Error;
use crate::event::EventKind;
use crate::grant::{Deadline, Grant};
use crate::http::Call;
use crate::identifier::Identifier;
use crate::policy::Policy;
use crate::services::Services;
use crate::token::TokenContents;

/// Lets a grant type decide, and does what it decided. It decides again if others wrote the grant
/// meanwhile, as often and with such pauses as every change of a record.
pub(crate) fn run<'a>(
    services: &'a Services,
    grant_type: &'a dyn GrantType,
    client: &'a Client,
    params: &'a Params<'a>,
    proof: Option<&'a CheckedProof>,
    request: &'a Call<'a>,
) -> impl Future<Output = Result<TokenResponse, Error>> + Send {
    let now = request.now;
    let mut call = TokenCall::of(services, client, grant_type.name(), params, request);
    let mut commit = Commit {
        deadline: services.grants.deadline(),
        services,
        client,
        params,
        now,
        dpop_jkt: proof.map(CheckedProof::thumbprint),
        policy: *call.policy(),
        lifetime: call.policy().access_token_lifetime,
        repeated: None,
        minted: None,
    };
    if let Some(thumbprint) = commit.dpop_jkt {
        call = call.with_dpop_jkt(thumbprint);
    }
    let mut unused = proof;
    // A block holds what it captures once, and a function its arguments twice.
    async move {
        let mut retry = None;
        loop {
            // Not by `?`, which would keep room for a second copy.
            let mut granted = match grant_type.decide(&call).await {
                Ok(granted) => granted,
                Err(error) => return Err(error),
            };
            // After every other check, and once however often the grant type decides.
            if let Some(proof) = unused.take_if(|_| granted.issues()) {
                Box::pin(commit.services.dpop.redeem(proof)).await?;
            }
            match granted {
                // Borrowed, since most requests come here and the future of each pays for every copy.
                Granted::Issue(ref mut contents) => {
                    let text = commit.mint(grant_type.name(), None, contents).await?;
                    return Ok(commit.answer(contents, text, None, &[], None));
                }
                Granted::Once(once) => {
                    return Box::pin(commit.once(grant_type.name(), *once)).await;
                }
                // Boxed, or every request would pay for the room of the largest.
                Granted::Open(new, contents) => {
                    return Box::pin(commit.open(&call, *new, contents)).await;
                }
                Granted::Under(under) => {
                    return Box::pin(commit.under(*under)).await;
                }
                Granted::Change(change) => {
                    if let Some(response) = Box::pin(commit.change(*change)).await? {
                        return Ok(response);
                    }
                }
                Granted::Wait(wait) => return Err(wait.into()),
                Granted::Poll(poll) => return Err(Box::pin(commit.pace(&poll)).await?.into()),
                // The code or token was good when this request first read its grant, and another
                // request used it meanwhile: that is no replay.
                Granted::End(end) if call.attempt() > 0 && end.reason.is_replay() => {
                    commit.tell(EventKind::UsedAtOnce, Some(end.id));
                    return Err(end.error);
                }
                Granted::End(end) => {
                    Box::pin(commit.services.end_grant(end.id, end.reason)).await?;
                    return Err(end.error);
                }
            }
            call.next_attempt();
            let retry =
                retry.get_or_insert_with(|| Box::new(Retry::new(&commit.services.environment)));
            retry.after_conflict(Grant::NAME).await?;
        }
    }
}

struct Commit<'a> {
    services: &'a Services,
    client: &'a Client,
    params: &'a Params<'a>,
    now: Timestamp,
    /// The thumbprint of the key that the access token is bound to.
    dpop_jkt: Option<&'a str>,
    deadline: Deadline,
    /// The client's, for this grant type, or for that of the grant.
    policy: Policy,
    /// The longest that the access token is valid.
    lifetime: Duration,
    /// How long the access token is still valid, if it was handed out before.
    repeated: Option<Duration>,
    /// The access token of a try that lost, for the next one.
    minted: Option<Box<Minted>>,
}

/// An access token that is written or signed.
struct Minted {
    contents: TokenContents,
    grant: Option<Identifier>,
    text: Secret,
}
