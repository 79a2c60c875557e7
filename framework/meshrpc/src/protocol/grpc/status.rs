//! `grpc-status`, `grpc-message` and `grpc-status-details-bin`: wire to [`Status`] and back
//! (PROTOCOL-HTTP2, *Responses*; *Status codes*).
//!
//! Why not tonic's own conversion: it panics when a peer's details are no base64, and turns
//! a message that does not decode into another code. Here nothing that a peer writes can
//! cost more than the part that is broken.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tonic::{Code, Status};

use super::{GRPC_ACCEPT_ENCODING, metadata, percent};

/// The status code, in trailers; for OK too.
pub(crate) static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// The status message, percent-encoded.
pub(crate) static GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
/// An encoded `google.rpc.Status`, in base64.
pub(crate) static GRPC_STATUS_DETAILS: HeaderName =
    HeaderName::from_static("grpc-status-details-bin");

/// Writes unpadded, reads both (PROTOCOL-HTTP2: "accept padded and un-padded values, emit
/// un-padded"); sloppy last bits of an encoder are no reason to lose the details.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Writes the end of a call that went well. Allocates nothing of its own.
pub(crate) fn ok_trailers(headers: &mut HeaderMap) {
    headers.insert(&GRPC_STATUS, HeaderValue::from_static("0"));
}

/// The start of a message that is too long for a header. A peer drops a whole header list over
/// its limit (8 KiB is what gRPC suggests), and with it the code, which matters more.
fn clipped(message: &str) -> &str {
    const MAX: usize = 4 * 1024;
    if message.len() <= MAX {
        return message;
    }
    let mut end = MAX;
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}

/// Writes `status` into trailers, or into the headers of a Trailers-Only response, and its
/// metadata behind it, without the names that are not the user's to write.
pub(crate) fn to_trailers(status: &Status, headers: &mut HeaderMap) {
    headers.insert(
        &GRPC_STATUS,
        HeaderValue::from_static(digits(status.code())),
    );
    if !status.message().is_empty() {
        headers.insert(&GRPC_MESSAGE, percent::encode(clipped(status.message())));
    }
    if !status.details().is_empty() {
        let details = Bytes::from(BASE64.encode(status.details()));
        let details = HeaderValue::from_maybe_shared(details)
            .expect("base64 has only characters that a header value may have");
        headers.insert(&GRPC_STATUS_DETAILS, details);
    }
    metadata::append_user_metadata_ref(status.metadata(), headers);
    // The one reserved name that a status may bring along: an UNIMPLEMENTED for an unknown
    // encoding says which ones are known (compression.md).
    if let Some(accepted) = status.metadata().as_ref().get(&GRPC_ACCEPT_ENCODING) {
        headers.insert(&GRPC_ACCEPT_ENCODING, accepted.clone());
    }
}

/// Takes the status out of trailers, or out of the headers of a Trailers-Only response.
///
/// - `None`: there is no `grpc-status`; `headers` are as they were.
/// - `Some(Ok(()))`: the call went well; what is left in `headers` are its trailers.
/// - `Some(Err(status))`: it did not; the trailers moved into `status.metadata()`, without
///   reserved names, and `headers` is empty.
pub(crate) fn from_trailers(headers: &mut HeaderMap) -> Option<Result<(), Status>> {
    let raw = headers.remove(&GRPC_STATUS)?;
    if raw == "0" && headers.is_empty() {
        return Some(Ok(()));
    }
    let message = headers.remove(&GRPC_MESSAGE);
    let details = headers.remove(&GRPC_STATUS_DETAILS);
    let code = parse_code(raw.as_bytes());
    if code == Some(Code::Ok) {
        return Some(Ok(()));
    }

    let message = message
        .as_ref()
        .map(|value| percent::decode(value.as_bytes()));
    let message = message.unwrap_or_default();
    let (code, message) = match code {
        Some(code) => (code, message.into_owned()),
        None => (Code::Unknown, unknown_code(&raw, &message)),
    };
    let details = details.map(|value| decode_details(&value));
    let mut trailers = std::mem::take(headers);
    metadata::strip_reserved(&mut trailers);
    Some(Err(Status::with_details_and_metadata(
        code,
        message,
        details.unwrap_or_default(),
        metadata::from_wire(trailers),
    )))
}

