//! The descriptors that generated code carries, for reflection.
//!
//! Each file's descriptor is what the compiler wrote, byte for byte, but for what is only for
//! the source: comments and positions, most of the size, which no implementation serves, and
//! options of source retention. The set is in the order of dependencies and names, so that the
//! order of arguments doesn't show.
//!
//! The bytes stand in a Rust byte string: what a plugin of `protoc` returns is text, and both
//! entry points are to write the same.

mod published;

use std::collections::HashSet;
use std::fmt::Write as _;

use meshrpc_descriptor::{File, FileSet};

use published::SourceOptions;

/// The encoded set of all files.
pub(crate) fn encoded(set: &FileSet, files: &[&File]) -> Vec<u8> {
    let source_options = SourceOptions::new(set);
    let mut out = Vec::new();
    for file in files {
        let file = source_options.without(file.raw());
        out.push(0x0a);
        varint(file.len() as u64, &mut out);
        out.extend(file);
    }
    out
}

/// Dependencies first, else by name: the order of everything that is generated.
pub(crate) fn ordered(set: &FileSet) -> Vec<&File> {
    fn visit<'a>(
        set: &'a FileSet,
        file: &'a File,
        seen: &mut HashSet<&'a str>,
        order: &mut Vec<&'a File>,
    ) {
        // Imports can be chained in any length, but protoc itself recurses over them.
        if seen.insert(file.name()) {
            let mut dependencies: Vec<_> = file.dependencies().iter().collect();
            dependencies.sort();
            for file in dependencies.into_iter().filter_map(|name| set.file(name)) {
                visit(set, file, seen, order);
            }
            order.push(file);
        }
    }
    let mut files: Vec<_> = set.files().iter().collect();
    files.sort_by_key(|file| file.name());
    let (mut seen, mut order) = (HashSet::new(), Vec::with_capacity(files.len()));
    for file in files {
        visit(set, file, &mut seen, &mut order);
    }
    order
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A byte string of several lines.
pub(crate) fn literal(bytes: &[u8]) -> String {
    const WIDTH: usize = 96;
    let mut out = String::with_capacity(bytes.len() * 2 + 16);
    out.push_str("b\"\\\n");
    let mut start = out.len();
    for &byte in bytes {
        if out.len() - start >= WIDTH {
            out.push_str("\\\n");
            start = out.len();
        }
        // A line's first blanks are not part of the string.
        match byte {
            b' ' if out.len() == start => out.push_str("\\x20"),
            b'"' | b'\\' => out.extend(['\\', byte.into()]),
            b' '..=b'~' => out.push(byte.into()),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push_str("\\\n\"");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_read_back_byte_for_byte() {
        let mut bytes: Vec<u8> = (0..=255).collect();
        bytes.extend(std::iter::repeat_n(b' ', 400));
        bytes.extend(b"\\\"\n   \n");
        let text = literal(&bytes);
        let read: syn::LitByteStr = syn::parse_str(&text).unwrap();
        assert_eq!(read.value(), bytes);
        assert!(text.lines().all(|line| line.len() < 110));
    }
}
