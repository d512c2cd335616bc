//! Examples that the specifications print.

use grantor_jose::{Algorithm, Key, KeySet, PublicKey, base64url, jws};

use crate::{list, text, vectors};

#[test]
fn thumbprints_of_rfc_7638_and_others() {
    let file = vectors("rfc-examples.json");
    for case in list(&file["thumbprints"]) {
        let key = PublicKey::from_jwk(&case["jwk"].to_string()).unwrap();
        assert_eq!(key.thumbprint(), text(&case["thumbprint"]), "{case}");
    }
    assert_eq!(list(&file["thumbprints"]).len(), 23);
}

#[test]
fn half_hashes_of_openid_connect_core() {
    let file = vectors("rfc-examples.json");
    for case in list(&file["half_hashes"]) {
        let found = Algorithm::Rs256.half_hash(text(&case["value"]));
        assert_eq!(found, text(&case["hash"]));
    }
    assert_eq!(list(&file["half_hashes"]).len(), 2);
    // The first half of SHA-512 of "abc" (FIPS 180-4).
    let sha_512 = "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o";
    assert_eq!(Algorithm::EdDsa.half_hash("abc"), sha_512);
}

#[test]
fn tokens_of_rfc_7515_and_8037() {
    let file = vectors("rfc-examples.json");
    let mut verified = 0;
    for case in list(&file["tokens"]) {
        let algorithm: Algorithm = text(&case["algorithm"]).parse().unwrap();
        let key = PublicKey::from_jwk(&case["jwk"].to_string()).unwrap();
        let keys: KeySet = [key].into_iter().collect();
        let token = jws::verify(text(&case["compact"]), &keys, &[algorithm]).unwrap();
        assert_eq!(token.algorithm, algorithm);
        verified += 1;
    }
    assert_eq!(verified, 3);
}

#[test]
fn ed25519_signs_as_rfc_8037_prints() {
    let file = vectors("rfc-examples.json");
    let mut cases = list(&file["tokens"]).iter();
    let case = cases.find(|case| case["algorithm"] == "EdDSA").unwrap();
    // The PKCS#8 of RFC 8410 section 7 around the seed.
    let mut der = vec![
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    der.extend(base64url::decode(text(&case["seed"])).unwrap());
    let key = Key::from_pkcs8_der(Algorithm::EdDsa, &der).unwrap();
    let (input, signature) = text(&case["compact"]).rsplit_once('.').unwrap();
    let found = key.sign_bytes(input.as_bytes()).unwrap();
    assert_eq!(base64url::encode(found.as_bytes()), signature);
}
