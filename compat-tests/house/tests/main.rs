//! The house rules, asserted on the workspace as it stands.

use meshrpc_house::layers::SourceFile;
use meshrpc_house::{bans, crates, exceptions, floors, layers, shape, workspace};

fn runtime() -> Vec<SourceFile> {
    let files = workspace::rust_files(&workspace::root().join("framework/meshrpc/src"));
    let files = files.expect("the runtime's sources are readable");
    assert!(!files.is_empty());
    files
        .into_iter()
        .map(|(path, text)| SourceFile { path, text })
        .collect()
}

#[track_caller]
fn assert_none(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn lower_layers_never_name_upper_ones() {
    assert_none(&layers::check("meshrpc", &runtime()));
}

#[test]
fn sockets_time_chance_and_tasks_have_one_door_each() {
    assert_none(&bans::check(&runtime()));
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let files = workspace::rust_files(&workspace::root()).expect("sources are readable");
    let found: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| shape::check(path, text))
        .collect();
    assert_none(&found);
}

#[test]
fn locked_dependencies_reach_their_floors() {
    let lock = std::fs::read_to_string(workspace::root().join("Cargo.lock"));
    assert_none(&floors::check(&lock.expect("Cargo.lock is readable")));
}

#[test]
fn crates_point_one_way() {
    let metadata = workspace::cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    assert_none(&crates::check_directions(&metadata));
}

#[test]
fn the_runtime_brings_neither_hyper_nor_axum_by_default() {
    let tree = workspace::cargo(&["tree", "-p", "meshrpc", "-e", "normal", "--prefix", "none"]);
    assert_none(&crates::check_default_tree(&tree));
}

#[test]
fn every_member_has_the_common_lints_and_rust_version() {
    let metadata = workspace::cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let manifests = crates::manifests(&metadata);
    assert!(!manifests.is_empty());
    let mut found = Vec::new();
    for path in manifests {
        let text = std::fs::read_to_string(&path).expect("a member's manifest is readable");
        found.extend(crates::check_manifest(&path, &text));
    }
    assert_none(&found);
}

#[test]
fn exceptions_from_lints_say_why() {
    let files = workspace::rust_files(&workspace::root()).expect("sources are readable");
    let found: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| exceptions::check(path, text))
        .collect();
    assert_none(&found);
}
