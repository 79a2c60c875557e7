//! The messages between protoc and a plugin (`google/protobuf/compiler/plugin.proto`).
//!
//! Declared here, with descriptors as bytes: the types of prost-types would drop all that they
//! don't know, custom options and features among it.

use bytes::Bytes;
use prost::Message;

/// `CodeGeneratorRequest`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Request {
    #[prost(string, repeated, tag = "1")]
    pub(super) file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) parameter: Option<String>,
    #[prost(bytes = "bytes", repeated, tag = "15")]
    proto_file: Vec<Bytes>,
}

/// `FileDescriptorSet`, with the files as bytes.
#[derive(Clone, PartialEq, Message)]
struct DescriptorSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

impl Request {
    /// The encoded `FileDescriptorSet` of the files and all that they import.
    pub(super) fn descriptor_set(&self) -> Vec<u8> {
        let set = DescriptorSet {
            file: self.proto_file.clone(),
        };
        set.encode_to_vec()
    }
}

/// `CodeGeneratorResponse`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Response {
    #[prost(string, optional, tag = "1")]
    pub(super) error: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) supported_features: Option<u64>,
    #[prost(int32, optional, tag = "3")]
    pub(super) minimum_edition: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub(super) maximum_edition: Option<i32>,
    #[prost(message, repeated, tag = "15")]
    pub(super) file: Vec<ResponseFile>,
}

/// `CodeGeneratorResponse.File`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ResponseFile {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, optional, tag = "2")]
    pub(super) insertion_point: Option<String>,
    #[prost(string, tag = "15")]
    pub(super) content: String,
}

const FEATURE_PROTO3_OPTIONAL: u64 = 1;
const FEATURE_SUPPORTS_EDITIONS: u64 = 2;
const EDITION_PROTO2: i32 = 998;
const EDITION_2024: i32 = 1001;

impl Response {
    /// An empty response that says what the plugin understands.
    pub(super) fn capabilities() -> Self {
        Self {
            error: None,
            supported_features: Some(FEATURE_PROTO3_OPTIONAL | FEATURE_SUPPORTS_EDITIONS),
            minimum_edition: Some(EDITION_PROTO2),
            maximum_edition: Some(EDITION_2024),
            file: Vec::new(),
        }
    }
}
