//! Services as the code is written from them: descriptors, with all Rust names decided.

use std::collections::{HashMap, HashSet};

use meshrpc_descriptor::{File, Idempotency};

use super::super::externs::Externs;
use super::super::settings::{Settings, covers};
use super::super::{docs, names};
use crate::error::{Error, Result};

/// A service and its Rust names.
pub(crate) struct Service<'a> {
    pub(crate) descriptor: &'a meshrpc_descriptor::Service,
    pub(crate) full_name: &'a str,
    pub(crate) module: String,
    /// The static of its spec.
    pub(crate) constant: String,
    pub(crate) methods: Vec<Method<'a>>,
    pub(crate) docs: Vec<String>,
    /// `super::` as often as it takes from the service's module to the root of the tree.
    pub(crate) root: syn::Path,
}

impl Service<'_> {
    /// The name of the type with this suffix, such as `OrderServiceClient`; the trait's with none.
    pub(crate) fn type_name(&self, suffix: &str) -> String {
        names::service_type(self.descriptor.name(), suffix)
    }
}

/// A method and its Rust names.
pub(crate) struct Method<'a> {
    pub(crate) descriptor: &'a meshrpc_descriptor::Method,
    pub(crate) function: String,
    /// The static of its spec.
    pub(crate) constant: String,
    pub(crate) path: String,
    pub(crate) request: syn::Type,
    pub(crate) response: syn::Type,
    pub(crate) docs: Vec<String>,
}

impl Method<'_> {
    pub(crate) fn idempotency(&self) -> Option<&'static str> {
        match self.descriptor.idempotency() {
            Idempotency::Unknown => None,
            Idempotency::NoSideEffects => Some("NoSideEffects"),
            Idempotency::Idempotent => Some("Idempotent"),
        }
    }
}

/// Types of request and response of each method, by service, as prost-build resolved them.
pub(crate) type MethodTypes = HashMap<String, Vec<(String, String)>>;

/// The services of the files of one package, by name.
pub(crate) fn services<'a>(
    files: &[&'a File],
    types: &MethodTypes,
    externs: &Externs,
    settings: &Settings,
) -> Result<Vec<Service<'a>>> {
    let descriptors: Vec<_> = files
        .iter()
        .flat_map(|file| file.services().iter().map(|service| (*file, service)))
        .filter(|(_, service)| !externs.has(&format!(".{}", service.full_name())))
        .collect();
    // The specs of all services of a module stand together; methods yield to services.
    let mut taken: HashMap<String, Vec<String>> = HashMap::new();
    for (_, service) in &descriptors {
        let module = module_of(service, settings);
        let constant = names::service_static(service.name());
        taken.entry(module).or_default().push(constant);
    }
    let mut services = descriptors
        .into_iter()
        .map(|(file, descriptor)| {
            let module = module_of(descriptor, settings);
            let no_types = Vec::new();
            let types = types.get(descriptor.full_name()).unwrap_or(&no_types);
            let methods =
                descriptor
                    .methods()
                    .iter()
                    .zip(types)
                    .map(|(method, (request, response))| {
                        Ok(Method {
                            descriptor: method,
                            function: names::function(method.name()),
                            constant: names::method_static(method.name(), &taken[&module]),
                            path: format!("/{}/{}", descriptor.full_name(), method.name()),
                            request: rust_type(request, method.input_type(), externs)?,
                            response: rust_type(response, method.output_type(), externs)?,
                            docs: comments(method.comments(), method.full_name(), settings),
                        })
                    });
            let methods = methods.collect::<Result<_>>()?;
            Ok(Service {
                descriptor,
                full_name: descriptor.full_name(),
                constant: names::service_static(descriptor.name()),
                methods,
                docs: comments(descriptor.comments(), descriptor.full_name(), settings),
                root: root(file.package()),
                module,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    services.sort_by_key(|service| service.full_name);
    Ok(services)
}

/// The module of a service, as asked for or by the rule.
pub(crate) fn module_of(service: &meshrpc_descriptor::Service, settings: &Settings) -> String {
    let asked = settings
        .service_modules
        .iter()
        .find(|(name, _)| name.trim_start_matches('.') == service.full_name());
    match asked {
        Some((_, module)) => module.clone(),
        None => names::service_module(service.name()),
    }
}

fn comments(
    comments: &meshrpc_descriptor::Comments,
    full_name: &str,
    settings: &Settings,
) -> Vec<String> {
    let path = format!(".{full_name}");
    if settings
        .disable_comments
        .iter()
        .any(|matcher| covers(matcher, &path))
    {
        return Vec::new();
    }
    docs::lines(comments.leading(), comments.trailing())
}

/// prost-build's type, seen from the service's module, which is one below the package's.
fn rust_type(text: &str, proto: &str, externs: &Externs) -> Result<syn::Type> {
    let text = if externs.has(proto) {
        text.to_owned()
    } else {
        format!("super::{text}")
    };
    syn::parse_str(&text).map_err(|_| Error::Setting {
        setting: format!("extern_path for {proto}"),
        problem: format!("{text:?} is no path of a Rust type; write it like `::a_crate::a::b`"),
    })
}

fn root(package: &str) -> syn::Path {
    let depth = names::package_modules(package).len() + 1;
    let text = vec!["super"; depth].join("::");
    syn::parse_str(&text).expect("a chain of `super` is a path")
}

/// Settings that name a service which the contracts don't have are mistakes.
pub(crate) fn check_settings<'a>(
    files: impl Iterator<Item = &'a File>,
    settings: &Settings,
) -> Result<()> {
    if settings.service_modules.is_empty() {
        return Ok(());
    }
    let known: HashSet<&str> = files
        .flat_map(|file| file.services())
        .map(|service| service.full_name())
        .collect();
    for (name, module) in &settings.service_modules {
        let setting = format!("service_module({name:?}, {module:?})");
        if !known.contains(name.trim_start_matches('.')) {
            let mut names: Vec<_> = known.iter().map(|name| format!(".{name}")).collect();
            names.sort();
            return Err(Error::Setting {
                setting,
                problem: format!("there is no such service; there are {}", names.join(", ")),
            });
        }
        if !names::is_identifier(module) || names::snake(module) != *module {
            return Err(Error::Setting {
                setting,
                problem: "the module's name must be a Rust identifier in snake_case".to_owned(),
            });
        }
    }
    Ok(())
}
