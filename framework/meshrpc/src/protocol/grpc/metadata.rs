//! User metadata and HTTP headers: the border between them (PROTOCOL-HTTP2, *Custom-Metadata*).
//!
//! Outgoing, user metadata stands behind the call's own headers and can't replace one of
//! them. Incoming, binary values that somebody on the way joined with commas are taken apart
//! again, and nothing a peer writes into a value fails the call: what is no base64 is found
//! by whoever reads that value, as an error of `to_bytes`.

use bytes::Bytes;
use http::header::{Entry, HeaderMap, HeaderName, HeaderValue};
use tonic::metadata::MetadataMap;

/// Whether `name` belongs to gRPC or to HTTP, so that user metadata can't carry it.
///
/// `grpc-` is reserved as a whole but for the names that gRFCs define *as* metadata:
/// a handler answers with `grpc-retry-pushback-ms` (A6), a retry announces itself with
/// `grpc-previous-rpc-attempts` (A6), and traces travel in `grpc-trace-bin` and
/// `grpc-tags-bin` (A45, A72).
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    let name = name.as_str();
    match name {
        "te" | "host" | "user-agent" | "content-type" | "content-length" => true,
        // HTTP/2 has no connection-specific headers (RFC 9113, 8.2.2): h2 refuses them.
        "connection" | "keep-alive" | "proxy-connection" | "transfer-encoding" | "upgrade" => true,
        "grpc-retry-pushback-ms"
        | "grpc-previous-rpc-attempts"
        | "grpc-trace-bin"
        | "grpc-tags-bin" => false,
        _ => name.starts_with("grpc-") || name.starts_with(':'),
    }
}

/// Moves user metadata behind the headers that are already there, without what is reserved.
pub(crate) fn append_user_metadata(metadata: MetadataMap, headers: &mut HeaderMap) {
    if metadata.is_empty() {
        return;
    }
    let mut user = metadata.into_headers();
    if headers.is_empty() {
        // Nothing to stand behind: the map itself moves, unhashed.
        strip_reserved(&mut user);
        *headers = user;
        return;
    }
    headers.reserve(user.keys_len());
    let mut current = None;
    for (name, value) in user {
        // `None` is a further value of the name before.
        if let Some(name) = name {
            current = (!is_reserved(&name)).then_some(name);
        }
        if let Some(name) = &current {
            headers.append(name, value);
        }
    }
}

/// The same for metadata that is only borrowed, such as a `Status` has.
pub(crate) fn append_user_metadata_ref(metadata: &MetadataMap, headers: &mut HeaderMap) {
    if metadata.is_empty() {
        return;
    }
    let user: &HeaderMap = metadata.as_ref();
    headers.reserve(user.keys_len());
    for (name, value) in user {
        if !is_reserved(name) {
            headers.append(name, value.clone());
        }
    }
}

/// Removes every reserved name.
pub(crate) fn strip_reserved(headers: &mut HeaderMap) {
    if !headers.keys().any(is_reserved) {
        return;
    }
    let reserved: Vec<HeaderName> = headers.keys().filter(|n| is_reserved(n)).cloned().collect();
    for name in reserved {
        headers.remove(name);
    }
}

/// Headers or trailers from the wire as metadata.
///
/// Reserved names stay in: a handler may want to see the `user-agent`, and on the way out
/// they are dropped anyway. Costs one look at each name unless a binary value is joined.
pub(crate) fn from_wire(mut headers: HeaderMap) -> MetadataMap {
    if headers.iter().any(|(name, value)| is_joined(name, value)) {
        split_joined(&mut headers);
    }
    MetadataMap::from_headers(headers)
}

fn is_joined(name: &HeaderName, value: &HeaderValue) -> bool {
    name.as_str().ends_with("-bin") && value.as_bytes().contains(&b',')
}

/// Base64 has no comma, so each comma in a `-bin` value is one that joins.
fn split_joined(headers: &mut HeaderMap) {
    let mut joined: Vec<HeaderName> = Vec::new();
    for (name, value) in headers.iter() {
        if is_joined(name, value) && joined.last() != Some(name) {
            joined.push(name.clone());
        }
    }
    for name in joined {
        let Entry::Occupied(entry) = headers.entry(name) else {
            continue;
        };
        let (name, values) = entry.remove_entry_mult();
        let values: Vec<HeaderValue> = values.collect();
        for value in values {
            for piece in pieces(&value) {
                headers.append(&name, piece);
            }
        }
    }
}

