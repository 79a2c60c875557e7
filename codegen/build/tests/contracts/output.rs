//! What holds of all output.

use std::fmt::Write as _;
use std::fs;

use crate::workspace::Workspace;

const A: &str = "syntax = \"proto3\";\npackage a.v1;\nimport \"b/v1/b.proto\";\nmessage A { b.v1.B b = 1; }\n\
                 service AService { rpc Get(A) returns (b.v1.B); }\n";
const B: &str = "syntax = \"proto3\";\npackage b.v1;\nmessage B {}\n";

#[test]
fn imports_are_found_from_the_root_that_the_package_tells() {
    let workspace = Workspace::new(&[("proto/a/v1/a.proto", A), ("proto/b/v1/b.proto", B)]);
    workspace.compile(&["proto/a/v1/a.proto"]).unwrap();
    let names: Vec<_> = workspace.generated().into_keys().collect();
    assert_eq!(names, ["a.v1.rs", "b.v1.rs", "descriptor-set.rs", "mod.rs"]);
}

#[test]
fn the_order_of_arguments_does_not_show() {
    let files = [
        ("a/v1/a.proto", A),
        ("b/v1/b.proto", B),
        ("b/v1/c.proto", &B.replace("B {", "C {")),
    ];
    let workspace = Workspace::new(&files);
    workspace
        .compile(&["a/v1/a.proto", "b/v1/b.proto", "b/v1/c.proto"])
        .unwrap();
    let first = workspace.generated();
    workspace
        .compile(&["b/v1/c.proto", "a/v1/a.proto", "b/v1/b.proto"])
        .unwrap();
    assert_eq!(first, workspace.generated());
}

#[test]
fn a_descriptor_set_gives_the_same_code_without_protoc() {
    let workspace = Workspace::new(&[("a/v1/a.proto", A), ("b/v1/b.proto", B)]);
    let set = workspace.path("set.binpb");
    let builder = workspace.builder().file_descriptor_set_path(&set);
    builder
        .compile(&workspace.paths(&["a/v1/a.proto"]))
        .unwrap();
    let first = workspace.generated();
    fs::remove_dir_all(workspace.path("out")).unwrap();
    let builder = workspace.builder().protoc("/no/protoc");
    builder.compile_descriptor_set(&set).unwrap();
    assert_eq!(first, workspace.generated());
}

#[test]
fn files_that_did_not_change_are_not_written_again() {
    let workspace = Workspace::new(&[("a/v1/a.proto", A), ("b/v1/b.proto", B)]);
    workspace.compile(&["a/v1/a.proto"]).unwrap();
    let path = workspace.path("out/mod.rs");
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    workspace.compile(&["a/v1/a.proto"]).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
}

#[test]
fn a_service_of_five_hundred_methods_is_generated() {
    let mut text = String::from("syntax = \"proto3\";\npackage a;\nmessage M {}\nservice Wide {\n");
    for number in 0..500 {
        let _ = writeln!(text, "  rpc Method{number}(stream M) returns (stream M);");
    }
    text.push_str("}\n");
    let workspace = Workspace::new(&[("a.proto", &text)]);
    workspace.compile(&["a.proto"]).unwrap();
    let generated = &workspace.generated()["a.rs"];
    assert_eq!(generated.matches("::bidi_streaming_call(").count(), 500);
    assert!(generated.contains("pub fn method499("));
}

#[test]
fn a_package_that_comes_from_elsewhere_is_not_generated() {
    let workspace = Workspace::new(&[("a/v1/a.proto", A), ("b/v1/b.proto", B)]);
    let builder = workspace.builder().extern_path(".b", "::b_contracts::b");
    builder
        .compile(&workspace.paths(&["a/v1/a.proto"]))
        .unwrap();
    let generated = workspace.generated();
    assert!(!generated.contains_key("b.v1.rs"));
    assert!(generated["a.v1.rs"].contains("::core::option::Option<::b_contracts::b::v1::B>"));
    assert!(generated["a.v1.rs"].contains("UnaryCall<super::A, ::b_contracts::b::v1::B>"));
}

#[test]
fn a_folder_stands_for_the_contracts_in_it() {
    let workspace = Workspace::new(&[("proto/a/v1/a.proto", A), ("proto/b/v1/b.proto", B)]);
    workspace.compile(&["proto", "proto/b/v1/b.proto"]).unwrap();
    assert!(workspace.generated().contains_key("a.v1.rs"));
}
