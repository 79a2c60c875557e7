//! The original bytes are kept, byte for byte.

use std::path::Path;

use bytes::Bytes;
use meshrpc_descriptor::FileSet;

use crate::{editions, support};

#[test]
fn the_set_and_each_file_keep_the_bytes_they_were_read_from() {
    let bytes = std::fs::read(editions::folder().join("editions.binpb")).expect("the set");
    let bytes = Bytes::from(bytes);
    let set = FileSet::decode(bytes.clone()).expect("protoc's output decodes");
    assert_eq!(set.raw(), &bytes);
    // A set is its files, one record each: written again from the raw bytes it
    // is the same.
    let mut again = Vec::new();
    for file in set.files() {
        prost::encoding::bytes::encode(1, file.raw(), &mut again);
    }
    assert!(again == bytes);
}

#[test]
fn raw_bytes_share_the_inputs_memory() {
    let bytes = Bytes::from(support::compile(&[(
        "a.proto",
        "syntax = \"proto3\"; package a; message M { string s = 1 [deprecated = true]; }",
    )]));
    let set = FileSet::decode(bytes.clone()).expect("protoc's output decodes");
    let within = bytes.as_ptr_range();
    let file = &set.files()[0];
    assert!(within.contains(&file.raw().as_ptr()));
    let options = file.messages()[0].fields()[0].options();
    assert!(within.contains(&options.raw().as_ptr()));
}

#[test]
fn fields_that_no_descriptor_proto_defines_stay_in_the_raw_bytes() {
    // FileDescriptorProto { name: "a" } with field 4000: "x", which nobody knows.
    let file = b"\x0a\x01a\x82\xfa\x01\x01x";
    let mut bytes = vec![0x0a, u8::try_from(file.len()).expect("short")];
    bytes.extend(file);
    let set = FileSet::decode(bytes).expect("a set");
    assert_eq!(set.files()[0].raw(), &file[..]);
}

#[test]
fn options_given_in_several_pieces_are_one_message() {
    // FieldOptions in two records: deprecated, then packed.
    let file = b"\x0a\x01a\x22\x16\x0a\x01M\x12\x11\x0a\x01f\x18\x01\x20\x03\x28\x05\
        \x42\x02\x18\x01\x42\x02\x10\x01";
    let mut bytes = vec![0x0a, u8::try_from(file.len()).expect("short")];
    bytes.extend(file);
    let set = FileSet::decode(bytes).expect("a set");
    let field = &set.files()[0].messages()[0].fields()[0];
    assert_eq!(field.options().raw(), &b"\x18\x01\x10\x01"[..]);
    assert!(field.deprecated() && field.packed());
}

#[test]
fn protocs_own_contracts_decode() {
    let include = support::include();
    let files = [
        "google/protobuf/descriptor.proto",
        "google/protobuf/cpp_features.proto",
        "google/protobuf/compiler/plugin.proto",
        "google/protobuf/struct.proto",
        "google/protobuf/type.proto",
    ];
    let set = FileSet::decode(support::compile_in(Path::new(&include), &files));
    let set = set.expect("protoc's output decodes");
    for file in files {
        assert!(set.file(file).is_some(), "{file}");
    }
    assert!(set.file("google/protobuf/nothing.proto").is_none());
}
