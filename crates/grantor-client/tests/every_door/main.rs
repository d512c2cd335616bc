//! Every door behaves in the same way: one list of behaviours, run through each of them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod behaviours;
mod bound;
mod discovered;
mod door;
mod over_hyper;
mod over_reqwest;
#[cfg(feature = "blocking")]
mod over_ureq;
mod signed;

/// Tokens that are bound to a key, through a door.
macro_rules! proves {
    ($door:ty, [$($behaviour:ident),* $(,)?]) => {
        $(
            #[tokio::test]
            async fn $behaviour() {
                crate::bound::$behaviour::<$door>().await;
            }
        )*
    };
}

/// Tokens for an API that says where they come from, through a door.
macro_rules! discovers {
    ($door:ty, [$($behaviour:ident),* $(,)?]) => {
        $(
            #[tokio::test]
            async fn $behaviour() {
                crate::discovered::$behaviour::<$door>().await;
            }
        )*
    };
}

/// Requests that are signed, through a door.
macro_rules! signs {
    ($door:ty, [$($behaviour:ident),* $(,)?]) => {
        $(
            #[tokio::test]
            async fn $behaviour() {
                crate::signed::$behaviour::<$door>().await;
            }
        )*
    };
}

macro_rules! behaves {
    ($name:ident, $door:ty) => {
        behaves!(
            $name,
            $door,
            [
                carries_the_token,
                sends_a_rejected_request_once_more_with_its_body,
                gives_the_second_rejection_as_the_answer,
                sends_a_streamed_body_only_once,
                lets_a_header_of_the_callers_own_win,
                withholds_the_token_where_it_is_told,
                refuses_other_origins,
                keeps_the_token_on_redirects_within_the_origin,
                loses_the_token_on_redirects_to_other_origins,
                follows_ten_redirects_and_no_more,
                judges_no_token_by_the_401_of_another_origin,
                tells_of_a_token_error_and_sends_nothing,
                carries_the_token_in_the_query,
                replaces_a_rejected_token_in_the_query,
                lets_a_query_of_the_callers_own_win,
                carries_the_token_in_a_form_where_there_is_one,
                asks_for_one_token_however_many_call,
                uses_the_connection_of_a_rejected_request_again,
                carries_the_token_of_the_subject,
                sends_nothing_without_a_subject,
                shows_requests_to_the_hooks,
                refuses_what_is_no_access_token,
            ]
        );
    };
    ($name:ident, $door:ty, [$($behaviour:ident),* $(,)?]) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $behaviour() {
                    crate::behaviours::$behaviour::<$door>().await;
                }
            )*

            proves!($door, [
                proves_every_request,
                takes_the_nonce_of_an_api,
                renews_a_rejected_token_under_the_same_key,
                proves_redirects_within_the_origin_anew,
            ]);

            discovers!($door, [
                signs_a_user_in_after_a_401,
                signs_a_user_in_for_a_wider_scope,
            ]);

            signs!($door, [
                signs_queries_and_other_bodies,
                signs_a_form_and_keeps_it,
                refuses_a_form_that_is_streamed,
                keeps_a_streamed_body,
                signs_in_the_query,
                signs_in_a_form_where_there_is_one,
                signs_each_request_anew,
                signs_by_every_method,
                gives_a_401_of_a_signed_request_as_the_answer,
                signs_redirects_within_the_origin_anew,
                signs_no_redirect_to_another_origin,
                signs_nothing_for_other_origins,
                lets_a_signature_of_the_callers_own_win,
                withholds_the_signature_where_it_is_told,
            ]);
        }
    };
}

behaves!(prepare, crate::over_hyper::Prepare);
behaves!(prepare_with_body, crate::over_hyper::PrepareWithBody);
behaves!(layer_once, crate::over_hyper::LayerOnce);
behaves!(layer_cloned, crate::over_hyper::LayerCloned);
behaves!(layer_buffered, crate::over_hyper::LayerBuffered);
behaves!(session, crate::over_reqwest::Session);
behaves!(authenticate, crate::over_reqwest::Authenticate);
#[cfg(feature = "reqwest-middleware")]
behaves!(middleware, crate::over_reqwest::Middleware);
#[cfg(feature = "blocking")]
behaves!(blocking, crate::over_ureq::Blocking);
