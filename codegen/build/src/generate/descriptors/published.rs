//! A file's descriptor as generated code carries it: without source info, and without options
//! of source retention.
//!
//! protoc drops such options from what it writes, but not from all that it hands to a plugin;
//! both entry points are to carry the same. Done on the bytes, so that everything else stays as
//! it was written.

use std::collections::HashMap;

use meshrpc_descriptor::{Field, FileSet, Message};

/// The options that are only for the source, by the full name of the options message.
#[derive(Default)]
pub(super) struct SourceOptions<'a> {
    set: Option<&'a FileSet>,
    /// Extensions of options messages, and whether they are dropped or looked into.
    extensions: HashMap<&'a str, HashMap<i32, &'a Field>>,
}

/// What a record of a descriptor is, as far as it is looked into.
#[derive(Clone, Copy)]
enum Kind<'a> {
    File,
    Message,
    Range,
    Field,
    Oneof,
    Enum,
    EnumValue,
    Service,
    Method,
    Options(&'static str),
    Features,
    /// The value of a custom option.
    Value(&'a Message),
    /// Anything else.
    Opaque,
}

/// The field of a `FileDescriptorProto` with its `SourceCodeInfo`.
const SOURCE_CODE_INFO: u64 = 9;

impl<'a> SourceOptions<'a> {
    pub(super) fn new(set: &'a FileSet) -> Self {
        fn walk<'a>(messages: &'a [Message], found: &mut Vec<&'a Field>) {
            for message in messages {
                found.extend(message.extensions());
                walk(message.messages(), found);
            }
        }
        let mut found = Vec::new();
        for file in set.files() {
            found.extend(file.extensions());
            walk(file.messages(), &mut found);
        }
        let mut extensions: HashMap<_, HashMap<_, _>> = HashMap::new();
        for field in found {
            let extendee = field.extendee().unwrap_or_default().trim_start_matches('.');
            if extendee.starts_with("google.protobuf.") {
                extensions
                    .entry(extendee)
                    .or_default()
                    .insert(field.number(), field);
            }
        }
        Self {
            set: Some(set),
            extensions,
        }
    }

    /// The encoded `FileDescriptorProto`, as it is published.
    pub(super) fn without(&self, file: &[u8]) -> Vec<u8> {
        self.rewritten(file, Kind::File)
    }

    fn rewritten(&self, bytes: &[u8], kind: Kind<'a>) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let Some(record) = Record::read(bytes, at) else {
                // Groups, or not what the decoder accepted a moment ago: kept as it is.
                out.extend_from_slice(&bytes[at..]);
                break;
            };
            at = record.end;
            let Some(inner) = self.inner(kind, record.number) else {
                continue;
            };
            match record.payload {
                Some(payload) if !matches!(inner, Kind::Opaque) => {
                    let written = self.rewritten(&bytes[payload..record.end], inner);
                    let is_options = matches!(inner, Kind::Options(_) | Kind::Features);
                    if written.is_empty() && is_options && payload < record.end {
                        continue;
                    }
                    out.extend_from_slice(&bytes[record.start..record.after_tag]);
                    super::varint(written.len() as u64, &mut out);
                    out.extend(written);
                }
                _ => out.extend_from_slice(&bytes[record.start..record.end]),
            }
        }
        out
    }

    /// What the field is in a message of this kind; `None` if it is dropped.
    fn inner(&self, kind: Kind<'a>, number: u64) -> Option<Kind<'a>> {
        Some(match (kind, number) {
            (Kind::File, SOURCE_CODE_INFO) => return None,
            (Kind::File, 4) | (Kind::Message, 3) => Kind::Message,
            (Kind::File, 5) | (Kind::Message, 4) => Kind::Enum,
            (Kind::File, 6) => Kind::Service,
            (Kind::File, 7) | (Kind::Message, 2 | 6) => Kind::Field,
            (Kind::File, 8) => Kind::Options("google.protobuf.FileOptions"),
            (Kind::Message, 5) => Kind::Range,
            (Kind::Message, 7) => Kind::Options("google.protobuf.MessageOptions"),
            (Kind::Message, 8) => Kind::Oneof,
            (Kind::Range, 3) => Kind::Options("google.protobuf.ExtensionRangeOptions"),
            (Kind::Field, 8) => Kind::Options("google.protobuf.FieldOptions"),
            (Kind::Oneof, 2) => Kind::Options("google.protobuf.OneofOptions"),
            (Kind::Enum, 2) => Kind::EnumValue,
            (Kind::Enum, 3) => Kind::Options("google.protobuf.EnumOptions"),
            (Kind::EnumValue, 3) => Kind::Options("google.protobuf.EnumValueOptions"),
            (Kind::Service, 2) => Kind::Method,
            (Kind::Service, 3) => Kind::Options("google.protobuf.ServiceOptions"),
            (Kind::Method, 4) => Kind::Options("google.protobuf.MethodOptions"),
            // What descriptor.proto itself has of source retention.
            (Kind::Options("google.protobuf.ExtensionRangeOptions"), 2 | 3) => return None,
            (Kind::Features, 7..=9) => return None,
            (Kind::Options(message), number) if features(message) == number => Kind::Features,
            (Kind::Options(message), number) => {
                let number = i32::try_from(number).ok()?;
                match self
                    .extensions
                    .get(message)
                    .and_then(|known| known.get(&number))
                {
                    Some(field) => return self.value(field),
                    None => Kind::Opaque,
                }
            }
            (Kind::Value(message), number) => {
                let mut fields = message.fields().iter();
                match fields.find(|field| u64::try_from(field.number()) == Ok(number)) {
                    Some(field) => return self.value(field),
                    None => Kind::Opaque,
                }
            }
            _ => Kind::Opaque,
        })
    }

    fn value(&self, field: &'a Field) -> Option<Kind<'a>> {
        if is_source_only(field.options().raw()) {
            return None;
        }
        let message = field
            .type_name()
            .and_then(|name| self.set.and_then(|set| set.message(name)))
            .filter(|_| !field.delimited());
        Some(message.map_or(Kind::Opaque, Kind::Value))
    }
}

/// The number of `features` in an options message.
fn features(message: &str) -> u64 {
    match message.trim_start_matches("google.protobuf.") {
        "MessageOptions" => 12,
        "FieldOptions" => 21,
        "OneofOptions" => 1,
        "EnumOptions" => 7,
        "EnumValueOptions" => 2,
        "ServiceOptions" => 34,
        "MethodOptions" => 35,
        _ => 50,
    }
}

/// Whether `FieldOptions` say `retention = RETENTION_SOURCE`.
fn is_source_only(options: &[u8]) -> bool {
    let (mut at, mut retention) = (0, 0);
    while let Some(record) = Record::read(options, at) {
        if record.number == 17 {
            retention = read_varint(options, record.after_tag).map_or(0, |(value, _)| value);
        }
        at = record.end;
    }
    retention == 2
}

/// One field of an encoded message.
struct Record {
    number: u64,
    start: usize,
    after_tag: usize,
    /// Where the payload starts, if it has a length.
    payload: Option<usize>,
    end: usize,
}

impl Record {
    fn read(bytes: &[u8], start: usize) -> Option<Self> {
        let (tag, after_tag) = read_varint(bytes, start)?;
        let (payload, end) = match tag & 7 {
            0 => (None, read_varint(bytes, after_tag)?.1),
            1 => (None, after_tag + 8),
            2 => {
                let (length, at) = read_varint(bytes, after_tag)?;
                (Some(at), at.checked_add(usize::try_from(length).ok()?)?)
            }
            5 => (None, after_tag + 4),
            _ => return None,
        };
        (end <= bytes.len()).then_some(Self {
            number: tag >> 3,
            start,
            after_tag,
            payload,
            end,
        })
    }
}

fn read_varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_source_info_is_dropped_of_a_plain_file() {
        let file = b"\x0a\x01a\x4a\x02\x01\x02\x12\x01p\x60\x01\x4a\x00";
        assert_eq!(
            SourceOptions::default().without(file),
            b"\x0a\x01a\x12\x01p\x60\x01"
        );
    }

    #[test]
    fn declarations_of_extension_ranges_go_and_their_options_with_them() {
        // message_type { extension_range { start: 1 options { declaration { number: 1 } } } }
        let file = b"\x22\x0a\x2a\x08\x08\x01\x1a\x04\x12\x02\x08\x01";
        assert_eq!(
            SourceOptions::default().without(file),
            b"\x22\x04\x2a\x02\x08\x01"
        );
    }

    #[test]
    fn source_only_features_go() {
        // options { features { field_presence: 1 enforce_naming_style: 1 } }
        let file = b"\x42\x07\x92\x03\x04\x08\x01\x38\x01";
        assert_eq!(
            SourceOptions::default().without(file),
            b"\x42\x05\x92\x03\x02\x08\x01"
        );
    }
}
