//! The block structure of a comment: paragraphs, lists, code.
//!
//! The comment is read line by line and written anew, each line indented exactly as the list
//! item it belongs to asks for. So Markdown can't read a structure into it that was not read
//! here, such as a code block where an author only indented a line.

use super::inline::{self, is_table_rule};

/// Writes Markdown that means what was read.
pub(super) struct Writer {
    out: Vec<String>,
    /// Lines of the paragraph that is being read; inline markup may span them.
    paragraph: Vec<String>,
    /// The open list items, outermost first.
    items: Vec<Item>,
    code: Option<Code>,
    /// A fence that closes before no code of this comment does.
    fence: String,
}

/// How far the text of a list item is indented, in the comment and in what is written.
struct Item {
    read: usize,
    written: usize,
}

/// An open code block.
enum Code {
    /// Opened by the author, with this fence; closed by one that is at least as long.
    Fenced { indent: usize, fence: String },
    /// By indentation; `held` blank lines belong to it if more code follows.
    Indented { base: usize, held: usize },
}

impl Writer {
    /// A writer for a comment whose longest run of backticks is this long.
    pub(super) fn new(longest_run: usize) -> Self {
        Self {
            out: Vec::new(),
            paragraph: Vec::new(),
            items: Vec::new(),
            code: None,
            fence: "`".repeat(3.max(longest_run + 1)),
        }
    }

    pub(super) fn line(&mut self, line: &str) {
        if self.code.is_some() && self.code_line(line) {
            return;
        }
        if line.is_empty() {
            self.end_paragraph();
            self.out.push(String::new());
            return;
        }
        let indent = indentation(line);
        let text = &line[indent..];
        let around = self.items.iter().rev().find(|item| indent >= item.read);
        let base = around.map_or(0, |item| item.read) + 4;
        if !self.paragraph.is_empty() && indent >= base {
            // More text of the paragraph, and only that because it is indented so far.
            let is_block = starts_block(text) || is_underline(text);
            let indent = if is_block { "    " } else { "" };
            self.paragraph
                .push(self.indented(&format!("{indent}{}", escaped_marker(text))));
            return;
        }
        let before = self.items.len();
        if self.paragraph.is_empty() || starts_block(text) {
            self.items.retain(|item| indent >= item.read);
        }
        if indent >= base {
            let fence = format!("{}text", self.fence);
            self.push(&fence);
            self.code = Some(Code::Indented { base, held: 0 });
            self.code_line(line);
        } else {
            let may_number = self.paragraph.is_empty() || self.items.len() < before;
            let prefix = self.indented("");
            self.block(prefix, indent, text, may_number);
        }
    }

    /// A block that starts here, or a line of a paragraph. `prefix` is what stands before it in
    /// its line, `indent` how far it is indented in the comment.
    fn block(&mut self, prefix: String, indent: usize, text: &str, may_number: bool) {
        let is_in_paragraph = prefix.trim_start().is_empty() && !self.paragraph.is_empty();
        if let Some(fence) = opening_fence(text) {
            self.end_paragraph();
            self.out.push(format!(" {prefix}{fence}text"));
            self.code = Some(Code::Fenced { indent, fence });
        } else if is_heading(text) || is_rule(text) || (is_in_paragraph && is_underline(text)) {
            if !is_in_paragraph || !is_underline(text) {
                self.end_paragraph();
            }
            self.paragraph.push(format!("{prefix}{text}"));
            self.end_paragraph();
        } else if let Some((marker, rest)) =
            list_item(text, may_number).filter(|_| !(is_in_paragraph && is_table_rule(text)))
        {
            self.end_paragraph();
            let spaces = rest.len() - rest.trim_start().len();
            let written = if spaces > 4 { 1 } else { spaces };
            let prefix = format!("{prefix}{marker}{:written$}", "");
            let read = indent + marker.len() + spaces.min(4);
            self.items.push(Item {
                read,
                written: prefix.chars().count(),
            });
            self.block(prefix, read, rest.trim_start(), true);
        } else {
            self.paragraph
                .push(format!("{prefix}{}", escaped_marker(text)));
        }
    }

