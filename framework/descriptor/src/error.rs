//! What can be wrong with a descriptor set, and what can't be lowered.

use std::error::Error;
use std::fmt;

use crate::edition::{Edition, Syntax};
use crate::wire::MAX_NESTING;

/// A descriptor set that is no descriptor set: what is wrong, and where.
///
/// ```
/// use meshrpc_descriptor::FileSet;
///
/// let error = FileSet::decode(b"\x0a\x05abc".as_slice()).unwrap_err();
/// assert_eq!(error.offset(), 2);
/// assert_eq!(
///     error.to_string(),
///     "malformed descriptor set: google.protobuf.FileDescriptorSet at byte 2: \
///      truncated: 5 bytes announced, 3 left",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError(Box<Place>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    file: Option<String>,
    message: &'static str,
    field: Option<i32>,
    offset: usize,
    cause: Cause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Truncated { announced: usize, left: usize },
    Varint,
    Tag(u64),
    WireType(u8),
    OpenGroup(i32),
    Nesting,
    Utf8,
    Expected(&'static str),
    Missing(&'static str),
    EnumValue(i32),
    Syntax(String),
    NoEdition,
    Relative(String),
    MapEntry,
    OneofIndex(i32),
    DependencyIndex(i32),
    LongNames,
    SecondFile(String),
}

impl DecodeError {
    pub(crate) fn new(
        message: &'static str,
        field: Option<i32>,
        offset: usize,
        cause: Cause,
    ) -> Self {
        Self(Box::new(Place {
            file: None,
            message,
            field,
            offset,
            cause,
        }))
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        self.0.file = Some(file.to_owned());
        self
    }

    /// Where in the set's bytes.
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// The `.proto` file whose descriptor is malformed, if its name could be read.
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &*self.0;
        f.write_str("malformed descriptor set: ")?;
        if let Some(file) = &place.file {
            write!(f, "{file}: ")?;
        }
        write!(f, "google.protobuf.{}", place.message)?;
        if let Some(field) = place.field {
            write!(f, " field {field}")?;
        }
        write!(f, " at byte {}: {}", place.offset, place.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { announced, left } => {
                write!(f, "truncated: {announced} bytes announced, {left} left")
            }
            Self::Varint => f.write_str("a varint of more than 64 bits"),
            Self::Tag(tag) => write!(f, "no field number can have the tag {tag}"),
            Self::WireType(wire_type) => write!(f, "wire type {wire_type} has no meaning here"),
            Self::OpenGroup(number) => write!(f, "group {number} is not closed"),
            Self::Nesting => write!(f, "messages nest deeper than {MAX_NESTING}"),
            Self::Utf8 => f.write_str("not UTF-8"),
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Missing(what) => write!(f, "has no {what}"),
            Self::EnumValue(number) => write!(f, "unknown value {number}"),
            Self::Syntax(syntax) => write!(
                f,
                "unknown syntax {syntax:?}; known are proto2, proto3 and editions"
            ),
            Self::NoEdition => f.write_str("syntax is editions, but no edition is set"),
            Self::Relative(name) => write!(
                f,
                "type name {name:?} is not fully qualified (it would start with a dot)"
            ),
            Self::MapEntry => f.write_str("a map entry must have exactly the fields key and value"),
            Self::OneofIndex(index) => write!(f, "there is no oneof number {index}"),
            Self::DependencyIndex(index) => write!(f, "there is no dependency number {index}"),
            Self::LongNames => f.write_str("full names are out of proportion to the input"),
            Self::SecondFile(name) => write!(f, "the set holds {name} twice"),
        }
    }
}

impl Error for DecodeError {}

/// A file that can't be turned into what prost-build accepts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LowerError {
    /// The file's edition is newer (or stranger) than what this version knows.
    UnsupportedEdition {
        /// The `.proto` file.
        file: String,
        /// Its edition.
        edition: Edition,
    },
    /// A field or method names a type that no file of the set declares.
    UnknownType {
        /// The `.proto` file.
        file: String,
        /// Full name of the field or method.
        element: String,
        /// The type's name, with its leading dot.
        type_name: String,
    },
    /// prost refuses the file's bytes.
    Prost {
        /// The `.proto` file.
        file: String,
        /// Its dialect.
        syntax: Syntax,
        /// prost's own error.
        source: prost::DecodeError,
    },
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedEdition { file, edition } => write!(
                f,
                "{file}: edition {edition} is not supported; this version of meshrpc supports {}",
                Edition::SUPPORTED
            ),
            Self::UnknownType {
                file,
                element,
                type_name,
            } => write!(
                f,
                "{file}: {element} has the type {type_name}, which no file of the descriptor set \
                 declares; build the set with all imports (protoc --include_imports)"
            ),
            Self::Prost { file, syntax, .. } => {
                write!(f, "{file} ({syntax}): prost can't decode the descriptor")
            }
        }
    }
}

impl Error for LowerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Prost { source, .. } => Some(source),
            _ => None,
        }
    }
}
