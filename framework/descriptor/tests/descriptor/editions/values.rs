//! The values of `compat-tests/suites/codegen/editions.py`, in Rust.

use std::collections::BTreeMap;

use super::Vectors;
use super::generated::v2023::{
    Choice, Color, Defaults, Delimited, Extendable, Implicit, Inner, Maps, Node, Outer, Ping, Pong,
    Repeated, Required, Scalars, Shade, Shades, Tone, choice, delimited, outer, pong,
};
use super::generated::v2024::{Level, Mood, Moods, Overridden, Part, Plain, overridden, plain};

pub(super) fn check(vectors: &mut Vectors) {
    singular(vectors);
    repeated(vectors);
    groups(vectors);
    recursive(vectors);
    oneofs(vectors);
    edition_2024(vectors);
}

fn inner(number: i32) -> Inner {
    Inner {
        number: Some(number),
        text: None,
    }
}

fn inner_text(text: &str) -> Inner {
    Inner {
        number: None,
        text: Some(text.to_owned()),
    }
}

fn singular(vectors: &mut Vectors) {
    vectors.check("editions.v2023.Scalars/unset", Scalars::default());
    vectors.check(
        "editions.v2023.Scalars/zero",
        Scalars {
            a_double: Some(0.0),
            a_float: Some(0.0),
            an_int32: Some(0),
            an_int64: Some(0),
            a_uint32: Some(0),
            a_uint64: Some(0),
            a_sint32: Some(0),
            a_sint64: Some(0),
            a_fixed32: Some(0),
            a_fixed64: Some(0),
            a_sfixed32: Some(0),
            a_sfixed64: Some(0),
            a_bool: Some(false),
            a_string: Some(String::new()),
            a_bytes: Some(Vec::new()),
            a_color: Some(Color::Unspecified as i32),
            an_inner: Some(Inner::default()),
            unchecked: Some(String::new()),
        },
    );
    vectors.check(
        "editions.v2023.Scalars/set",
        Scalars {
            a_double: Some(-1.5),
            a_float: Some(2.25),
            an_int32: Some(-3),
            an_int64: Some(-4_000_000_000),
            a_uint32: Some(u32::MAX),
            a_uint64: Some(u64::MAX),
            a_sint32: Some(-7),
            a_sint64: Some(-8_000_000_000),
            a_fixed32: Some(9),
            a_fixed64: Some(10),
            a_sfixed32: Some(-11),
            a_sfixed64: Some(-12),
            a_bool: Some(true),
            a_string: Some("déjà vu".to_owned()),
            a_bytes: Some(vec![0, 255]),
            a_color: Some(Color::Negative as i32),
            an_inner: Some(Inner {
                number: Some(17),
                text: Some("inner".to_owned()),
            }),
            unchecked: Some("text".to_owned()),
        },
    );
    vectors.check("editions.v2023.Implicit/unset", Implicit::default());
    vectors.check("editions.v2023.Implicit/zero", Implicit::default());
    vectors.check(
        "editions.v2023.Implicit/set",
        Implicit {
            a_double: -0.5,
            a_float: 2.25,
            an_int32: -3,
            an_int64: -4_000_000_000,
            a_uint32: u32::MAX,
            a_uint64: u64::MAX,
            a_sint32: -7,
            a_sint64: -8_000_000_000,
            a_fixed32: 9,
            a_fixed64: 10,
            a_sfixed32: -11,
            a_sfixed64: -12,
            a_bool: true,
            a_string: "text".to_owned(),
            a_bytes: vec![0],
            a_color: Color::Blue as i32,
        },
    );
    vectors.check(
        "editions.v2023.Required/zero",
        Required {
            id: 0,
            name: String::new(),
            inner: Inner::default(),
            shade: Shade::Dark as i32,
            delimited: Inner::default(),
        },
    );
    vectors.check(
        "editions.v2023.Required/set",
        Required {
            id: 7,
            name: "nobody".to_owned(),
            inner: inner(1),
            shade: Shade::Light as i32,
            delimited: inner_text("in tags"),
        },
    );
    vectors.check("editions.v2023.Defaults/unset", Defaults::default());
    vectors.check(
        "editions.v2023.Defaults/defaults",
        Defaults {
            an_int32: Some(-7),
            a_string: Some("quote \" tab \t end".to_owned()),
            a_bytes: Some(b"\x00\xffx".to_vec()),
            a_double: Some(-1.5),
            infinite: Some(f32::INFINITY),
            a_bool: Some(true),
            a_color: Some(Color::Blue as i32),
            by_alias: Some(Color::Blue as i32),
            closed: Some(Shade::Light as i32),
        },
    );
    vectors.check(
        "editions.v2023.Defaults/zero",
        Defaults {
            an_int32: Some(0),
            a_string: Some(String::new()),
            a_bytes: Some(Vec::new()),
            a_double: Some(0.0),
            infinite: Some(0.0),
            a_bool: Some(false),
            a_color: Some(Color::Unspecified as i32),
            by_alias: Some(Color::Unspecified as i32),
            closed: Some(Shade::Dark as i32),
        },
    );
    vectors.check(
        "editions.v2023.Extendable/set",
        Extendable { known: Some(1) },
    );
}

