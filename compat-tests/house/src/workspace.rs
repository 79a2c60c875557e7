//! Reading the workspace that this crate is a member of.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .nth(2)
        .expect("this crate stands two folders below the root")
        .to_owned()
}

/// All Rust files below `folder` with their paths relative to it, sorted.
///
/// Build output and what starts with a dot is passed over.
///
/// # Errors
/// When a folder or file can't be read.
pub fn rust_files(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if path.is_dir() {
                if name != "target" && name != "node_modules" && !name.starts_with('.') {
                    open.push(path);
                }
            } else if name.ends_with(".rs") {
                let relative = path.strip_prefix(folder).expect("found below it");
                let relative = relative.to_string_lossy().replace('\\', "/");
                found.push((relative, fs::read_to_string(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What cargo prints for `arguments`, asked in the workspace and without network.
///
/// # Panics
/// When cargo fails, with what it said.
#[must_use]
pub fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("the cargo that runs this test is there");
    assert!(
        output.status.success(),
        "cargo {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}
