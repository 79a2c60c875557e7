//! From a contract's comments to doc comments that rustdoc reads as their author meant them.
//!
//! Contract comments are prose with placeholders (`<name>`, `projects/[id]`), indented examples
//! and plain addresses. Read as Markdown, those are HTML tags, links to nothing and Rust code
//! to compile. Here code blocks become `text` blocks, addresses become links, and what would be
//! a tag or a link by accident is escaped. Line by line, so that the text stays recognisable.

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
    let mut writer = Writer::default();
    for line in dedented(comment) {
        writer.line(&line);
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

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Where in the Markdown the next line stands.
#[derive(Default)]
struct Writer {
    out: Vec<String>,
    /// Lines of the paragraph that is being read; inline markup may span them.
    paragraph: Vec<String>,
    /// The open code block.
    code: Option<Code>,
    /// How far a list item's text is indented, inside a list.
    list: Option<usize>,
}

enum Code {
    /// Opened by the author, with this fence; closed by one that is at least as long.
    Fenced { indent: usize, fence: String },
    /// By indentation; `held` blank lines belong to it if more code follows.
    Indented {
        indent: usize,
        base: usize,
        held: usize,
    },
}

impl Writer {
    fn line(&mut self, line: &str) {
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
        if let Some(fence) = opening_fence(text) {
            self.end_paragraph();
            let indent = self.capped(indent);
            self.push(indent, &format!("{fence}text"));
            self.code = Some(Code::Fenced { indent, fence });
            return;
        }
        let content = self.list.unwrap_or(0);
        if self.paragraph.is_empty() && indent >= content + 4 {
            self.push(content, "```text");
            self.push(content, &line[content + 4..]);
            self.code = Some(Code::Indented {
                indent: content,
                base: content + 4,
                held: 0,
            });
            return;
        }
        match list_marker(text) {
            Some(marker) => {
                self.end_paragraph();
                self.list = Some(indent + marker);
                self.paragraph.push(line.to_owned());
            }
            None => {
                if indent == 0 && self.paragraph.is_empty() {
                    self.list = None;
                }
                let ends_block = is_heading(text) || is_rule(text);
                self.paragraph.push(line.to_owned());
                if ends_block {
                    self.end_paragraph();
                }
            }
        }
    }

    /// Takes the line as part of the open code block; `false` when the block ended before it.
    fn code_line(&mut self, line: &str) -> bool {
        match self.code.as_mut().expect("called inside a code block") {
            Code::Fenced { indent, fence } => {
                let (indent, text) = (*indent, line.trim_start());
                if text.starts_with(fence.as_str()) && text.chars().all(|c| fence.starts_with(c)) {
                    self.push(indent, text);
                    self.code = None;
                } else {
                    let keep = indentation(line).min(indent);
                    let text = line[keep..].to_owned();
                    self.push(indent, &text);
                }
                true
            }
            Code::Indented { held, .. } if line.is_empty() => {
                *held += 1;
                true
            }
            Code::Indented { indent, base, held } if indentation(line) >= *base => {
                let (indent, base) = (*indent, *base);
                for _ in 0..std::mem::take(held) {
                    self.out.push(String::new());
                }
                self.push(indent, &line[base..]);
                true
            }
            Code::Indented { indent, held, .. } => {
                let (indent, held) = (*indent, *held);
                self.push(indent, "```");
                self.out.extend(std::iter::repeat_n(String::new(), held));
                self.code = None;
                false
            }
        }
    }

    /// Markdown takes a line that is indented by four or more for code.
    fn capped(&self, indent: usize) -> usize {
        indent.min(self.list.unwrap_or(0) + 3)
    }

    fn push(&mut self, indent: usize, text: &str) {
        if text.is_empty() {
            self.out.push(String::new());
        } else {
            self.out.push(format!(" {:indent$}{text}", ""));
        }
    }

    fn end_paragraph(&mut self) {
        if self.paragraph.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.paragraph).join("\n");
        for line in inline(&text).lines() {
            let line = match line.trim_start().strip_prefix('>') {
                Some(rest) => format!("{:1$}\\>{rest}", "", indentation(line)),
                None => line.to_owned(),
            };
            self.out.push(format!(" {line}"));
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.end_paragraph();
        match self.code.take() {
            Some(Code::Fenced { indent, fence }) => self.push(indent, &fence),
            Some(Code::Indented { indent, .. }) => self.push(indent, "```"),
            None => {}
        }
        self.out
    }
}

/// The fence of a line that opens a code block.
fn opening_fence(text: &str) -> Option<String> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let fence: String = text.chars().take_while(|c| *c == mark).collect();
    // An info string may not hold a backtick: then it is a code span.
    (fence.len() >= 3 && !(mark == '`' && text[fence.len()..].contains('`'))).then_some(fence)
}

