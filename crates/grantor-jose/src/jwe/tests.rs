//! Wycheproof's vectors of the primitives that can't be reached from outside, counted in the
//! crate's documentation.

use aws_lc_rs::agreement::{self as ecdh, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::pbkdf2;
use serde_json::Value;

use super::content::Cipher;
use super::encryption_key::oaep;
use super::key::Secret;
use super::{ContentEncryption, DecryptionKey, KeyManagement, agreement, wrap};
use crate::base64url;
use crate::jwk::{Curve, Material};

type Answer = fn(bool) -> bool;

struct Row {
    name: &'static str,
    answer: Answer,
    valid: usize,
    invalid: usize,
    left_out: Vec<(usize, &'static str)>,
    wrong: Vec<String>,
}

impl Row {
    fn new(name: &'static str, answer: Answer) -> Self {
        Self {
            name,
            answer,
            valid: 0,
            invalid: 0,
            left_out: Vec::new(),
            wrong: Vec::new(),
        }
    }

    fn case(&mut self, test: &Value, valid: bool, accepted: bool) {
        let accepted = (self.answer)(accepted);
        if accepted != valid {
            self.wrong.push(format!("{}: {accepted}", test["tcId"]));
        }
        if valid {
            self.valid += 1;
        } else {
            self.invalid += 1;
        }
    }

    fn leave_out(&mut self, reason: &'static str) {
        match self.left_out.iter_mut().find(|(_, known)| *known == reason) {
            Some((count, _)) => *count += 1,
            None => self.left_out.push((1, reason)),
        }
    }
}

const SUITES: &[fn(Answer) -> Row] = &[
    aes_gcm,
    |answer| {
        cbc(
            "A128CBC-HS256",
            "a128cbc-hs256",
            ContentEncryption::A128CbcHs256,
            answer,
        )
    },
    |answer| {
        cbc(
            "A192CBC-HS384",
            "a192cbc-hs384",
            ContentEncryption::A192CbcHs384,
            answer,
        )
    },
    |answer| {
        cbc(
            "A256CBC-HS512",
            "a256cbc-hs512",
            ContentEncryption::A256CbcHs512,
            answer,
        )
    },
    aes_key_wrap,
    |answer| {
        rsa_oaep(
            "RSA-OAEP SHA-1",
            "rsa-oaep-2048-sha1",
            KeyManagement::RsaOaep,
            answer,
        )
    },
    |answer| {
        rsa_oaep(
            "RSA-OAEP SHA-256",
            "rsa-oaep-2048-sha256",
            KeyManagement::RsaOaep256,
            answer,
        )
    },
    |answer| agreements("ECDH P-256", "ecdh-p256", answer),
    |answer| agreements("ECDH P-384", "ecdh-p384", answer),
    |answer| agreements("ECDH P-521", "ecdh-p521", answer),
    |answer| agreements("X25519", "x25519", answer),
    password,
];

#[test]
fn primitives_of_wycheproof() {
    let mut lines = Vec::new();
    for suite in SUITES {
        let row = suite(|accepted| accepted);
        assert!(row.wrong.is_empty(), "{}: {:#?}", row.name, row.wrong);
        let left_out = row.left_out.iter();
        let left_out: Vec<String> = left_out
            .map(|(count, reason)| format!("{count}: {reason}"))
            .collect();
        lines.push(format!(
            "| {} | {} | {} | {} |",
            row.name,
            row.valid,
            row.invalid,
            left_out.join("; ")
        ));
    }
    let found = lines.join("\n");
    let documented: Vec<&str> = include_str!("../../VECTORS.md")
        .split("\n## ")
        .find(|section| section.starts_with("Wycheproof, primitives"))
        .unwrap_or_default()
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| suite"))
        .collect();
    assert_eq!(documented.join("\n"), found, "now it is:\n{found}\n");
}

#[test]
fn broken_primitives_are_noticed() {
    for suite in SUITES {
        let always = suite(|_| true);
        assert_eq!(always.wrong.len(), always.invalid, "{}", always.name);
        let never = suite(|_| false);
        assert_eq!(never.wrong.len(), never.valid, "{}", never.name);
    }
}

fn aes_gcm(answer: Answer) -> Row {
    let mut row = Row::new("AES-GCM", answer);
    for (group, test) in tests("aes-gcm") {
        let encryption = match group["keySize"].as_u64() {
            Some(128) => ContentEncryption::A128Gcm,
            Some(192) => ContentEncryption::A192Gcm,
            _ => ContentEncryption::A256Gcm,
        };
        let valid = test["result"] == "valid" && group["ivSize"] == 96;
        if test["result"] == "valid" && !valid {
            row.leave_out("valid there, but the IV does not have the 96 bits of JWE");
        }
        content_case(&mut row, encryption, &test, valid);
    }
    row
}

fn cbc(name: &'static str, file: &str, encryption: ContentEncryption, answer: Answer) -> Row {
    let mut row = Row::new(name, answer);
    for (_, test) in tests(file) {
        let valid = test["result"] == "valid";
        content_case(&mut row, encryption, &test, valid);
    }
    row
}

fn content_case(row: &mut Row, encryption: ContentEncryption, test: &Value, valid: bool) {
    let part = |name| bytes(test, name);
    let mut content = part("ct");
    let found = Cipher::new(encryption, &part("key")).unwrap().open(
        &part("iv"),
        &part("aad"),
        &part("tag"),
        &mut content,
    );
    row.case(
        test,
        valid,
        found.is_ok_and(|()| !valid || content == part("msg")),
    );
}

fn aes_key_wrap(answer: Answer) -> Row {
    let mut row = Row::new("AES Key Wrap", answer);
    for (_, test) in tests("aes-wrap") {
        // RFC 3394 section 2.2: "n >= 2", so that eight bytes, "acceptable" there, are not wrapped.
        let valid = test["result"] == "valid";
        let (key, msg, ct) = (bytes(&test, "key"), bytes(&test, "msg"), bytes(&test, "ct"));
        let mut out = vec![0; ct.len().saturating_sub(8)];
        let found = wrap::unwrap(&key, &ct, &mut out).is_ok_and(|()| out == msg);
        let wrapped = wrap::wrap(&key, &msg).is_ok_and(|found| found == ct);
        assert!(!valid || wrapped, "{test}");
        row.case(&test, valid, found);
    }
    row
}

fn rsa_oaep(name: &'static str, file: &str, algorithm: KeyManagement, answer: Answer) -> Row {
    let mut row = Row::new(name, answer);
    for (group, test) in tests(file) {
        if !bytes(&test, "label").is_empty() {
            row.leave_out("with a label, which JWE does not use");
            continue;
        }
        let pkcs8 = from_hex(group["privateKeyPkcs8"].as_str().unwrap());
        let key = DecryptionKey::from_pkcs8_der(algorithm, &pkcs8).unwrap();
        let Secret::Rsa(private, _) = &key.secret else {
            panic!("not RSA");
        };
        let mut out = vec![0; private.min_output_size()];
        let found = private.decrypt(oaep(algorithm), &bytes(&test, "ct"), &mut out, None);
        let right = found.is_ok_and(|found| *found == bytes(&test, "msg"));
        row.case(&test, test["result"] == "valid", right);
    }
    row
}

fn agreements(name: &'static str, file: &str, answer: Answer) -> Row {
    let mut row = Row::new(name, answer);
    for (_, test) in tests(file) {
        let public = Material::from_jwk(test["public"].as_object().unwrap());
        let shared = bytes(&test, "shared");
        let zero = file == "x25519" && shared.iter().all(|byte| *byte == 0);
        let mut valid = test["result"] != "invalid";
        // RFC 8037 section 3.2: whether the secret is all zeros is to be checked.
        if valid && zero {
            row.leave_out("acceptable there, but the secret is zero");
            valid = false;
        }
        let d = test["private"]["d"].as_str().unwrap();
        let accepted = public.is_ok_and(|public| {
            let Some((algorithm, point)) = agreement::parts(&public) else {
                return false;
            };
            let d = base64url::decode(d).unwrap();
            let own = match test["private"]["crv"].as_str().unwrap() {
                "X25519" => &ecdh::X25519,
                name => Curve::from_name(name).unwrap().agreement().unwrap(),
            };
            let private = PrivateKey::from_private_key(own, &d).unwrap();
            let peer = UnparsedPublicKey::new(algorithm, point);
            ecdh::agree(&private, peer, (), |secret| {
                if !valid || secret == shared {
                    Ok(())
                } else {
                    Err(())
                }
            })
            .is_ok()
        });
        row.case(&test, valid, accepted);
    }
    row
}

/// The library's PBKDF2, which PBES2 is built on.
fn password(answer: Answer) -> Row {
    let mut row = Row::new("PBKDF2 HMAC SHA-256", answer);
    for (_, test) in tests("pbkdf2-hmac-sha256") {
        let count = u32::try_from(test["iterationCount"].as_u64().unwrap()).unwrap();
        let mut out = vec![0; usize::try_from(test["dkLen"].as_u64().unwrap()).unwrap()];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            count.try_into().unwrap(),
            &bytes(&test, "salt"),
            &bytes(&test, "password"),
            &mut out,
        );
        row.case(&test, test["result"] == "valid", out == bytes(&test, "dk"));
    }
    row
}

fn tests(file: &str) -> Vec<(Value, Value)> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../vectors/jose/wycheproof-"
    );
    let json = std::fs::read(format!("{folder}{file}.json")).unwrap();
    let mut file: Value = serde_json::from_slice(&json).unwrap();
    let mut out = Vec::new();
    for group in file["testGroups"].as_array_mut().unwrap() {
        let tests = group["tests"].take();
        for test in tests.as_array().unwrap() {
            out.push((group.clone(), test.clone()));
        }
    }
    out
}

fn bytes(test: &Value, name: &str) -> Vec<u8> {
    from_hex(test[name].as_str().unwrap())
}

fn from_hex(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}
