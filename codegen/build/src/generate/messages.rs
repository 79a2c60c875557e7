//! Messages and enums, by prost-build.
//!
//! prost-build gets the lowered set, with each comment replaced by a mark: its own treatment of
//! comments leaves doctests, broken links and HTML, so the marks are exchanged for our doc
//! lines in its output. It is also what resolves the types of methods, so that they are named
//! exactly as it named them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use meshrpc_descriptor::{File, FileSet, Message};
use prost_build::{Module, Service, ServiceGenerator};
use prost_types::source_code_info::Location;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, SourceCodeInfo};

use super::externs::Externs;
use super::settings::{Settings, covers};
use super::{Selection, docs, names};
use crate::error::{Error, Result};

/// Stands with a number for a doc comment in prost-build's output. No comment of a contract gets
/// there, so none can look like it.
const MARK: &str = "meshrpc doc comment ";

const PROST_PATH: &str = "::meshrpc::prost";
const PROST_TYPES_PATH: &str = "::meshrpc::prost_types";

/// What prost-build made of a set.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// Rust source by module path.
    pub(crate) modules: BTreeMap<Vec<String>, String>,
    /// Rust types of request and response of each method, in order, by service.
    pub(crate) method_types: MethodTypesByService,
}

/// Runs prost-build over the whole set; only the selected files yield code.
pub(crate) fn generate(
    set: &FileSet,
    order: &[&File],
    selection: &Selection<'_>,
    externs: &Externs,
    settings: &Settings,
) -> Result<Messages> {
    let lowered = set.lower().map_err(Error::Lower)?;
    let mut lowered = lowered.file;
    let places: HashMap<&str, usize> = (0..)
        .zip(order)
        .map(|(place, file)| (file.name(), place))
        .collect();
    lowered.sort_by_key(|file| places.get(file.name()));
    let mut comments = Vec::new();
    let requests = lowered
        .into_iter()
        .map(|mut file| {
            if selection.has(file.name()) {
                mark_comments(&mut file, &mut comments);
                (Module::from_protobuf_package_name(file.package()), file)
            } else {
                (ignored(), for_the_graph_only(file))
            }
        })
        .collect();
    let types = Rc::<RefCell<MethodTypesByService>>::default();
    let mut config = config(set, externs, settings);
    config.service_generator(Box::new(MethodTypes(Rc::clone(&types))));
    let generated = catch_unwind(AssertUnwindSafe(|| config.generate(requests)))
        .map_err(|panic| Error::Prost(panic_text(panic.as_ref())))?
        .map_err(|error| Error::Prost(error.to_string()))?;
    drop(config);
    let modules = generated
        .into_iter()
        .filter(|(module, _)| *module != ignored())
        .map(|(module, text)| {
            let path = module.parts().map(str::to_owned).collect();
            (path, finished(&text, &comments))
        })
        .collect();
    Ok(Messages {
        modules,
        method_types: types.take(),
    })
}

fn config(set: &FileSet, externs: &Externs, settings: &Settings) -> prost_build::Config {
    let mut config = prost_build::Config::new();
    config
        .prost_path(PROST_PATH)
        .prost_types_path(PROST_TYPES_PATH)
        .bytes(&settings.bytes)
        .btree_map(&settings.btree_map)
        .disable_comments(&settings.disable_comments);
    if settings.type_names {
        config.enable_type_names();
        config.type_name_domain(["."], "type.googleapis.com");
    }
    for path in settings.boxed.iter().chain(&set.recursive_groups()) {
        config.boxed(path);
    }
    for (path, attribute) in &settings.type_attributes {
        config.type_attribute(path, attribute);
    }
    for (path, attribute) in &settings.field_attributes {
        config.field_attribute(path, attribute);
    }
    for (proto, rust) in externs.paths() {
        config.extern_path(proto, rust);
    }
    for path in deprecated(set) {
        config.type_attribute(path, "#[deprecated]");
    }
    // prost-derive's Debug of a message with a BTreeMap names the crate `prost`, which a user
    // doesn't have; Rust's own has enum fields as numbers.
    let ordered = with_ordered_maps(set, settings);
    for path in &ordered {
        config.type_attribute(path, "#[derive(::core::fmt::Debug)]");
    }
    config.skip_debug(ordered);
    config
}

/// The paths of messages with fields that become `BTreeMap`.
fn with_ordered_maps(set: &FileSet, settings: &Settings) -> Vec<String> {
    fn walk(messages: &[Message], settings: &Settings, found: &mut Vec<String>) {
        for message in messages {
            let mut maps = message.fields().iter().filter(|field| field.map());
            let is_ordered = maps.any(|field| {
                let path = format!(".{}", field.full_name());
                settings
                    .btree_map
                    .iter()
                    .any(|matcher| covers(matcher, &path))
            });
            if is_ordered {
                // prost-build takes a message's path for all that is in it, too.
                found.push(format!(".{}", message.full_name()));
            } else {
                walk(message.messages(), settings, found);
            }
        }
    }
    if settings.btree_map.iter().any(|matcher| matcher == ".") {
        // prost-build looks through all paths for each element: one is better than thousands.
        return vec![".".to_owned()];
    }
    let mut found = Vec::new();
    if !settings.btree_map.is_empty() {
        for file in set.files() {
            walk(file.messages(), settings, &mut found);
        }
    }
    found
}

