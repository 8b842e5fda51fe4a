//! A line of the client format, parted into its fields: plain_lines.py's pattern.

/// Longest host or address, bytes: no store cuts it.
const LONGEST_WORD: usize = 190;
/// Most digits of a number that is within 64 bits, whatever they are.
const MOST_DIGITS: usize = 18;

/// The six fields of a plain line, as they stand in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// `?` and percent-encoded JSON.
    pub query: &'a [u8],
    /// A text that stands in JSON as it is.
    pub host: &'a [u8],
    /// Decimal digits, without zeros before them.
    pub number: &'a [u8],
    /// `2020-09-13T12:26:40`, perhaps a time that no calendar has.
    pub moment: &'a [u8],
    /// A text that stands in JSON as it is.
    pub address: &'a [u8],
    /// The user agent, which may be no UTF-8.
    pub agent: &'a [u8],
}

impl<'a> Line<'a> {
    /// Part a line; `None` where a field is not plain.
    pub fn of(line: &'a [u8]) -> Option<Self> {
        let mut fields = [&line[..0]; 6];
        let (mut from, mut count) = (0, 0);
        for tab in memchr::memchr_iter(b'\t', line) {
            // The sixth field goes to the end of the line.
            *fields[..5].get_mut(count)? = &line[from..tab];
            from = tab + 1;
            count += 1;
        }
        if count != 5 {
            return None;
        }
        fields[5] = &line[from..];
        let [query, host, number, moment, address, agent] = fields;
        let is_plain = query.len() > 1
            && query[0] == b'?'
            && is_word(host)
            && is_number(number)
            && is_word(address)
            && agent.first().is_some_and(|c| matches!(c, b'!'..=b'~'));
        is_plain.then_some(Line { query, host, number, moment, address, agent })
    }

    /// The query without the signs around its JSON.
    pub fn encoded(&self) -> &'a [u8] {
        let mut rest = self.query;
        while let [b'?' | b';', inner @ ..] = rest {
            rest = inner;
        }
        while let [inner @ .., b'?' | b';'] = rest {
            rest = inner;
        }
        rest
    }
}

/// Tell whether a text stands in JSON as it does in the line, and is too long for no store.
pub fn is_word(text: &[u8]) -> bool {
    (1..=LONGEST_WORD).contains(&text.len())
        && text.iter().all(|c| matches!(c, b'!'..=b'~') && !matches!(c, b'"' | b'\\'))
}

fn is_number(text: &[u8]) -> bool {
    (1..=MOST_DIGITS).contains(&text.len())
        && text.iter().all(u8::is_ascii_digit)
        && (text[0] != b'0' || text.len() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &[u8] = b"?%7B%7D;\tcp1\t12\t2020-09-13T12:26:40\t10.0.0.1\tMozilla/5.0 (X)";

    fn with(at: usize, field: &[u8]) -> Vec<u8> {
        let mut fields: Vec<&[u8]> = PLAIN.split(|&c| c == b'\t').collect();
        fields[at] = field;
        fields.join(&b'\t')
    }

    #[test]
    fn a_plain_line_has_six_fields() {
        let line = Line::of(PLAIN).unwrap();
        assert_eq!(line.encoded(), b"%7B%7D");
        assert_eq!((line.host, line.number), (&b"cp1"[..], &b"12"[..]));
        assert_eq!(line.agent, b"Mozilla/5.0 (X)");
    }

    #[test]
    fn all_others_are_none() {
        let long = [b'a'; LONGEST_WORD + 1];
        let others: [(usize, &[u8]); 14] = [
            (0, b"?"),
            (0, b"%7B%7D"),
            (1, b""),
            (1, b"a\"b"),
            (1, b"a b"),
            (1, &long),
            (2, b""),
            (2, b"01"),
            (2, b"-1"),
            (2, b"1000000000000000000"),
            (4, b"\\"),
            (4, "é".as_bytes()),
            (5, b""),
            (5, b" x"),
        ];
        for (at, field) in others {
            assert_eq!(Line::of(&with(at, field)), None, "{at} {field:?}");
        }
        assert_eq!(Line::of(&[PLAIN, b"\tmore"].concat()), None);
        assert_eq!(Line::of(&PLAIN[..20]), None);
        assert_eq!(Line::of(b""), None);
        assert!(Line::of(&with(2, b"0")).is_some());
        assert!(Line::of(&with(1, &long[1..])).is_some());
    }
}
