//! From a contract's comments to doc comments that rustdoc reads as their author meant them.
//!
//! Contract comments are prose with placeholders (`<name>`, `projects/[id]`), indented examples
//! and plain addresses. Read as Markdown, those are HTML tags, links to nothing and Rust code
//! to compile. Here code blocks become `text` blocks, addresses become links, and what would be
//! a tag or a link by accident is escaped. Line by line, so that the text stays recognisable.

mod block;
mod inline;

use block::{Writer, indentation};

/// The doc lines of an element, each as it follows `///`; none when it has no comment.
pub(crate) fn lines(leading: Option<&str>, trailing: Option<&str>) -> Vec<String> {
    let mut lines = leading.map(markdown).unwrap_or_default();
    let trailing = trailing.map(markdown).unwrap_or_default();
    if !lines.is_empty() && !trailing.is_empty() {
        lines.push(String::new());
    }
    lines.extend(trailing);
    lines
}

/// One comment as rustdoc-safe Markdown lines, each with a leading space if it is not empty.
fn markdown(comment: &str) -> Vec<String> {
    let lines = dedented(comment);
    let runs = lines
        .iter()
        .flat_map(|line| line.split(|c| c != '`'))
        .map(str::len);
    let mut writer = Writer::new(runs.max().unwrap_or(0));
    for line in &lines {
        writer.line(line);
    }
    writer.finish()
}

/// The comment's lines without their common indentation, and without blank ones at the ends.
fn dedented(comment: &str) -> Vec<String> {
    // What is left of the second asterisk of `/** … */`.
    let comment = match comment.strip_prefix('*') {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest,
        _ => comment,
    };
    let lines: Vec<String> = comment.lines().map(printable).collect();
    let common = lines
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| indentation(line))
        .min()
        .unwrap_or(0);
    let mut lines: Vec<String> = lines
        .into_iter()
        .map(|line| line.get(common..).unwrap_or_default().to_owned())
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let blank = lines.iter().take_while(|line| line.is_empty()).count();
    lines.split_off(blank)
}

/// The line with tabs as spaces, and without what a Rust comment may not hold (a bare carriage
/// return, control characters) or should not (characters that reorder what a reader sees).
fn printable(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => out.push_str("    "),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            _ if c.is_control() => {}
            _ => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests;
