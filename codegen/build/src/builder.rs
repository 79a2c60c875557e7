//! The builder: everything that can be said about generating from `build.rs`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use meshrpc_descriptor::FileSet;

use crate::error::{Error, Result};
use crate::generate::{self, Selection, Settings, Tree};
use crate::protoc::{self, Protoc};

/// Generates Rust from contracts, with settings. Made by [`configure`](crate::configure).
///
/// Paths of messages and fields are written as prost-build takes them: `.` for everything,
/// `.package.Message` for that and what is in it, `Message.field` for whatever ends so.
///
/// ```no_run
/// fn main() -> meshrpc_build::Result<()> {
///     meshrpc_build::configure()
///         .include("proto")
///         .type_attribute(".storefront.orders.v1.Order", "#[derive(serde::Serialize)]")
///         .compile(&["proto/storefront/orders/v1/orders.proto"])
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is generated until `compile` is called"]
pub struct Builder {
    includes: Vec<PathBuf>,
    out_dir: Option<PathBuf>,
    protoc: Option<PathBuf>,
    protoc_args: Vec<OsString>,
    descriptor_set_out: Option<PathBuf>,
    rerun: bool,
    settings: Settings,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            includes: Vec::new(),
            out_dir: None,
            protoc: None,
            protoc_args: Vec::new(),
            descriptor_set_out: None,
            rerun: true,
            settings: Settings::default(),
        }
    }

    /// Adds a folder in which imports are looked up, and from which the contracts' own names
    /// are counted.
    ///
    /// Without any, the root is derived: a file whose folder ends in its package (package
    /// `a.v1` in `proto/a/v1/`) has what is before it (`proto`); another belongs to such a root
    /// around it, or else to the folder that was given or its own. protoc's well-known types are
    /// always found.
    pub fn include(mut self, folder: impl Into<PathBuf>) -> Self {
        self.includes.push(folder.into());
        self
    }

    /// Adds several folders, as [`include`](Self::include) does one.
    pub fn includes<P: Into<PathBuf>>(mut self, folders: impl IntoIterator<Item = P>) -> Self {
        self.includes.extend(folders.into_iter().map(Into::into));
        self
    }

    /// The folder that gets the module tree, instead of `$OUT_DIR/meshrpc`. Include its
    /// `mod.rs` yourself then, by `include!` or as a module.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// The `protoc` to run, instead of what `PROTOC` names or the one that comes along.
    pub fn protoc(mut self, program: impl Into<PathBuf>) -> Self {
        self.protoc = Some(program.into());
        self
    }

    /// Adds an argument for `protoc`.
    pub fn protoc_arg(mut self, argument: impl Into<OsString>) -> Self {
        self.protoc_args.push(argument.into());
        self
    }

    /// Types of this proto path come from elsewhere: `extern_path(".acme.money",
    /// "::acme_money::contracts::acme::money")`. Nothing is generated for them.
    ///
    /// `google.protobuf`, `google.rpc` and `meshrpc` come from `meshrpc` without saying so.
    pub fn extern_path(mut self, proto: impl Into<String>, rust: impl Into<String>) -> Self {
        self.settings.extern_paths.push((proto.into(), rust.into()));
        self
    }

    /// Puts an attribute on messages, enums and oneofs.
    pub fn type_attribute(mut self, path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.settings
            .type_attributes
            .push((path.into(), attribute.into()));
        self
    }

    /// Puts an attribute on fields and enum values.
    pub fn field_attribute(
        mut self,
        path: impl Into<String>,
        attribute: impl Into<String>,
    ) -> Self {
        self.settings
            .field_attributes
            .push((path.into(), attribute.into()));
        self
    }

    /// Fields of type `bytes` that become `Bytes` instead of `Vec<u8>`: no copy on decoding.
    pub fn bytes<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.settings
            .bytes
            .extend(paths.into_iter().map(Into::into));
        self
    }

    /// Map fields that become `BTreeMap` instead of `HashMap`: they encode in a stable order.
    /// `Debug` of their messages shows enum fields as numbers.
    pub fn btree_map<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.settings
            .btree_map
            .extend(paths.into_iter().map(Into::into));
        self
    }

    /// A message field that is boxed: a large one that is seldom set. Recursive ones are anyway.
    pub fn boxed(mut self, path: impl Into<String>) -> Self {
        self.settings.boxed.push(path.into());
        self
    }

    /// Elements whose comments don't become docs.
    pub fn disable_comments<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.settings
            .disable_comments
            .extend(paths.into_iter().map(Into::into));
        self
    }

    /// Whether messages implement `prost::Name`, which `Any` needs to pack and unpack them; they
    /// don't.
    pub fn type_names(mut self, is: bool) -> Self {
        self.settings.type_names = is;
        self
    }

    /// Whether clients are generated; they are. With neither clients nor servers, messages and
    /// specs are left, for which `meshrpc` needs no feature.
    pub fn client(mut self, is: bool) -> Self {
        self.settings.client = is;
        self
    }

    /// Whether servers are generated; they are.
    pub fn server(mut self, is: bool) -> Self {
        self.settings.server = is;
        self
    }

    /// Whether an `impl` of a service may leave out methods, which then answer UNIMPLEMENTED
    /// with their name. They may not: a method that is added to the contract should not go
    /// unnoticed.
    pub fn method_defaults(mut self, is: bool) -> Self {
        self.settings.method_defaults = is;
        self
    }

    /// The codec of all services, the path of a unit struct such as `crate::MyCodec`, instead
    /// of prost's.
    pub fn codec(mut self, path: impl Into<String>) -> Self {
        self.settings.codec = Some(path.into());
        self
    }

    /// The module of a service, when the one by the rule (`order_service` for `OrderService`) is
    /// taken: `service_module(".acme.v1.OrderService", "orders_api")`.
    pub fn service_module(mut self, service: impl Into<String>, module: impl Into<String>) -> Self {
        self.settings
            .service_modules
            .push((service.into(), module.into()));
        self
    }

    /// Also writes the encoded descriptor set, as `protoc` made it, to this file.
    pub fn file_descriptor_set_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.descriptor_set_out = Some(path.into());
        self
    }

    /// Whether cargo is told which files to watch, and which environment variables; it is.
    pub fn emit_rerun_lines(mut self, is: bool) -> Self {
        self.rerun = is;
        self
    }

    /// Replaces all settings of the generator.
    #[doc(hidden)]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Generates the code of these contracts and of all that they import. A folder stands for
    /// all contracts in it.
    ///
    /// # Errors
    /// When a contract is malformed or can't become Rust, or nothing can be read or written.
    pub fn compile(self, protos: &[impl AsRef<Path>]) -> Result<()> {
        let given: Vec<PathBuf> = protos.iter().map(|path| path.as_ref().to_owned()).collect();
        if self.rerun {
            // Said first: after an error cargo should look at them again, too.
            println!("cargo:rerun-if-env-changed=PROTOC");
            println!("cargo:rerun-if-env-changed=PROTOC_INCLUDE");
            given.iter().for_each(|path| rerun_if_changed(path));
        }
        let inputs = protoc::inputs(&given)?;
        let includes = if self.includes.is_empty() {
            protoc::roots(&inputs)?
        } else {
            self.includes.clone()
        };
        let protos: Vec<PathBuf> = inputs.into_iter().map(|input| input.file).collect();
        let protoc = Protoc::find(self.protoc.as_deref())?;
        let bytes = protoc.compile(&protos, &includes, &self.protoc_args)?;
        let set = FileSet::decode(bytes).map_err(|source| Error::Descriptors {
            origin: "what protoc wrote".to_owned(),
            source,
        })?;
        if self.rerun {
            let files = read_by_protoc(&set, &protoc.search_path(&includes));
            files.iter().for_each(|path| rerun_if_changed(path));
        }
        self.finish(&set)
            .map_err(|error| error.with_paths(&includes))
    }

    /// Generates the code of a descriptor set, as `protoc --include_imports
    /// --include_source_info` or `buf build` writes it; no `protoc` is run.
    ///
    /// # Errors
    /// When it is no descriptor set or can't become Rust, or nothing can be read or written.
    pub fn compile_descriptor_set(self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if self.rerun {
            rerun_if_changed(path);
        }
        let bytes = fs::read(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        let set = FileSet::decode(bytes).map_err(|source| Error::Descriptors {
            origin: path.display().to_string(),
            source,
        })?;
        self.finish(&set)
    }

    fn finish(self, set: &FileSet) -> Result<()> {
        let tree = generate::generate(set, &Selection::all(), &self.settings)?;
        if let Some(path) = &self.descriptor_set_out {
            write_if_changed(path, set.raw())?;
        }
        let folder = match self.out_dir {
            Some(folder) => folder,
            None => default_folder()?,
        };
        write(&folder, &tree)
    }
}

