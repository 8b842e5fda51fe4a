//! The uuid of an event: version 5, of its host, number and time.

use sha1::{Digest, Sha1};

/// The namespace of URLs (RFC 9562, 6.6).
const NAMESPACE: [u8; 16] = [
    0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
];
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Return the uuid of `event://<host>/?seqId=<number>&<time>` as 32 hex digits.
pub fn of(host: &[u8], number: &[u8], time: &[u8]) -> [u8; 32] {
    let mut hash = Sha1::new();
    for part in [&NAMESPACE[..], b"event://", host, b"/?seqId=", number, b"&", time] {
        hash.update(part);
    }
    let mut digest = hash.finalize();
    digest[6] = digest[6] & 0x0f | 0x50;
    digest[8] = digest[8] & 0x3f | 0x80;
    let mut hex = [0; 32];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(digest) {
        pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
    hex
}

#[cfg(test)]
mod tests {
    #[test]
    fn as_python_has_it() {
        // uuid.uuid5(uuid.NAMESPACE_URL, "event://cp1/?seqId=7&dt=2020-09-13T12:26:40Z").hex
        assert_eq!(
            &super::of(b"cp1", b"7", b"dt=2020-09-13T12:26:40Z"),
            b"777f27d8d5225b5e83396c911727540e"
        );
    }
}
