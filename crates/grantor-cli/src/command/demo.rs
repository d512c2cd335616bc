//! `grantor demo`.

use std::process::ExitCode;
use std::sync::Arc;

use crate::args::{Common, Demo};
use crate::demo::{self, DirectWire, Options, Wire};
use crate::error::CliError;

pub(crate) fn run(common: &Common, args: &Demo) -> Result<ExitCode, CliError> {
    let wire = DirectWire::new().map_err(|error| CliError::failed(error.to_string()))?;
    let wire: Arc<dyn Wire> = Arc::new(wire);
    let options = Options {
        json: common.json,
        serve: args.serve,
    };
    let outcome = demo::run(options, &wire, &mut std::io::stdout())
        .map_err(|error| CliError::failed(error.to_string()))?;
    Ok(if outcome.held() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
