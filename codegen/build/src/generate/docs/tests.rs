use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::markdown;

fn check(comment: &str, expected: &str) {
    assert_eq!(markdown(comment).join("\n"), expected, "for {comment:?}");
}

#[test]
fn prose_stays_as_it_is() {
    check(" One line.\n", " One line.");
    check("No space.\n Two.\n", " No space.\n Two.");
    check(" a\n\n b\n", " a\n\n b");
    check("\n\n a\n\n", " a");
}

#[test]
fn indented_text_is_no_doctest() {
    check(
        " Example:\n\n     let x = 1;\n\n     y();\n\n After.\n",
        " Example:\n\n ```text\n let x = 1;\n\n y();\n ```\n\n After.",
    );
    check(
        "# Title\n    code();\n",
        " # Title\n ```text\n code();\n ```",
    );
    check(" a\n     lazy continuation\n", " a\n lazy continuation");
}

#[test]
fn code_under_a_list_item_is_no_doctest() {
    check(
        " - item\n\n       code();\n\n   more\n",
        " - item\n\n   ```text\n   code();\n   ```\n\n   more",
    );
}

#[test]
fn a_fence_of_any_language_is_text_and_gets_closed() {
    check(" ```\n foo();\n ```\n b\n", " ```text\n foo();\n ```\n b");
    check(" ```rust\n foo();\n", " ```text\n foo();\n ```");
    check(" ~~~ should_panic\n <b>\n ~~~\n", " ~~~text\n <b>\n ~~~");
}

#[test]
fn what_looks_like_html_is_text() {
    check(
        " The <name> of a Vec<T>, <!-- x --> </p>\n",
        " The \\<name> of a Vec\\<T>, \\<!-- x --> \\</p>",
    );
    check(" > quoted\n", " \\> quoted");
}

#[test]
fn brackets_are_no_links() {
    check(
        " See [Foo][google.Foo] and [bar].\n",
        " See \\[Foo\\]\\[google.Foo\\] and \\[bar\\].",
    );
    check(" [foo]: bar\n", " \\[foo\\]: bar");
    check(" [a](Foo)\n", " \\[a\\](Foo)");
}

#[test]
fn a_link_that_was_meant_stays() {
    check(
        " [text](https://example.com/a)\n",
        " [text](https://example.com/a)",
    );
}

#[test]
fn an_address_becomes_a_link_without_the_sentence_s_punctuation() {
    check(
        " At https://a.example/b. Or (http://c.example).\n",
        " At <https://a.example/b>. Or (<http://c.example>).",
    );
    check(" <https://a.example>\n", " <https://a.example>");
    check(
        " https://a.example/<id>/x\n",
        " <https://a.example/>\\<id>/x",
    );
    check(" https://\n", " https://");
}

#[test]
fn code_spans_are_left_alone_and_single_backticks_escaped() {
    check(" `<a>` and ``[b]``\n", " `<a>` and ``[b]``");
    check(" `a\n b <c>`\n", " `a\n b <c>`");
    check(" it`s <b>\n", " it\\`s \\<b>");
}

#[test]
fn characters_that_rust_or_a_reader_can_t_bear_are_dropped() {
    check(" a\rb\u{202e}c\u{0}\n", " abc");
    check("/ slash\n", " / slash");
}

#[test]
fn the_second_asterisk_of_a_block_comment_is_no_list() {
    check("*\n - a\n", " - a");
    check("* Text. ", " Text.");
}

/// All that the escaping looks at, in random order, read by the parser that rustdoc uses: there
/// must be no HTML, no code but `text`, no link but to an address.
#[test]
fn no_comment_is_too_strange() {
    let pieces = [
        "`",
        "```",
        "~~~",
        "<",
        ">",
        "[",
        "]",
        "(",
        ")",
        "\\",
        "https://a.b/c",
        "http://",
        "é",
        "\n",
        "\n",
        "\n\n",
        "    ",
        "  ",
        " ",
        "- ",
        "1. ",
        "# ",
        "*",
        "a",
        "日",
        "\t",
        "\r",
        "|",
        "](https://x.y)",
        "=",
        "<b>",
        "&lt;",
        "!",
        "[^1]",
        ": ",
    ];
    let mut state = 7_u64;
    for _ in 0..20_000 {
        let mut comment = String::new();
        for _ in 0..24 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            comment.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        let lines = markdown(&comment);
        for line in &lines {
            assert!(line.is_empty() || line.starts_with(' '), "{comment:?}");
            assert!(!line.contains(char::is_control), "{comment:?}");
        }
        // What rustdoc sees: it takes the common blank away.
        let text: Vec<_> = lines
            .iter()
            .map(|line| line.get(1..).unwrap_or(""))
            .collect();
        safe(&text.join("\n"), &comment);
    }
}

fn safe(text: &str, comment: &str) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION;
    for event in Parser::new_ext(text, options) {
        let is_safe = match &event {
            Event::Html(_) | Event::InlineHtml(_) | Event::FootnoteReference(_) => false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => &**language == "text",
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => false,
            Event::Start(Tag::Link { dest_url, .. }) => dest_url.starts_with("http"),
            Event::Start(Tag::Image { .. } | Tag::FootnoteDefinition(_)) => false,
            _ => true,
        };
        assert!(is_safe, "{event:?}\nof:\n{text}\nfrom {comment:?}");
    }
}
