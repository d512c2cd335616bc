//! The metadata of the API as a protected resource (RFC 9728).

use bytes::Bytes;
use http::{Response, Uri};
use serde_json::{Map, Value, json};

use crate::server::answer;
use crate::server::route::origin;
use crate::server::state::State;
use crate::server::{FakeServer, RecordedRequest};

pub(in crate::server) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The document: the resource is the URL into which the well-known part was inserted.
pub(super) fn answer(server: &FakeServer, request: &RecordedRequest) -> Response<Bytes> {
    let state = server.lock();
    let members = document(server, &state, request.request().uri());
    answer::json(200, &Value::Object(members))
}

fn document(server: &FakeServer, state: &State, uri: &Uri) -> Map<String, Value> {
    let path = uri.path();
    let resource = format!(
        "{}{}",
        origin(uri),
        path.strip_prefix(WELL_KNOWN).unwrap_or_default()
    );
    let mut members = Map::new();
    members.insert("resource".to_owned(), resource.into());
    let servers = json!([server.issuer.as_str()]);
    members.insert("authorization_servers".to_owned(), servers);
    for (name, value) in &state.api.metadata {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    members
}
