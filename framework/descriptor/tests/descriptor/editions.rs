//! Editions, lowered, through prost-build, against Python's own bytes.
//!
//! `editions/` holds contracts, the descriptor set of them, what prost-build
//! makes of the lowered set (compiled below), and two files written by Python
//! protobuf (`compat-tests/suites/codegen/editions.py --write`). `RENEW=1 cargo
//! test -p meshrpc-descriptor` renews the first two.

#[allow(
    clippy::all,
    clippy::use_self,
    unreachable_pub,
    reason = "prost-build's text, as it is"
)]
mod generated {
    pub(crate) mod v2023 {
        include!("editions/generated/editions.v2023.rs");
    }
    pub(crate) mod v2024 {
        include!("editions/generated/editions.v2024.rs");
    }
}
mod values;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use meshrpc_descriptor::{FileSet, Syntax};
use prost::Message;

use crate::support;

const CONTRACTS: &[&str] = &[
    "edition_2023.proto",
    "edition_2024.proto",
    "legacy_2.proto",
    "legacy_3.proto",
    "options.proto",
];

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/descriptor/editions")
}

pub(crate) fn compiled() -> FileSet {
    let bytes = std::fs::read(folder().join("editions.binpb")).expect("the checked-in set");
    FileSet::decode(bytes).expect("protoc's output decodes")
}

/// Compares with the file that is checked in, or writes it.
fn golden(path: &Path, now: &[u8]) {
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(path, now).expect("the golden file can be written");
    }
    let kept = std::fs::read(path).unwrap_or_default();
    assert!(
        kept == now,
        "{} is stale; RENEW=1 cargo test -p meshrpc-descriptor renews it",
        path.display()
    );
}

#[test]
fn the_checked_in_set_is_what_protoc_makes_of_the_contracts() {
    let now = support::compile_in(&folder().join("proto"), CONTRACTS);
    golden(&folder().join("editions.binpb"), &now);
}

#[test]
fn the_checked_in_rust_is_what_prost_build_makes_of_the_lowered_set() {
    let generated = support::generate(&compiled());
    for module in ["editions.v2023.rs", "editions.v2024.rs"] {
        let (_, text) = generated
            .iter()
            .find(|(name, _)| name == module)
            .expect("a file for each package");
        golden(&folder().join("generated").join(module), text.as_bytes());
    }
}

/// Python's bytes, by case.
struct Vectors(BTreeMap<String, Vec<u8>>);

impl Vectors {
    fn read() -> Self {
        let text = std::fs::read_to_string(folder().join("vectors.txt")).expect("the vectors");
        let vectors = text.lines().map(|line| {
            let (name, hex) = line.split_once(' ').unwrap_or((line, ""));
            (name.to_owned(), unhex(hex))
        });
        Self(vectors.collect())
    }

    /// `value` encodes to the case's bytes, and decodes from them.
    fn check<M: Message + Default + PartialEq + Debug>(&mut self, name: &str, value: M) {
        let expected = self
            .0
            .remove(name)
            .unwrap_or_else(|| panic!("no vector {name}"));
        assert_eq!(hex(&value.encode_to_vec()), hex(&expected), "{name}");
        assert_eq!(value.encoded_len(), expected.len(), "{name}");
        assert_eq!(M::decode(&expected[..]), Ok(value), "{name}");
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn generated_messages_encode_byte_equal_to_python_and_decode_back() {
    let mut vectors = Vectors::read();
    values::check(&mut vectors);
    let left: Vec<_> = vectors.0.keys().collect();
    assert!(left.is_empty(), "vectors nobody checks: {left:?}");
}

#[test]
fn comments_survive_lowering() {
    let text = std::fs::read_to_string(folder().join("generated/editions.v2023.rs"));
    let text = text.expect("generated text");
    assert!(text.contains("/// A comment that generation keeps."));
}

#[test]
fn defaults_have_getters() {
    use generated::v2023::{Color, Defaults, Shade};
    let unset = Defaults::default();
    assert_eq!(unset.an_int32(), -7);
    assert_eq!(unset.a_string(), "quote \" tab \t end");
    assert_eq!(unset.a_bytes(), b"\x00\xffx");
    assert_eq!(unset.infinite(), f32::INFINITY);
    assert!(unset.a_bool());
    assert_eq!(unset.a_color(), Color::Blue);
    assert_eq!(unset.by_alias(), Color::Blue);
    assert_eq!(unset.closed(), Shade::Light);
}

#[test]
fn a_closed_enums_default_is_its_first_value() {
    use generated::v2023::{Scalars, Shade, Shades};
    assert_eq!(Shades::default().one(), Shade::Dark);
    assert_eq!(Scalars::default().a_color, None);
}

#[test]
fn extensions_that_prost_does_not_know_are_skipped() {
    use generated::v2023::Extendable;
    // extra: "x", group_extra { number: 1 }, numbers: [1] around known: 1.
    let bytes = unhex("a20601780801ab060801ac06b2060101");
    assert_eq!(
        Extendable::decode(&bytes[..]),
        Ok(Extendable { known: Some(1) })
    );
}

/// The list at `FileSet::lower`, pinned: when prost learns one of these, this
/// fails, and the list must shrink.
#[test]
fn what_prost_cannot_do_is_as_documented() {
    use generated::v2023::{Implicit, Maps, Scalars, Shades};
    // unchecked: "\xff", though its feature says that nobody looks.
    assert!(Scalars::decode(&unhex("920101ff")[..]).is_err());
    // one: 9, which the closed enum doesn't list; elsewhere an unknown field.
    let shades = Shades::decode(&unhex("0809")[..]).expect("decodes");
    assert_eq!(shades.one, Some(9));
    // An unknown field is gone.
    let shades = Shades::decode(&unhex("f80701")[..]).expect("decodes");
    assert_eq!(shades.encode_to_vec(), []);
    // Python sends 0a04 0800 1200.
    let maps = Maps {
        names: BTreeMap::from([(0, String::new())]),
        ..Default::default()
    };
    assert_eq!(hex(&maps.encode_to_vec()), "0a00");
    assert_eq!(Maps::decode(&unhex("0a0408001200")[..]), Ok(maps));
    // Python sends 09 0000000000000080.
    let negative_zero = Implicit {
        a_double: -0.0,
        ..Default::default()
    };
    assert_eq!(negative_zero.encode_to_vec(), []);
}

#[test]
fn lowered_editions_are_proto3() {
    let set = compiled();
    let lowered = set.lower().expect("the set can be lowered");
    let mut editions = 0;
    for (file, lowered) in set.files().iter().zip(&lowered.file) {
        if let Syntax::Edition(_) = file.syntax() {
            assert_eq!(lowered.syntax(), "proto3", "{}", file.name());
            editions += 1;
        }
    }
    assert_eq!(editions, 2);
}
