//! Editions, put into the proto3 that prost-build accepts.
//!
//! Why proto3 and not proto2: proto2 has no implicit presence, while prost-build
//! takes labels, defaults, groups and packing from the descriptor whatever the
//! syntax says. All that depends on the syntax there is what a singular scalar
//! without `proto3_optional` and a repeated number without `packed` mean; with
//! both written out, proto3 says everything an edition can.

use std::collections::HashSet;

use prost::Message as _;
use prost_types::field_descriptor_proto as proto;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    OneofDescriptorProto,
};

use crate::edition::Syntax;
use crate::error::LowerError;
use crate::field::{Field, Kind, Label};
use crate::file::File;
use crate::message::Message;
use crate::set::FileSet;

/// See [`FileSet::lower`].
pub(crate) fn lower(set: &FileSet) -> Result<FileDescriptorSet, LowerError> {
    let file = set
        .files()
        .iter()
        .map(|file| {
            check_edition(file)?;
            check_types(set, file)?;
            lower_file(set, file)
        })
        .collect::<Result<_, _>>()?;
    Ok(FileDescriptorSet { file })
}

fn check_edition(file: &File) -> Result<(), LowerError> {
    match file.syntax() {
        Syntax::Edition(edition) if !edition.is_supported() => {
            Err(LowerError::UnsupportedEdition {
                file: file.name().to_owned(),
                edition,
            })
        }
        _ => Ok(()),
    }
}

fn lower_file(set: &FileSet, file: &File) -> Result<FileDescriptorProto, LowerError> {
    let mut lowered =
        FileDescriptorProto::decode(file.raw().clone()).map_err(|source| LowerError::Prost {
            file: file.name().to_owned(),
            syntax: file.syntax(),
            source,
        })?;
    if matches!(file.syntax(), Syntax::Edition(_)) {
        lowered.syntax = Some("proto3".to_owned());
        lower_fields(set, &mut lowered.extension, file.extensions());
        for (lowered, message) in lowered.message_type.iter_mut().zip(file.messages()) {
            lower_message(set, lowered, message);
        }
    }
    Ok(lowered)
}

fn lower_message(set: &FileSet, lowered: &mut DescriptorProto, message: &Message) {
    lower_fields(set, &mut lowered.field, message.fields());
    lower_fields(set, &mut lowered.extension, message.extensions());
    if !message.map_entry() {
        add_presence(lowered, message);
    }
    for (lowered, message) in lowered.nested_type.iter_mut().zip(message.messages()) {
        lower_message(set, lowered, message);
    }
}

fn lower_fields(set: &FileSet, lowered: &mut [FieldDescriptorProto], fields: &[Field]) {
    for (lowered, field) in lowered.iter_mut().zip(fields) {
        if field.label() == Label::Required {
            lowered.set_label(proto::Label::Required);
        }
        if field.delimited() {
            lowered.set_type(proto::Type::Group);
        }
        if field.packable() {
            lowered.options.get_or_insert_default().packed = Some(field.packed());
        }
        if let Some(name) = kept_default(set, field) {
            lowered.default_value = Some(name);
        }
    }
}

/// Of several names of one enum number prost-build keeps the first; a default
/// that gives another one would not compile.
fn kept_default(set: &FileSet, field: &Field) -> Option<String> {
    if field.kind() != Kind::Enum {
        return None;
    }
    let name = field.default_value()?;
    let values = set.enum_type(field.type_name()?)?.values();
    let number = values.iter().find(|value| value.name() == name)?.number();
    let first = values.iter().find(|value| value.number() == number)?;
    Some(first.name().to_owned())
}

/// Marks what has presence of its own, as `protoc` does for proto3's `optional`:
/// a synthetic oneof each, after the real ones, named like the field.
fn add_presence(lowered: &mut DescriptorProto, message: &Message) {
    let fields = message.fields().iter().map(Field::name);
    let oneofs = message.oneofs().iter().map(|oneof| oneof.name());
    let mut names: HashSet<String> = fields.chain(oneofs).map(str::to_owned).collect();
    for (lowered_field, field) in lowered.field.iter_mut().zip(message.fields()) {
        // A singular message is optional by itself, in prost as in proto3.
        if field.label() != Label::Optional
            || field.kind() == Kind::Message
            || field.oneof_index().is_some()
            || !field.has_presence()
        {
            continue;
        }
        let mut name = field.name().to_owned();
        if !name.starts_with('_') {
            name.insert(0, '_');
        }
        while !names.insert(name.clone()) {
            name.insert(0, 'X');
        }
        lowered_field.proto3_optional = Some(true);
        lowered_field.oneof_index = i32::try_from(lowered.oneof_decl.len()).ok();
        lowered.oneof_decl.push(OneofDescriptorProto {
            name: Some(name),
            options: None,
        });
    }
}

/// Every type that prost-build would look up must be there: it panics otherwise.
fn check_types(set: &FileSet, file: &File) -> Result<(), LowerError> {
    for service in file.services() {
        for method in service.methods() {
            for type_name in [method.input_type(), method.output_type()] {
                check_type(set, file, method.full_name(), type_name)?;
            }
        }
    }
    check_messages(set, file, file.messages())
}

fn check_messages(set: &FileSet, file: &File, messages: &[Message]) -> Result<(), LowerError> {
    for message in messages {
        for field in message.fields() {
            if let Some(type_name) = field.type_name() {
                check_type(set, file, field.full_name(), type_name)?;
            }
        }
        check_messages(set, file, message.messages())?;
    }
    Ok(())
}

fn check_type(
    set: &FileSet,
    file: &File,
    element: &str,
    type_name: &str,
) -> Result<(), LowerError> {
    if set.declares(type_name) {
        return Ok(());
    }
    Err(LowerError::UnknownType {
        file: file.name().to_owned(),
        element: element.to_owned(),
        type_name: type_name.to_owned(),
    })
}
