//! The runtime carries generated code of gRPC's standard services, checked in, because it has no
//! build script. Here is where it comes from, and what says that it is stale.
//!
//! `MESHRPC_RENEW=1 cargo test -p meshrpc-build --test contracts` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const CONTRACTS: &[&str] = &[
    "grpc/health/v1/health.proto",
    "grpc/reflection/v1/reflection.proto",
    "grpc/reflection/v1alpha/reflection.proto",
];

const DESCRIPTORS: &str = "descriptor_set.binpb";

fn runtime() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../framework/meshrpc")
}

/// What the generator makes, as the runtime wants it.
fn generated() -> BTreeMap<String, Vec<u8>> {
    let out = tempfile::tempdir().unwrap();
    let descriptors = out.path().join(DESCRIPTORS);
    let root = runtime().join("proto");
    let contracts: Vec<PathBuf> = CONTRACTS.iter().map(|path| root.join(path)).collect();
    meshrpc_build::configure()
        .include(&root)
        // Served as they are, without a copy for every stream.
        .bytes([".grpc.reflection"])
        .emit_rerun_lines(false)
        .file_descriptor_set_path(&descriptors)
        .out_dir(out.path())
        .compile(&contracts)
        .unwrap();
    let mut files = files(out.path());
    // The descriptors as bytes instead of as an expression of Rust, which is no source file.
    files.remove("descriptor-set.rs").unwrap();
    for (name, content) in &mut files {
        if name.ends_with(".rs") {
            let text = String::from_utf8(std::mem::take(content)).unwrap();
            *content = by_side(&text).into_bytes();
        }
    }
    files
}

/// Each side's items under the runtime's feature of that side: the runtime compiles without
/// either.
fn by_side(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let item = line.trim_start();
        let indent = &line[..line.len() - item.len()];
        let starts = |start: &str| item.starts_with(start);
        let is_client = (starts("pub struct ") || starts("impl ")) && item.ends_with("Client {");
        let is_server = starts("pub trait ")
            || (starts("pub type ") && item.contains("Server<T> "))
            || (starts("pub struct ") && item.ends_with("Dispatch;"))
            || (starts("impl") && item.contains("::meshrpc::codegen::D"));
        if is_client {
            out.push_str(&format!("{indent}#[cfg(feature = \"client\")]\n"));
        }
        if is_server {
            out.push_str(&format!("{indent}#[cfg(feature = \"server\")]\n"));
        }
        if starts("static DESCRIPTORS") {
            out.push_str(&format!(
                "static DESCRIPTORS: &[u8] = include_bytes!(\"{DESCRIPTORS}\");"
            ));
        } else {
            out.push_str(&line.replace("= &DESCRIPTORS;", "= DESCRIPTORS;"));
        }
        out.push('\n');
    }
    out
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect()
}

#[test]
fn the_runtimes_own_contracts_are_not_stale() {
    let folder = runtime().join("src/contracts/generated");
    let (expected, actual) = (generated(), files(&folder));
    if std::env::var_os("MESHRPC_RENEW").is_some() {
        for name in actual.keys().filter(|name| !expected.contains_key(*name)) {
            fs::remove_file(folder.join(name)).unwrap();
        }
        for (name, content) in &expected {
            fs::write(folder.join(name), content).unwrap();
        }
        return;
    }
    let differing: Vec<_> = expected
        .keys()
        .chain(actual.keys())
        .filter(|name| expected.get(*name) != actual.get(*name))
        .collect();
    assert!(
        differing.is_empty(),
        "framework/meshrpc/src/contracts/generated is stale in {differing:?}; renew it with \
         `MESHRPC_RENEW=1 cargo test -p meshrpc-build --test contracts runtime`"
    );
}
