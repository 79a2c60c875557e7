//! The descriptors that generated code carries, for reflection.
//!
//! Each file's descriptor is what the compiler wrote, byte for byte, but for the source info:
//! comments and positions, most of the size, which no implementation serves. The set is in the
//! order of dependencies and names, so that the order of arguments doesn't show.
//!
//! The bytes stand in a Rust byte string: what a plugin of `protoc` returns is text, and both
//! entry points are to write the same.

use std::collections::HashSet;
use std::fmt::Write as _;

use meshrpc_descriptor::{File, FileSet};

/// The field of a `FileDescriptorProto` with its `SourceCodeInfo`.
const SOURCE_CODE_INFO: u64 = 9;

/// The encoded set of all files.
pub(crate) fn encoded(files: &[&File]) -> Vec<u8> {
    let mut out = Vec::new();
    for file in files {
        let file = without_source_info(file.raw());
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

/// The file's bytes without the records of its source info; all others as they stand.
fn without_source_info(file: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len());
    let mut at = 0;
    while at < file.len() {
        let Some((number, end)) = record(file, at) else {
            // Not what the decoder accepted a moment ago; keep the rest rather than lose it.
            out.extend_from_slice(&file[at..]);
            break;
        };
        if number != SOURCE_CODE_INFO {
            out.extend_from_slice(&file[at..end]);
        }
        at = end;
    }
    out
}

/// Field number and end of the record at `at`. Descriptors hold no groups.
fn record(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let (tag, at) = read_varint(bytes, at)?;
    let end = match tag & 7 {
        0 => read_varint(bytes, at)?.1,
        1 => at + 8,
        2 => {
            let (length, at) = read_varint(bytes, at)?;
            at.checked_add(usize::try_from(length).ok()?)?
        }
        5 => at + 4,
        _ => return None,
    };
    (end <= bytes.len()).then_some((tag >> 3, end))
}

fn read_varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, at));
        }
    }
    None
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
    out.push_str("\\\n\"\n");
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

    #[test]
    fn only_source_info_is_dropped() {
        let file = b"\x0a\x01a\x4a\x02\x01\x02\x12\x01p\x60\x01\x4a\x00";
        assert_eq!(without_source_info(file), b"\x0a\x01a\x12\x01p\x60\x01");
    }
}
