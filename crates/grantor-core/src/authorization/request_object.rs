//! The authorization request as the claims of a JWT (RFC 9101 section 4).

use serde_json::{Map, Value};

use super::AuthorizationRequest;

/// Parameters that are JSON, and are so in a request object too (OpenID Connect Core section 6.1, RFC 9396
/// section 3).
const JSON: [&str; 3] = ["claims", "authorization_details", "max_age"];

/// Parameters that no request object has (RFC 9101 section 4).
const REFERENCES: [&str; 2] = ["request", "request_uri"];

impl AuthorizationRequest {
    /// Its parameters as claims, without those that a JWT has for itself. A parameter that is repeated
    /// is an array.
    #[must_use]
    pub fn to_claims(&self) -> Map<String, Value> {
        let mut claims = self.to_params().to_claims(&JSON);
        claims.retain(|name, _| !REFERENCES.contains(&name.as_str()));
        claims
    }

    /// The request that goes in place of one that is in `request_object`. To the letter of RFC 9101
    /// the client is all that is beside it; for servers of OpenID Connect Core section 6.1, `response_type`
    /// and `scope` are repeated where a browser carries it.
    #[must_use]
    pub fn of_request_object(&self, request_object: impl Into<crate::secret::Secret>) -> Self {
        Self {
            client_id: self.client_id.clone(),
            response_type: self.response_type.clone(),
            scope: self.scope.clone(),
            request: Some(request_object.into()),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::authorization::ResponseType;

    #[test]
    fn parameters_are_claims_of_their_own_type() {
        let request = AuthorizationRequest {
            response_type: Some(ResponseType::code()),
            client_id: Some("app".to_owned()),
            resource: vec![
                "https://a.example".to_owned(),
                "https://b.example".to_owned(),
            ],
            max_age: Some(60),
            claims: Some(r#"{"id_token":{"acr":null}}"#.to_owned()),
            authorization_details: Some(r#"[{"type":"payment"}]"#.to_owned()),
            request_uri: Some("urn:x".to_owned()),
            extra: vec![("ui".to_owned(), "7".to_owned())],
            ..AuthorizationRequest::default()
        };
        let claims = json!({
            "response_type": "code", "client_id": "app", "max_age": 60,
            "resource": ["https://a.example", "https://b.example"],
            "claims": {"id_token": {"acr": null}},
            "authorization_details": [{"type": "payment"}], "ui": "7",
        });
        assert_eq!(Value::Object(request.to_claims()), claims);
        let beside = request.of_request_object("a.b.c").to_params().to_form();
        assert_eq!(beside, "response_type=code&client_id=app&request=a.b.c");
    }
}
