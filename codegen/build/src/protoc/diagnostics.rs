//! protoc's messages, with what they leave out: the line they are about, and where imports were
//! looked for.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// protoc's standard error, explained.
pub(super) fn explained(stderr: &str, includes: &[PathBuf]) -> String {
    let mut out = String::new();
    let mut is_missing = false;
    // What it only warns about would hide what it refuses.
    let refusals = stderr
        .lines()
        .filter(|message| !message.contains(": warning: "));
    for message in refusals {
        let _ = writeln!(out, "{message}");
        if let Some((file, line, column)) = position(message) {
            quote(&mut out, file, line, column, includes);
        }
        is_missing |= message.contains("File not found")
            || message.contains("No such file or directory")
            || message.contains("does not reside within any path");
    }
    if is_missing {
        out.push_str("looked for imports in:\n");
        for include in includes {
            let note = if include.is_dir() {
                ""
            } else {
                " (there is no such folder)"
            };
            let _ = writeln!(out, "  {}{note}", include.display());
        }
        out.push_str("add the folder that the import's path starts from, with `include`\n");
    }
    out
}

/// `file:line:column: …`
fn position(message: &str) -> Option<(&str, usize, usize)> {
    let mut at = 0;
    // A file's own name may hold colons, as in a drive's letter.
    while let Some(found) = message[at..].find(':') {
        let (file, rest) = (&message[..at + found], &message[at + found + 1..]);
        let mut parts = rest.splitn(3, ':');
        let line = parts.next().and_then(|part| part.parse().ok());
        let column = parts.next().and_then(|part| part.parse().ok());
        if let (Some(line), Some(column), Some(_)) = (line, column, parts.next()) {
            return Some((file, line, column));
        }
        at += found + 1;
    }
    None
}

/// The line with a caret below the column.
fn quote(out: &mut String, file: &str, line: usize, column: usize, includes: &[PathBuf]) {
    let candidates = std::iter::once(PathBuf::from(file))
        .chain(includes.iter().map(|include| include.join(file)));
    let Some(text) = candidates
        .into_iter()
        .find_map(|path| fs::read_to_string(Path::new(&path)).ok())
    else {
        return;
    };
    let Some(source) = line
        .checked_sub(1)
        .and_then(|index| text.lines().nth(index))
    else {
        return;
    };
    // protoc counts a tab as reaching to the next multiple of eight.
    let mut shown = String::new();
    for c in source.chars() {
        if c == '\t' {
            shown.push_str(&" ".repeat(8 - shown.chars().count() % 8));
        } else {
            shown.push(c);
        }
    }
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let _ = writeln!(out, "  {number} | {}", shown.trim_end());
    let _ = writeln!(
        out,
        "  {margin} | {}^",
        " ".repeat(column.saturating_sub(1))
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_from_protoc_s_message() {
        assert_eq!(
            position("a/b.proto:3:14: Expected \";\"."),
            Some(("a/b.proto", 3, 14))
        );
        assert_eq!(position("C:\\a.proto:3:1: x"), Some(("C:\\a.proto", 3, 1)));
        assert_eq!(position("a.proto: File not found."), None);
        assert_eq!(position("a.proto:x:1: y"), None);
    }
}
