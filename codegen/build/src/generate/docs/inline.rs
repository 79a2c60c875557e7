//! Inside of a paragraph: code spans, links, and what must not look like HTML.

/// The lines of a paragraph, with what would be HTML or a link by accident escaped, and links made
/// of addresses.
pub(super) fn escaped(lines: &[String]) -> String {
    if lines.iter().any(|line| is_table_rule(line)) {
        // A cell ends a code span: nothing reaches from one line into the next.
        let lines = lines.iter().map(|line| span(line, true));
        lines.collect::<Vec<_>>().join("\n")
    } else {
        span(&lines.join("\n"), false)
    }
}

/// The line between a table's head and body.
pub(super) fn is_table_rule(line: &str) -> bool {
    line.contains('-') && line.contains(['|', ':']) && line.chars().all(|c| "|-: ".contains(c))
}

fn span(text: &str, is_table: bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '`' => code_span(rest, is_table, &mut out),
            '\\' => escape(rest, &mut out),
            '[' => link(rest, &mut out),
            '<' => angle(rest, &mut out),
            ']' => {
                out.push_str("\\]");
                1
            }
            '>' if is_at_start(&out) => {
                out.push_str("\\>");
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

/// Whether only list markers stand before this in the line: `>` would start a quotation.
fn is_at_start(out: &str) -> bool {
    let line = out.rsplit('\n').next().unwrap_or_default();
    line.chars()
        .all(|c| c.is_ascii_digit() || " -*+.)".contains(c))
}

/// A span that is closed stays as it is; backticks without a partner are escaped. The cell of a
/// table ends a span, and so does a line that starts a quotation, a footnote or HTML.
fn code_span(text: &str, is_table: bool, out: &mut String) -> usize {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let mut at = ticks;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let run = text[start..].len() - text[start..].trim_start_matches('`').len();
        at = start + run;
        let span = &text[..at];
        let mut more = span.lines().skip(1);
        let is_cut = (is_table && span.contains('|'))
            || more.any(|line| line.trim_start().starts_with(['>', '[', '<']));
        if run == ticks && !is_cut {
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

/// `[text](https://…)` on one line is a link that was meant; all other brackets are text, and so
/// are images.
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
        Some((label, address))
            if !out.ends_with('!') && !label.trim().is_empty() && !starts_address(label.trim()) =>
        {
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