/// The values that `value` joins, in order; all share one allocation.
fn pieces(value: &HeaderValue) -> impl Iterator<Item = HeaderValue> {
    let all = Bytes::copy_from_slice(value.as_bytes());
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let from = start?;
        let end = all[from..]
            .iter()
            .position(|b| *b == b',')
            .map(|at| from + at);
        start = end.map(|end| end + 1);
        let piece = all[from..end.unwrap_or(all.len())].trim_ascii();
        let piece = all.slice_ref(piece);
        Some(HeaderValue::from_maybe_shared(piece).expect("a part of a valid value is valid"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::metadata::MetadataValue;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    const RESERVED: &[&str] = &[
        "te",
        "host",
        "user-agent",
        "content-type",
        "content-length",
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
        "grpc-status",
        "grpc-message",
        "grpc-timeout",
        "grpc-encoding",
        "grpc-accept-encoding",
        "grpc-status-details-bin",
        "grpc-anything",
    ];

    #[test]
    fn user_metadata_stands_behind_the_call_headers_and_replaces_none() {
        let mut headers = map(&[("te", "trailers"), ("content-type", "application/grpc")]);
        let mut user = map(&[("x-b", "1"), ("x-a", "2"), ("x-b", "3")]);
        for name in RESERVED {
            user.append(*name, HeaderValue::from_static("evil"));
            user.append(*name, HeaderValue::from_static("twice"));
        }
        append_user_metadata(MetadataMap::from_headers(user.clone()), &mut headers);
        assert_eq!(names(&headers), ["te", "content-type", "x-b", "x-b", "x-a"]);
        assert_eq!(headers["te"], "trailers");
        assert_eq!(headers.get_all("te").iter().count(), 1);
        let all: Vec<_> = headers.get_all("x-b").iter().collect();
        assert_eq!(all, ["1", "3"]);

        let mut empty = HeaderMap::new();
        append_user_metadata(MetadataMap::from_headers(user.clone()), &mut empty);
        assert_eq!(empty.len(), 3);
        assert!(RESERVED.iter().all(|name| !empty.contains_key(*name)));

        let mut borrowed = map(&[("te", "trailers")]);
        append_user_metadata_ref(&MetadataMap::from_headers(user), &mut borrowed);
        assert_eq!(names(&borrowed), ["te", "x-b", "x-b", "x-a"]);
    }

    #[test]
    fn names_that_grfcs_define_as_metadata_pass() {
        let user = map(&[
            ("grpc-retry-pushback-ms", "50"),
            ("grpc-previous-rpc-attempts", "1"),
            ("grpc-trace-bin", "AAA"),
            ("grpc-tags-bin", "AAA"),
            ("authorization", "Bearer x"),
        ]);
        let mut headers = map(&[("te", "trailers")]);
        append_user_metadata(MetadataMap::from_headers(user), &mut headers);
        assert_eq!(headers.len(), 6);
    }

    #[test]
    fn empty_metadata_changes_nothing() {
        let mut headers = HeaderMap::new();
        append_user_metadata(MetadataMap::new(), &mut headers);
        append_user_metadata_ref(&MetadataMap::new(), &mut headers);
        assert_eq!(headers.capacity(), 0);
    }

    fn binaries(headers: HeaderMap, name: &str) -> Vec<Option<Vec<u8>>> {
        from_wire(headers)
            .get_all_bin(name)
            .iter()
            .map(|value| value.to_bytes().ok().map(|bytes| bytes.to_vec()))
            .collect()
    }

    #[test]
    fn joined_binary_values_come_apart_in_order() {
        let headers = map(&[
            ("x-bin", "AQ,Ag==, Aw"),
            ("other", "a,b"),
            ("x-bin", "BA"),
            ("x-bin", "BQ==,,BgcI"),
            ("y-bin", "AQ"),
        ]);
        let expected = [&[1u8][..], &[2], &[3], &[4], &[5], &[], &[6, 7, 8]];
        let found = binaries(headers.clone(), "x-bin");
        assert_eq!(found, expected.map(|bytes| Some(bytes.to_vec())));
        let metadata = from_wire(headers);
        assert_eq!(metadata.get("other").unwrap(), "a,b");
        assert_eq!(metadata.get_all_bin("y-bin").iter().count(), 1);
    }

    #[test]
    fn padded_and_unpadded_base64_are_both_read() {
        // Every length modulo 3, through what a user writes and what a peer may send.
        for len in 0..40u8 {
            let bytes: Vec<u8> = (0..len).map(|n| n.wrapping_mul(37)).collect();
            let written = MetadataValue::from_bytes(&bytes);
            let text = written.as_encoded_bytes().to_vec();
            assert!(!text.ends_with(b"="), "unpadded on the wire");
            let mut padded = text.clone();
            padded.resize(text.len().div_ceil(4) * 4, b'=');
            for form in [text, padded] {
                let mut headers = HeaderMap::new();
                headers.insert("x-bin", HeaderValue::from_bytes(&form).unwrap());
                assert_eq!(binaries(headers, "x-bin"), [Some(bytes.clone())]);
            }
        }
    }

    #[test]
    fn values_that_grpc_forbids_do_not_fail_the_call() {
        let mut headers = map(&[("x-bin", "!!,AQ"), ("y-bin", "A")]);
        headers.append("x-text", HeaderValue::from_bytes(b"caf\xC3\xA9\t").unwrap());
        headers.append("z-bin", HeaderValue::from_bytes(b"\xFF\xFE").unwrap());
        assert_eq!(binaries(headers.clone(), "x-bin"), [None, Some(vec![1])]);
        assert_eq!(binaries(headers.clone(), "y-bin"), [None]);
        assert_eq!(binaries(headers.clone(), "z-bin"), [None]);
        let metadata = from_wire(headers);
        assert!(metadata.get("x-text").unwrap().to_str().is_err());
        assert_eq!(
            metadata.get("x-text").unwrap().as_encoded_bytes(),
            b"caf\xC3\xA9\t"
        );
    }
}
