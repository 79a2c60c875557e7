//! Lowering: the identity for proto2 and proto3, proto3 for editions, an error
//! that says what to do for the rest.

use meshrpc_descriptor::{FileSet, LowerError};
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{FieldDescriptorProto, FileDescriptorProto};

use crate::{editions, support};

#[test]
fn proto2_and_proto3_files_are_what_prost_decodes() {
    let set = editions::compiled();
    let lowered = set.lower().expect("the set can be lowered");
    let mut compared = 0;
    for (file, lowered) in set.files().iter().zip(&lowered.file) {
        if !file.name().starts_with("edition_") {
            let decoded = FileDescriptorProto::decode(file.raw().clone()).expect("prost decodes");
            assert_eq!(lowered, &decoded, "{}", file.name());
            compared += 1;
        }
    }
    assert_eq!(compared, 4);
}

#[test]
fn lowering_leaves_the_raw_bytes_alone() {
    let set = editions::compiled();
    let before = set.raw().clone();
    set.lower().expect("the set can be lowered");
    assert_eq!(set.raw(), &before);
    assert_eq!(
        set.file("edition_2023.proto")
            .map(|f| f.syntax().to_string())
            .as_deref(),
        Some("edition 2023")
    );
}

/// The fields of the first message of an edition 2023 file, lowered.
fn lowered(body: &str) -> (Vec<FieldDescriptorProto>, Vec<String>) {
    let contract = format!("edition = \"2023\"; {body}");
    let lowered = support::set(&[("a.proto", &contract)]).lower();
    let mut file = lowered.expect("the set can be lowered").file.remove(0);
    let message = file.message_type.remove(0);
    let oneofs = message.oneof_decl.iter();
    (
        message.field,
        oneofs.map(|oneof| oneof.name().to_owned()).collect(),
    )
}

#[test]
fn presence_becomes_proto3_optional_in_a_synthetic_oneof() {
    let (fields, oneofs) = lowered(
        "message M {
           oneof real { int32 in_real = 1; }
           string explicit = 2;
           string implicit = 3 [features.field_presence = IMPLICIT];
           string required = 4 [features.field_presence = LEGACY_REQUIRED];
           repeated string many = 5;
           M message = 6;
           M group = 7 [features.message_encoding = DELIMITED];
           map<string, string> pairs = 8;
         }",
    );
    assert_eq!(oneofs, ["real", "_explicit", "_group"]);
    let facts: Vec<_> = fields
        .iter()
        .map(|field| {
            (
                field.name(),
                field.proto3_optional(),
                field.oneof_index,
                field.label(),
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            ("in_real", false, Some(0), Label::Optional),
            ("explicit", true, Some(1), Label::Optional),
            ("implicit", false, None, Label::Optional),
            ("required", false, None, Label::Required),
            ("many", false, None, Label::Repeated),
            ("message", false, None, Label::Optional),
            ("group", true, Some(2), Label::Optional),
            ("pairs", false, None, Label::Repeated),
        ]
    );
}

