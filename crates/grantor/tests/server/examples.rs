//! The examples, each a module: their `main` is for running them alone.

#[path = "../../examples/actix.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod actix;
#[path = "../../examples/exchange.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod exchange;
#[path = "../../examples/mcp_resource.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod mcp_resource;
#[path = "../../examples/own_clients.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod own_clients;
#[path = "../../examples/own_grant.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod own_grant;
#[path = "../../examples/own_login.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod own_login;
#[path = "../../examples/own_tokens.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod own_tokens;
#[path = "../../examples/python_oauth2.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod python_oauth2;
#[path = "../../examples/python_oauth2_tables.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod python_oauth2_tables;
#[path = "../../examples/second_factor.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod second_factor;
#[path = "../../examples/sign_in_axum.rs"]
#[expect(dead_code, reason = "the test has a main of its own")]
pub(crate) mod sign_in_axum;