fn repeated(vectors: &mut Vectors) {
    vectors.check("editions.v2023.Repeated/empty", Repeated::default());
    let colors = vec![Color::Red as i32, Color::Negative as i32];
    vectors.check(
        "editions.v2023.Repeated/set",
        Repeated {
            packed: vec![0, -1, 300],
            expanded: vec![0, -1, 300],
            packed_colors: colors.clone(),
            expanded_colors: colors,
            packed_doubles: vec![0.0, 0.5],
            expanded_fixed: vec![0, u32::MAX],
            strings: vec![String::new(), "a".to_owned()],
            packed_bools: vec![true, false],
            inners: vec![Inner::default(), inner(1)],
            packed_sints: vec![-1, 1],
        },
    );
    vectors.check(
        "editions.v2023.Maps/set",
        Maps {
            names: BTreeMap::from([(-1, "minus one".to_owned()), (1, "one".to_owned())]),
            colors: BTreeMap::from([("blue".to_owned(), Color::Blue as i32)]),
            tones: BTreeMap::from([("high".to_owned(), Tone::High as i32)]),
            inners: BTreeMap::from([(true, inner(1))]),
            doubles: BTreeMap::from([(8, 0.125)]),
        },
    );
    vectors.check(
        "editions.v2023.Shades/set",
        Shades {
            one: Some(Shade::Dark as i32),
            many: vec![Shade::Light as i32, Shade::Dark as i32],
        },
    );
}

fn groups(vectors: &mut Vectors) {
    vectors.check(
        "editions.v2023.Delimited/empty",
        Delimited {
            one: Some(Inner::default()),
            choice: Some(delimited::Choice::Chosen(Inner::default())),
            far: Some(Inner::default()),
            ..Default::default()
        },
    );
    vectors.check(
        "editions.v2023.Delimited/set",
        Delimited {
            one: Some(Inner {
                number: Some(1),
                text: Some("one".to_owned()),
            }),
            many: vec![inner(2), Inner::default(), inner_text("three")],
            choice: Some(delimited::Choice::Chosen(inner(4))),
            length_prefixed: Some(inner(5)),
            by_name: BTreeMap::from([("six".to_owned(), inner(6))]),
            far: Some(inner(7)),
        },
    );
    vectors.check(
        "editions.v2023.Delimited/prefixed",
        Delimited {
            choice: Some(delimited::Choice::Prefixed(inner_text("not a group"))),
            ..Default::default()
        },
    );
}

