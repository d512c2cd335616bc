//! Tests of base64url.

use super::*;

#[test]
fn round_trips() {
    for length in (0..300_u32).chain([1000, 5000]) {
        let bytes: Vec<u8> = (0..length).map(|i| (i * 37) as u8).collect();
        let encoded = encode(&bytes);
        assert_eq!(encoded.len(), encoded_length(bytes.len()));
        assert_eq!(decode(&encoded).unwrap(), bytes);
        let found = decoded::<100, _>(Part::Token, &encoded, |bytes| Ok(bytes.into_owned()));
        assert_eq!(found.unwrap(), bytes);
        let mut pushed = b"x".to_vec();
        push(&bytes, &mut pushed);
        let mut tail = [b"x", bytes.as_slice()].concat();
        encode_tail(&mut tail, 1);
        assert_eq!((&pushed[1..], &tail), (encoded.as_bytes(), &pushed));
        let wide = Wide::new();
        assert_eq!(decode_with(Some(&wide), encoded.as_bytes()).unwrap(), bytes);
        let kept = Some(&wide);
        let call = |bytes: Cow<'_, [u8]>| Ok(bytes.into_owned());
        let found = decoded_with::<100, _>(kept, Part::Token, &encoded, call);
        assert_eq!(found.unwrap(), bytes);
        pushed[1..].fill(0);
        wide.encode_slice(&bytes, &mut pushed[1..]);
        assert_eq!(pushed, tail);
        pushed.truncate(1);
        wide.push(&bytes, &mut pushed);
        assert_eq!(pushed, tail);
    }
}

#[test]
fn rejects_padding_other_alphabets_and_trailing_bits() {
    for bad in ["AA==", "+/8", "A", "AB", " AA", "AA\n"] {
        // Longer texts are decoded with other instructions, so the bad end is tried after many
        // lengths.
        for before in (0..400).step_by(4) {
            let bad = format!("{}{bad}", "A".repeat(before));
            assert_eq!(decode(&bad), Err(InvalidBase64Url), "{bad:?}");
            let wrong = Err(Error::Encoding(Part::Token));
            let found = decoded::<100, _>(Part::Token, &bad, |_| Ok(()));
            assert_eq!(found, wrong, "{bad:?}");
            let wide = Wide::new();
            let found = decode_with(Some(&wide), bad.as_bytes());
            assert_eq!(found, Err(InvalidBase64Url), "{bad:?}");
            let found = decoded_with::<1000, _>(Some(&wide), Part::Token, &bad, |_| Ok(()));
            assert_eq!(found, wrong, "{bad:?}");
        }
    }
}

#[test]
fn rejects_a_wrong_character_in_every_place_of_a_long_text() {
    for at in 0..256 {
        for wrong in (0..=u8::MAX).filter(|byte| !byte.is_ascii_alphanumeric()) {
            let mut text = [b'A'; 256];
            text[at] = wrong;
            let right = matches!(wrong, b'-' | b'_');
            assert_eq!(decode(text).is_ok(), right, "{wrong} at {at}");
        }
    }
}

#[test]
fn an_array_has_one_length() {
    assert_eq!(decode_array::<2>("AAA").unwrap(), [0, 0]);
    assert_eq!(decode_array::<3>("AAA"), Err(InvalidBase64Url));
    assert_eq!(decode_array::<1>("AAA"), Err(InvalidBase64Url));
}
