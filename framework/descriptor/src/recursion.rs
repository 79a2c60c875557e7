//! Messages that contain themselves through groups.

use std::collections::{HashMap, HashSet};

use crate::field::{Field, Kind, Label};
use crate::message::Message;
use crate::set::FileSet;

/// See [`FileSet::recursive_groups`].
pub(crate) fn recursive_groups(set: &FileSet) -> Vec<String> {
    let mut messages = Vec::new();
    for file in set.files() {
        collect(file.messages(), &mut messages);
    }
    // Who contains whom. A repeated field is a list, hence no containment.
    let contained: HashMap<&str, Vec<&str>> = messages
        .iter()
        .map(|message| {
            let fields = message.fields().iter();
            let types = fields.filter(|field| singular(field)).filter_map(target);
            (message.full_name(), types.collect())
        })
        .collect();
    let mut paths = Vec::new();
    for message in messages {
        let fields = message.fields().iter();
        for field in fields.filter(|field| singular(field) && field.delimited()) {
            if target(field).is_some_and(|from| reaches(&contained, from, message.full_name())) {
                paths.push(path(message, field));
            }
        }
    }
    paths
}

fn collect<'a>(messages: &'a [Message], list: &mut Vec<&'a Message>) {
    for message in messages {
        list.push(message);
        collect(message.messages(), list);
    }
}

fn singular(field: &Field) -> bool {
    field.label() != Label::Repeated && matches!(field.kind(), Kind::Message | Kind::Group)
}

fn target(field: &Field) -> Option<&str> {
    field.type_name().map(|name| &name[1..])
}

fn reaches<'a>(contained: &HashMap<&'a str, Vec<&'a str>>, from: &'a str, to: &str) -> bool {
    let mut seen = HashSet::from([from]);
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        if name == to {
            return true;
        }
        for &next in contained.get(name).into_iter().flatten() {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

/// As `prost_build::Config` wants it.
fn path(message: &Message, field: &Field) -> String {
    let message_name = message.full_name();
    match field.oneof_index().map(|index| &message.oneofs()[index]) {
        Some(oneof) if !oneof.synthetic() => {
            format!(".{message_name}.{}.{}", oneof.name(), field.name())
        }
        _ => format!(".{message_name}.{}", field.name()),
    }
}
