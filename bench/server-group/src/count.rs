//! The instructions of one request, in process.

use harness::{Requests, Result, repeat_each};

use crate::program::OURS;
use crate::requests::Asked;

/// Sends so many requests of one kind to a server in this process, after some to warm up.
pub(crate) fn repeat(bench: &str, calls: usize) -> Result<()> {
    let asked = match bench {
        "bound_token" => Asked::BoundToken,
        "code_exchange" => Asked::Code,
        "introspection" => Asked::Introspection,
        "pushed_request" => Asked::PushedRequest,
        "refresh" => Asked::Refresh,
        _ => return Err(format!("there are no requests {bench}").into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let server = runtime.block_on(server::build_with_grants())?;
    // What the requests are made of comes over a socket, as for a load.
    let address = server::serve_beside(&server)?;
    let number = calls + WARM_UP;
    let requests = match asked.requests(address, OURS, number)? {
        Requests::Same(request) => vec![request; number],
        Requests::Each(requests) => requests,
    };
    repeat_each(&server, &requests, WARM_UP)
}

const WARM_UP: usize = 100;
