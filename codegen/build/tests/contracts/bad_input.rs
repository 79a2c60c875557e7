//! What is wrong with the input, or with the machine: said with place, text and remedy.

use std::fs;

use crate::workspace::Workspace;

#[test]
fn a_malformed_contract_is_refused_with_place_and_text() {
    let workspace = Workspace::new(&[(
        "proto/a/v1/a.proto",
        "syntax = \"proto3\";\npackage a.v1;\nmessage M {\n  string name = 1\n}\n",
    )]);
    let error = workspace.refusal(&["proto/a/v1/a.proto"]);
    assert_eq!(
        error,
        "protoc refused the contracts\n\
         proto/a/v1/a.proto:5:1: Expected \";\".\n  5 | }\n    | ^"
    );
}

#[test]
fn an_unknown_type_is_refused_with_place_and_text() {
    let workspace = Workspace::new(&[(
        "a.proto",
        "syntax = \"proto3\";\nmessage M {\n\tNowhere name = 1;\n}\n",
    )]);
    let error = workspace.refusal(&["a.proto"]);
    assert_eq!(
        error,
        "protoc refused the contracts\n\
         a.proto:3:9: \"Nowhere\" is not defined.\n  \
         3 |         Nowhere name = 1;\n    |         ^"
    );
}

#[test]
fn a_missing_import_names_the_folders_that_were_searched() {
    let workspace = Workspace::new(&[(
        "proto/a/v1/a.proto",
        "syntax = \"proto3\";\npackage a.v1;\nimport \"b/v1/b.proto\";\n",
    )]);
    let error = workspace.refusal(&["proto/a/v1/a.proto"]);
    assert!(
        error.contains("proto/a/v1/a.proto:3:1: Import \"b/v1/b.proto\" was not found"),
        "{error}"
    );
    assert!(
        error.contains("\n  3 | import \"b/v1/b.proto\";\n"),
        "{error}"
    );
    assert!(error.contains("looked for imports in:\n  "), "{error}");
    assert!(
        error.contains("/proto\n") || error.contains("\n  proto\n"),
        "{error}"
    );
    assert!(error.contains("`include`"), "{error}");
}

#[test]
fn an_include_folder_that_is_not_there_is_pointed_out() {
    let workspace = Workspace::new(&[("a.proto", "syntax = \"proto3\";\nimport \"b.proto\";\n")]);
    let builder = workspace
        .builder()
        .includes([workspace.path(""), workspace.path("gone")]);
    let error = workspace.shown(&builder.compile(&workspace.paths(&["a.proto"])).unwrap_err());
    assert!(error.contains("gone (there is no such folder)"), "{error}");
}

#[test]
fn a_contract_that_is_not_there_is_named() {
    let workspace = Workspace::new(&[]);
    let error = workspace.refusal(&["gone.proto"]);
    assert!(
        error.starts_with("can't read gone.proto\n  because: "),
        "{error}"
    );
}

#[test]
fn a_folder_that_can_t_be_written_is_named() {
    let workspace = Workspace::new(&[("a.proto", "syntax = \"proto3\";"), ("out", "a file")]);
    let error = workspace.refusal(&["a.proto"]);
    assert!(error.starts_with("can't write out; "), "{error}");
    assert!(error.contains("\n  because: "), "{error}");
}

#[test]
fn a_protoc_that_is_not_there_is_named_with_where_its_path_came_from() {
    let workspace = Workspace::new(&[("a.proto", "syntax = \"proto3\";")]);
    let builder = workspace.builder().protoc(workspace.path("no-protoc"));
    let error = workspace.shown(&builder.compile(&workspace.paths(&["a.proto"])).unwrap_err());
    assert!(
        error.starts_with("can't run protoc at no-protoc (from the builder's `protoc`)"),
        "{error}"
    );
    assert!(error.contains("PROTOC"), "{error}");
    assert!(error.contains("\n  because: "), "{error}");
}