fn digits(code: Code) -> &'static str {
    match code {
        Code::Ok => "0",
        Code::Cancelled => "1",
        Code::Unknown => "2",
        Code::InvalidArgument => "3",
        Code::DeadlineExceeded => "4",
        Code::NotFound => "5",
        Code::AlreadyExists => "6",
        Code::PermissionDenied => "7",
        Code::ResourceExhausted => "8",
        Code::FailedPrecondition => "9",
        Code::Aborted => "10",
        Code::OutOfRange => "11",
        Code::Unimplemented => "12",
        Code::Internal => "13",
        Code::Unavailable => "14",
        Code::DataLoss => "15",
        Code::Unauthenticated => "16",
    }
}

/// `None` for what is no number and for numbers that no gRPC code has.
fn parse_code(value: &[u8]) -> Option<Code> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = value.iter().fold(0i32, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(i32::from(digit - b'0'))
    });
    (number <= 16).then(|| Code::from_i32(number))
}

/// The standard makes UNKNOWN of a code it does not have; the message keeps what it was.
fn unknown_code(raw: &HeaderValue, message: &str) -> String {
    let shown = raw.as_bytes()[..raw.len().min(40)].escape_ascii();
    let colon = if message.is_empty() { "" } else { ": " };
    format!("the peer sent grpc-status \"{shown}\", which is no code from 0 to 16{colon}{message}")
}

