//! The suite's headers, errors and `Any`s, and ours.

use http::{HeaderMap, HeaderName, HeaderValue};
use meshrpc::metadata::{BinaryMetadataValue, KeyAndValueRef, MetadataMap};
use meshrpc::prost::Message;
use meshrpc::prost_types::Any;
use meshrpc::{Code, Status};

use crate::contracts::connectrpc::conformance::v1::{Error, Header};

const TYPE_PREFIX: &str = "type.googleapis.com/connectrpc.conformance.v1.";

/// The suite's headers as metadata. Binary values are base64 on both sides.
pub(super) fn metadata(headers: &[Header]) -> MetadataMap {
    let mut map = HeaderMap::new();
    for header in headers {
        let Ok(name) = HeaderName::try_from(&header.name) else {
            continue;
        };
        for value in &header.value {
            if let Ok(value) = HeaderValue::try_from(value) {
                map.append(&name, value);
            }
        }
    }
    MetadataMap::from_headers(map)
}

/// Metadata as the suite's headers; one header a name, all its values in order.
pub(super) fn headers(metadata: &MetadataMap) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for entry in metadata.iter() {
        let (name, value) = match entry {
            KeyAndValueRef::Ascii(name, value) => (
                name.as_str(),
                String::from_utf8_lossy(value.as_encoded_bytes()).into_owned(),
            ),
            KeyAndValueRef::Binary(name, value) => (name.as_str(), base64(value)),
        };
        match headers.iter_mut().find(|header| header.name == name) {
            Some(header) => header.value.push(value),
            None => headers.push(Header {
                name: name.to_owned(),
                value: vec![value],
            }),
        }
    }
    headers
}

/// The suite compares text: base64 without padding, however it came.
fn base64(value: &BinaryMetadataValue) -> String {
    let canonical = match value.to_bytes() {
        Ok(bytes) => BinaryMetadataValue::from_bytes(&bytes),
        Err(_) => value.clone(),
    };
    String::from_utf8_lossy(canonical.as_encoded_bytes()).into_owned()
}

/// A message of the suite's own package as `Any`.
pub(super) fn any(name: &str, message: &impl Message) -> Any {
    Any {
        type_url: format!("{TYPE_PREFIX}{name}"),
        value: message.encode_to_vec(),
    }
}

/// The message in an `Any` of the suite's own package.
pub(super) fn unpack<M: Message + Default>(name: &str, any: &Any) -> Result<M, String> {
    if any.type_url.strip_prefix(TYPE_PREFIX) != Some(name) {
        return Err(format!("{} where {name} belongs", any.type_url));
    }
    M::decode(any.value.as_slice()).map_err(|error| format!("no {name}: {error}"))
}

/// The status that the suite asks a handler to end with.
pub(super) fn status(error: Error, more_details: Option<Any>, trailers: MetadataMap) -> Status {
    let code = Code::from(error.code);
    let message = error.message.unwrap_or_default();
    let mut details = error.details;
    details.extend(more_details);
    let details = meshrpc::google::rpc::Status {
        code: error.code,
        message: message.clone(),
        details,
    };
    let encoded = details.encode_to_vec();
    Status::with_details_and_metadata(code, message, encoded.into(), trailers)
}

/// A status as the suite's error.
pub(super) fn error(status: &Status) -> Error {
    let details = meshrpc::google::rpc::Status::decode(status.details());
    Error {
        code: status.code().into(),
        message: Some(status.message().to_owned()),
        details: details.map(|status| status.details).unwrap_or_default(),
    }
}
