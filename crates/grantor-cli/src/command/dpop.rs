//! Tokens that are bound to a key, as options ask for them.

use grantor_client::{Dpop, TokensBuilder};

use super::key_file;
use crate::args::DpopOptions;
use crate::error::CliError;

/// Binds the tokens to a key, if the options say so.
pub(super) fn binding(
    builder: TokensBuilder,
    options: &DpopOptions,
) -> Result<TokensBuilder, CliError> {
    if let Some(path) = &options.dpop_key {
        let key = key_file::read("--dpop-key", path)?.named(None);
        return Ok(builder.dpop(Dpop::with_key(key)));
    }
    Ok(match options.dpop {
        true => builder.dpop(Dpop::generated()),
        false => builder,
    })
}
