//! Times of lines, `2020-09-13T12:26:40`, in UTC.

/// The first year whose times are taken: Python's calendar says what of earlier ones.
const FIRST_YEAR: u32 = 1970;
const DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// Days before each month of a year that is no leap year.
const BEFORE: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// Return a time as seconds since 1970; `None` for what no calendar has, and before 1970.
pub fn seconds(text: &[u8]) -> Option<u64> {
    let [a, b, c, d, b'-', e, f, b'-', g, h, b'T', i, j, b':', k, l, b':', m, n] = text else {
        return None;
    };
    let year = two(*a, *b)? * 100 + two(*c, *d)?;
    let (month, day) = (two(*e, *f)?, two(*g, *h)?);
    let (hour, minute, second) = (two(*i, *j)?, two(*k, *l)?, two(*m, *n)?);
    let of_month = (month as usize).checked_sub(1)?;
    let leaps = u32::from(is_leap(year));
    let longest = DAYS.get(of_month)? + if month == 2 { leaps } else { 0 };
    if year < FIRST_YEAR || day < 1 || day > longest || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let past = year - 1;
    let years = (year - FIRST_YEAR) * 365 + past / 4 - past / 100 + past / 400 - 477;
    let days = years + BEFORE[of_month] + if month > 2 { leaps } else { 0 } + day - 1;
    Some(u64::from(days) * 86_400 + u64::from(hour * 3_600 + minute * 60 + second))
}

fn two(ten: u8, one: u8) -> Option<u32> {
    (ten.is_ascii_digit() && one.is_ascii_digit())
        .then(|| u32::from(ten - b'0') * 10 + u32::from(one - b'0'))
}

fn is_leap(year: u32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_since_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00", 0),
            ("1972-02-29T00:00:00", 68_169_600),
            ("2000-02-29T23:59:59", 951_868_799),
            ("2000-03-01T00:00:00", 951_868_800),
            ("2020-09-13T12:26:40", 1_600_000_000),
            ("2100-03-01T00:00:00", 4_107_542_400),
            ("9999-12-31T23:59:59", 253_402_300_799),
        ] {
            assert_eq!(seconds(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_no_calendar_has() {
        for text in [
            "",
            "1969-12-31T23:59:59",
            "2019-02-29T00:00:00",
            "2100-02-29T00:00:00",
            "2020-00-01T00:00:00",
            "2020-13-01T00:00:00",
            "2020-04-31T00:00:00",
            "2020-04-00T00:00:00",
            "2020-04-01T24:00:00",
            "2020-04-01T00:60:00",
            "2020-04-01T00:00:60",
            "2020-04-01 00:00:00",
            "2020-04-01T00:00:0x",
            "2020-04-01T00:00:00Z",
        ] {
            assert_eq!(seconds(text.as_bytes()), None, "{text}");
        }
    }
}
