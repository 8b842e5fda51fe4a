//! EventLogging's rules of a year, of a line's fields.

/// Of the time in seconds, the characters that are part of a uuid.
const TIME_CHARS: usize = 10;

/// EventLogging's rules of a year (dialect.py).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Times in seconds, user agents as sent, no addresses.
    Of2015,
    /// Times of ISO 8601, user agents parsed, addresses.
    Of2018,
}

impl Dialect {
    /// Whether a name is that of a field of the line.
    pub fn is_of_line(self, name: &str) -> bool {
        match name {
            "recvFrom" | "seqId" | "userAgent" | "uuid" => true,
            "dt" | "ip" => self == Dialect::Of2018,
            "timestamp" | "clientIp" => self == Dialect::Of2015,
            _ => false,
        }
    }

    /// Return a time, which is as many seconds after 1970, as an event has it.
    pub fn time(self, moment: &[u8], seconds: u64) -> Time {
        match self {
            Dialect::Of2018 => Time {
                member: [b"\"dt\":\"", moment, b"Z\""].concat(),
                identity: [b"dt=", moment, b"Z"].concat(),
            },
            Dialect::Of2015 => {
                let digits = seconds.to_string();
                let first = &digits[..digits.len().min(TIME_CHARS)];
                Time {
                    member: format!("\"timestamp\":{digits}").into_bytes(),
                    identity: format!("timestamp={first}").into_bytes(),
                }
            }
        }
    }
}

/// The time of an event: the member that holds it, and the end of its uuid's URL.
pub struct Time {
    /// `"dt":"2020-09-13T12:26:40Z"`
    pub member: Vec<u8>,
    /// `dt=2020-09-13T12:26:40Z`
    pub identity: Vec<u8>,
}
