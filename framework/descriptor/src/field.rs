//! Fields and extensions.

use crate::context::{Element, Scope, element_accessors};
use crate::edition::Syntax;
use crate::error::{Cause, DecodeError};
use crate::features::{FieldPresence, MessageEncoding, RepeatedFieldEncoding, Utf8Validation};
use crate::options;
use crate::service::type_name;
use crate::wire::Reader;

/// A field of a message, or an extension.
#[derive(Clone, Debug)]
pub struct Field {
    pub(crate) element: Element,
    number: i32,
    label: Label,
    kind: Kind,
    type_name: Option<String>,
    extendee: Option<String>,
    default_value: Option<String>,
    json_name: String,
    oneof_index: Option<usize>,
    proto3_optional: bool,
    map: bool,
}

/// How often a field occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// At most once.
    Optional,
    /// Exactly once: proto2's `required`, an edition's `LEGACY_REQUIRED`.
    Required,
    /// Any number of times; maps too.
    Repeated,
}

/// A field's type, with the numbers of `google.protobuf.FieldDescriptorProto.Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "protobuf's own names say it all")]
pub enum Kind {
    Double = 1,
    Float = 2,
    Int64 = 3,
    Uint64 = 4,
    Int32 = 5,
    Fixed64 = 6,
    Fixed32 = 7,
    Bool = 8,
    String = 9,
    /// A message between a start and an end tag: proto2's `group`, an edition's `DELIMITED`.
    Group = 10,
    /// A message with its length before it.
    Message = 11,
    Bytes = 12,
    Uint32 = 13,
    Enum = 14,
    Sfixed32 = 15,
    Sfixed64 = 16,
    Sint32 = 17,
    Sint64 = 18,
}

element_accessors!(Field);

impl Field {
    /// The field number.
    pub fn number(&self) -> i32 {
        self.number
    }

    /// How often the field occurs, features applied.
    pub fn label(&self) -> Label {
        self.label
    }

    /// The field's type, features applied: a delimited message is a
    /// [`Kind::Group`] in every dialect.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Of messages, groups and enums: the type's full name, with a leading dot.
    pub fn type_name(&self) -> Option<&str> {
        self.type_name.as_deref()
    }

    /// Of extensions: the full name of the message they extend, with a leading dot.
    pub fn extendee(&self) -> Option<&str> {
        self.extendee.as_deref()
    }

    /// The declared default, as `descriptor.proto` writes it (bytes C-escaped, an
    /// enum's value by name).
    pub fn default_value(&self) -> Option<&str> {
        self.default_value.as_deref()
    }

    /// The name in JSON.
    pub fn json_name(&self) -> &str {
        &self.json_name
    }

    /// The oneof that the field is a member of, by its index in
    /// [`Message::oneofs`](crate::Message::oneofs). A `proto3_optional` field is
    /// the only member of a synthetic one.
    pub fn oneof_index(&self) -> Option<usize> {
        self.oneof_index
    }

    /// Whether the field is a proto3 `optional`.
    pub fn proto3_optional(&self) -> bool {
        self.proto3_optional
    }

    /// Whether the field is a map, its type a map entry.
    pub fn map(&self) -> bool {
        self.map
    }

    /// Whether the field knows if it was set.
    pub fn has_presence(&self) -> bool {
        self.label != Label::Repeated
            && (matches!(self.kind, Kind::Message | Kind::Group)
                || self.extendee.is_some()
                || self.oneof_index.is_some()
                || self.proto3_optional
                || self.element.features.field_presence != FieldPresence::Implicit)
    }

    /// Whether the field is a repeated number in one record.
    pub fn packed(&self) -> bool {
        self.packable()
            && self.element.features.repeated_field_encoding == RepeatedFieldEncoding::Packed
    }

    /// Whether the field is a repeated number, and could be packed.
    pub(crate) fn packable(&self) -> bool {
        self.label == Label::Repeated
            && !matches!(
                self.kind,
                Kind::String | Kind::Bytes | Kind::Message | Kind::Group
            )
    }

    /// Whether the field is a string that must be UTF-8.
    pub fn requires_utf8(&self) -> bool {
        self.kind == Kind::String && self.element.features.utf8_validation == Utf8Validation::Verify
    }

    /// Whether the field is a message between tags: `kind() == Kind::Group`.
    pub fn delimited(&self) -> bool {
        self.kind == Kind::Group
    }

