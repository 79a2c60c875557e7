//! The percent-encoding of `grpc-message` (PROTOCOL-HTTP2, *Responses*).
//!
//! A status message is any Unicode text, a header value is not. The standard lets the bytes
//! from space to `~` pass, except `%`, and encodes all others. Reading forgives everything:
//! a peer's clumsy message must never cost the caller the status it belongs to.

use std::borrow::Cow;

use bytes::BytesMut;
use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS};

/// What has to be encoded besides the bytes above `~`, which always are.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// Writes a status message as the value of `grpc-message`.
pub(crate) fn encode(message: &str) -> HeaderValue {
    let mut pieces = percent_encoding::utf8_percent_encode(message, ENCODED);
    let first = pieces.next().unwrap_or_default();
    // Most messages are one piece of plain ASCII: one copy, no second look.
    if first.len() == message.len() {
        return HeaderValue::from_str(first).expect("space to ~ are valid in a header value");
    }
    let mut out = BytesMut::with_capacity(message.len() + message.len() / 2);
    out.extend_from_slice(first.as_bytes());
    for piece in pieces {
        out.extend_from_slice(piece.as_bytes());
    }
    HeaderValue::from_maybe_shared(out.freeze()).expect("space to ~ are valid in a header value")
}

/// Reads the value of `grpc-message`. Never fails: an escape that is none stays as it
/// arrived, and bytes that are no UTF-8 become U+FFFD.
pub(crate) fn decode(value: &[u8]) -> Cow<'_, str> {
    percent_encoding::percent_decode(value).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(message: &str) -> String {
        encode(message).to_str().unwrap().to_owned()
    }

    #[test]
    fn only_space_to_tilde_without_percent_travel_raw() {
        assert_eq!(encoded(""), "");
        let raw: String = (b' '..=b'~')
            .filter(|b| *b != b'%')
            .map(char::from)
            .collect();
        assert_eq!(encoded(&raw), raw);
        assert_eq!(encoded("100 %"), "100 %25");
        assert_eq!(encoded("a\r\nb\tc\u{7f}\0"), "a%0D%0Ab%09c%7F%00");
        assert_eq!(encoded("größer 🦀"), "gr%C3%B6%C3%9Fer %F0%9F%A6%80");
        assert_eq!(encoded("%"), "%25");
    }

    #[test]
    fn every_text_survives_the_round_trip() {
        for scalar in (0..0x3000)
            .chain(0x1F300..0x1F400)
            .filter_map(char::from_u32)
        {
            let message = format!("{scalar}a{scalar}%{scalar}");
            assert_eq!(decode(encode(&message).as_bytes()), message);
        }
    }

    #[test]
    fn a_bad_encoding_never_loses_the_message() {
        assert_eq!(decode(b"%zz 50%"), "%zz 50%");
        assert_eq!(decode(b"a%4"), "a%4");
        assert_eq!(decode(b"a%FFb"), "a\u{FFFD}b");
        assert_eq!(decode(b"\xC3\xA9 raw"), "é raw");
        assert_eq!(decode(b"%e4%bd%a0"), "你");
        for byte in 0..=u8::MAX {
            let text = [b'x', byte, b'%', byte, b'%', b'C', b'3', byte];
            assert!(decode(&text).starts_with('x'));
        }
    }
}
