//! Protobuf descriptors that keep their original bytes and everything that
//! `prost-types` drops: features, custom options, unknown fields.
//!
//! A code generator, a reflection service and a compatibility checker all read
//! contracts as descriptors. `prost-types` forgets what its version of
//! `descriptor.proto` doesn't know, so a reader built on it would serve
//! reflection clients something the author never wrote, and would never see a
//! custom option. This crate decodes descriptors itself, beside the bytes, and
//! resolves the features of every element by the rules of protobuf editions.
//!
//! ```
//! use meshrpc_descriptor::{FileSet, Syntax};
//!
//! # let bytes = {
//! #     use prost::Message;
//! #     prost_types::FileDescriptorSet {
//! #         file: vec![prost_types::FileDescriptorProto {
//! #             name: Some("shop/v1/shop.proto".to_owned()),
//! #             package: Some("shop.v1".to_owned()),
//! #             syntax: Some("proto3".to_owned()),
//! #             service: vec![prost_types::ServiceDescriptorProto {
//! #                 name: Some("ShopService".to_owned()),
//! #                 ..Default::default()
//! #             }],
//! #             ..Default::default()
//! #         }],
//! #     }
//! #     .encode_to_vec()
//! # };
//! // `bytes`: what `protoc --include_imports --include_source_info -o set.binpb` wrote.
//! let set = FileSet::decode(bytes)?;
//! for file in set.files() {
//!     assert_eq!(file.syntax(), Syntax::Proto3);
//!     for service in file.services() {
//!         println!("{}: {} methods", service.full_name(), service.methods().len());
//!     }
//! }
//!
//! // What prost-build is handed: proto2 and proto3 as they are, editions lowered.
//! let lowered: prost_types::FileDescriptorSet = set.lower()?;
//! assert_eq!(lowered.file.len(), set.files().len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Editions
//!
//! proto2, proto3, 2023 and 2024 are read and resolved ([`Features`]);
//! [`FileSet::lower`] turns a file of an edition into the proto3 that
//! `prost-build` 0.14 accepts. What prost itself can't do is not changed by
//! lowering, and listed at [`FileSet::lower`].
//!
//! # Input from strangers
//!
//! Decoding never panics. Nesting is bounded ([`MAX_NESTING`]), and memory is
//! proportional to the input: every element costs a bounded multiple of its own
//! bytes, full names included. An error says what is wrong and at which offset.

mod comments;
mod context;
mod custom;
mod edition;
mod enums;
mod error;
mod features;
mod field;
mod file;
mod lower;
mod message;
mod name;
mod options;
mod recursion;
mod service;
mod set;
mod wire;

pub use comments::Comments;
pub use custom::CustomOption;
pub use edition::{Edition, Syntax};
pub use enums::{Enum, EnumValue};
pub use error::{DecodeError, LowerError};
pub use features::{
    EnumType, Features, FieldPresence, JsonFormat, MessageEncoding, NamingStyle,
    RepeatedFieldEncoding, SymbolVisibility, Utf8Validation,
};
pub use field::{Field, Kind, Label};
pub use file::File;
pub use message::{Message, Oneof, Visibility};
pub use options::Options;
pub use service::{Idempotency, Method, Service};
pub use set::FileSet;
pub use wire::MAX_NESTING;
