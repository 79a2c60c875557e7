//! Malformed input: an error that says what and where, never a panic, never
//! more memory or stack than the input pays for.

use bytes::Bytes;
use meshrpc_descriptor::{DecodeError, FileSet, MAX_NESTING};

use crate::editions;

/// A length-delimited record.
fn record(number: u64, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(number << 3 | 2, &mut bytes);
    prost::encoding::encode_varint(value.len() as u64, &mut bytes);
    bytes.extend(value);
    bytes
}

/// The error of a set with one file that holds `content` behind its name.
fn error(content: &[u8]) -> DecodeError {
    let file = [record(1, b"a.proto"), content.to_vec()].concat();
    FileSet::decode(record(1, &file)).expect_err("malformed")
}

/// A real set, of some files only: small enough to try much.
fn real(files: &[&str]) -> Vec<u8> {
    let set = editions::compiled();
    let files = set
        .files()
        .iter()
        .filter(|file| files.contains(&file.name()));
    files.flat_map(|file| record(1, file.raw())).collect()
}

#[test]
fn every_truncation_of_a_real_set_is_an_error_or_a_shorter_set() {
    let bytes = Bytes::from(real(&["legacy_2.proto", "legacy_3.proto"]));
    let whole = FileSet::decode(bytes.clone()).expect("a set").files().len();
    let mut errors = 0;
    for length in 0..bytes.len() {
        match FileSet::decode(bytes.slice(..length)) {
            // Cut between two files.
            Ok(set) => assert!(set.files().len() < whole),
            Err(error) => {
                assert!(error.offset() <= length, "{error}");
                errors += 1;
            }
        }
    }
    assert_eq!(errors, bytes.len() - 2);
}

#[test]
fn no_corruption_of_a_real_set_makes_decoding_or_lowering_panic() {
    let bytes = real(&["edition_2023.proto", "edition_2024.proto"]);
    // A small generator with a fixed seed: the run is the same every time.
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("below usize")
    };
    let mut decoded = 0;
    for _ in 0..1000 {
        let mut corrupt = bytes.clone();
        for _ in 0..=random(4) {
            let at = random(corrupt.len());
            corrupt[at] = u8::try_from(random(256)).expect("a byte");
        }
        if let Ok(set) = FileSet::decode(corrupt) {
            decoded += 1;
            let _ = set.lower();
            let _ = set.recursive_groups();
            let _ = set.custom_options().count();
        }
    }
    assert!(decoded > 100, "{decoded} of 1000 still decode");
}

#[test]
fn garbage_is_an_error_that_says_where() {
    let error = FileSet::decode(b"not a descriptor set".as_slice()).expect_err("malformed");
    assert_eq!(
        error.to_string(),
        "malformed descriptor set: google.protobuf.FileDescriptorSet field 13 at byte 1: \
         wire type 6 has no meaning here"
    );
}

#[test]
fn an_error_names_the_file_the_message_and_the_field() {
    let error = error(&record(2, b"\xff"));
    assert_eq!(error.file(), Some("a.proto"));
    assert_eq!(
        error.to_string(),
        "malformed descriptor set: a.proto: google.protobuf.FileDescriptorProto field 2 \
         at byte 11: not UTF-8"
    );
    assert_eq!(error.offset(), 11);
}

