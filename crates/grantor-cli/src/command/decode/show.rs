//! A token as people and scripts get it.

use grantor_core::Timestamp;
use serde_json::{Map, Value, json};

use super::Verdict;
use super::parts::{Content, Parts, Validity};
use crate::output::escape_controls;
use crate::when;

pub(super) fn text(parts: &Parts, verdict: &Verdict, now: Timestamp) -> String {
    let kind = match &parts.content {
        Content::Claims(_) => "signed token",
        Content::Encrypted => "encrypted token",
    };
    let said = match verdict {
        Verdict::Unverified => {
            "not verified: whoever made it can have put anything in it".to_owned()
        }
        Verdict::Verified(key) => {
            let id = key.key_id.as_deref().map(|id| format!("\"{id}\""));
            format!(
                "verified: {} with the key {} (thumbprint {})",
                key.algorithm,
                id.as_deref().unwrap_or("without an id"),
                key.thumbprint
            )
        }
        Verdict::Wrong(why) => format!("NOT VERIFIED: {why}"),
    };
    let mut text = format!("{kind}, {said}\n");
    if let Some(error) = parts.refused {
        text.push_str(&format!("such a token would be refused: {error}\n"));
    }
    text.push_str(&format!("\nheader {}\n", pretty(&parts.header)));
    match &parts.content {
        Content::Claims(claims) => text.push_str(&format!("\nclaims {}\n", pretty(claims))),
        Content::Encrypted => {
            text.push_str("\nits content needs the key that it is encrypted to\n")
        }
    }
    let times = parts.times();
    if !times.is_empty() {
        text.push('\n');
    }
    for (name, time) in times {
        text.push_str(&format!("{name:<12}{}\n", when::told(time, now)));
    }
    text.push_str(match parts.validity(now) {
        Validity::Good | Validity::Unknown => "",
        Validity::Expired => "EXPIRED\n",
        Validity::NotYet => "NOT VALID YET\n",
    });
    escape_controls(text.trim_end())
}

pub(super) fn json(parts: &Parts, verdict: &Verdict, now: Timestamp) -> Value {
    let mut json = json!({
        "verified": matches!(verdict, Verdict::Verified(_)),
        "header": parts.header,
    });
    match &parts.content {
        Content::Claims(claims) => {
            json["type"] = "signed".into();
            json["claims"] = claims.clone().into();
        }
        Content::Encrypted => json["type"] = "encrypted".into(),
    }
    match verdict {
        Verdict::Unverified => {}
        Verdict::Verified(key) => {
            json["key"] = json!({
                "kid": key.key_id,
                "alg": key.algorithm,
                "thumbprint": key.thumbprint,
            });
        }
        Verdict::Wrong(why) => json["problem"] = why.as_str().into(),
    }
    if let Some(error) = parts.refused {
        json["refused"] = error.to_string().into();
    }
    let times = parts.times().into_iter().map(|(name, time)| {
        let seconds = (i128::from(time.as_millis()) - i128::from(now.as_millis())) / 1000;
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let told = json!({ "time": when::date(time), "in_seconds": seconds });
        (name.to_owned(), told)
    });
    json["times"] = times.collect::<Map<_, _>>().into();
    json["expired"] = (parts.validity(now) == Validity::Expired).into();
    json
}

fn pretty(object: &Map<String, Value>) -> String {
    serde_json::to_string_pretty(object).unwrap_or_default()
}