/// The paths of deprecated messages and enums. What is inside of one goes with it.
fn deprecated(set: &FileSet) -> Vec<String> {
    fn walk(messages: &[Message], found: &mut Vec<String>) {
        for message in messages {
            if message.deprecated() {
                found.push(format!(".{}", message.full_name()));
                continue;
            }
            enums(message.enums(), found);
            walk(message.messages(), found);
        }
    }
    fn enums(enums: &[meshrpc_descriptor::Enum], found: &mut Vec<String>) {
        let deprecated = enums.iter().filter(|declared| declared.deprecated());
        found.extend(deprecated.map(|declared| format!(".{}", declared.full_name())));
    }
    let mut found = Vec::new();
    for file in set.files() {
        enums(file.enums(), &mut found);
        walk(file.messages(), &mut found);
    }
    found
}

/// The module of files that only take part in the graph of messages. No package has this name.
fn ignored() -> Module {
    Module::from_parts(["(ignored)"])
}

/// prost-build looks into all messages, to know what is recursive; the rest would cost time.
fn for_the_graph_only(mut file: FileDescriptorProto) -> FileDescriptorProto {
    fn without_enums(message: &mut DescriptorProto) {
        message.enum_type.clear();
        message.nested_type.iter_mut().for_each(without_enums);
    }
    file.source_code_info = None;
    file.service.clear();
    file.enum_type.clear();
    file.message_type.iter_mut().for_each(without_enums);
    file
}

/// Gives every element a location, as prost-build requires, whose comment is a mark.
fn mark_comments(file: &mut FileDescriptorProto, comments: &mut Vec<Vec<String>>) {
    let Some(info) = file.source_code_info.take() else {
        return;
    };
    let mut found = HashMap::new();
    for location in info.location {
        let text = docs::lines(
            location.leading_comments.as_deref(),
            location.trailing_comments.as_deref(),
        );
        if !text.is_empty() {
            found.entry(location.path).or_insert(text);
        }
    }
    let mut marked = Vec::new();
    each_path(file, &mut |path| {
        let leading_comments = found.remove(path).map(|text| {
            comments.push(text);
            format!(" {MARK}{}", comments.len() - 1)
        });
        marked.push(Location {
            path: path.to_vec(),
            leading_comments,
            ..Location::default()
        });
    });
    file.source_code_info = Some(SourceCodeInfo { location: marked });
}

/// The paths of all elements that prost-build asks for comments of.
fn each_path(file: &FileDescriptorProto, visit: &mut impl FnMut(&[i32])) {
    let path = &mut Vec::new();
    children(path, 4, &file.message_type, visit, message_paths);
    children(path, 5, &file.enum_type, visit, enum_paths);
    children(path, 6, &file.service, visit, |service, path, visit| {
        children(path, 2, &service.method, visit, |_, _, _| {});
    });
}

fn message_paths<V: FnMut(&[i32])>(message: &DescriptorProto, path: &mut Vec<i32>, visit: &mut V) {
    children(path, 2, &message.field, visit, |_, _, _| {});
    children(path, 3, &message.nested_type, visit, message_paths);
    children(path, 4, &message.enum_type, visit, enum_paths);
    children(path, 8, &message.oneof_decl, visit, |_, _, _| {});
}

fn enum_paths<V: FnMut(&[i32])>(
    declared: &EnumDescriptorProto,
    path: &mut Vec<i32>,
    visit: &mut V,
) {
    children(path, 2, &declared.value, visit, |_, _, _| {});
}

fn children<T, V: FnMut(&[i32])>(
    path: &mut Vec<i32>,
    field: i32,
    items: &[T],
    visit: &mut V,
    inner: impl Fn(&T, &mut Vec<i32>, &mut V),
) {
    path.push(field);
    for (index, item) in (0..).zip(items) {
        path.push(index);
        visit(path);
        inner(item, path, visit);
        path.pop();
    }
    path.pop();
}

/// Exchanges the marks.
fn finished(text: &str, comments: &[Vec<String>]) -> String {
    let mut out = String::with_capacity(text.len() * 5 / 4);
    // The first line names prost-build as the author.
    for line in text.lines().skip_while(|line| line.starts_with("// ")) {
        let content = line.trim_start();
        let indent = &line[..line.len() - content.len()];
        match marked(content).and_then(|index| comments.get(index)) {
            Some(doc) => {
                for line in doc {
                    out.extend([indent, "///", line, "\n"]);
                }
            }
            None => out.extend([line, "\n"]),
        }
    }
    out
}

fn marked(content: &str) -> Option<usize> {
    content
        .strip_prefix("/// ")?
        .strip_prefix(MARK)?
        .parse()
        .ok()
}

/// Collects the types of methods; the code of services is written elsewhere.
struct MethodTypes(Rc<RefCell<MethodTypesByService>>);

type MethodTypesByService = HashMap<String, Vec<(String, String)>>;

impl ServiceGenerator for MethodTypes {
    fn generate(&mut self, service: Service, _: &mut String) {
        let dot = if service.package.is_empty() { "" } else { "." };
        let name = format!("{}{dot}{}", service.package, service.proto_name);
        let types = service
            .methods
            .into_iter()
            .map(|method| (method.input_type, method.output_type));
        self.0.borrow_mut().insert(name, types.collect());
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("prost-build panicked")
        .to_owned()
}

/// Whether prost-build makes a module for what is inside of a message.
pub(crate) fn has_module(message: &Message) -> bool {
    !message.enums().is_empty()
        || message.messages().iter().any(|nested| !nested.map_entry())
        || message.oneofs().iter().any(|oneof| !oneof.synthetic())
}

/// The type that prost-build makes of a oneof, in its message's module.
pub(crate) fn oneof_type(message: &Message, oneof: &str) -> String {
    let name = names::camel(oneof);
    let nested = message.messages().iter().map(|nested| nested.name());
    let enums = message.enums().iter().map(|declared| declared.name());
    if nested.chain(enums).any(|other| names::camel(other) == name) {
        format!("{name}OneOf")
    } else {
        name
    }
}
