//! Messages, with what is declared in them.

use std::collections::HashSet;

use crate::context::{Element, Scope, element_accessors};
use crate::enums::Enum;
use crate::error::{Cause, DecodeError};
use crate::field::Field;
use crate::options::{self, Options};
use crate::wire::Reader;

/// A `message`.
#[derive(Clone, Debug)]
pub struct Message {
    pub(crate) element: Element,
    fields: Vec<Field>,
    oneofs: Vec<Oneof>,
    messages: Vec<Self>,
    enums: Vec<Enum>,
    extensions: Vec<Field>,
    extension_ranges: Vec<Options>,
    map_entry: bool,
    visibility: Visibility,
}

/// The keyword before a `message` or `enum` (edition 2024).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// None: the file's [default](crate::Features::default_symbol_visibility) holds.
    #[default]
    Unset,
    /// `local`: for this file only.
    Local,
    /// `export`: for every file that imports this one.
    Export,
}

impl Visibility {
    pub(crate) fn of(number: i32) -> Self {
        match number {
            1 => Self::Local,
            2 => Self::Export,
            _ => Self::Unset,
        }
    }
}

element_accessors!(Message);

impl Message {
    /// The fields, in the order of the file; without extensions.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The oneofs; those of proto3 `optional` fields ([`Oneof::synthetic`]) last.
    pub fn oneofs(&self) -> &[Oneof] {
        &self.oneofs
    }

    /// The messages declared in this one, map entries included.
    pub fn messages(&self) -> &[Self] {
        &self.messages
    }

    /// The enums declared in this message.
    pub fn enums(&self) -> &[Enum] {
        &self.enums
    }

    /// The extensions (of whatever message) declared in this message.
    pub fn extensions(&self) -> &[Field] {
        &self.extensions
    }

    /// The options of each extension range.
    pub fn extension_ranges(&self) -> &[Options] {
        &self.extension_ranges
    }

    /// Whether this is the entry that `protoc` makes for a map field.
    pub fn map_entry(&self) -> bool {
        self.map_entry
    }

    /// The keyword `export` or `local`.
    pub fn visibility(&self) -> Visibility {
        self.visibility
    }

    pub(crate) fn read(
        mut reader: Reader<'_>,
        scope: &Scope<'_>,
        path: &[i32],
    ) -> Result<Self, DecodeError> {
        let mut name = None;
        let mut options = Vec::new();
        let mut visibility = Visibility::Unset;
        // The options come after the children, which inherit from them: note
        // where the children are, and read them in a second step.
        let (mut fields, mut extensions, mut oneofs) = (Vec::new(), Vec::new(), Vec::new());
        let (mut messages, mut enums, mut ranges) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(record) = reader.next()? {
            match record.number {
                1 => name = Some(record.string()?),
                2 => fields.push(record.message("FieldDescriptorProto")?),
                3 => messages.push(record.message("DescriptorProto")?),
                4 => enums.push(record.message("EnumDescriptorProto")?),
                5 => ranges.push(record.message("DescriptorProto.ExtensionRange")?),
                6 => extensions.push(record.message("FieldDescriptorProto")?),
                7 => options.push(record.message("MessageOptions")?),
                8 => oneofs.push(record.message("OneofDescriptorProto")?),
                11 => visibility = Visibility::of(record.int32()?),
                _ => {}
            }
        }
        let (element, known) = scope.element(&reader, name, &options::MESSAGE, options, path)?;
        let inner = Scope {
            file: scope.file,
            name: element.name.full(),
            features: known.features,
            path,
        };
        let mut oneofs: Vec<_> = each(oneofs, 8, &inner, Oneof::read)?;
        let messages: Vec<_> = each(messages, 3, &inner, Self::read)?;
        let map_entries: HashSet<&str> = messages
            .iter()
            .filter(|message| message.map_entry)
            .map(|message| message.full_name())
            .collect();
        let is_map_entry = |type_name: &str| map_entries.contains(&type_name[1..]);
        let fields: Vec<_> = each(fields, 2, &inner, |reader, scope, path| {
            Field::read(reader, scope, path, &oneofs, known.map_entry, is_map_entry)
        })?;
        if known.map_entry && !fields.iter().map(Field::name).eq(["key", "value"]) {
            return Err(reader.error(Cause::MapEntry));
        }
        for field in &fields {
            if let (Some(index), true) = (field.oneof_index(), field.proto3_optional()) {
                oneofs[index].synthetic = true;
            }
        }
        let enums = each(enums, 4, &inner, Enum::read)?;
        let extensions = each(extensions, 6, &inner, |reader, scope, path| {
            Field::read(reader, scope, path, &[], false, |_| false)
        })?;
        let extension_ranges = each(ranges, 5, &inner, extension_range)?;
        Ok(Self {
            element,
            fields,
            oneofs,
            messages,
            enums,
            extensions,
            extension_ranges,
            map_entry: known.map_entry,
            visibility,
        })
    }
}

/// Reads the children that stand in the repeated `field`.
pub(crate) fn each<'a, T>(
    readers: Vec<Reader<'a>>,
    field: i32,
    scope: &Scope<'_>,
    read: impl Fn(Reader<'a>, &Scope<'_>, &[i32]) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    readers
        .into_iter()
        .enumerate()
        .map(|(index, reader)| read(reader, scope, &scope.child(field, index)))
        .collect()
}

fn extension_range(
    mut reader: Reader<'_>,
    scope: &Scope<'_>,
    path: &[i32],
) -> Result<Options, DecodeError> {
    let mut options = Vec::new();
    while let Some(record) = reader.next()? {
        if record.number == options::EXTENSION_RANGE.field {
            options.push(record.message(options::EXTENSION_RANGE.message)?);
        }
    }
    let source = scope.file.source;
    let (options, _) = options::EXTENSION_RANGE.read(options, scope.features, path, source)?;
    Ok(options)
}

/// A `oneof`.
#[derive(Clone, Debug)]
pub struct Oneof {
    pub(crate) element: Element,
    synthetic: bool,
}

element_accessors!(Oneof);

impl Oneof {
    /// Whether `protoc` made it up for a proto3 `optional` field.
    pub fn synthetic(&self) -> bool {
        self.synthetic
    }

    fn read(mut reader: Reader<'_>, scope: &Scope<'_>, path: &[i32]) -> Result<Self, DecodeError> {
        let mut name = None;
        let mut options = Vec::new();
        while let Some(record) = reader.next()? {
            match record.number {
                1 => name = Some(record.string()?),
                2 => options.push(record.message("OneofOptions")?),
                _ => {}
            }
        }
        let (element, _) = scope.element(&reader, name, &options::ONEOF, options, path)?;
        Ok(Self {
            element,
            synthetic: false,
        })
    }
}
