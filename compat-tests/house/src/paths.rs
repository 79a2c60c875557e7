//! Which paths a source file names: the raw material of the layer and ban rules.
//!
//! The rules are about *names* (`crate::client::Channel`, `tokio::net::TcpStream`), wherever
//! they stand: in a `use`, in an expression, inside a macro call. So the file is read as
//! tokens, not as syntax: comments and strings fall away, `use` groups are expanded, and what
//! stands under `#[cfg(test)]` is left out, because a test may name anything.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path as it stands in the source, with `use` groups expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// Its segments: `["tokio", "net", "TcpStream"]`. A glob ends in `*`.
    pub segments: Vec<String>,
    /// The name that a `use … as name` gives it.
    pub alias: Option<String>,
    /// The inline modules it stands in, outermost first.
    pub modules: Vec<String>,
    /// The line it stands on, from 1.
    pub line: usize,
    /// Whether it is the name of a macro that is called here.
    pub is_macro: bool,
}

impl NamedPath {
    /// The segments joined by `::`.
    #[must_use]
    pub fn text(&self) -> String {
        self.segments.join("::")
    }

    /// Whether it begins with all of `prefix`, given as `a::b`.
    #[must_use]
    pub fn starts_with(&self, prefix: &str) -> bool {
        let mut segments = self.segments.iter();
        prefix
            .split("::")
            .all(|p| segments.next().is_some_and(|s| s == p))
    }
}

/// All paths that `source` names outside of its tests.
///
/// # Errors
/// When the text is not Rust tokens.
pub fn named_paths(source: &str) -> Result<Vec<NamedPath>, String> {
    let tokens: TokenStream = source.parse().map_err(|error| format!("{error}"))?;
    let mut found = Vec::new();
    walk(tokens, &mut Vec::new(), &mut found);
    Ok(found)
}

fn walk(tokens: TokenStream, modules: &mut Vec<String>, found: &mut Vec<NamedPath>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if is_test_attribute(&tokens[at..]) {
            at = end_of_item(&tokens, at);
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(keyword) if keyword == "mod" => {
                if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                    (tokens.get(at + 1), tokens.get(at + 2))
                {
                    modules.push(name.to_string());
                    walk(body.stream(), modules, found);
                    modules.pop();
                    at += 3;
                    continue;
                }
                at += 1;
            }
            TokenTree::Ident(_) => at = read_path(&tokens, at, &[], modules, found),
            TokenTree::Group(group) => {
                walk(group.stream(), modules, found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads the path that starts at `at`, behind `prefix`, and returns where it ends.
fn read_path(
    tokens: &[TokenTree],
    at: usize,
    prefix: &[String],
    modules: &[String],
    found: &mut Vec<NamedPath>,
) -> usize {
    let line = tokens[at].span().start().line;
    let mut segments = prefix.to_vec();
    segments.push(name_of(&tokens[at]));
    let mut next = at + 1;
    while is_path_separator(&tokens[next..]) {
        match tokens.get(next + 2) {
            Some(TokenTree::Ident(name)) => segments.push(name.to_string()),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => segments.push("*".to_owned()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                read_group(group, &segments, modules, found);
                return next + 3;
            }
            _ => break,
        }
        next += 3;
    }
    let alias = match (tokens.get(next), tokens.get(next + 1)) {
        (Some(TokenTree::Ident(word)), Some(TokenTree::Ident(name))) if word == "as" => {
            Some(name.to_string())
        }
        _ => None,
    };
    found.push(NamedPath {
        segments,
        alias,
        modules: modules.to_vec(),
        line,
        is_macro: is_punct(tokens.get(next), '!'),
    });
    next
}

/// The members of `prefix::{…}`.
fn read_group(group: &Group, prefix: &[String], modules: &[String], found: &mut Vec<NamedPath>) {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        at = match &tokens[at] {
            TokenTree::Punct(star) if star.as_char() == '*' => {
                read_path(&tokens, at, prefix, modules, found)
            }
            TokenTree::Ident(_) => {
                let end = read_path(&tokens, at, prefix, modules, found);
                // What may follow, `as name`, is no path of its own.
                tokens[end..]
                    .iter()
                    .position(|token| is_punct(Some(token), ','))
                    .map_or(tokens.len(), |comma| end + comma + 1)
            }
            _ => at + 1,
        };
    }
}

fn name_of(token: &TokenTree) -> String {
    token.to_string().trim_start_matches("r#").to_owned()
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn is_path_separator(tokens: &[TokenTree]) -> bool {
    is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':')
}

/// `#[cfg(test)]`, also as one condition among several that must all hold.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let (true, Some(TokenTree::Group(attribute))) = (is_punct(tokens.first(), '#'), tokens.get(1))
    else {
        return false;
    };
    let text = attribute.stream().to_string();
    text.starts_with("cfg")
        && !text.contains("not")
        && !text.contains("any")
        && text
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == "test")
}

/// Where the item that begins with the attribute at `at` ends.
fn end_of_item(tokens: &[TokenTree], at: usize) -> usize {
    tokens[at..]
        .iter()
        .position(|token| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            other => is_punct(Some(other), ';'),
        })
        .map_or(tokens.len(), |end| at + end + 1)
}

#[cfg(test)]
mod tests {
    use super::named_paths;

    fn texts(source: &str) -> Vec<String> {
        let paths = named_paths(source).expect("tokens");
        paths
            .iter()
            .filter(|path| path.segments.len() > 1)
            .map(super::NamedPath::text)
            .collect()
    }

    #[test]
    fn use_groups_are_expanded() {
        assert_eq!(
            texts("use crate::{a::{B, c::D}, e::*, f as g};"),
            ["crate::a::B", "crate::a::c::D", "crate::e::*", "crate::f"]
        );
    }

    #[test]
    fn expressions_and_macro_calls_count_like_imports() {
        assert_eq!(
            texts("fn f() { select! { _ = tokio::time::sleep(x) => ::tokio::spawn(y) } }"),
            ["tokio::time::sleep", "tokio::spawn"]
        );
    }

    #[test]
    fn comments_strings_and_tests_do_not_count() {
        assert!(
            texts("//! crate::client\n/// [`a::b`]\nconst X: &str = \"c::d\"; /* e::f */")
                .is_empty()
        );
        assert!(texts("#[cfg(test)] mod tests { use a::b; }").is_empty());
        assert!(texts("#[cfg(all(test, feature = \"client\"))]\n#[x]\nuse a::b;").is_empty());
        assert_eq!(texts("#[cfg(not(test))] use a::b;"), ["a::b"]);
        assert_eq!(texts("#[cfg(test)] use a::b; use c::d;"), ["c::d"]);
    }

    #[test]
    fn inline_modules_lines_and_aliases_are_known() {
        let paths = named_paths("mod a {\n mod b {\n use super::c as d; } }").expect("tokens");
        let path = paths
            .iter()
            .find(|path| path.segments[0] == "super")
            .expect("the path");
        assert_eq!(path.modules, ["a", "b"]);
        assert_eq!(path.alias.as_deref(), Some("d"));
        assert_eq!(path.line, 3);
    }
}
