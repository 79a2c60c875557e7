//! Which top-level module of the runtime may name which other one.
//!
//! Lower never names upper; the side columns name only the ground floor, and meet the core in
//! the two stack files. The table is the picture in code: a new top-level module fails the
//! test until somebody has decided where it stands.

use std::collections::BTreeMap;

use crate::paths::{NamedPath, named_paths};

/// The policies that stand beside the layers.
const COLUMNS: &[&str] = &[
    "balance",
    "chaos",
    "discovery",
    "resilience",
    "security",
    "telemetry",
];

/// Where the columns meet the core: the two stacks, and the parts of one that outgrew its file.
const STACKS: &[&str] = &["client/stack", "server/stack"];

/// Each layer with the layers that it may name.
const LAYERS: &[(&str, &[&str])] = &[
    // Generated messages of `google.rpc`, which `Status` details are made of.
    ("google", &[]),
    ("base", &["google"]),
    ("codec", &["base", "google"]),
    ("protocol", &["codec", "base", "google"]),
    ("transport", &["protocol", "codec", "base", "google"]),
    (
        "client",
        &["transport", "protocol", "codec", "base", "google"],
    ),
    (
        "server",
        &["transport", "protocol", "codec", "base", "google"],
    ),
];

/// What stands on top and may name everything. `codegen` is the door of generated code,
/// `contracts` the generated code that the runtime itself carries.
const ON_TOP: &[&str] = &[
    "admin",
    "codegen",
    "contracts",
    "health",
    "manual",
    "reflection",
    "testing",
];

/// Files that may name one layer more, each for a reason that no other shape met.
const EXCEPTIONS: &[(&str, &str)] = &[
    // The body of an HTTP exchange is one concrete enum, so that a request of our own engine
    // costs no box; its variant for that engine is a type of `transport`.
    ("protocol/body.rs", "transport"),
];

/// A source file of the crate that is judged.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path below `src`, with `/` between the parts.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The violations among `files`, which are all source files of one crate called `crate_name`.
#[must_use]
pub fn check(crate_name: &str, files: &[SourceFile]) -> Vec<String> {
    let mut violations = Vec::new();
    let mut named = Vec::new();
    for file in files {
        match named_paths(&file.text) {
            Ok(paths) => named.push((file, paths)),
            Err(error) => violations.push(format!("{}: not readable as Rust: {error}", file.path)),
        }
    }
    let exports = exports(&named);
    for (file, paths) in &named {
        let module = module_of(&file.path);
        let Some(from) = module.first() else { continue };
        if is_test_file(&file.path) {
            continue;
        }
        if placed(from).is_none() {
            violations.push(format!(
                "{}: the top-level module `{from}` has no place in the table of layers; decide where it stands",
                file.path
            ));
            continue;
        }
        for path in paths {
            let Some(absolute) = resolve(crate_name, &module, path) else {
                continue;
            };
            let Some(name) = absolute.first() else {
                continue;
            };
            let to = if placed(name).is_some() {
                name
            } else if let Some(home) = exports.get(name) {
                home
            } else {
                continue;
            };
            if from != to && !may_name(from, to, &file.path) {
                violations.push(format!(
                    "{}:{}: `{from}` names `{}`, which belongs to `{to}`",
                    file.path,
                    path.line,
                    path.text()
                ));
            }
        }
    }
    violations
}

/// Whether a file holds tests only.
pub(crate) fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn placed(module: &str) -> Option<()> {
    (LAYERS.iter().any(|(name, _)| *name == module)
        || COLUMNS.contains(&module)
        || ON_TOP.contains(&module))
    .then_some(())
}

fn may_name(from: &str, to: &str, file: &str) -> bool {
    if ON_TOP.contains(&from) || EXCEPTIONS.contains(&(file, to)) {
        return true;
    }
    if COLUMNS.contains(&from) {
        return matches!(to, "base" | "google");
    }
    if COLUMNS.contains(&to) {
        return STACKS
            .iter()
            .any(|stack| file == format!("{stack}.rs") || file.starts_with(&format!("{stack}/")));
    }
    LAYERS
        .iter()
        .find(|(name, _)| *name == from)
        .is_some_and(|(_, lower)| lower.contains(&to))
}