#[test]
fn synthetic_oneofs_are_named_by_protocs_rule() {
    let body = "message M { TYPE a = 1; TYPE _a = 2; TYPE X_a = 3; TYPE b = 4; oneof _b { int32 c = 5; } }";
    let (_, ours) = lowered(&body.replace("TYPE", "int32"));
    let proto3 = format!(
        "syntax = \"proto3\"; {}",
        body.replace("TYPE", "optional int32")
    );
    let set = support::set(&[("a.proto", &proto3)]);
    let theirs = set.files()[0].messages()[0].oneofs();
    let theirs: Vec<_> = theirs.iter().map(|oneof| oneof.name()).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn delimited_fields_become_groups_but_maps_do_not() {
    let (fields, _) = lowered(
        "option features.message_encoding = DELIMITED;
         message M {
           M one = 1;
           repeated M many = 2;
           oneof choice { M chosen = 3; }
           map<string, M> pairs = 4;
           M prefixed = 5 [features.message_encoding = LENGTH_PREFIXED];
         }",
    );
    let types: Vec<_> = fields.iter().map(FieldDescriptorProto::r#type).collect();
    assert_eq!(
        types,
        [
            Type::Group,
            Type::Group,
            Type::Group,
            Type::Message,
            Type::Message
        ]
    );
}

#[test]
fn packing_is_written_out_either_way_and_only_for_numbers() {
    let (fields, _) = lowered(
        "message M {
           repeated int32 packed = 1 [deprecated = true];
           repeated int32 expanded = 2 [features.repeated_field_encoding = EXPANDED];
           repeated string strings = 3;
           repeated M messages = 4;
           int32 one = 5;
         }",
    );
    let packed: Vec<_> = fields
        .iter()
        .map(|field| field.options.as_ref().and_then(|options| options.packed))
        .collect();
    assert_eq!(packed, [Some(true), Some(false), None, None, None]);
    assert!(fields[0].options.as_ref().is_some_and(|o| o.deprecated()));
}

#[test]
fn a_default_that_names_an_alias_names_what_prost_keeps() {
    let (fields, _) = lowered(
        "message M { E by_alias = 1 [default = E_TWO]; string text = 2 [default = \"E_TWO\"]; }
         enum E { option allow_alias = true; E_ZERO = 0; E_ONE = 1; E_TWO = 1; }",
    );
    assert_eq!(fields[0].default_value(), "E_ONE");
    assert_eq!(fields[1].default_value(), "E_TWO");
}

#[test]
fn groups_through_which_messages_contain_themselves_are_found() {
    let set = support::set(&[
        (
            "a.proto",
            "edition = \"2023\";
             package a;
             option features.message_encoding = DELIMITED;
             message Own { Own own = 1; repeated Own many = 2; }
             message Ping { Pong pong = 1; Leaf leaf = 2; }
             message Pong { oneof answer { Ping ping = 1; Leaf leaf = 2; } }
             message One { Two two = 1 [features.message_encoding = LENGTH_PREFIXED]; }
             message Two { Three three = 1; }
             message Three { One one = 1; map<string, One> ones = 2; }
             message Leaf { repeated Ping pings = 1; }",
        ),
        (
            "b.proto",
            "syntax = \"proto2\";
             package b;
             message Tree { optional group Left = 1 { optional Tree tree = 1; }
                            optional group Flat = 2 { optional int32 n = 1; } }",
        ),
    ]);
    assert_eq!(
        set.recursive_groups(),
        [
            ".a.Own.own",
            ".a.Ping.pong",
            ".a.Pong.answer.ping",
            ".a.Two.three",
            ".a.Three.one",
            ".b.Tree.left",
        ]
    );
}

#[test]
fn an_edition_above_2024_is_refused_by_file_and_edition() {
    let mut set = support::compile(&[("new.proto", "edition = \"2024\"; package a; message M {}")]);
    // edition: 1001 -> 1002
    let at = set
        .windows(3)
        .rposition(|bytes| bytes == [0x70, 0xe9, 0x07]);
    set[at.expect("the edition") + 1] = 0xea;
    let set = FileSet::decode(set).expect("it is read all the same");
    let error = set.lower().expect_err("refused");
    assert!(matches!(error, LowerError::UnsupportedEdition { .. }));
    assert_eq!(
        error.to_string(),
        "new.proto: edition 2026 is not supported; this version of meshrpc supports \
         proto2, proto3 and editions 2023 and 2024"
    );
}

#[test]
fn a_type_that_is_not_in_the_set_is_an_error_with_a_remedy() {
    let bytes = support::compile(&[
        (
            "a.proto",
            "syntax = \"proto3\"; package a; import \"b.proto\";
             message A { b.B b = 1; } service S { rpc Get(A) returns (b.B); }",
        ),
        ("b.proto", "syntax = \"proto3\"; package b; message B {}"),
    ]);
    let mut set = prost_types::FileDescriptorSet::decode(&bytes[..]).expect("a set");
    set.file.retain(|file| file.name() == "a.proto");
    let set = FileSet::decode(set.encode_to_vec()).expect("a set");
    assert_eq!(
        set.lower().expect_err("refused").to_string(),
        "a.proto: a.S.Get has the type .b.B, which no file of the descriptor set declares; \
         build the set with all imports (protoc --include_imports)"
    );
}

#[test]
fn the_same_contract_in_proto2_proto3_and_an_edition_generates_the_same_rust() {
    // What a team that moves a contract to an edition relies on.
    let body = "message M {
        SINGULAR int32 id = 1;
        SINGULAR string name = 2;
        repeated int32 numbers = 3 PACKED;
        SINGULAR M self = 4;
        map<string, M> by_name = 5;
        oneof choice { string text = 6; M chosen = 7; }
        repeated E many = 8 PACKED;
        SINGULAR E one = 9;
        enum E { E_UNSPECIFIED = 0; E_ONE = 1; }
      }";
    let rust = |head: &str, singular: &str, packed: &str| {
        let body = body.replace("SINGULAR", singular).replace("PACKED", packed);
        let contract = format!("{head} package p; {body}");
        support::generate(&support::set(&[("a.proto", &contract)]))
    };
    let edition = rust("edition = \"2023\";", "", "");
    assert_eq!(edition, rust("syntax = \"proto3\";", "optional", ""));
    assert_eq!(
        edition,
        rust("syntax = \"proto2\";", "optional", "[packed = true]")
    );
    let implicit = "edition = \"2023\"; option features.field_presence = IMPLICIT;";
    assert_eq!(rust(implicit, "", ""), rust("syntax = \"proto3\";", "", ""));
}
