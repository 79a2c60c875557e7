//! Which types are not generated, because the runtime or another crate has them.

use meshrpc_descriptor::FileSet;

use super::settings::Settings;

/// Types of `google.rpc` that the runtime has. Others of that package are generated as any.
const GOOGLE_RPC: [&str; 15] = [
    "Status",
    "Code",
    "ErrorInfo",
    "RetryInfo",
    "DebugInfo",
    "QuotaFailure",
    "PreconditionFailure",
    "BadRequest",
    "RequestInfo",
    "ResourceInfo",
    "Help",
    "LocalizedMessage",
    "HttpRequest",
    "HttpResponse",
    "HttpHeader",
];

/// Proto paths to Rust paths, longest match first.
#[derive(Debug)]
pub(crate) struct Externs {
    paths: Vec<(String, String)>,
}

impl Externs {
    pub(crate) fn new(set: &FileSet, settings: &Settings) -> Self {
        let mut paths = settings.extern_paths.clone();
        let mut add = |proto: String, rust: String| {
            if paths.iter().all(|(taken, _)| *taken != proto) {
                paths.push((proto, rust));
            }
        };
        if !settings.own_contracts {
            add(".meshrpc".to_owned(), "::meshrpc::contracts".to_owned());
            for name in GOOGLE_RPC {
                let declared = format!(".google.rpc.{name}");
                if set.message(&declared).is_some() || set.enum_type(&declared).is_some() {
                    add(declared, format!("::meshrpc::google::rpc::{name}"));
                }
            }
        }
        Self { paths }
    }

    /// What prost-build is told; it knows `google.protobuf` by itself.
    pub(crate) fn paths(&self) -> &[(String, String)] {
        &self.paths
    }

    /// Whether the element with this full name (leading dot) comes from elsewhere.
    pub(crate) fn has(&self, full_name: &str) -> bool {
        let is_in = |scope: &str| {
            full_name
                .strip_prefix(scope)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        is_in(".google.protobuf") || self.paths.iter().any(|(scope, _)| is_in(scope))
    }
}
