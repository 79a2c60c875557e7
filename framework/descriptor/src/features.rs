//! Features: what a file's edition, and each element's own `features` option,
//! say about presence, encoding, enums, UTF-8, JSON, style and visibility.
//!
//! Resolution is protobuf's: an element starts with the features of what
//! encloses it (a file with its edition's defaults, see [`Features::of`]), and
//! its own `features` option overrides single ones. proto2 and proto3 are
//! editions with other defaults, plus what their own keywords say
//! ([`Features::with_legacy_keywords`]).

use crate::edition::{Edition, Syntax};
use crate::error::DecodeError;
use crate::field::{Kind, Label};
use crate::wire::Reader;

/// A feature's enum, with the numbers of `google.protobuf.FeatureSet`.
macro_rules! feature {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$value_doc])* $value = $number,)* }

        impl $name {
            /// Overrides `self`. The enums are closed: an unknown number, and the
            /// `…_UNKNOWN` zero, count as not set.
            fn set(&mut self, number: i32) {
                match number {
                    $($number => *self = Self::$value,)*
                    _ => {}
                }
            }
        }
    };
}

feature! {
    /// Whether a singular field knows if it was set (`features.field_presence`).
    FieldPresence {
        /// It does.
        Explicit = 1,
        /// It doesn't: the default value isn't sent.
        Implicit = 2,
        /// It does, and must be set.
        LegacyRequired = 3,
    }
}
feature! {
    /// What happens to numbers that an enum doesn't list (`features.enum_type`).
    EnumType {
        /// They are values like any other; the first value is zero.
        Open = 1,
        /// They are unknown fields.
        Closed = 2,
    }
}
feature! {
    /// How a repeated number is sent (`features.repeated_field_encoding`).
    RepeatedFieldEncoding {
        /// All in one record.
        Packed = 1,
        /// A record each.
        Expanded = 2,
    }
}
feature! {
    /// Whether strings must be UTF-8 (`features.utf8_validation`).
    Utf8Validation {
        /// They must.
        Verify = 2,
        /// Nobody looks.
        None = 3,
    }
}
feature! {
    /// How a message-typed field is sent (`features.message_encoding`).
    MessageEncoding {
        /// Length, then the message.
        LengthPrefixed = 1,
        /// Between a start and an end tag, as proto2's groups are.
        Delimited = 2,
    }
}
feature! {
    /// Whether the element must have a JSON form (`features.json_format`).
    JsonFormat {
        /// It must.
        Allow = 1,
        /// As far as it goes.
        LegacyBestEffort = 2,
    }
}
feature! {
    /// The naming style that `protoc` enforces (`features.enforce_naming_style`).
    NamingStyle {
        /// That of edition 2024.
        Style2024 = 1,
        /// None.
        Legacy = 2,
    }
}
feature! {
    /// Which declarations other files may use that don't say `export` or `local`
    /// (`features.default_symbol_visibility`).
    SymbolVisibility {
        /// All of them.
        ExportAll = 1,
        /// Those at the top of a file.
        ExportTopLevel = 2,
        /// None of them.
        LocalAll = 3,
        /// None, and nested ones can't be exported either.
        Strict = 4,
    }
}

/// The resolved features of one element.
///
/// ```
/// use meshrpc_descriptor::{Edition, Features, FieldPresence, Syntax};
///
/// let features = Features::of(Syntax::Edition(Edition::EDITION_2023));
/// assert_eq!(features.field_presence, FieldPresence::Explicit);
/// let features = Features::of(Syntax::Proto3);
/// assert_eq!(features.field_presence, FieldPresence::Implicit);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Features {
    /// Of fields. What a field really does is [`Field::has_presence`](crate::Field::has_presence):
    /// messages, members of a oneof and proto3's `optional` fields always know,
    /// whatever this says.
    pub field_presence: FieldPresence,
    /// Of enums.
    pub enum_type: EnumType,
    /// Of repeated fields of numbers.
    pub repeated_field_encoding: RepeatedFieldEncoding,
    /// Of string fields.
    pub utf8_validation: Utf8Validation,
    /// Of message-typed fields; maps are always length-prefixed.
    pub message_encoding: MessageEncoding,
    /// Of messages and enums.
    pub json_format: JsonFormat,
    /// Of everything that has a name. Since edition 2024.
    pub enforce_naming_style: NamingStyle,
    /// Of files. Since edition 2024.
    pub default_symbol_visibility: SymbolVisibility,
}

impl Features {
    /// The defaults of a dialect: `descriptor.proto`'s `edition_defaults`.
    ///
    /// For an edition this version doesn't know the newest known defaults stand
    /// in; [`FileSet::lower`](crate::FileSet::lower) refuses such a file.
    pub fn of(syntax: Syntax) -> Self {
        let proto2 = Self {
            field_presence: FieldPresence::Explicit,
            enum_type: EnumType::Closed,
            repeated_field_encoding: RepeatedFieldEncoding::Expanded,
            utf8_validation: Utf8Validation::None,
            message_encoding: MessageEncoding::LengthPrefixed,
            json_format: JsonFormat::LegacyBestEffort,
            enforce_naming_style: NamingStyle::Legacy,
            default_symbol_visibility: SymbolVisibility::ExportAll,
        };
        let proto3 = Self {
            field_presence: FieldPresence::Implicit,
            enum_type: EnumType::Open,
            repeated_field_encoding: RepeatedFieldEncoding::Packed,
            utf8_validation: Utf8Validation::Verify,
            json_format: JsonFormat::Allow,
            ..proto2
        };
        let edition_2023 = Self {
            field_presence: FieldPresence::Explicit,
            ..proto3
        };
        let edition_2024 = Self {
            enforce_naming_style: NamingStyle::Style2024,
            default_symbol_visibility: SymbolVisibility::ExportTopLevel,
            ..edition_2023
        };
        match syntax {
            Syntax::Proto2 => proto2,
            Syntax::Proto3 => proto3,
            Syntax::Edition(edition) if edition <= Edition::EDITION_2023 => edition_2023,
            Syntax::Edition(_) => edition_2024,
        }
    }

    /// What a `google.protobuf.FeatureSet` on an element overrides.
    pub(crate) fn overridden(mut self, set: Reader<'_>) -> Result<Self, DecodeError> {
        let mut set = set;
        while let Some(record) = set.next()? {
            match record.number {
                1 => self.field_presence.set(record.int32()?),
                2 => self.enum_type.set(record.int32()?),
                3 => self.repeated_field_encoding.set(record.int32()?),
                4 => self.utf8_validation.set(record.int32()?),
                5 => self.message_encoding.set(record.int32()?),
                6 => self.json_format.set(record.int32()?),
                7 => self.enforce_naming_style.set(record.int32()?),
                8 => self.default_symbol_visibility.set(record.int32()?),
                _ => {}
            }
        }
        Ok(self)
    }

    /// What proto2 and proto3 say about a field with keywords and options of
    /// their own instead of features.
    pub(crate) fn with_legacy_keywords(
        mut self,
        syntax: Syntax,
        label: Label,
        kind: Kind,
        packed: Option<bool>,
    ) -> Self {
        if matches!(syntax, Syntax::Edition(_)) {
            return self;
        }
        if label == Label::Required {
            self.field_presence = FieldPresence::LegacyRequired;
        }
        if kind == Kind::Group {
            self.message_encoding = MessageEncoding::Delimited;
        }
        match packed {
            Some(true) => self.repeated_field_encoding = RepeatedFieldEncoding::Packed,
            Some(false) => self.repeated_field_encoding = RepeatedFieldEncoding::Expanded,
            None => {}
        }
        self
    }
}
