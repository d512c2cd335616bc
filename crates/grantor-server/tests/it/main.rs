//! The server as browsers, clients and attackers meet it: whole requests in, whole answers out.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

mod answers;
mod authorization_code;
mod authorization_requests;
mod bodies;
mod browsers;
mod build_errors;
mod client_authentication;
mod client_credentials;
mod codes;
mod custom_site;
mod decisions;
mod endpoints;
mod events;
mod expiry;
mod forged_forms;
mod grants_of_subject;
mod introspection;
mod limits;
mod metadata;
mod narrowed_clients;
mod own_clients;
mod own_grant;
mod own_grant_with_refresh_token;
mod pages;
mod paths;
mod prompt;
mod pushed_requests;
mod races;
mod redirect_uris;
mod refresh;
mod registrar;
mod restart;
mod revocation;
mod revocation_targets;
mod rollback;
mod second_factor;
mod secrets;
mod site_pages;
mod store_failures;
mod write_then_decide;
