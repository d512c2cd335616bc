//! Private keys in PEM (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The form of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Pkcs8,
    Pkcs1,
}

const LABELS: [(&str, Label); 2] = [
    ("PRIVATE KEY", Label::Pkcs8),
    ("RSA PRIVATE KEY", Label::Pkcs1),
];

/// The first private key of a text. White space inside of it and text around it are passed over.
pub(crate) fn private_key(text: &str) -> Option<(Label, Zeroizing<Vec<u8>>)> {
    let mut found = LABELS.into_iter().filter_map(|(name, label)| {
        let (begin, end) = (
            format!("-----BEGIN {name}-----"),
            format!("-----END {name}-----"),
        );
        let body = text.split_once(&begin)?.1.split_once(&end)?.0;
        let body: String = body
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        let body = Zeroizing::new(body);
        Some((
            label,
            Zeroizing::new(STANDARD.decode(body.as_bytes()).ok()?),
        ))
    });
    found.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_among_other_text() {
        let text = "\u{feff}# ours\r\n-----BEGIN PRIVATE KEY-----\r\nAQ \r\nID\r\n-----END PRIVATE KEY-----\r\n";
        let (label, der) = private_key(text).unwrap();
        assert_eq!((label, &der[..]), (Label::Pkcs8, &[1, 2, 3][..]));
        let rsa = text.replace("PRIVATE KEY", "RSA PRIVATE KEY");
        assert_eq!(private_key(&rsa).unwrap().0, Label::Pkcs1);
        for bad in [
            "",
            "-----BEGIN PRIVATE KEY-----",
            &text.replace("AQ", "!!"),
            &text.replace("PRIVATE", "PUBLIC"),
            &text.replace("PRIVATE", "ENCRYPTED PRIVATE"),
        ] {
            assert!(private_key(bad).is_none(), "{bad}");
        }
    }
}
