//! Exceptions from a lint say why they are there.

use proc_macro2::{TokenStream, TokenTree};

use crate::shape::is_generated;

/// The violations of one source file, given by its path below the workspace.
#[must_use]
pub fn check(path: &str, text: &str) -> Vec<String> {
    if is_generated(path) {
        return Vec::new();
    }
    match text.parse() {
        Ok(tokens) => unexplained(tokens)
            .into_iter()
            .map(|line| format!("{path}:{line}: an exception from a lint without a `reason`"))
            .collect(),
        Err(error) => vec![format!("{path}: not readable as Rust: {error}")],
    }
}

/// The lines of `#[allow(…)]` and `#[expect(…)]` without a reason, also inside `cfg_attr`.
fn unexplained(tokens: TokenStream) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut before = [None, None];
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let is_attribute = matches!(&before, [_, Some(TokenTree::Punct(p))] if p.as_char() == '#')
                || matches!(&before, [Some(TokenTree::Punct(p)), Some(TokenTree::Punct(q))]
                    if p.as_char() == '#' && q.as_char() == '!');
            let text = group.stream().to_string();
            let is_exception = ["allow", "expect"].iter().any(|word| {
                text.starts_with(word)
                    || (text.starts_with("cfg_attr") && text.contains(&format!("{word} (")))
            });
            if is_attribute && is_exception {
                if !text.contains("reason =") {
                    lines.push(group.span_open().start().line);
                }
            } else {
                lines.extend(unexplained(group.stream()));
            }
        }
        before.swap(0, 1);
        before[1] = Some(token);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn an_exception_without_a_reason_is_named_with_its_line() {
        let found = check(
            "a.rs",
            "fn f() {}\nmod x {\n #[allow(dead_code)]\n fn g() {} }",
        );
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("a.rs:3:"), "{found:?}");
        assert_eq!(check("a.rs", "#![expect(unsafe_code)]").len(), 1);
        assert_eq!(check("a.rs", "#![cfg_attr(test, allow(unused))]").len(), 1);
    }

    #[test]
    fn a_reason_anywhere_in_it_will_do() {
        assert!(
            check(
                "a.rs",
                "#[allow(\n dead_code,\n reason = \"x\"\n)] fn f() {}"
            )
            .is_empty()
        );
        assert!(check("a.rs", "fn f() { x.expect(\"y\"); allow(1) }").is_empty());
        assert!(check("tests/golden/a.rs", "#![allow(unused)]").is_empty());
    }
}