    /// Takes the line as part of the open code block; `false` when the block ended before it.
    fn code_line(&mut self, line: &str) -> bool {
        match self.code.as_mut().expect("called inside a code block") {
            Code::Fenced { indent, fence } => {
                let text = line.trim_start();
                if text.starts_with(fence.as_str()) && text.chars().all(|c| fence.starts_with(c)) {
                    let text = text.to_owned();
                    self.push(&text);
                    self.code = None;
                } else {
                    let keep = indentation(line).min(*indent);
                    self.push(&line[keep..]);
                }
                true
            }
            Code::Indented { held, .. } if line.is_empty() => {
                *held += 1;
                true
            }
            Code::Indented { base, held } if indentation(line) >= *base => {
                let base = *base;
                for _ in 0..std::mem::take(held) {
                    self.out.push(String::new());
                }
                self.push(&line[base..]);
                true
            }
            Code::Indented { held, .. } => {
                let held = *held;
                let fence = self.fence.clone();
                self.push(&fence);
                self.out.extend(std::iter::repeat_n(String::new(), held));
                self.code = None;
                false
            }
        }
    }

    /// The text as it stands in the innermost list item.
    fn indented(&self, text: &str) -> String {
        let indent = self.items.last().map_or(0, |item| item.written);
        format!("{:indent$}{text}", "")
    }

    fn push(&mut self, text: &str) {
        let line = if text.is_empty() {
            String::new()
        } else {
            format!(" {}", self.indented(text))
        };
        self.out.push(line);
    }

    fn end_paragraph(&mut self) {
        let lines = std::mem::take(&mut self.paragraph);
        if !lines.is_empty() {
            let text = inline::escaped(&lines);
            self.out.extend(text.lines().map(|line| format!(" {line}")));
        }
    }

    pub(super) fn finish(mut self) -> Vec<String> {
        self.end_paragraph();
        match self.code.take() {
            Some(Code::Fenced { fence, .. }) => self.push(&fence),
            Some(Code::Indented { .. }) => {
                let fence = self.fence.clone();
                self.push(&fence);
            }
            None => {}
        }
        self.out
    }
}

/// The number of blanks at the start.
pub(super) fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether a line with this text ends a paragraph that it doesn't belong to.
fn starts_block(text: &str) -> bool {
    opening_fence(text).is_some()
        || is_heading(text)
        || is_rule(text)
        || (list_item(text, true).is_some() && !is_table_rule(text))
}

/// The fence of a line that opens a code block.
fn opening_fence(text: &str) -> Option<String> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let fence: String = text.chars().take_while(|c| *c == mark).collect();
    // An info string may not hold a backtick: then it is a code span.
    (fence.len() >= 3 && !(mark == '`' && text[fence.len()..].contains('`'))).then_some(fence)
}

/// Marker and rest of a list item (`- …`, `1. …`). Only a number one may interrupt a paragraph.
fn list_item(text: &str, may_number: bool) -> Option<(&str, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let marker = if digits > 0 {
        let is_allowed = digits <= 9 && (may_number || &text[..digits] == "1");
        (is_allowed && text[digits..].starts_with(['.', ')'])).then_some(digits + 1)?
    } else {
        text.starts_with(['-', '*', '+']).then_some(1)?
    };
    let (marker, rest) = text.split_at(marker);
    (rest.starts_with(' ') && !rest.trim_start().is_empty()).then_some((marker, rest))
}

/// A marker without text is text, and not the line under a heading; one in what could also be the
/// line under a table's head is neither.
fn escaped_marker(text: &str) -> String {
    match text {
        "-" | "*" | "+" => format!("\\{text}"),
        _ if is_table_rule(text) && list_item(text, true).is_some() => format!("\\{text}"),
        _ => match text.strip_suffix(['.', ')']) {
            Some(digits) if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) => {
                format!("{digits}\\{}", &text[digits.len()..])
            }
            _ => text.to_owned(),
        },
    }
}

fn is_heading(text: &str) -> bool {
    let marks = text.len() - text.trim_start_matches('#').len();
    (1..=6).contains(&marks) && (text.len() == marks || text[marks..].starts_with(' '))
}

/// A line across: three or more of one of these characters.
fn is_rule(text: &str) -> bool {
    ['-', '*', '_']
        .into_iter()
        .any(|mark| text.chars().all(|c| c == mark || c == ' ') && text.matches(mark).count() >= 3)
}

/// The line under a heading.
fn is_underline(text: &str) -> bool {
    text.len() > 1
        && ['-', '=']
            .into_iter()
            .any(|mark| text.chars().all(|c| c == mark))
        || text == "="
}
