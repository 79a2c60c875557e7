//! References from files that are generated to files that are not: a plugin is told which files
//! to generate, and the module that a reference would name must be in the same tree.

use std::collections::{BTreeMap, HashMap, HashSet};

use meshrpc_descriptor::{Enum, File, FileSet, Message};

use super::place;
use crate::error::Refusal;
use crate::generate::externs::Externs;

/// One refusal per file that is missing.
pub(super) fn missing(set: &FileSet, files: &[&File], externs: &Externs) -> Vec<Refusal> {
    if files.len() == set.files().len() {
        return Vec::new();
    }
    let selected: HashSet<&str> = files.iter().map(|file| file.name()).collect();
    let mut declared = HashMap::new();
    for file in set.files() {
        if !selected.contains(file.name()) {
            declare(file, file.messages(), file.enums(), &mut declared);
        }
    }
    let mut missing = BTreeMap::new();
    for file in files {
        references(file, &mut |type_name, element, location| {
            let Some(target) = declared.get(type_name.trim_start_matches('.')) else {
                return;
            };
            if !externs.has(type_name) {
                missing.entry(target.name()).or_insert_with(|| Refusal {
                    place: place(file, location),
                    problem: format!(
                        "{element} has the type {type_name} of {target}, which is not among the \
                         files to generate. A module tree is generated in one run: give protoc all \
                         files at once; buf needs `strategy: all`, and `include_imports: true` for \
                         files of other modules. Or say where its types are with \
                         extern_path=.{package}=::a_crate::path",
                        target = target.name(),
                        package = target.package(),
                    ),
                });
            }
        });
    }
    missing.into_values().collect()
}

fn declare<'a>(
    file: &'a File,
    messages: &'a [Message],
    enums: &'a [Enum],
    declared: &mut HashMap<&'a str, &'a File>,
) {
    declared.extend(enums.iter().map(|declared| (declared.full_name(), file)));
    for message in messages {
        declared.insert(message.full_name(), file);
        declare(file, message.messages(), message.enums(), declared);
    }
}

type Location = Option<(u32, u32)>;

/// Every type that a message or method of the file names, with what names it.
fn references(file: &File, visit: &mut impl FnMut(&str, &str, Location)) {
    fn walk(messages: &[Message], visit: &mut impl FnMut(&str, &str, Location)) {
        for message in messages {
            for field in message.fields() {
                if let Some(type_name) = field.type_name() {
                    visit(type_name, field.full_name(), field.location());
                }
            }
            walk(message.messages(), visit);
        }
    }
    walk(file.messages(), visit);
    for service in file.services() {
        for method in service.methods() {
            for type_name in [method.input_type(), method.output_type()] {
                visit(type_name, method.full_name(), method.location());
            }
        }
    }
}
