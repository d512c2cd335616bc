//! Actors: who may act, and how tokens name them.

use grantor_jose::check::holds;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::grant_type::TokenCall;
use crate::token::PresentedToken;

/// How many may act one for the other, the newest included.
const MAX_ACTORS: usize = 4;

/// `may_act` of the subject's token names who may act for it (RFC 8693 section 4.4): the actor's token,
/// or the client if there is none.
pub(super) fn check_may_act(
    call: &TokenCall<'_>,
    subject: &PresentedToken,
    actor: Option<&PresentedToken>,
) -> Result<(), Error> {
    let Some(may_act) = subject.claims.get("may_act") else {
        return Ok(());
    };
    let client_id = call.client().id.as_str();
    let (sub, client_id) = actor.map_or((client_id, client_id), |actor| {
        (actor.sub(), actor.client_id.as_str())
    });
    let issuer = call.issuer();
    let is_named = |(name, value): (&String, &Value)| match name.as_str() {
        "sub" => value == sub,
        "client_id" => value == client_id,
        "iss" => issuer.is_some_and(|issuer| value == issuer),
        // It may narrow who is meant, and nobody here knows how.
        _ => false,
    };
    let members = may_act.as_object().filter(|members| !members.is_empty());
    let is_meant = members.is_some_and(|members| members.iter().all(is_named));
    if holds("exchange.may_act", is_meant) {
        return Ok(());
    }
    let description = "\"may_act\" of \"subject_token\" names another actor";
    Err(Error::invalid_request(description))
}

/// `act` of the new token: the actor, and within it those who acted before (RFC 8693 section 4.1).
pub(super) fn act(
    call: &TokenCall<'_>,
    subject: &PresentedToken,
    actor: Option<&PresentedToken>,
    client_acts: bool,
) -> Result<Option<Value>, Error> {
    let before = subject.claims.get("act");
    let newest = match actor {
        Some(actor) if actor.claims.contains_key("act") => {
            let description = "\"actor_token\" was issued to an actor itself";
            return Err(Error::invalid_request(description));
        }
        Some(actor) => Some(actor.sub()),
        None => client_acts.then_some(call.client().id.as_str()),
    };
    let act = match (newest, before) {
        (None, before) => before.cloned(),
        (Some(sub), None) => Some(json!({ "sub": sub })),
        (Some(sub), Some(before)) => Some(json!({ "sub": sub, "act": before })),
    };
    // Without new actors too, since each exchange is one more token that has to be looked up.
    let deep = act.as_ref().is_some_and(|act| depth(act) > MAX_ACTORS);
    let is_deep = deep || subject.as_parent().depth() > MAX_ACTORS;
    if !holds("exchange.depth", !is_deep) {
        let description = format!("more than {MAX_ACTORS} would act one for the other");
        return Err(Error::invalid_request(description));
    }
    Ok(act)
}

fn depth(act: &Value) -> usize {
    let mut depth = 1;
    let mut members: Option<&Map<String, Value>> = act.as_object();
    while let Some(inner) = members.and_then(|members| members.get("act")) {
        depth += 1;
        members = inner.as_object();
    }
    depth
}