/// The first readable value of the header: several may have been joined on the way.
fn decode_details(value: &HeaderValue) -> Bytes {
    let mut error = None;
    for piece in value.as_bytes().split(|byte| *byte == b',') {
        match BASE64.decode(piece.trim_ascii()) {
            Ok(details) => return Bytes::from(details),
            Err(cause) => error = Some(cause),
        }
    }
    if let Some(error) = error {
        tracing::debug!(%error, "dropped grpc-status-details-bin: it is no base64");
    }
    Bytes::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_too_long_for_a_header_is_cut_and_the_code_arrives() {
        let mut headers = HeaderMap::new();
        to_trailers(&Status::not_found("☺".repeat(10_000)), &mut headers);
        let sent: usize = headers.values().map(HeaderValue::len).sum();
        assert!(sent < 14 * 1024, "{sent}");
        let status = from_trailers(&mut headers).unwrap().unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
        assert!(status.message().chars().all(|char| char == '☺'));
    }
    use tonic::metadata::MetadataMap;

    fn trailers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn error_of(pairs: &[(&'static str, &'static str)]) -> Status {
        from_trailers(&mut trailers(pairs))
            .expect("there is a grpc-status")
            .expect_err("an error")
    }

    #[test]
    fn every_code_and_message_survives_the_round_trip() {
        for number in 1..=16 {
            let message = format!("größer {number} %\n");
            let details: Vec<u8> = (0..number as u8).map(|n| n.wrapping_mul(91)).collect();
            let mut metadata = MetadataMap::new();
            metadata.append("x-a", "1".parse().unwrap());
            metadata.append("x-a", "2".parse().unwrap());
            let sent = Status::with_details_and_metadata(
                Code::from_i32(number),
                message,
                details.into(),
                metadata,
            );
            let mut headers = HeaderMap::new();
            to_trailers(&sent, &mut headers);
            assert_eq!(headers["grpc-status"], number.to_string().as_str());
            assert!(
                !headers["grpc-status-details-bin"]
                    .as_bytes()
                    .contains(&b'=')
            );
            let got = from_trailers(&mut headers).unwrap().unwrap_err();
            assert_eq!(got.code(), sent.code());
            assert_eq!(got.message(), sent.message());
            assert_eq!(got.details(), sent.details());
            let values: Vec<_> = got.metadata().get_all("x-a").iter().collect();
            assert_eq!(values, ["1", "2"]);
            assert_eq!(got.metadata().len(), 2);
            assert!(headers.is_empty());
        }
    }

    #[test]
    fn what_a_status_does_not_have_is_not_written() {
        let mut headers = HeaderMap::new();
        to_trailers(&Status::new(Code::Aborted, ""), &mut headers);
        assert_eq!(headers, trailers(&[("grpc-status", "10")]));

        let mut headers = HeaderMap::new();
        ok_trailers(&mut headers);
        assert_eq!(headers, trailers(&[("grpc-status", "0")]));
    }

    #[test]
    fn metadata_of_a_status_cannot_forge_the_status() {
        let mut status = Status::not_found("no");
        status
            .metadata_mut()
            .insert("grpc-status", "0".parse().unwrap());
        status
            .metadata_mut()
            .insert("content-type", "x".parse().unwrap());
        status.metadata_mut().insert("x-mine", "y".parse().unwrap());
        status
            .metadata_mut()
            .insert("grpc-accept-encoding", "gzip".parse().unwrap());
        let mut headers = trailers(&[("grpc-status", "7")]);
        to_trailers(&status, &mut headers);
        let expected = [
            ("grpc-status", "5"),
            ("grpc-message", "no"),
            ("x-mine", "y"),
            ("grpc-accept-encoding", "gzip"),
        ];
        assert_eq!(headers, trailers(&expected));
    }

    #[test]
    fn success_leaves_the_trailers_in_the_map() {
        let mut headers = trailers(&[("grpc-status", "0"), ("grpc-message", "fine"), ("x-a", "1")]);
        assert!(matches!(from_trailers(&mut headers), Some(Ok(()))));
        assert_eq!(headers, trailers(&[("x-a", "1")]));
        let mut headers = trailers(&[("grpc-status", "0")]);
        assert!(matches!(from_trailers(&mut headers), Some(Ok(()))));
    }

    #[test]
    fn no_status_leaves_everything_alone() {
        let mut headers = trailers(&[("grpc-message", "odd"), ("x-a", "1")]);
        assert!(from_trailers(&mut headers).is_none());
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn a_status_that_is_no_code_becomes_unknown_and_says_what_arrived() {
        for raw in [
            "",
            "abc",
            "-1",
            "+1",
            "1 ",
            "0, 0",
            "17",
            "99999999999999999999",
        ] {
            let mut headers = trailers(&[("grpc-message", "why%20not")]);
            headers.insert(&GRPC_STATUS, HeaderValue::from_str(raw).unwrap());
            let status = from_trailers(&mut headers).unwrap().unwrap_err();
            assert_eq!(status.code(), Code::Unknown, "{raw}");
            let said = format!("\"{raw}\"");
            assert!(status.message().contains(&said), "{status}");
            assert!(status.message().ends_with(": why not"), "{status}");
        }
        assert_eq!(error_of(&[("grpc-status", "05")]).code(), Code::NotFound);
    }

    #[test]
    fn details_that_are_no_base64_cost_only_the_details() {
        for bad in ["!!!!", "A", "AQ=A", "=", "====", "%41"] {
            let mut headers = trailers(&[("grpc-status", "9"), ("grpc-message", "m")]);
            headers.insert(&GRPC_STATUS_DETAILS, HeaderValue::from_static(bad));
            let status = from_trailers(&mut headers).unwrap().unwrap_err();
            assert_eq!(status.code(), Code::FailedPrecondition);
            assert_eq!(status.message(), "m");
            assert!(status.details().is_empty(), "{bad}");
        }
    }

    #[test]
    fn details_are_read_padded_unpadded_joined_and_with_sloppy_bits() {
        for good in ["AQI=", "AQI", "AQI=, AwQ", "!,AQI", "AQJ"] {
            let mut headers = trailers(&[("grpc-status", "9")]);
            headers.insert(&GRPC_STATUS_DETAILS, HeaderValue::from_static(good));
            let status = from_trailers(&mut headers).unwrap().unwrap_err();
            assert_eq!(status.details(), [1, 2], "{good}");
        }
    }

    #[test]
    fn an_error_in_the_headers_keeps_only_the_users_part() {
        let status = error_of(&[
            ("content-type", "application/grpc"),
            ("grpc-status", "12"),
            ("grpc-message", "%FF bad"),
            ("grpc-retry-pushback-ms", "-1"),
            ("x-bin", "AQ,Ag"),
        ]);
        assert_eq!(status.code(), Code::Unimplemented);
        assert_eq!(status.message(), "\u{FFFD} bad");
        let mut names: Vec<_> = status
            .metadata()
            .as_ref()
            .keys()
            .map(|n| n.as_str())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["grpc-retry-pushback-ms", "x-bin"]);
        assert_eq!(status.metadata().get_all_bin("x-bin").iter().count(), 2);
    }
}