/// The names that the crate's root re-exports, each with the module that it comes from.
fn exports(files: &[(&SourceFile, Vec<NamedPath>)]) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for (file, paths) in files {
        if file.path != "lib.rs" {
            continue;
        }
        for path in paths.iter().filter(|path| path.modules.is_empty()) {
            let segments = match path.segments.first().map(String::as_str) {
                Some("crate" | "self") => &path.segments[1..],
                _ => &path.segments[..],
            };
            let [home, .., name] = segments else { continue };
            if placed(home).is_some() {
                let name = path.alias.as_ref().unwrap_or(name);
                exports.insert(name.clone(), home.clone());
            }
        }
    }
    exports
}

/// The module that a file is: `client/stack.rs` is `[client, stack]`.
fn module_of(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = path
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if matches!(
        parts.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        parts.pop();
    }
    parts
}

/// The path from the crate's root, if `path` leads there at all.
fn resolve(crate_name: &str, module: &[String], path: &NamedPath) -> Option<Vec<String>> {
    let mut rest = &path.segments[..];
    let mut base: Vec<String> = module.iter().chain(&path.modules).cloned().collect();
    match rest.first()?.as_str() {
        first if first == "crate" || first == crate_name => {
            base.clear();
            rest = &rest[1..];
        }
        "self" if rest.len() > 1 => rest = &rest[1..],
        "super" => {}
        _ => return None,
    }
    while rest.first().is_some_and(|segment| segment == "super") {
        base.pop()?;
        rest = &rest[1..];
    }
    base.extend_from_slice(rest);
    Some(base)
}

#[cfg(test)]
mod tests {
    use super::{SourceFile, check};

    fn violations(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<SourceFile> = files
            .iter()
            .map(|(path, text)| SourceFile {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
            })
            .collect();
        check("meshrpc", &files)
    }

    #[test]
    fn upper_may_name_lower() {
        assert!(
            violations(&[("client/call.rs", "use crate::transport::http2::Connection;")])
                .is_empty()
        );
    }

    #[test]
    fn lower_may_not_name_upper() {
        let found = violations(&[("codec/mod.rs", "\nuse crate::client::Channel;")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("codec/mod.rs:2"), "{found:?}");
    }

    #[test]
    fn a_detour_over_super_the_crate_name_or_the_root_is_seen() {
        for text in [
            "use super::super::client::Channel;",
            "fn f(_: &::meshrpc::client::Channel) {}",
        ] {
            assert_eq!(violations(&[("codec/frame.rs", text)]).len(), 1, "{text}");
        }
        let root = (
            "lib.rs",
            "mod client; pub use client::{Channel, Other as Renamed};",
        );
        assert_eq!(
            violations(&[root, ("base/mod.rs", "use crate::Channel;")]).len(),
            1
        );
        assert_eq!(
            violations(&[root, ("base/mod.rs", "use crate::Renamed;")]).len(),
            1
        );
        assert!(violations(&[root, ("client/a.rs", "use crate::Channel;")]).is_empty());
    }

    #[test]
    fn columns_name_the_ground_floor_only() {
        assert!(violations(&[("resilience/retry.rs", "use crate::base::Call;")]).is_empty());
        assert_eq!(
            violations(&[("resilience/retry.rs", "use crate::codec::Codec;")]).len(),
            1
        );
        assert_eq!(
            violations(&[("resilience/retry.rs", "use crate::telemetry::Span;")]).len(),
            1
        );
    }

    #[test]
    fn columns_meet_the_core_in_the_stack_files_only() {
        let text = "use crate::resilience::Retry;";
        assert!(violations(&[("client/stack.rs", text)]).is_empty());
        assert_eq!(violations(&[("client/channel.rs", text)]).len(), 1);
        assert_eq!(violations(&[("transport/mod.rs", text)]).len(), 1);
    }

    #[test]
    fn the_two_sides_do_not_know_each_other() {
        assert_eq!(
            violations(&[("server/mod.rs", "use crate::client::Channel;")]).len(),
            1
        );
        assert_eq!(
            violations(&[("client/mod.rs", "use crate::server::Server;")]).len(),
            1
        );
    }

    #[test]
    fn a_module_without_a_place_is_refused() {
        assert_eq!(violations(&[("manager/mod.rs", "")]).len(), 1);
    }

    #[test]
    fn tests_may_name_anything() {
        let text = "#[cfg(test)] mod tests { use crate::server::Server; }";
        assert!(violations(&[("base/mod.rs", text)]).is_empty());
        assert!(violations(&[("base/tests.rs", "use crate::server::Server;")]).is_empty());
    }
}