fn recursive(vectors: &mut Vectors) {
    let node = |value, left, right| Node {
        value: Some(value),
        left,
        right,
    };
    let right = node(4, Some(Box::default()), None);
    let left = node(
        2,
        Some(Box::new(node(3, None, None))),
        Some(Box::new(right)),
    );
    vectors.check(
        "editions.v2023.Node/deep",
        node(1, Some(Box::new(left)), Some(Box::new(node(5, None, None)))),
    );
    let end = Pong {
        answer: Some(pong::Answer::Text("end".to_owned())),
    };
    let inner_ping = Ping {
        pong: Some(Box::new(end)),
        depth: Some(2),
    };
    let middle = Pong {
        answer: Some(pong::Answer::Ping(Box::new(inner_ping))),
    };
    vectors.check(
        "editions.v2023.Ping/mutual",
        Ping {
            pong: Some(Box::new(middle)),
            depth: Some(1),
        },
    );
    vectors.check(
        "editions.v2023.Outer/set",
        Outer {
            nested: Some(outer::Nested {
                text: Some("n".to_owned()),
                kind: Some(outer::Kind::First as i32),
                deeper: Some(outer::nested::Deeper {
                    kind: Some(outer::Kind::Second as i32),
                }),
            }),
            kind: Some(outer::Kind::Second as i32),
        },
    );
}

fn oneofs(vectors: &mut Vectors) {
    let cases = [
        ("none", None, Some(0)),
        ("number", Some(choice::Choice::Number(0)), Some(1)),
        ("text", Some(choice::Choice::Text(String::new())), None),
        (
            "color",
            Some(choice::Choice::Color(Color::Unspecified as i32)),
            None,
        ),
        (
            "shade",
            Some(choice::Choice::Shade(Shade::Light as i32)),
            None,
        ),
        ("inner", Some(choice::Choice::Inner(Inner::default())), None),
        ("data", Some(choice::Choice::Data(vec![255])), None),
    ];
    for (name, choice, beside) in cases {
        let name = format!("editions.v2023.Choice/{name}");
        vectors.check(&name, Choice { beside, choice });
    }
}

fn edition_2024(vectors: &mut Vectors) {
    let part = |number| Part { number, next: None };
    let part_of = |number, next: Part| Part {
        number,
        next: Some(Box::new(next)),
    };
    vectors.check("editions.v2024.Plain/unset", Plain::default());
    vectors.check(
        "editions.v2024.Plain/zero",
        Plain {
            part: Some(part(0)),
            choice: Some(plain::Choice::Chosen(part(0))),
            foreign: Some(Inner::default()),
            level: Some(Level::Low as i32),
            ..Default::default()
        },
    );
    vectors.check(
        "editions.v2024.Plain/set",
        Plain {
            number: 1,
            text: "two".to_owned(),
            data: b"three".to_vec(),
            numbers: vec![0, 4],
            part: Some(part_of(5, part_of(55, part(0)))),
            parts: vec![part(0), part(6)],
            by_name: BTreeMap::from([("seven".to_owned(), part_of(7, part(77)))]),
            choice: Some(plain::Choice::Chosen(part(8))),
            foreign: Some(inner_text("ten")),
            open_color: Color::Red as i32,
            level: Some(Level::High as i32),
        },
    );
    vectors.check(
        "editions.v2024.Plain/counted",
        Plain {
            choice: Some(plain::Choice::Counted(0)),
            ..Default::default()
        },
    );
    vectors.check(
        "editions.v2024.Overridden/zero",
        Overridden {
            number: Some(0),
            text: Some(String::new()),
            required: String::new(),
            part: Some(part(0)),
            with_default: Some(0),
            choice: Some(overridden::Choice::Chosen(part(0))),
            ..Default::default()
        },
    );
    vectors.check(
        "editions.v2024.Overridden/set",
        Overridden {
            number: Some(1),
            text: Some("two".to_owned()),
            required: "three".to_owned(),
            numbers: vec![0, 4],
            part: Some(part_of(5, part(55))),
            parts: vec![part(0), part(6)],
            with_default: Some(12),
            choice: Some(overridden::Choice::Chosen(part_of(0, part(8)))),
        },
    );
    vectors.check(
        "editions.v2024.Moods/set",
        Moods {
            one: Mood::Good as i32,
            many: vec![Mood::Unspecified as i32, Mood::Good as i32],
        },
    );
}