    /// Reads a field. A map is told apart by its message, which knows its entries.
    pub(crate) fn read(
        mut reader: Reader<'_>,
        scope: &Scope<'_>,
        path: &[i32],
        oneofs: &[crate::Oneof],
        in_map_entry: bool,
        is_map_entry: impl Fn(&str) -> bool,
    ) -> Result<Self, DecodeError> {
        let (mut name, mut number, mut label) = (None, None, Label::Optional);
        let (mut kind, mut type_, mut extendee) = (None, None, None);
        let (mut default_value, mut json_name) = (None, None);
        let (mut oneof_index, mut proto3_optional) = (None, false);
        let mut options = Vec::new();
        while let Some(record) = reader.next()? {
            match record.number {
                1 => name = Some(record.string()?),
                2 => extendee = Some(type_name(&record)?.to_owned()),
                3 => number = Some(record.int32()?),
                4 => {
                    label = match record.int32()? {
                        1 => Label::Optional,
                        2 => Label::Required,
                        3 => Label::Repeated,
                        other => return Err(record.error(Cause::EnumValue(other))),
                    }
                }
                5 => {
                    let number = record.int32()?;
                    let known = Kind::of(number);
                    kind = Some(known.ok_or_else(|| record.error(Cause::EnumValue(number)))?);
                }
                6 => type_ = Some(type_name(&record)?.to_owned()),
                7 => default_value = Some(record.string()?.to_owned()),
                8 => options.push(record.message("FieldOptions")?),
                9 => {
                    let index = record.int32()?;
                    let known = usize::try_from(index).ok().filter(|&i| i < oneofs.len());
                    oneof_index =
                        Some(known.ok_or_else(|| record.error(Cause::OneofIndex(index)))?);
                }
                10 => json_name = Some(record.string()?.to_owned()),
                17 => proto3_optional = record.bool()?,
                _ => {}
            }
        }
        let mut kind = kind.ok_or_else(|| reader.error(Cause::Missing("type")))?;
        let number = number
            .filter(|number| (1..1 << 29).contains(number))
            .ok_or_else(|| reader.error(Cause::Missing("valid number")))?;
        if matches!(kind, Kind::Message | Kind::Group | Kind::Enum) && type_.is_none() {
            return Err(reader.error(Cause::Missing("type_name")));
        }

        // A member of a oneof inherits from the oneof, not from the message.
        let syntax = scope.file.syntax;
        let around = Scope {
            file: scope.file,
            name: scope.name,
            path: scope.path,
            features: oneof_index.map_or(scope.features, |index| *oneofs[index].features()),
        };
        let (mut element, known) = around.element(&reader, name, &options::FIELD, options, path)?;
        element.features = element
            .features
            .with_legacy_keywords(syntax, label, kind, known.packed);
        let map = label == Label::Repeated
            && kind == Kind::Message
            && type_.as_deref().is_some_and(is_map_entry);
        if matches!(syntax, Syntax::Edition(_)) {
            if label == Label::Optional
                && element.features.field_presence == FieldPresence::LegacyRequired
            {
                label = Label::Required;
            }
            // Maps and what is in their entries stay length-prefixed.
            if kind == Kind::Message
                && element.features.message_encoding == MessageEncoding::Delimited
                && !map
                && !in_map_entry
            {
                kind = Kind::Group;
            }
        }
        let json_name = json_name.unwrap_or_else(|| json_name_of(element.name.simple()));
        Ok(Self {
            element,
            number,
            label,
            kind,
            type_name: type_,
            extendee,
            default_value,
            json_name,
            oneof_index,
            proto3_optional,
            map,
        })
    }
}

impl Kind {
    fn of(number: i32) -> Option<Self> {
        Some(match number {
            1 => Self::Double,
            2 => Self::Float,
            3 => Self::Int64,
            4 => Self::Uint64,
            5 => Self::Int32,
            6 => Self::Fixed64,
            7 => Self::Fixed32,
            8 => Self::Bool,
            9 => Self::String,
            10 => Self::Group,
            11 => Self::Message,
            12 => Self::Bytes,
            13 => Self::Uint32,
            14 => Self::Enum,
            15 => Self::Sfixed32,
            16 => Self::Sfixed64,
            17 => Self::Sint32,
            18 => Self::Sint64,
            _ => return None,
        })
    }
}

/// `protoc`'s rule, for the descriptors that leave the JSON name out.
fn json_name_of(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else {
            json.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        }
    }
    json
}