/// The width of a list marker (`- `, `1. `) at the start of the text.
fn list_marker(text: &str) -> Option<usize> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let marker = if digits > 0 {
        (digits <= 9 && text[digits..].starts_with(['.', ')'])).then_some(digits + 1)?
    } else {
        text.starts_with(['-', '*', '+']).then_some(1)?
    };
    let rest = &text[marker..];
    (rest.is_empty() || rest.starts_with(' ')).then(|| match indentation(rest) {
        spaces @ 1..=4 => marker + spaces,
        _ => marker + 1,
    })
}

fn is_heading(text: &str) -> bool {
    let marks = text.len() - text.trim_start_matches('#').len();
    (1..=6).contains(&marks) && (text.len() == marks || text[marks..].starts_with(' '))
}

/// A thematic break, or the underline of a heading: after it, indented text is code.
fn is_rule(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '-' | '=' | '*' | '_' | ' '))
}

/// Escapes what would be HTML or a link by accident; makes links of addresses.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '`' => code_span(rest, &mut out),
            '\\' => escape(rest, &mut out),
            '[' => link(rest, &mut out),
            '<' => angle(rest, &mut out),
            ']' => {
                out.push_str("\\]");
                1
            }
            'h' if starts_address(rest) && !out.ends_with(char::is_alphanumeric) => {
                let address = address(rest);
                out.extend(["<", address, ">"]);
                address.len()
            }
            _ => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out
}

/// A span that is closed stays as it is; backticks without a partner are escaped.
fn code_span(text: &str, out: &mut String) -> usize {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let mut at = ticks;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let run = text[start..].len() - text[start..].trim_start_matches('`').len();
        at = start + run;
        if run == ticks {
            out.push_str(&text[..at]);
            return at;
        }
    }
    out.push_str(&"\\`".repeat(ticks));
    ticks
}

fn escape(text: &str, out: &mut String) -> usize {
    match text[1..].chars().next() {
        Some(c) if c.is_ascii_punctuation() => {
            out.extend(['\\', c]);
            2
        }
        _ => {
            // At the end of a line it would break the line.
            out.push_str("\\\\");
            1
        }
    }
}

/// `[text](https://…)` on one line is a link that was meant; all other brackets are text.
fn link(text: &str, out: &mut String) -> usize {
    let written = text[1..].find(['[', ']', '\n', '`', '<']).and_then(|end| {
        let label = &text[1..=end];
        let target = text[end + 1..].strip_prefix("](")?;
        let end = target.find([')', ' ', '\n', '<', '>'])?;
        let address = starts_address(target).then_some(&target[..end])?;
        target[address.len()..]
            .starts_with(')')
            .then_some((label, address))
    });
    match written {
        Some((label, address)) if !label.trim().is_empty() && !starts_address(label.trim()) => {
            out.extend(["[", label, "](", address, ")"]);
            label.len() + address.len() + 4
        }
        _ => {
            out.push_str("\\[");
            1
        }
    }
}

/// `<https://…>` stays; every other `<` is text.
fn angle(text: &str, out: &mut String) -> usize {
    if starts_address(&text[1..]) {
        let address = address(&text[1..]);
        if text[1 + address.len()..].starts_with('>') {
            out.extend(["<", address, ">"]);
            return address.len() + 2;
        }
    }
    out.push_str("\\<");
    1
}

fn starts_address(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// The address at the start of the text, without the punctuation of the sentence around it.
fn address(text: &str) -> &str {
    let end = text
        .find(|c: char| c.is_whitespace() || c.is_control() || "<>`\"')]}|\\".contains(c))
        .unwrap_or(text.len());
    text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_'])
}

#[cfg(test)]
mod tests;
