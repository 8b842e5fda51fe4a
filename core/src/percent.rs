//! Percent-decoding of a query, and at once what the limits on its JSON count.

/// JSON nested deeper is refused (json_text.py, MAX_DEPTH).
pub const MAX_DEPTH: usize = 40;
/// The digits of the shortest integer that may pass 64 bits.
const LONG_NUMBER: usize = 19;

const NO_HEX: u8 = 0xFF;

static HEX: [u8; 256] = {
    let mut table = [NO_HEX; 256];
    let mut digit = 0;
    while digit < 10 {
        table[b'0' as usize + digit as usize] = digit;
        digit += 1;
    }
    while digit < 16 {
        table[b'A' as usize + digit as usize - 10] = digit;
        table[b'a' as usize + digit as usize - 10] = digit;
        digit += 1;
    }
    table
};

/// Decode a query into `data`, `+` as a space; false for what Python decides.
///
/// That is an escape that is cut or none, a byte that clients do not send, and JSON that may pass
/// a limit: by its brackets it is deeper than [`MAX_DEPTH`], by its brackets and commas it has more
/// than `max_keys` keys, or it has a number of 19 digits.
pub fn decode(query: &[u8], data: &mut Vec<u8>, max_keys: usize) -> bool {
    data.clear();
    data.reserve(query.len());
    let (mut opened, mut commas, mut digits) = (0, 0, 0);
    let mut rest = query;
    while let [first, after @ ..] = rest {
        let byte = match (first, after) {
            (b'%', [high, low, more @ ..]) => {
                rest = more;
                let (high, low) = (HEX[*high as usize], HEX[*low as usize]);
                if high | low == NO_HEX {
                    return false;
                }
                high << 4 | low
            }
            (b'%', _) => return false,
            (b'+', _) => {
                rest = after;
                b' '
            }
            (b'!'..=b'~', _) => {
                rest = after;
                *first
            }
            _ => return false,
        };
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        match byte {
            b'{' | b'[' => opened += 1,
            b',' => commas += 1,
            _ => {}
        }
        if digits == LONG_NUMBER {
            return false;
        }
        data.push(byte);
    }
    opened <= MAX_DEPTH && opened + commas <= max_keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(query: &[u8]) -> Option<Vec<u8>> {
        let mut data = vec![b'x'];
        decode(query, &mut data, 1000).then_some(data)
    }

    #[test]
    fn escapes_in_either_case_and_spaces() {
        assert_eq!(decoded(b"%7b%C3%a9+=%7D").unwrap(), "{é =}".as_bytes());
        assert_eq!(decoded(b"").unwrap(), b"");
    }

    #[test]
    fn what_is_no_escape_and_what_no_client_sends() {
        for query in ["%", "%7", "a%", "%g0", "%0g", "a b", "é", "\u{7f}", "\0"] {
            assert_eq!(decoded(query.as_bytes()), None, "{query:?}");
        }
    }

    #[test]
    fn limits_count_what_is_decoded() {
        assert!(decoded("%5B".repeat(MAX_DEPTH).as_bytes()).is_some());
        assert_eq!(decoded("%5B".repeat(MAX_DEPTH + 1).as_bytes()), None);
        assert!(decoded(&b",".repeat(1000)).is_some());
        assert_eq!(decoded(&b",".repeat(1001)), None);
        assert!(decoded(&[&b"1".repeat(18)[..], b",", &b"1".repeat(18)].concat()).is_some());
        assert_eq!(decoded(&b"%31".repeat(19)), None);
    }
}
