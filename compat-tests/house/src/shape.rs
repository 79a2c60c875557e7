//! How long a file may be and how it begins.

/// No source file is longer.
pub const FILE_LIMIT: usize = 800;
/// The root of the runtime is a table of contents, not a place to work in.
pub const RUNTIME_ROOT_LIMIT: usize = 150;

/// Whether `path` holds text that a generator wrote.
#[must_use]
pub fn is_generated(path: &str) -> bool {
    path.split('/')
        .any(|part| part == "golden" || part == "generated")
}

/// The violations of one source file, given by its path below the workspace.
#[must_use]
pub fn check(path: &str, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    if is_generated(path) {
        return violations;
    }
    let lines = text.lines().count();
    if lines > FILE_LIMIT {
        violations.push(format!(
            "{path}: {lines} lines, {FILE_LIMIT} are the stop; find the second idea in it"
        ));
    }
    if path == "framework/meshrpc/src/lib.rs" && lines > RUNTIME_ROOT_LIMIT {
        violations.push(format!(
            "{path}: {lines} lines, {RUNTIME_ROOT_LIMIT} are the stop"
        ));
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_root = matches!(name, "lib.rs" | "mod.rs" | "main.rs");
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if is_root && !first.starts_with("//!") {
        violations.push(format!(
            "{path}: begins without `//!`; say what it is and why it is here"
        ));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_long_file_is_refused_unless_generated() {
        let long = "fn f() {}\n".repeat(801);
        assert_eq!(check("a/src/b.rs", &long).len(), 1);
        assert!(check("a/src/b.rs", &long[10..]).is_empty());
        assert!(check("a/tests/golden/b.rs", &long).is_empty());
    }

    #[test]
    fn the_root_of_the_runtime_stays_short() {
        let text = "//! Root.\n".repeat(151);
        assert_eq!(check("framework/meshrpc/src/lib.rs", &text).len(), 1);
        assert!(check("codegen/build/src/lib.rs", &text).is_empty());
    }

    #[test]
    fn a_module_root_says_what_it_is() {
        assert_eq!(check("a/src/x/mod.rs", "use y;").len(), 1);
        assert!(check("a/src/x/mod.rs", "\n//! What.\nuse y;").is_empty());
        assert!(check("a/src/x/y.rs", "use y;").is_empty());
    }
}
