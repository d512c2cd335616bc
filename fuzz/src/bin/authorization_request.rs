//! Authorization requests, as the server reads them and the client writes them.

#![no_main]

use grantor_core::{AuthorizationRequest, CodeChallenge, Params, RedirectUri, Scope};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &[u8]| {
    let Ok(params) = Params::parse_repeated(query) else {
        return;
    };
    let mut request = AuthorizationRequest::from_params(&params);
    // A parameter that can't be read is not written.
    request.problems.clear();
    assert_eq!(
        AuthorizationRequest::from_params(&request.to_params()),
        request
    );

    if let Some(Ok(uri)) = request.redirect_uri.as_deref().map(RedirectUri::parse) {
        assert!(uri.matches(uri.as_str()));
        let redirect = RedirectUri::with_query(uri.as_str(), &params);
        assert!(redirect.starts_with(uri.as_str()));
    }
    if let Some(Ok(scope)) = request.scope.as_deref().map(Scope::parse) {
        assert_eq!(Scope::parse(scope.as_str()).unwrap(), scope);
    }
    if let Some(challenge) = &request.code_challenge {
        // Either answer is right; reading it must not panic.
        let _ = CodeChallenge::parse(challenge, request.code_challenge_method.as_deref());
    }
});
