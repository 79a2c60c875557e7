//! Which way the crates of the house point, and what the runtime drags in.

use serde_json::Value;

/// Each published crate with the crates of the house that it may be built from.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("meshrpc-descriptor", &[]),
    ("meshrpc-contract", &["meshrpc-descriptor"]),
    ("meshrpc-build", &["meshrpc-descriptor", "meshrpc-contract"]),
    ("meshrpc", &["meshrpc-descriptor"]),
    (
        "protoc-gen-meshrpc",
        &[
            "meshrpc-descriptor",
            "meshrpc-contract",
            "meshrpc-build",
            "meshrpc",
        ],
    ),
    (
        "meshrpc-gateway",
        &["meshrpc-descriptor", "meshrpc-contract", "meshrpc"],
    ),
];

/// Crates that the runtime does not bring along unless a feature asks for them.
const NOT_BY_DEFAULT: &[&str] = &[
    "axum",
    "axum-core",
    "hyper",
    "hyper-util",
    "openssl",
    "native-tls",
];

/// The violations in the output of `cargo metadata --no-deps --format-version 1`.
///
/// Dev-dependencies are free: they reach no user.
#[must_use]
pub fn check_directions(metadata: &str) -> Vec<String> {
    let metadata: Value = match serde_json::from_str(metadata) {
        Ok(metadata) => metadata,
        Err(error) => return vec![format!("cargo metadata: not JSON: {error}")],
    };
    let packages: Vec<&Value> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let ours: Vec<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut violations = Vec::new();
    if ours.is_empty() {
        violations.push("cargo metadata: no package in it".to_owned());
    }
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let is_published = package["publish"]
            .as_array()
            .is_none_or(|to| !to.is_empty());
        if !is_published {
            continue;
        }
        let Some((_, allowed)) = DIRECTIONS.iter().find(|(known, _)| *known == name) else {
            violations.push(format!(
                "{name}: a published crate without a place in the table of directions"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let is_dev = dependency["kind"].as_str() == Some("dev");
            if ours.contains(&to) && !is_dev && !allowed.contains(&to) {
                violations.push(format!("{name}: must not depend on {to}"));
            }
        }
        let has_build_script = package["targets"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|target| {
                target["kind"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|kind| kind == "custom-build")
            });
        if name == "meshrpc" && has_build_script {
            violations
                .push("meshrpc: has a build script; its generated code is checked in".to_owned());
        }
    }
    violations
}

/// The violations in the text of a member's `Cargo.toml`, given by its path.
#[must_use]
pub fn check_manifest(path: &str, manifest: &str) -> Vec<String> {
    let lines: Vec<&str> = manifest.lines().map(str::trim).collect();
    let inherits_lints = lines
        .windows(2)
        .any(|pair| pair == ["[lints]", "workspace = true"]);
    let inherits_version = lines.contains(&"rust-version.workspace = true");
    let mut violations = Vec::new();
    if !inherits_lints {
        violations.push(format!("{path}: wants `[lints] workspace = true`"));
    }
    if !inherits_version {
        violations.push(format!("{path}: wants `rust-version.workspace = true`"));
    }
    violations
}

/// The manifests in the output of `cargo metadata --no-deps --format-version 1`.
#[must_use]
pub fn manifests(metadata: &str) -> Vec<String> {
    let metadata: Value = serde_json::from_str(metadata).unwrap_or_default();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let paths = packages.filter_map(|package| package["manifest_path"].as_str());
    paths.map(str::to_owned).collect()
}

/// The violations in the output of `cargo tree -p meshrpc -e normal --prefix none`.
#[must_use]
pub fn check_default_tree(tree: &str) -> Vec<String> {
    let names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut violations = Vec::new();
    if names.first() != Some(&"meshrpc") {
        violations.push("cargo tree: does not begin with meshrpc".to_owned());
    }
    for refused in NOT_BY_DEFAULT {
        if names.contains(refused) {
            violations.push(format!("meshrpc: brings {refused} by default"));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::{check_default_tree, check_directions, check_manifest, manifests};

    fn package(name: &str, dependencies: &str, kind: &str) -> String {
        format!(
            r#"{{"name":"{name}","publish":null,"dependencies":[{dependencies}],"targets":[{{"kind":["{kind}"]}}]}}"#
        )
    }

    fn metadata(packages: &[String]) -> String {
        format!(r#"{{"packages":[{}]}}"#, packages.join(","))
    }

    #[test]
    fn the_runtime_may_not_depend_on_the_generator() {
        let build = package("meshrpc-build", "", "lib");
        let edge = package("meshrpc", r#"{"name":"meshrpc-build","kind":null}"#, "lib");
        assert_eq!(check_directions(&metadata(&[build.clone(), edge])).len(), 1);
        let dev = package("meshrpc", r#"{"name":"meshrpc-build","kind":"dev"}"#, "lib");
        assert!(check_directions(&metadata(&[build, dev])).is_empty());
    }

    #[test]
    fn the_runtime_has_no_build_script() {
        assert_eq!(
            check_directions(&metadata(&[package("meshrpc", "", "custom-build")])).len(),
            1
        );
    }

    #[test]
    fn a_new_published_crate_needs_a_place() {
        assert_eq!(
            check_directions(&metadata(&[package("meshrpc-extra", "", "lib")])).len(),
            1
        );
    }

    #[test]
    fn hyper_and_axum_are_seen_in_the_tree() {
        assert!(
            check_default_tree("meshrpc v0.1.0 (x)\nhttp v1.5.0\nhyperfine v1.0.0\n").is_empty()
        );
        assert_eq!(
            check_default_tree("meshrpc v0.1.0\nhyper v1.12.0\n").len(),
            1
        );
        assert_eq!(check_default_tree("").len(), 1);
    }

    #[test]
    fn a_member_without_the_common_lints_is_refused() {
        let complete = "[package]\nrust-version.workspace = true\n[lints]\nworkspace = true\n";
        assert!(check_manifest("a/Cargo.toml", complete).is_empty());
        assert_eq!(check_manifest("a/Cargo.toml", "[package]\n").len(), 2);
        assert_eq!(
            manifests(r#"{"packages":[{"manifest_path":"/a"}]}"#),
            ["/a"]
        );
        assert!(manifests("").is_empty());
    }
}
