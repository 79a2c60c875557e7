//! The names inside of one message, enum or service.

use std::collections::HashMap;

use meshrpc_descriptor::{Enum, Field, File, Kind, Label, Message, Service};

use super::place;
use super::scope::no_identifier;
use crate::error::Refusal;
use crate::generate::names;

/// Names and who took them.
struct Names<'a> {
    taken: HashMap<String, String>,
    refusals: &'a mut Vec<Refusal>,
}

impl<'a> Names<'a> {
    fn new(refusals: &'a mut Vec<Refusal>) -> Self {
        Self {
            taken: HashMap::new(),
            refusals,
        }
    }

    fn add(&mut self, name: String, what: &str, place: &str) {
        if !names::is_identifier(&name) {
            self.refusals.push(no_identifier(what, place));
            return;
        }
        match self.taken.get(&name) {
            Some(other) if other == what => {}
            Some(other) => self.refusals.push(Refusal {
                place: place.to_owned(),
                problem: format!(
                    "{other} and {what} would both be `{name}` in Rust; rename one of them"
                ),
            }),
            None => {
                self.taken.insert(name, what.to_owned());
            }
        }
    }
}

/// Fields, oneofs and the members of oneofs, and the functions that prost derives for fields.
pub(super) fn fields(message: &Message, file: &File, refusals: &mut Vec<Refusal>) {
    let mut fields = Names::new(refusals);
    for oneof in message.oneofs().iter().filter(|oneof| !oneof.synthetic()) {
        let what = format!("oneof {}", oneof.full_name());
        fields.add(
            names::snake(oneof.name()),
            &what,
            &place(file, oneof.location()),
        );
    }
    let alone = || {
        message
            .fields()
            .iter()
            .filter(|field| !is_in_oneof(message, field))
    };
    for field in alone() {
        let what = format!("field {}", field.full_name());
        fields.add(
            names::snake(field.name()),
            &what,
            &place(file, field.location()),
        );
    }
    let mut functions = Names::new(refusals);
    for field in alone() {
        let what = format!("an accessor of field {}", field.full_name());
        for name in accessors(field) {
            functions.add(name, &what, &place(file, field.location()));
        }
    }
    for (index, _) in message.oneofs().iter().enumerate() {
        let mut members = Names::new(refusals);
        let inside =
            |field: &&Field| field.oneof_index() == Some(index) && is_in_oneof(message, field);
        for field in message.fields().iter().filter(inside) {
            let what = format!("field {}", field.full_name());
            members.add(
                names::camel(field.name()),
                &what,
                &place(file, field.location()),
            );
        }
    }
}

fn is_in_oneof(message: &Message, field: &Field) -> bool {
    field
        .oneof_index()
        .is_some_and(|index| !message.oneofs()[index].synthetic())
}

/// The functions that prost derives beside the field itself.
fn accessors(field: &Field) -> Vec<String> {
    let name = names::snake(field.name());
    let bare = name.trim_start_matches("r#");
    match (field.kind(), field.label()) {
        (Kind::Enum, Label::Repeated) => vec![format!("push_{bare}"), name],
        (Kind::Enum, _) => vec![format!("set_{bare}"), name],
        (Kind::Message | Kind::Group, _) | (_, Label::Repeated) => Vec::new(),
        _ if field.has_presence() => vec![name],
        _ => Vec::new(),
    }
}

/// The values that become variants: the first of each number. protoc refuses most of what would
/// collide by itself; other compilers don't.
pub(super) fn values(declared: &Enum, file: &File, refusals: &mut Vec<Refusal>) {
    let mut numbers = std::collections::HashSet::new();
    let mut variants = Names::new(refusals);
    for value in declared.values() {
        if numbers.insert(value.number()) {
            let name = names::enum_variant(declared.name(), value.name());
            let what = format!("enum value {}", value.full_name());
            variants.add(name, &what, &place(file, value.location()));
        }
    }
}

/// The functions of a service's trait and client.
pub(super) fn functions(service: &Service, file: &File, refusals: &mut Vec<Refusal>) {
    let mut functions = Names::new(refusals);
    for method in service.methods() {
        let what = format!("rpc {}", method.full_name());
        functions.add(
            names::function(method.name()),
            &what,
            &place(file, method.location()),
        );
    }
}
