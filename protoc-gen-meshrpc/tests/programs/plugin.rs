//! The plugin.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{A, B, PLUGIN, Workspace, failure, files, success};

const CONTRACTS: [(&str, &str); 2] = [("proto/a/v1/a.proto", A), ("proto/b/v1/b.proto", B)];

/// Contracts of a golden case of `meshrpc-build`, and what `build.rs` makes of them.
fn golden(case: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../codegen/build/tests/golden")
        .join(case)
}

#[test]
fn it_writes_byte_for_byte_what_build_rs_writes() {
    for case in [
        "comments",
        "editions",
        "four_kinds",
        "hard_names",
        "no_package",
        "options",
    ] {
        let workspace = Workspace::new(&[]);
        let mut names = Vec::new();
        fs::create_dir(workspace.path("proto")).unwrap();
        for (name, text) in files_of(&golden(case)) {
            fs::write(workspace.path("proto").join(&name), text).unwrap();
            names.push(name);
        }
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        success(&workspace.protoc(&names));
        // Not compared as a whole: a failure would print all of it.
        let (ours, expected) = (workspace.out(), files(&golden(case).join("expected")));
        assert!(ours.keys().eq(expected.keys()), "{case}: {:?}", ours.keys());
        for (name, text) in &ours {
            assert!(*text == expected[name], "{case}/{name} differs");
        }
    }
}

fn files_of(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let contracts = entries.filter(|path| path.is_file());
    contracts
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn options_are_followed() {
    let workspace = Workspace::new(&CONTRACTS);
    let options = "--meshrpc_opt=client=false,type_attribute=.a.v1.A=#[derive(PartialOrd)]";
    success(&workspace.protoc(&[
        options,
        "--meshrpc_opt=method_defaults",
        "a/v1/a.proto",
        "b/v1/b.proto",
    ]));
    let code = &workspace.out()["a.v1.rs"];
    assert!(!code.contains("AServiceClient"));
    assert!(code.contains("#[derive(PartialOrd)]"));
    assert!(code.contains("unimplemented_method("));
}

#[test]
fn an_unknown_option_is_refused_by_name() {
    let workspace = Workspace::new(&CONTRACTS);
    let error = failure(&workspace.protoc(&["--meshrpc_opt=clients=false", "b/v1/b.proto"]));
    assert!(
        error.contains("unknown option \"clients\"; there are client, server, "),
        "{error}"
    );
}

#[test]
fn a_run_that_leaves_out_what_it_refers_to_is_refused_with_the_remedies() {
    let workspace = Workspace::new(&CONTRACTS);
    let error = failure(&workspace.protoc(&["a/v1/a.proto"]));
    assert!(
        error.contains(
            "a/v1/a.proto:5:3: a.v1.A.b has the type .b.v1.B of b/v1/b.proto, which is not among"
        ),
        "{error}"
    );
    assert!(error.contains("`strategy: all`"), "{error}");
    assert!(
        error.contains("extern_path=.b.v1=::a_crate::path"),
        "{error}"
    );
    assert!(workspace.out().is_empty());
    success(&workspace.protoc(&["--meshrpc_opt=extern_path=.b.v1=::b::v1", "a/v1/a.proto"]));
    assert!(workspace.out()["a.v1.rs"].contains("::b::v1::B"));
}

#[test]
fn an_import_that_only_options_need_may_be_left_out() {
    let options = "syntax = \"proto3\";\npackage o;\nimport \"google/protobuf/descriptor.proto\";\n\
                   message Rule { string path = 1; }\n\
                   extend google.protobuf.MessageOptions { Rule rule = 50001; }\n";
    let a = "syntax = \"proto3\";\npackage a;\nimport \"o.proto\";\n\
             message A { option (o.rule) = { path: \"/\" }; }\n";
    let workspace = Workspace::new(&[("proto/o.proto", options), ("proto/a.proto", a)]);
    success(&workspace.protoc(&["a.proto"]));
    let names: Vec<_> = workspace.out().into_keys().collect();
    assert_eq!(names, ["a.rs", "descriptor-set.rs", "mod.rs"]);
}

#[test]
fn a_malformed_contract_is_refused_with_its_place() {
    let workspace = Workspace::new(&[(
        "proto/a.proto",
        "syntax = \"proto3\";\nmessage M {\n  string name = 1\n}\n",
    )]);
    let error = failure(&workspace.protoc(&["a.proto"]));
    assert!(error.contains("a.proto:4:1: Expected \";\"."), "{error}");
}

#[test]
fn a_collision_is_refused_with_its_place_and_both_names() {
    let contract = "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc GetIt(M) returns (M);\n  \
                    rpc get_it(M) returns (M);\n}\n";
    let workspace = Workspace::new(&[("proto/a.proto", contract)]);
    let error = failure(&workspace.protoc(&["a.proto"]));
    assert!(
        error.contains("a.proto:5:3: rpc S.GetIt and rpc S.get_it would both be `get_it` in Rust"),
        "{error}"
    );
}

#[test]
fn version_and_help_are_there() {
    let run = |argument| success(&Command::new(PLUGIN).arg(argument).output().unwrap());
    assert_eq!(
        run("--version"),
        format!("protoc-gen-meshrpc {}\n", env!("CARGO_PKG_VERSION"))
    );
    let help = run("--help");
    for expected in [
        "--meshrpc_out=",
        "buf.gen.yaml",
        "strategy: all",
        "service_module=",
        "extern_path=",
    ] {
        assert!(help.contains(expected), "{expected} not in\n{help}");
    }
}

#[test]
fn an_argument_is_refused_and_garbage_is_no_request() {
    let error = failure(&Command::new(PLUGIN).arg("a.proto").output().unwrap());
    assert!(error.contains("unexpected arguments: a.proto"), "{error}");
    let mut child = Command::new(PLUGIN)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"garbage").unwrap();
    let error = failure(&child.wait_with_output().unwrap());
    assert!(
        error.contains("standard input is no request of protoc"),
        "{error}"
    );
}
