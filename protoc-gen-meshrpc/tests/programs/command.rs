//! The command line.

use std::fs;

use crate::support::{A, B, Workspace, failure, success};

const CONTRACTS: [(&str, &str); 2] = [("proto/a/v1/a.proto", A), ("proto/b/v1/b.proto", B)];

#[test]
fn a_folder_stands_for_all_contracts_in_it() {
    let workspace = Workspace::new(&CONTRACTS);
    success(&workspace.meshrpc(&["generate", "proto", "--out", "out"]));
    let names: Vec<_> = workspace.out().into_keys().collect();
    assert_eq!(names, ["a.v1.rs", "b.v1.rs", "descriptor-set.rs", "mod.rs"]);
}

#[test]
fn it_writes_what_the_plugin_writes() {
    let workspace = Workspace::new(&CONTRACTS);
    success(&workspace.meshrpc(&["generate", "proto/a/v1/a.proto", "-o", "out"]));
    let ours = workspace.out();
    fs::remove_dir_all(workspace.path("out")).unwrap();
    success(&workspace.protoc(&["b/v1/b.proto", "a/v1/a.proto"]));
    assert_eq!(ours, workspace.out());
}

#[test]
fn options_are_followed_and_unknown_ones_refused() {
    let workspace = Workspace::new(&CONTRACTS);
    success(&workspace.meshrpc(&["generate", "proto", "-o", "out", "--opt", "server=false"]));
    assert!(!workspace.out()["a.v1.rs"].contains("trait AService"));
    let output = workspace.meshrpc(&["generate", "proto", "-o", "out", "--opt", "servers=false"]);
    assert!(failure(&output).starts_with("error: unknown option \"servers\"; there are client,"));
}

#[test]
fn a_malformed_contract_is_shown_without_colour_off_a_terminal() {
    let workspace = Workspace::new(&[("proto/a.proto", "syntax = \"proto3\";\nmessage {\n")]);
    let error = failure(&workspace.meshrpc(&["generate", "proto", "-o", "out"]));
    assert_eq!(
        error,
        "error: protoc refused the contracts\nproto/a.proto:2:9: Expected message name.\n  \
         2 | message {\n    |         ^\n"
    );
}

#[test]
fn a_protoc_variable_that_points_nowhere_is_named() {
    let workspace = Workspace::new(&CONTRACTS);
    let error = failure(&workspace.meshrpc_with(
        &[("PROTOC", "/nowhere/protoc")],
        &["generate", "proto", "-o", "out"],
    ));
    assert!(
        error.starts_with(
            "error: can't run protoc at /nowhere/protoc (from the environment variable PROTOC); set \
             PROTOC to a protoc that runs, or unset it"
        ),
        "{error}"
    );
}

#[test]
fn an_empty_folder_is_a_mistake() {
    let workspace = Workspace::new(&[("proto/readme", "")]);
    let error = failure(&workspace.meshrpc(&["generate", "proto", "-o", "out"]));
    assert_eq!(error, "error: proto holds no .proto file\n");
}

#[test]
fn help_has_examples_and_the_options() {
    let workspace = Workspace::new(&[]);
    let help = success(&workspace.meshrpc(&["generate", "--help"]));
    for expected in [
        "meshrpc generate proto --out",
        "service_module=",
        "--descriptor-set",
    ] {
        assert!(help.contains(expected), "{expected} not in\n{help}");
    }
    let version = success(&workspace.meshrpc(&["--version"]));
    assert_eq!(version, format!("meshrpc {}\n", env!("CARGO_PKG_VERSION")));
}
