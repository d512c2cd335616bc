//! `grantor-jose` against other implementations: the tests are what there is.
