//! Enums and their values.

use crate::context::{Element, Scope, element_accessors};
use crate::error::{Cause, DecodeError};
use crate::features::EnumType;
use crate::message::Visibility;
use crate::options;
use crate::wire::Reader;

/// An `enum`.
#[derive(Clone, Debug)]
pub struct Enum {
    pub(crate) element: Element,
    values: Vec<EnumValue>,
    allow_alias: bool,
    visibility: Visibility,
}

element_accessors!(Enum);

impl Enum {
    /// The values, in the order of the file.
    pub fn values(&self) -> &[EnumValue] {
        &self.values
    }

    /// Whether a number that the enum doesn't list is no value of it.
    pub fn closed(&self) -> bool {
        self.element.features.enum_type == EnumType::Closed
    }

    /// Whether two values may have the same number.
    pub fn allow_alias(&self) -> bool {
        self.allow_alias
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
        let mut values = Vec::new();
        let mut options = Vec::new();
        let mut visibility = Visibility::Unset;
        while let Some(record) = reader.next()? {
            match record.number {
                1 => name = Some(record.string()?),
                2 => values.push(record.message("EnumValueDescriptorProto")?),
                3 => options.push(record.message("EnumOptions")?),
                6 => visibility = Visibility::of(record.int32()?),
                _ => {}
            }
        }
        let (element, known) = scope.element(&reader, name, &options::ENUM, options, path)?;
        // C++ scoping: a value's full name stands beside its enum, not in it.
        let inner = Scope {
            file: scope.file,
            name: scope.name,
            features: known.features,
            path,
        };
        let values = values
            .into_iter()
            .enumerate()
            .map(|(index, reader)| EnumValue::read(reader, &inner, &inner.child(2, index)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            element,
            values,
            allow_alias: known.allow_alias,
            visibility,
        })
    }
}

/// A value of an enum.
#[derive(Clone, Debug)]
pub struct EnumValue {
    pub(crate) element: Element,
    number: i32,
}

element_accessors!(EnumValue);

impl EnumValue {
    /// The number that is sent.
    pub fn number(&self) -> i32 {
        self.number
    }

    fn read(mut reader: Reader<'_>, scope: &Scope<'_>, path: &[i32]) -> Result<Self, DecodeError> {
        let mut name = None;
        let mut number = None;
        let mut options = Vec::new();
        while let Some(record) = reader.next()? {
            match record.number {
                1 => name = Some(record.string()?),
                2 => number = Some(record.int32()?),
                3 => options.push(record.message("EnumValueOptions")?),
                _ => {}
            }
        }
        let (element, _) = scope.element(&reader, name, &options::ENUM_VALUE, options, path)?;
        let number = number.ok_or_else(|| reader.error(Cause::Missing("number")))?;
        Ok(Self { element, number })
    }
}
