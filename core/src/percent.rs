//! Percent-decoding of a query.

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

/// What each byte is that stands for itself, or as `+` for a space; 0 for all others.
static DIRECT: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        table[byte as usize] = byte;
        byte += 1;
    }
    table[b'+' as usize] = b' ';
    table[b'%' as usize] = 0;
    table
};

/// Decode a query into `data`, `+` as a space; false for what Python decides: an escape that is cut
/// or none, and a byte that clients do not send.
pub fn decode(query: &[u8], data: &mut Vec<u8>) -> bool {
    data.clear();
    data.resize(query.len(), 0);
    let (mut bytes, mut places) = (query.iter(), data.iter_mut());
    while let Some(&first) = bytes.next() {
        // As many places as bytes, and an escape takes three of these.
        let Some(place) = places.next() else { return false };
        *place = DIRECT[first as usize];
        if *place == 0 {
            let (b'%', Some(&high), Some(&low)) = (first, bytes.next(), bytes.next()) else {
                return false;
            };
            let (high, low) = (HEX[high as usize], HEX[low as usize]);
            if high | low == NO_HEX {
                return false;
            }
            *place = high << 4 | low;
        }
    }
    let left = places.len();
    data.truncate(query.len() - left);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(query: &[u8]) -> Option<Vec<u8>> {
        let mut data = vec![b'x'];
        decode(query, &mut data).then_some(data)
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
}