/// `$OUT_DIR/meshrpc`, once per build script.
fn default_folder() -> Result<PathBuf> {
    static TAKEN: Mutex<Option<PathBuf>> = Mutex::new(None);
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or(Error::NoOutDir)?).join("meshrpc");
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    if taken.replace(folder.clone()).as_ref() == Some(&folder) {
        return Err(Error::SecondTree);
    }
    Ok(folder)
}

/// The files on disk that `protoc` read for the set.
fn read_by_protoc(set: &FileSet, search_path: &[PathBuf]) -> Vec<PathBuf> {
    set.files()
        .iter()
        .filter_map(|file| {
            let mut candidates = search_path.iter().map(|folder| folder.join(file.name()));
            candidates.find(|path| path.exists())
        })
        .collect()
}

fn rerun_if_changed(path: &Path) {
    println!("cargo:rerun-if-changed={}", path.display());
}

fn write(folder: &Path, tree: &Tree) -> Result<()> {
    fs::create_dir_all(folder).map_err(|source| Error::Write {
        path: folder.to_owned(),
        source,
    })?;
    tree.iter()
        .try_for_each(|(name, text)| write_if_changed(&folder.join(name), text.as_bytes()))
}

/// A file that is already there keeps its time, so that nothing is built again.
fn write_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    fs::write(path, content).map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_and_well_known_types_are_watched_where_they_were_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let a = write(
            "one/a.proto",
            "syntax = \"proto3\"; import \"b.proto\"; import \"google/protobuf/any.proto\";",
        );
        let b = write("two/b.proto", "syntax = \"proto3\";");
        let includes = [folder.path().join("one"), folder.path().join("two")];
        let protoc = Protoc::find(None).unwrap();
        let bytes = protoc
            .compile(std::slice::from_ref(&a), &includes, &[])
            .unwrap();
        let set = FileSet::decode(bytes).unwrap();
        let mut watched = read_by_protoc(&set, &protoc.search_path(&includes));
        watched.sort();
        assert!(watched.contains(&a) && watched.contains(&b));
        assert!(
            watched
                .iter()
                .any(|path| path.ends_with("google/protobuf/any.proto"))
        );
        assert_eq!(watched.len(), 3);
    }
}
