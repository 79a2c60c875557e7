//! What can't become Rust, found before anything is generated. All of it is reported at once,
//! each with its place in the contract and what helps.

mod members;
mod references;
mod scope;

use std::collections::HashSet;

use meshrpc_descriptor::{Enum, File, FileSet, Message};

use super::externs::Externs;
use super::messages::{has_module, oneof_type};
use super::settings::Settings;
use super::{names, service};
use crate::error::Refusal;
use scope::{Kind, Scopes};

pub(crate) fn refusals(
    set: &FileSet,
    files: &[&File],
    externs: &Externs,
    settings: &Settings,
) -> Vec<Refusal> {
    let mut check = Check {
        externs,
        settings,
        scopes: Scopes::default(),
        refusals: Vec::new(),
    };
    if !settings.own_contracts {
        check.reserved(set, files);
    }
    for file in files {
        check.file(file);
    }
    check.refusals.extend(check.scopes.finish());
    check
        .refusals
        .extend(references::missing(set, files, externs));
    check.refusals
}

struct Check<'a> {
    externs: &'a Externs,
    settings: &'a Settings,
    scopes: Scopes,
    refusals: Vec<Refusal>,
}

impl Check<'_> {
    /// What begins with `meshrpc.` has a meaning that a version carries out or refuses.
    fn reserved(&mut self, set: &FileSet, files: &[&File]) {
        for option in set.custom_options() {
            if option
                .name()
                .is_some_and(|name| name.starts_with("meshrpc."))
            {
                self.refusals.push(Refusal {
                    place: option.position(),
                    problem: format!(
                        "option {option} of {} is not carried out by meshrpc {}; remove it, or \
                         use a version that knows it",
                        option.element(),
                        env!("CARGO_PKG_VERSION"),
                    ),
                });
            }
        }
        for file in files {
            if file.package() == "meshrpc" || file.package().starts_with("meshrpc.") {
                self.refusals.push(Refusal {
                    place: file.name().to_owned(),
                    problem: format!(
                        "package {} is one of meshrpc's own, and meshrpc {} has no contract of \
                         that name; name your package otherwise",
                        file.package(),
                        env!("CARGO_PKG_VERSION"),
                    ),
                });
            }
        }
    }

    fn file(&mut self, file: &File) {
        let mut module = Vec::new();
        let mut package = String::new();
        for part in file.package().split('.').filter(|part| !part.is_empty()) {
            let name = names::snake(part);
            package = if package.is_empty() {
                part.to_owned()
            } else {
                format!("{package}.{part}")
            };
            let what = format!("package {package}");
            self.scopes
                .add(&module, &name, Kind::Package, &what, file.name());
            module.push(name);
        }
        for message in file.messages() {
            self.message(file, &module, message);
        }
        for declared in file.enums() {
            self.enumeration(file, &module, declared);
        }
        for service in file.services() {
            self.service(file, &module, service);
        }
    }

    fn message(&mut self, file: &File, module: &[String], message: &Message) {
        if message.map_entry() || self.externs.has(&format!(".{}", message.full_name())) {
            return;
        }
        let place = place(file, message.location());
        let what = format!("message {}", message.full_name());
        self.scopes.add(
            module,
            &names::camel(message.name()),
            Kind::Type,
            &what,
            &place,
        );
        members::fields(message, file, &mut self.refusals);
        if !has_module(message) {
            return;
        }
        let name = names::snake(message.name());
        self.scopes.add(module, &name, Kind::Message, &what, &place);
        let mut inner = module.to_vec();
        inner.push(name);
        for nested in message.messages() {
            self.message(file, &inner, nested);
        }
        for declared in message.enums() {
            self.enumeration(file, &inner, declared);
        }
        for oneof in message.oneofs().iter().filter(|oneof| !oneof.synthetic()) {
            let place = crate::generate::check::place(file, oneof.location());
            let what = format!("oneof {}", oneof.full_name());
            let name = oneof_type(message, oneof.name());
            self.scopes.add(&inner, &name, Kind::Type, &what, &place);
        }
    }

    fn enumeration(&mut self, file: &File, module: &[String], declared: &Enum) {
        if self.externs.has(&format!(".{}", declared.full_name())) {
            return;
        }
        let place = place(file, declared.location());
        let what = format!("enum {}", declared.full_name());
        self.scopes.add(
            module,
            &names::camel(declared.name()),
            Kind::Type,
            &what,
            &place,
        );
        members::values(declared, file, &mut self.refusals);
    }

    fn service(&mut self, file: &File, module: &[String], service: &meshrpc_descriptor::Service) {
        if self.externs.has(&format!(".{}", service.full_name())) {
            return;
        }
        let place = place(file, service.location());
        let what = format!("service {}", service.full_name());
        let own = service::module_of(service, self.settings);
        self.scopes.add(module, &own, Kind::Service, &what, &place);
        let mut inner = module.to_vec();
        inner.push(own);
        for suffix in ["", "Server", "Client", "Dispatch"] {
            let name = names::service_type(service.name(), suffix);
            self.scopes
                .add(&inner, &name, Kind::ServiceItem, &what, &place);
        }
        // Statics are in Rust's other namespace: the trait `T` and the static `T` don't collide.
        inner.push("(statics)".to_owned());
        let constant = names::service_static(service.name());
        self.scopes
            .add(&inner, &constant, Kind::ServiceItem, &what, &place);
        let mut own = HashSet::new();
        for method in service.methods() {
            let what = format!("rpc {}", method.full_name());
            let place = crate::generate::check::place(file, method.location());
            // A method's static yields to its service's; two of one service collide as functions.
            let constant = names::method_static(method.name(), std::slice::from_ref(&constant));
            if own.insert(constant.clone()) {
                self.scopes
                    .add(&inner, &constant, Kind::ServiceItem, &what, &place);
            }
        }
        members::functions(service, file, &mut self.refusals);
    }
}

/// `file:line:column`, or the file alone.
fn place(file: &File, location: Option<(u32, u32)>) -> String {
    match location {
        Some((line, column)) => format!("{}:{line}:{column}", file.name()),
        None => file.name().to_owned(),
    }
}
