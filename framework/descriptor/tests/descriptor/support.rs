//! Descriptor sets by the real `protoc`.

use std::path::{Path, PathBuf};
use std::process::Command;

use meshrpc_descriptor::FileSet;

pub(crate) fn protoc() -> Command {
    Command::new(protoc_bin_vendored::protoc_bin_path().expect("a protoc for this platform"))
}

pub(crate) fn include() -> PathBuf {
    protoc_bin_vendored::include_path().expect("protoc's own contracts")
}

/// The set of `files` of `folder` and all they import.
pub(crate) fn compile_in(folder: &Path, files: &[&str]) -> Vec<u8> {
    let out = tempfile::NamedTempFile::new().expect("a temporary file");
    let output = protoc()
        .arg("-I")
        .arg(folder)
        .arg("-I")
        .arg(include())
        .args([
            "--include_imports",
            "--include_source_info",
            "--retain_options",
        ])
        .arg("-o")
        .arg(out.path())
        .args(files)
        .output()
        .expect("protoc runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "protoc: {errors}");
    std::fs::read(out.path()).expect("protoc's output")
}

/// The set of contracts given as text.
pub(crate) fn compile(files: &[(&str, &str)]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a contract written");
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    compile_in(folder.path(), &names)
}

/// The same, decoded.
pub(crate) fn set(files: &[(&str, &str)]) -> FileSet {
    FileSet::decode(compile(files)).expect("protoc's output decodes")
}

/// Generates Rust from a lowered set: file name and text, sorted.
pub(crate) fn generate(set: &FileSet) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut config = prost_build::Config::new();
    config.out_dir(folder.path()).btree_map(["."]);
    for path in set.recursive_groups() {
        config.boxed(path);
    }
    let lowered = set.lower().expect("the set can be lowered");
    config.compile_fds(lowered).expect("prost-build accepts it");
    let mut files: Vec<_> = std::fs::read_dir(folder.path())
        .expect("the output folder")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let text = std::fs::read_to_string(entry.path()).expect("generated text");
            (entry.file_name().to_string_lossy().into_owned(), text)
        })
        .collect();
    files.sort();
    files
}
