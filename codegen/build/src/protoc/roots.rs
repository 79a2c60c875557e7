//! The folder that imports are looked up in, when nobody says which.
//!
//! The layout that linters ask for has a contract's package as its folder: package
//! `storefront.orders.v1` in `proto/storefront/orders/v1/`. Then the root is what is left,
//! `proto`. A file that doesn't stand where its package says belongs to the root that another
//! file of the call has around it; else the folder that was given, or the file's own, is the root.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::inputs::Input;
use crate::error::{Error, Result};

/// The roots of the files, each once, in the order of the files.
pub(crate) fn roots(inputs: &[Input]) -> Result<Vec<PathBuf>> {
    let mut roots: Vec<PathBuf> = Vec::new();
    let mut strays = Vec::new();
    for Input {
        file,
        folder: given,
    } in inputs
    {
        let text = fs::read(file).map_err(|source| Error::Read {
            path: file.clone(),
            source,
        })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        match root_of(folder, package(&String::from_utf8_lossy(&text))) {
            Some(root) => add(&mut roots, root),
            None => strays.push(given.as_deref().unwrap_or(folder)),
        }
    }
    for folder in strays {
        if !roots.iter().any(|root| contains(root, folder)) {
            add(&mut roots, folder.to_owned());
        }
    }
    Ok(roots)
}

fn add(roots: &mut Vec<PathBuf>, root: PathBuf) {
    let root = if root.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        root
    };
    if !roots.contains(&root) {
        roots.push(root);
    }
}

fn contains(root: &Path, folder: &Path) -> bool {
    let is_here = root == Path::new(".");
    folder.starts_with(root) || (is_here && folder.is_relative() && !leaves(folder))
}

fn leaves(folder: &Path) -> bool {
    folder.components().any(|part| part == Component::ParentDir)
}

/// The folder without the package's, if it ends in them.
fn root_of(folder: &Path, package: &str) -> Option<PathBuf> {
    if package.is_empty() {
        return None;
    }
    let mut root = folder;
    for part in package.rsplit('.') {
        if root.file_name()? != part {
            return None;
        }
        root = root.parent()?;
    }
    Some(root.to_owned())
}

/// The package that a contract declares; empty if it declares none. What is wrong with the
/// contract is for protoc to say.
fn package(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == ';');
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
        } else if let Some(name) = rest.strip_prefix("package") {
            if name.starts_with(char::is_whitespace) {
                return name.split_once(';').map_or("", |(name, _)| name.trim());
            }
            return "";
        } else {
            // Only these statements can stand before the package and can be skipped simply.
            let statement = ["syntax", "edition", "import", "option"];
            if !statement.iter().any(|word| rest.starts_with(word)) {
                return "";
            }
            rest = after_statement(rest);
        }
    }
}

/// What follows the first `;` that is in no string.
fn after_statement(text: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ';' => return &text[at + 1..],
            None => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_found_behind_what_may_stand_before_it() {
        for (text, expected) in [
            ("package a.b;", "a.b"),
            (
                "// package x;\n/* package y; */ syntax = \"proto3\";\npackage  a.b ;",
                "a.b",
            ),
            ("edition = \"2024\";import \"package z;\";package a;", "a"),
            ("syntax = 'proto3'; message M {}", ""),
            ("packages a;", ""),
            ("", ""),
        ] {
            assert_eq!(package(text), expected, "{text}");
        }
    }

    #[test]
    fn the_root_is_the_folder_without_the_package() {
        let root = |folder: &str, package| root_of(Path::new(folder), package);
        assert_eq!(root("proto/a/v1", "a.v1"), Some("proto".into()));
        assert_eq!(root("a/v1", "a.v1"), Some("".into()));
        assert_eq!(root("/x/a", "a"), Some("/x".into()));
        assert_eq!(root("proto/b/v1", "a.v1"), None);
        assert_eq!(root("v1", "a.v1"), None);
        assert_eq!(root("proto", ""), None);
    }

    #[test]
    fn a_stray_file_belongs_to_the_root_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let stray = write("proto/x/stray.proto", "package other;");
        let placed = write("proto/a/v1/a.proto", "package a.v1;");
        let alone = write("else/b.proto", "");
        let roots_of = |files: &[&PathBuf]| {
            let inputs = files.iter().map(|file| Input {
                file: file.to_path_buf(),
                folder: None,
            });
            roots(&inputs.collect::<Vec<_>>())
        };
        let found = roots_of(&[&stray, &placed, &alone]).unwrap();
        assert_eq!(
            found,
            [folder.path().join("proto"), folder.path().join("else")]
        );
        assert_eq!(
            roots_of(&[&stray]).unwrap(),
            [folder.path().join("proto/x")]
        );
    }
}
