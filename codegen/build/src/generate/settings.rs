//! What can be asked of the generator, whoever asks: `build.rs`, the plugin or the shell.

use crate::error::{Error, Result};

/// How to generate. The [`Builder`](crate::Builder) documents each setting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Proto path to Rust path of what another crate generated.
    pub extern_paths: Vec<(String, String)>,
    /// Path to attribute of messages, enums and oneofs.
    pub type_attributes: Vec<(String, String)>,
    /// Path to attribute of fields and enum values.
    pub field_attributes: Vec<(String, String)>,
    /// Fields of type `bytes` that become `Bytes` instead of `Vec<u8>`.
    pub bytes: Vec<String>,
    /// Map fields that become `BTreeMap` instead of `HashMap`.
    pub btree_map: Vec<String>,
    /// Message fields that are boxed.
    pub boxed: Vec<String>,
    /// Elements whose comments are left out.
    pub disable_comments: Vec<String>,
    /// Whether messages know their names (`prost::Name`).
    pub type_names: bool,
    /// Whether clients are generated.
    pub client: bool,
    /// Whether servers are generated.
    pub server: bool,
    /// Whether a service's methods may be left out of an `impl`.
    pub method_defaults: bool,
    /// The codec's Rust path, instead of prost's.
    pub codec: Option<String>,
    /// Full name of a service, with a leading dot, to the name of its module.
    pub service_modules: Vec<(String, String)>,
    /// Generates what otherwise comes from the runtime: for the runtime itself.
    #[doc(hidden)]
    pub own_contracts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            extern_paths: Vec::new(),
            type_attributes: Vec::new(),
            field_attributes: Vec::new(),
            bytes: Vec::new(),
            btree_map: Vec::new(),
            boxed: Vec::new(),
            disable_comments: Vec::new(),
            type_names: false,
            client: true,
            server: true,
            method_defaults: false,
            codec: None,
            service_modules: Vec::new(),
            own_contracts: false,
        }
    }
}

impl Settings {
    /// What can be said about settings without the contracts.
    pub(crate) fn check(&self) -> Result<()> {
        for (proto, rust) in &self.extern_paths {
            let refused = |problem: &str| Error::Setting {
                setting: format!("extern_path({proto:?}, {rust:?})"),
                problem: problem.to_owned(),
            };
            if !proto.starts_with('.') || proto.split('.').skip(1).any(str::is_empty) {
                return Err(refused(
                    "the proto path is the full name of a package or type; write it with a leading \
                     dot, as in `.acme.money.v1`",
                ));
            }
            if rust.starts_with("super::") || rust.starts_with("self::") {
                return Err(refused(
                    "the Rust path is used in modules of any depth; begin it with `::a_crate::` or \
                     `crate::`",
                ));
            }
            if proto == ".google.protobuf" {
                return Err(refused("the well-known types come from meshrpc"));
            }
        }
        for (path, attribute) in self.type_attributes.iter().chain(&self.field_attributes) {
            let item = format!("{attribute} struct S;");
            if syn::parse_str::<syn::ItemStruct>(&item).is_err() {
                return Err(Error::Setting {
                    setting: format!("attribute {attribute:?} for {path:?}"),
                    problem: "is no attribute; write it like `#[derive(PartialOrd)]`".to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Whether a matcher as prost-build takes it (`.` for all, `.a.b` and what is in it, or the end
/// of a name such as `Message.field`) covers the element `.full.name`.
pub(crate) fn covers(matcher: &str, full_name: &str) -> bool {
    if matcher == "." || matcher == full_name {
        return true;
    }
    let (longer, boundary) = (full_name.as_bytes(), matcher.len());
    if matcher.starts_with('.') {
        full_name.starts_with(matcher) && longer.get(boundary) == Some(&b'.')
    } else {
        full_name.ends_with(matcher) && longer[longer.len() - boundary - 1] == b'.'
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_matcher_covers_an_element_a_scope_or_an_end() {
        for matcher in [".", ".a.b.C", ".a.b", ".a", "C", "b.C", "a.b.C"] {
            assert!(covers(matcher, ".a.b.C"), "{matcher}");
        }
        for matcher in [".a.b.C.d", ".a.", ".a.b.", "", ".b.C", "x.a.b.C", ".a.b.D"] {
            assert!(!covers(matcher, ".a.b.C"), "{matcher}");
        }
    }
}
