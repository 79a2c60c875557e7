//! From contract names to Rust names: the one place that decides them.
//!
//! Types, fields and modules of messages are named by prost-build; the functions here repeat
//! its rules, so that collisions are found before it runs and service code can refer to its
//! output. The rules for services are ours, and closed: adding a method or a message to a
//! contract never renames what was there.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};

/// Names that a generated client has for itself; an RPC of that name gets a trailing `_`.
const CLIENT_OWN: [&str; 4] = ["new", "connect", "connect_lazy", "clone"];

/// `PlaceOrder` to `place_order`, keywords escaped, as prost-build does for fields and modules.
pub(crate) fn snake(name: &str) -> String {
    sanitized(name.to_snake_case())
}

/// `place_order` to `PlaceOrder`, as prost-build does for types.
pub(crate) fn camel(name: &str) -> String {
    sanitized(name.to_upper_camel_case())
}

/// The Rust function of an RPC.
pub(crate) fn function(method: &str) -> String {
    let name = snake(method);
    if CLIENT_OWN.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// The static of a method's spec, when the module's services have the statics `taken`.
pub(crate) fn method_static(method: &str, taken: &[String]) -> String {
    let name = sanitized(method.to_shouty_snake_case());
    if taken.contains(&name) {
        format!("{name}_")
    } else {
        name
    }
}

/// The static of a service's spec: `ORDER_SERVICE` for `OrderService`. Without the suffix
/// `Service` it is `ECHO_SPEC` for `Echo`, since `Echo` is a likely name for its method, and
/// `Order` may stand beside `OrderService` in one module.
pub(crate) fn service_static(service: &str) -> String {
    let name = sanitized(service.to_shouty_snake_case());
    if name.ends_with("_SERVICE") {
        name
    } else {
        format!("{name}_SPEC")
    }
}

/// The module of a service: its name without a trailing `Service`, plus `_service`.
pub(crate) fn service_module(service: &str) -> String {
    let snake = service.to_snake_case();
    let stem = match snake.strip_suffix("service") {
        Some(stem) => stem.trim_end_matches('_'),
        None => &snake,
    };
    if stem.is_empty() {
        "service".to_owned()
    } else {
        sanitized(format!("{stem}_service"))
    }
}

/// A service's type: its name, with a suffix such as `Client`.
pub(crate) fn service_type(service: &str, suffix: &str) -> String {
    sanitized(format!("{}{suffix}", service.to_upper_camel_case()))
}

/// The Rust modules of a package, outermost first.
pub(crate) fn package_modules(package: &str) -> Vec<String> {
    package
        .split('.')
        .filter(|part| !part.is_empty())
        .map(snake)
        .collect()
}

/// The value of an enum as prost-build names its variant: without the enum's own name in front.
pub(crate) fn enum_variant(enumeration: &str, value: &str) -> String {
    let value = camel(value);
    match value.strip_prefix(&camel(enumeration)) {
        Some(rest) if rest.starts_with(char::is_uppercase) => sanitized(rest.to_owned()),
        _ => sanitized(value),
    }
}

/// Whether a converted name can stand in Rust source. It can't when nothing was left of it,
/// which is what happens to `_` and `__`.
pub(crate) fn is_identifier(name: &str) -> bool {
    syn::parse_str::<Ident>(name).is_ok() || name.starts_with("r#")
}

/// An identifier token for a name made by this module.
pub(crate) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

fn sanitized(name: String) -> String {
    match name.as_str() {
        "as" | "break" | "const" | "continue" | "else" | "enum" | "false" | "fn" | "for" | "if"
        | "impl" | "in" | "let" | "loop" | "match" | "mod" | "move" | "mut" | "pub" | "ref"
        | "return" | "static" | "struct" | "trait" | "true" | "type" | "unsafe" | "use"
        | "where" | "while" | "dyn" | "abstract" | "become" | "box" | "do" | "final" | "macro"
        | "override" | "priv" | "typeof" | "unsized" | "virtual" | "yield" | "async" | "await"
        | "try" | "gen" => format!("r#{name}"),
        "_" | "super" | "self" | "Self" | "extern" | "crate" => format!("{name}_"),
        _ if name.starts_with(char::is_numeric) => format!("_{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_module_is_the_stem_and_service() {
        for (service, module) in [
            ("OrderService", "order_service"),
            ("Order", "order_service"),
            ("Service", "service"),
            ("HTTPService", "http_service"),
            ("Microservice", "micro_service"),
            ("Self", "self_service"),
            ("1", "_1_service"),
        ] {
            assert_eq!(service_module(service), module);
        }
    }

    #[test]
    fn two_services_of_one_stem_have_different_statics() {
        assert_eq!(service_static("OrderService"), "ORDER_SERVICE");
        assert_eq!(service_static("Order"), "ORDER_SPEC");
        assert_eq!(service_static("Service"), "SERVICE_SPEC");
    }

    #[test]
    fn an_rpc_never_takes_a_client_s_own_name() {
        for (method, function_name) in [
            ("New", "new_"),
            ("Connect", "connect_"),
            ("ConnectLazy", "connect_lazy_"),
            ("clone", "clone_"),
            ("Default", "default"),
            ("Type", "r#type"),
            ("Self", "self_"),
        ] {
            assert_eq!(function(method), function_name);
        }
    }

    #[test]
    fn a_method_s_static_yields_to_a_service_s() {
        let taken = [service_static("Echo")];
        assert_eq!(method_static("Echo", &taken), "ECHO");
        assert_eq!(method_static("EchoSpec", &taken), "ECHO_SPEC_");
    }

    #[test]
    fn a_name_of_underscores_is_no_identifier() {
        assert!(!is_identifier(&snake("_")));
        assert!(!is_identifier(&camel("__")));
        assert!(is_identifier(&snake("type")));
        assert!(is_identifier(&snake("_1")));
    }
}
