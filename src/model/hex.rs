//! Bytes as hex digits.

/// The bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| digits(*byte)).map(char::from).collect()
}

/// The two digits of a byte, as ASCII.
pub(super) fn digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)])
}

/// As many bytes as are asked for, of two hex digits each, in either case; `None` if the text is anything else.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_digits_are_the_same_in_both_directions() {
        let all: [u8; 256] = std::array::from_fn(|n| u8::try_from(n).unwrap());
        assert!(hex(&all).starts_with("000102") && hex(&all).ends_with("fdfeff"));
        assert_eq!(unhex(&hex(&all)), Some(all));
        assert_eq!(unhex("0aFf"), Some([0x0a, 0xff]));
        assert_eq!(hex(&[]), "");
    }

    #[test]
    fn what_is_no_hex_of_that_length_is_nothing() {
        for text in ["", "0", "000", "0g", "+f", " 1", "é"] {
            assert_eq!(unhex::<1>(text), None, "{text}");
        }
    }
}
