//! Which names a file descriptor declares, read off its bytes.
//!
//! Reflection hands out descriptors as the compiler wrote them. So they are not parsed into
//! something else that would lose what it doesn't know (features, custom options); only the names
//! are picked out, and everything else is passed over.

use bytes::{Buf, Bytes};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};

/// Messages may nest as deep as protobuf's parsers let them.
const MAX_DEPTH: usize = 100;

/// What was found in one `FileDescriptorProto`.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) name: String,
    pub(super) dependencies: Vec<String>,
    /// Full names of everything that has one.
    pub(super) symbols: Vec<String>,
    /// The extended message's full name, and the extension's number.
    pub(super) extensions: Vec<(String, i32)>,
    package: String,
}

/// The files of an encoded `FileDescriptorSet`, each as it stands there.
pub(super) fn files(set: &Bytes) -> Result<Vec<Bytes>, DecodeError> {
    let mut files = Vec::new();
    records(set.clone(), |number, value| {
        if let (1, Value::Bytes(file)) = (number, value) {
            files.push(file);
        }
        Ok(())
    })?;
    Ok(files)
}

/// Reads one `FileDescriptorProto`.
pub(super) fn file(file: &Bytes) -> Result<Scanned, DecodeError> {
    let mut found = Scanned::default();
    // The package comes first in practice, but nothing promises it.
    records(file.clone(), |number, value| {
        match (number, value) {
            (1, Value::Bytes(name)) => found.name = text(&name),
            (2, Value::Bytes(package)) => found.package = text(&package),
            (3, Value::Bytes(dependency)) => found.dependencies.push(text(&dependency)),
            _ => {}
        }
        Ok(())
    })?;
    let scope = found.package.clone();
    records(file.clone(), |number, value| {
        let Value::Bytes(element) = value else {
            return Ok(());
        };
        match number {
            4 => message(element, &scope, 0, &mut found),
            5 => declared(element, &scope, &[(2, Scope::Outer)], &mut found),
            6 => declared(element, &scope, &[(2, Scope::Own)], &mut found),
            7 => extension(element, &scope, &mut found),
            _ => Ok(()),
        }
    })?;
    Ok(found)
}

/// `DescriptorProto`.
fn message(
    message: Bytes,
    scope: &str,
    depth: usize,
    found: &mut Scanned,
) -> Result<(), DecodeError> {
    if depth == MAX_DEPTH {
        // Whatever is deeper has no name here; a compiler would not have let it pass.
        return Ok(());
    }
    let name = qualified(scope, &name(&message)?);
    records(message, |number, value| {
        let Value::Bytes(element) = value else {
            return Ok(());
        };
        match number {
            2 | 8 => declared(element, &name, &[], found),
            3 => self::message(element, &name, depth + 1, found),
            4 => declared(element, &name, &[(2, Scope::Outer)], found),
            6 => extension(element, &name, found),
            _ => Ok(()),
        }
    })?;
    found.symbols.push(name);
    Ok(())
}

/// A `FieldDescriptorProto` with an extendee.
fn extension(field: Bytes, scope: &str, found: &mut Scanned) -> Result<(), DecodeError> {
    let (mut name, mut extendee, mut tag) = (String::new(), String::new(), None);
    records(field, |number, value| {
        match (number, value) {
            (1, Value::Bytes(value)) => name = text(&value),
            (2, Value::Bytes(value)) => extendee = text(&value),
            // An int32, sign-extended on the wire.
            (3, Value::Varint(value)) => tag = Some(value as i32),
            _ => {}
        }
        Ok(())
    })?;
    found.symbols.push(qualified(scope, &name));
    if let Some(tag) = tag {
        let extendee = extendee.trim_start_matches('.').to_owned();
        found.extensions.push((extendee, tag));
    }
    Ok(())
}

/// Whose names the parts of an element are.
#[derive(Clone, Copy)]
enum Scope {
    /// A method is `package.Service.Method`.
    Own,
    /// A value is a sibling of its enum: `package.VALUE`.
    Outer,
}

/// An element that has a name, and parts that have one.
fn declared(
    element: Bytes,
    scope: &str,
    parts: &[(u32, Scope)],
    found: &mut Scanned,
) -> Result<(), DecodeError> {
    let own = qualified(scope, &name(&element)?);
    records(element, |number, value| {
        if let Value::Bytes(part) = value
            && let Some((_, whose)) = parts.iter().find(|(field, _)| *field == number)
        {
            let scope = match whose {
                Scope::Own => &own,
                Scope::Outer => scope,
            };
            found.symbols.push(qualified(scope, &name(&part)?));
        }
        Ok(())
    })?;
    found.symbols.push(own);
    Ok(())
}

/// Field 1, which is the name in every descriptor.
fn name(element: &Bytes) -> Result<String, DecodeError> {
    let mut name = String::new();
    records(element.clone(), |number, value| {
        if let (1, Value::Bytes(value)) = (number, value) {
            name = text(&value);
        }
        Ok(())
    })?;
    Ok(name)
}

fn qualified(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

enum Value {
    Varint(u64),
    Bytes(Bytes),
    Other,
}

/// Calls `each` with the fields of an encoded message, in their order.
fn records(
    mut message: Bytes,
    mut each: impl FnMut(u32, Value) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    while message.has_remaining() {
        let (number, wire_type) = encoding::decode_key(&mut message)?;
        let value = match wire_type {
            WireType::Varint => Value::Varint(encoding::decode_varint(&mut message)?),
            WireType::LengthDelimited => {
                let mut value = Bytes::new();
                encoding::bytes::merge(
                    wire_type,
                    &mut value,
                    &mut message,
                    DecodeContext::default(),
                )?;
                Value::Bytes(value)
            }
            _ => {
                let context = DecodeContext::default();
                encoding::skip_field(wire_type, number, &mut message, context)?;
                Value::Other
            }
        };
        each(number, value)?;
    }
    Ok(())
}