#[test]
fn what_no_descriptor_may_lack_is_asked_for() {
    let field = |fields: &[u8]| record(4, &[record(1, b"M"), record(2, fields)].concat());
    let cases: &[(Vec<u8>, &str)] = &[
        (record(4, b""), "has no name"),
        (field(b""), "has no type"),
        (field(b"\x0a\x01f\x28\x05"), "has no valid number"),
        (field(b"\x0a\x01f\x18\x00\x28\x05"), "has no valid number"),
        (field(b"\x0a\x01f\x18\x01\x28\x0b"), "has no type_name"),
        (field(b"\x18\x01\x28\x05"), "has no name"),
        (field(b"\x0a\x01f\x18\x01\x28\x13"), "unknown value 19"),
        (
            field(b"\x0a\x01f\x18\x01\x28\x05\x20\x04"),
            "unknown value 4",
        ),
        (
            field(b"\x0a\x01f\x18\x01\x28\x05\x48\x00"),
            "there is no oneof number 0",
        ),
        (
            field(b"\x0a\x01f\x18\x01\x28\x0b\x32\x01T"),
            "type name \"T\" is not fully qualified (it would start with a dot)",
        ),
        (
            record(
                6,
                &[record(1, b"S"), record(2, &record(1, b"Get"))].concat(),
            ),
            "has no input_type",
        ),
        (
            record(5, &[record(1, b"E"), record(2, &record(1, b"V"))].concat()),
            "has no number",
        ),
        (
            record(4, &[record(1, b"M"), record(7, b"\x38\x01")].concat()),
            "a map entry must have exactly the fields key and value",
        ),
        (b"\x50\x01".to_vec(), "there is no dependency number 1"),
        (
            record(12, b"proto4"),
            "unknown syntax \"proto4\"; known are proto2, proto3 and editions",
        ),
        (
            record(12, b"editions"),
            "syntax is editions, but no edition is set",
        ),
    ];
    for (content, expected) in cases {
        let error = error(content).to_string();
        assert!(error.ends_with(expected), "{error}\nexpected: {expected}");
    }
    let nameless = FileSet::decode(record(1, b"")).expect_err("malformed");
    assert!(nameless.to_string().ends_with("has no name"), "{nameless}");
    assert_eq!(nameless.file(), None);
}

#[test]
fn a_file_may_be_in_the_set_once() {
    let file = record(1, &record(1, b"a.proto"));
    let error = FileSet::decode([file.clone(), file].concat()).expect_err("malformed");
    assert!(error.to_string().ends_with("the set holds a.proto twice"));
}

#[test]
fn messages_nest_only_so_deep() {
    let nested = |depth: usize| {
        (0..depth).fold(Vec::new(), |inner, _| {
            let message = [record(1, b"M"), inner].concat();
            record(3, &message)
        })
    };
    let file = |depth| {
        let message = [record(1, b"M"), nested(depth)].concat();
        let file = [record(1, b"a.proto"), record(4, &message)].concat();
        record(1, &file)
    };
    assert!(FileSet::decode(file(MAX_NESTING - 4)).is_ok());
    let error = FileSet::decode(file(MAX_NESTING)).expect_err("too deep");
    assert!(error.to_string().contains("nest deeper than 64"), "{error}");
    assert!(FileSet::decode(file(10_000)).is_err());
    // What decodes here is not too deep for prost either.
    let set = FileSet::decode(file(MAX_NESTING - 4)).expect("deep, and allowed");
    assert!(set.lower().is_ok());
}

#[test]
fn unknown_groups_are_skipped_and_nest_only_so_deep() {
    let group = |depth: usize| [[0xa3, 0x7d].repeat(depth), [0xa4, 0x7d].repeat(depth)];
    let good = [record(1, b"a.proto"), group(20).concat()].concat();
    assert!(FileSet::decode(record(1, &good)).is_ok());
    assert!(
        error(&group(5_000).concat())
            .to_string()
            .contains("nest deeper than")
    );
    assert!(
        error(&[0xa3, 0x7d, 0x08, 0x01])
            .to_string()
            .ends_with("group 2004 is not closed")
    );
    assert!(
        error(&[0xa3, 0x7d, 0xac, 0x7d])
            .to_string()
            .ends_with("group 2004 is not closed")
    );
}

#[test]
fn varints_and_tags_have_limits() {
    assert!(
        error(&[&[0x70][..], &[0xff; 10]].concat())
            .to_string()
            .ends_with("a varint of more than 64 bits")
    );
    // The tenth byte has room for one bit.
    assert!(
        error(&[&[0x70][..], &[0xff; 9], &[0x02]].concat())
            .to_string()
            .ends_with("a varint of more than 64 bits")
    );
    assert!(
        error(&[0x00])
            .to_string()
            .ends_with("no field number can have the tag 0")
    );
    // A length of 2^63 must not overflow the position.
    let long = [&[0x12][..], &[0x80; 9], &[0x01]].concat();
    assert!(error(&long).to_string().contains("truncated"));
}

#[test]
fn full_names_cost_no_more_than_the_input_pays_for() {
    // A package of a megabyte, and 100,000 messages in it: 100 GB of full names.
    let package = "p".repeat(1 << 20);
    let message = record(4, &record(1, b"M"));
    let content = [record(2, package.as_bytes()), message.repeat(100_000)].concat();
    assert!(
        error(&content)
            .to_string()
            .ends_with("full names are out of proportion to the input")
    );
}
