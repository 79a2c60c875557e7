//! The mark by which runs that write into one folder are told apart.
//!
//! buf calls a plugin once per folder unless it is told `strategy: all`, keeps one call's
//! `mod.rs` and drops the others' with a warning. No call sees the others. So each run names an
//! insertion point of its own in a file that all runs write, and the plugin inserts nothing
//! there: in a call whose file was dropped the point is missing, and buf fails with its name.
//!
//! The point stands in the file of descriptors, since buf rewrites the file it inserts into, and
//! takes the last line's end away.

const BEFORE: &str = "// @@protoc_insertion_point(";
const AFTER: &str = ")\n";

/// The line that declares the mark of a run over these files.
pub(crate) fn line(sources: &[&str]) -> String {
    format!(
        "{BEFORE}meshrpc needs `strategy: all` {:08x}{AFTER}",
        fingerprint(sources)
    )
}

/// The mark that a file declares.
pub fn mark(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(BEFORE)?;
    rest.split_once(AFTER).map(|(mark, _)| mark)
}

/// A number that differs between runs over different files (FNV-1a).
fn fingerprint(sources: &[&str]) -> u32 {
    let bytes = sources.iter().flat_map(|source| source.bytes().chain([0]));
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
