//! A folder with contracts, gone after the test.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use meshrpc_build::{Builder, Result};
use tempfile::TempDir;

/// Contracts in a folder of their own.
pub(crate) struct Workspace(TempDir);

impl Workspace {
    /// With these files: name and text.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let workspace = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = workspace.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        workspace
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A builder that writes into the folder `out`.
    pub(crate) fn builder(&self) -> Builder {
        meshrpc_build::configure()
            .emit_rerun_lines(false)
            .out_dir(self.path("out"))
    }

    /// Compiles these contracts with the include path derived from them.
    pub(crate) fn compile(&self, names: &[&str]) -> Result<()> {
        self.builder().compile(&self.paths(names))
    }

    pub(crate) fn paths(&self, names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(|name| self.path(name)).collect()
    }

    /// The text of the error that compiling gives, without the folder's own name.
    pub(crate) fn refusal(&self, names: &[&str]) -> String {
        self.shown(&self.compile(names).expect_err("it compiled"))
    }

    /// An error as `build.rs` shows it, without the folder's own name.
    pub(crate) fn shown(&self, error: &meshrpc_build::Error) -> String {
        let folder = format!("{}/", self.0.path().display());
        format!("{error:?}").replace(&folder, "")
    }

    /// Name and text of what was generated.
    pub(crate) fn generated(&self) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.path("out")).unwrap();
        entries
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read_to_string(entry.path()).unwrap())
            })
            .collect()
    }
}
