//! Forms and queries: what was read is written, and read again as the same.

#![no_main]

use grantor_core::Params;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|form: &[u8]| {
    let Ok(params) = Params::parse(form) else {
        return;
    };
    let written = params.to_form();
    assert_eq!(Params::parse(written.as_bytes()).unwrap(), params);
    assert!(params.iter().count() <= Params::MAX);
});
