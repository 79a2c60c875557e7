//! One folder per case under `tests/golden`: contracts, and what is generated from them.
//!
//! `MESHRPC_RENEW=1 cargo test -p meshrpc-build --test contracts` writes the expected files anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use meshrpc_build::Builder;

/// A case's contracts and settings.
struct Case {
    name: &'static str,
    configure: fn(Builder) -> Builder,
}

const CASES: &[Case] = &[
    case("client_only", |builder| builder.server(false)),
    case("comments", as_is),
    case("editions", as_is),
    case("empties", as_is),
    case("four_kinds", as_is),
    case("google_rpc", as_is),
    case("hard_names", as_is),
    case("nesting", as_is),
    case("no_package", as_is),
    case("one_module", as_is),
    case("options", as_is),
    case("server_only", |builder| builder.client(false)),
    case("settings", |builder| {
        builder
            .bytes([".settings.v1.Thing.data"])
            .btree_map(["Thing.ordered"])
            .boxed(".settings.v1.Thing.big")
            .disable_comments([".settings.v1.Thing"])
            .type_attribute(".settings.v1.Big", "#[derive(PartialOrd)]")
            .field_attribute("Big.lines", "#[allow(unused)]")
            .extern_path(".elsewhere.v1", "crate::elsewhere::v1")
            .method_defaults(true)
            .type_names(true)
            .codec("::meshrpc::codegen::Prost")
            .service_module(".settings.v1.Api", "things_api")
    }),
];

fn as_is(builder: Builder) -> Builder {
    builder
}

const fn case(name: &'static str, configure: fn(Builder) -> Builder) -> Case {
    Case { name, configure }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Name and text of the files in a folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    let entries = entries.map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn contracts(folder: &Path) -> Vec<PathBuf> {
    let names = files(folder)
        .into_keys()
        .filter(|name| name.ends_with(".proto"));
    names.map(|name| folder.join(name)).collect()
}

#[test]
fn golden_cases_come_out_as_they_are_checked_in() {
    let renew = std::env::var_os("MESHRPC_RENEW").is_some();
    let mut differing = Vec::new();
    for case in CASES {
        let folder = folder().join(case.name);
        let out = tempfile::tempdir().unwrap();
        let builder = meshrpc_build::configure()
            .include(&folder)
            .emit_rerun_lines(false)
            .out_dir(out.path());
        (case.configure)(builder)
            .compile(&contracts(&folder))
            .unwrap();
        let (actual, expected) = (files(out.path()), folder.join("expected"));
        if actual == files(&expected) {
            continue;
        }
        if renew {
            let _ = fs::remove_dir_all(&expected);
            fs::create_dir_all(&expected).unwrap();
            for (name, text) in &actual {
                fs::write(expected.join(name), text).unwrap();
            }
        } else {
            let expected = files(&expected);
            let names = expected.keys().chain(actual.keys());
            let name = names
                .into_iter()
                .find(|name| expected.get(*name) != actual.get(*name))
                .unwrap();
            differing.push(format!(
                "{}/{name}:\n{}",
                case.name,
                first_difference(expected.get(name), actual.get(name))
            ));
        }
    }
    assert!(
        differing.is_empty(),
        "generated code differs from the checked-in; look at the difference, and renew with \
         `MESHRPC_RENEW=1 cargo test -p meshrpc-build --test contracts` if it is meant\n{}",
        differing.join("\n")
    );
}

fn first_difference(expected: Option<&String>, actual: Option<&String>) -> String {
    match (expected, actual) {
        (Some(expected), Some(actual)) => {
            let mut lines = (1..).zip(expected.lines().zip(actual.lines()));
            match lines.find(|(_, (expected, actual))| expected != actual) {
                Some((line, (expected, actual))) => {
                    format!("line {line}:\n- {expected}\n+ {actual}")
                }
                None => "one is longer".to_owned(),
            }
        }
        (None, _) => "is new".to_owned(),
        (_, None) => "is no longer generated".to_owned(),
    }
}

#[test]
fn every_golden_folder_is_a_case() {
    let mut folders: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut names: Vec<_> = CASES.iter().map(|case| case.name.to_owned()).collect();
    folders.sort();
    names.sort();
    assert_eq!(folders, names);
}
