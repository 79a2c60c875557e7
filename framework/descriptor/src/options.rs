//! Options: their raw bytes, the few that descriptors need, and the custom ones.

use bytes::Bytes;

use crate::comments::SourceMap;
use crate::error::DecodeError;
use crate::features::Features;
use crate::wire::{Reader, joined};

/// The options of one element.
//
// Boxed: most elements have none, and hostile input is made of many such.
#[derive(Clone, Debug, Default)]
pub struct Options(Option<Box<Present>>);

#[derive(Clone, Debug, Default)]
struct Present {
    raw: Bytes,
    custom: Vec<Custom>,
    deprecated: bool,
}

/// One occurrence of a field that `descriptor.proto` doesn't define.
#[derive(Clone, Debug)]
pub(crate) struct Custom {
    pub(crate) number: i32,
    pub(crate) value: Bytes,
    pub(crate) location: Option<(u32, u32)>,
}

impl Options {
    /// The bytes of the options message (`google.protobuf.MethodOptions` of a
    /// method, and so on), as they stand in the descriptor; empty without options.
    pub fn raw(&self) -> &Bytes {
        static NONE: Bytes = Bytes::new();
        self.0.as_ref().map_or(&NONE, |present| &present.raw)
    }

    /// Number and value of every field that `descriptor.proto` itself doesn't
    /// define, in wire order: the custom options, resolved or not.
    ///
    /// The value is what follows the tag: the payload of a string or message
    /// without its length, the content of a group without its end tag, the
    /// bytes of a varint or fixed number. A repeated option comes once for each
    /// value (a packed one once), and a message-typed option once for each part
    /// that the file sets by itself (`option (rule).name = …`): the message is
    /// all of them joined, which decoding [`raw`](Self::raw) does by itself.
    pub fn extensions(&self) -> impl Iterator<Item = (i32, &Bytes)> {
        self.custom()
            .iter()
            .map(|custom| (custom.number, &custom.value))
    }

    /// Whether `deprecated = true` is set.
    pub fn deprecated(&self) -> bool {
        self.0.as_ref().is_some_and(|present| present.deprecated)
    }

    pub(crate) fn custom(&self) -> &[Custom] {
        self.0.as_ref().map_or(&[], |present| &present.custom)
    }
}

/// What the other modules need of an element's options while they read it.
pub(crate) struct Known {
    pub(crate) features: Features,
    pub(crate) map_entry: bool,
    pub(crate) allow_alias: bool,
    pub(crate) packed: Option<bool>,
    pub(crate) idempotency: i32,
}

/// The options message of one kind of element.
#[derive(Debug)]
pub(crate) struct OptionsType {
    /// Without its package, `google.protobuf`.
    pub(crate) message: &'static str,
    pub(crate) full_name: &'static str,
    /// The field of the element's descriptor that holds it.
    pub(crate) field: i32,
    features: i32,
    deprecated: Option<i32>,
    map_entry: Option<i32>,
    allow_alias: Option<i32>,
    packed: Option<i32>,
    idempotency: Option<i32>,
    /// All fields that `descriptor.proto` defines.
    pub(crate) defined: &'static [i32],
}

impl OptionsType {
    const fn new(
        full_name: &'static str,
        message: &'static str,
        field: i32,
        features: i32,
        deprecated: Option<i32>,
        defined: &'static [i32],
    ) -> Self {
        Self {
            message,
            full_name,
            field,
            features,
            deprecated,
            map_entry: None,
            allow_alias: None,
            packed: None,
            idempotency: None,
            defined,
        }
    }

    /// Reads an options message, given in one piece or several.
    pub(crate) fn read(
        &self,
        pieces: Vec<Reader<'_>>,
        inherited: Features,
        path: &[i32],
        source: &SourceMap,
    ) -> Result<(Options, Known), DecodeError> {
        let mut options = Present::default();
        let mut known = Known {
            features: inherited,
            map_entry: false,
            allow_alias: false,
            packed: None,
            idempotency: 0,
        };
        if pieces.is_empty() {
            return Ok((Options(None), known));
        }
        for mut piece in pieces.iter().cloned() {
            while let Some(record) = piece.next()? {
                let number = Some(record.number);
                if record.number == self.features {
                    known.features = known.features.overridden(record.message("FeatureSet")?)?;
                } else if number == self.deprecated {
                    options.deprecated = record.bool()?;
                } else if number == self.map_entry {
                    known.map_entry = record.bool()?;
                } else if number == self.allow_alias {
                    known.allow_alias = record.bool()?;
                } else if number == self.packed {
                    known.packed = Some(record.bool()?);
                } else if number == self.idempotency {
                    known.idempotency = record.int32()?;
                } else if !self.defined.contains(&record.number) {
                    let path = [path, &[self.field, record.number]].concat();
                    options.custom.push(Custom {
                        number: record.number,
                        value: record.value(),
                        location: source.location(&path),
                    });
                }
            }
        }
        options.raw = joined(pieces.iter().map(Reader::bytes).collect());
        Ok((Options(Some(Box::new(options))), known))
    }
}

pub(crate) static FILE: OptionsType = OptionsType::new(
    "google.protobuf.FileOptions",
    "FileOptions",
    8,
    50,
    Some(23),
    &[
        1, 8, 9, 10, 11, 16, 17, 18, 20, 23, 27, 31, 36, 37, 39, 40, 41, 44, 45, 50, 999,
    ],
);
pub(crate) static MESSAGE: OptionsType = OptionsType {
    map_entry: Some(7),
    ..OptionsType::new(
        "google.protobuf.MessageOptions",
        "MessageOptions",
        7,
        12,
        Some(3),
        &[1, 2, 3, 7, 11, 12, 999],
    )
};
pub(crate) static FIELD: OptionsType = OptionsType {
    packed: Some(2),
    ..OptionsType::new(
        "google.protobuf.FieldOptions",
        "FieldOptions",
        8,
        21,
        Some(3),
        &[1, 2, 3, 5, 6, 10, 15, 16, 17, 19, 20, 21, 22, 999],
    )
};
pub(crate) static ONEOF: OptionsType = OptionsType::new(
    "google.protobuf.OneofOptions",
    "OneofOptions",
    2,
    1,
    None,
    &[1, 999],
);
pub(crate) static EXTENSION_RANGE: OptionsType = OptionsType::new(
    "google.protobuf.ExtensionRangeOptions",
    "ExtensionRangeOptions",
    3,
    50,
    None,
    &[2, 3, 50, 999],
);
pub(crate) static ENUM: OptionsType = OptionsType {
    allow_alias: Some(2),
    ..OptionsType::new(
        "google.protobuf.EnumOptions",
        "EnumOptions",
        3,
        7,
        Some(3),
        &[2, 3, 6, 7, 999],
    )
};
pub(crate) static ENUM_VALUE: OptionsType = OptionsType::new(
    "google.protobuf.EnumValueOptions",
    "EnumValueOptions",
    3,
    2,
    Some(1),
    &[1, 2, 3, 4, 999],
);
pub(crate) static SERVICE: OptionsType = OptionsType::new(
    "google.protobuf.ServiceOptions",
    "ServiceOptions",
    3,
    34,
    Some(33),
    &[33, 34, 999],
);
pub(crate) static METHOD: OptionsType = OptionsType {
    idempotency: Some(34),
    ..OptionsType::new(
        "google.protobuf.MethodOptions",
        "MethodOptions",
        4,
        35,
        Some(33),
        &[33, 34, 35, 999],
    )
};
