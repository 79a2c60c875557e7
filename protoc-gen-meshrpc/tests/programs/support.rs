//! Folders with contracts, and programs run in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

pub(crate) const PLUGIN: &str = env!("CARGO_BIN_EXE_protoc-gen-meshrpc");
pub(crate) const MESHRPC: &str = env!("CARGO_BIN_EXE_meshrpc");

/// A contract that imports another.
pub(crate) const A: &str = "syntax = \"proto3\";\npackage a.v1;\nimport \"b/v1/b.proto\";\n\
    message A {\n  b.v1.B b = 1;\n}\nservice AService {\n  rpc Get(A) returns (b.v1.B);\n}\n";
pub(crate) const B: &str = "syntax = \"proto3\";\npackage b.v1;\n// A comment.\nmessage B {}\n";

/// A folder that is gone after the test.
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

    /// Runs `protoc --meshrpc_out=out -I proto` with these arguments.
    pub(crate) fn protoc(&self, arguments: &[&str]) -> Output {
        fs::create_dir_all(self.path("out")).unwrap();
        Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
            .current_dir(self.0.path())
            .arg(format!("--plugin=protoc-gen-meshrpc={PLUGIN}"))
            .args(["--meshrpc_out=out", "-I", "proto", "-I"])
            .arg(protoc_bin_vendored::include_path().unwrap())
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Runs `meshrpc` with these arguments.
    pub(crate) fn meshrpc(&self, arguments: &[&str]) -> Output {
        self.meshrpc_with(&[], arguments)
    }

    /// The same, with these environment variables.
    pub(crate) fn meshrpc_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        Command::new(MESHRPC)
            .current_dir(self.0.path())
            .env_remove("PROTOC")
            .envs(variables.iter().copied())
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Name and text of the files in the folder `out`.
    pub(crate) fn out(&self) -> BTreeMap<String, String> {
        files(&self.path("out"))
    }
}

/// Name and text of the files in a folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Standard error of a run that must fail.
pub(crate) fn failure(output: &Output) -> String {
    assert!(!output.status.success(), "it succeeded");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Standard output of a run that must succeed.
pub(crate) fn success(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