#[test]
fn a_file_that_is_no_descriptor_set_is_named() {
    let workspace = Workspace::new(&[("set.binpb", "no descriptors")]);
    let error = workspace
        .builder()
        .compile_descriptor_set(workspace.path("set.binpb"));
    let error = workspace.shown(&error.unwrap_err());
    assert!(
        error.starts_with("can't read set.binpb\n  because: malformed descriptor set"),
        "{error}"
    );
}

#[test]
fn names_of_which_nothing_is_left_are_refused() {
    let workspace = Workspace::new(&[(
        "a.proto",
        "syntax = \"proto3\";\npackage a;\nmessage _ {}\nmessage M {\n  int32 __ = 1;\n  enum E {\n    \
         _ = 0;\n  }\n}\nservice S {\n  rpc ___(M) returns (M);\n}\n",
    )]);
    let error = workspace.refusal(&["a.proto"]);
    for expected in [
        "a.proto:3:1: the name of message a._ can't become a Rust identifier; rename it",
        "a.proto:5:3: the name of field a.M.__ can't become",
        "a.proto:7:5: the name of enum value a.M._ can't become",
        "a.proto:11:3: the name of rpc a.S.___ can't become",
    ] {
        assert!(error.contains(expected), "{expected}\nnot in:\n{error}");
    }
}

#[test]
fn an_option_of_meshrpc_s_own_that_nothing_carries_out_is_refused() {
    let workspace = Workspace::new(&[
        (
            "proto/meshrpc/policy/v1/policy.proto",
            "syntax = \"proto3\";\npackage meshrpc.policy.v1;\nimport \"google/protobuf/descriptor.proto\";\n\
             message Policy { int32 retries = 1; }\n\
             extend google.protobuf.MethodOptions { Policy method = 50001; }\n",
        ),
        (
            "proto/a/v1/a.proto",
            "syntax = \"proto3\";\npackage a.v1;\nimport \"meshrpc/policy/v1/policy.proto\";\nmessage M {}\n\
             service S {\n  rpc Get(M) returns (M) {\n    option (meshrpc.policy.v1.method) = { retries: 3 };\n  \
             }\n}\n",
        ),
    ]);
    let error = workspace.refusal(&["proto/a/v1/a.proto"]);
    assert!(
        error.contains(
            "\nproto/a/v1/a.proto:7:5: option (meshrpc.policy.v1.method) of a.v1.S.Get is not carried out"
        ),
        "{error}"
    );
    assert!(
        error.contains("package meshrpc.policy.v1 is one of meshrpc's own"),
        "{error}"
    );
}

#[test]
fn settings_that_can_t_be_followed_are_refused() {
    let workspace = Workspace::new(&[(
        "a.proto",
        "syntax = \"proto3\";\npackage a;\nmessage M {}\nservice S { rpc Get(M) returns (M); }\n",
    )]);
    let paths = workspace.paths(&["a.proto"]);
    let error =
        |builder: meshrpc_build::Builder| workspace.shown(&builder.compile(&paths).unwrap_err());
    let builder = || workspace.builder();
    assert_eq!(
        error(builder().service_module(".a.T", "t")),
        "service_module(\".a.T\", \"t\"): there is no such service; there are .a.S"
    );
    assert_eq!(
        error(builder().service_module(".a.S", "No Module")),
        "service_module(\".a.S\", \"No Module\"): the module's name must be a Rust identifier in \
         snake_case"
    );
    assert!(error(builder().codec("not a path")).starts_with("codec \"not a path\": is no path"));
    assert!(error(builder().extern_path("a.M", "::b::M")).contains("write it with a leading dot"));
    assert!(error(builder().extern_path(".a.M", "super::M")).contains("`crate::`"));
    assert!(error(builder().type_attribute(".", "#[oops")).contains("is no attribute"));
}

#[test]
fn nothing_is_written_when_something_is_refused() {
    let workspace = Workspace::new(&[("a.proto", "syntax = \"proto3\";\nmessage _ {}\n")]);
    workspace.refusal(&["a.proto"]);
    assert!(fs::read_dir(workspace.path("out")).is_err());
}
