//! Custom options: found on every kind of element, by name and place.

use std::collections::HashMap;

use meshrpc_descriptor::{CustomOption, FileSet, Idempotency};

use crate::{editions, support};

/// `editions/proto/options.proto` declares them, for every kind of element.
const USES: &str = r#"edition = "2023";
package uses;
import "options.proto";
option (editions.options.file_note) = "file";
message M {
  option (editions.options.note) = "message";
  option (editions.options.rule).name = "rule";
  option (editions.options.rule).numbers = 1;
  option (editions.options.rule).numbers = 2;
  int32 f = 1 [(editions.options.tag) = 300, deprecated = true];
  oneof choice {
    option (editions.options.oneof_tag) = 7;
    string c = 2;
  }
  extensions 100 to 199 [(editions.options.range_note) = "range"];
  message Nested {
    int32 g = 1 [(editions.options.detail) = { depth: 5 }];
  }
}
enum E {
  option (editions.options.enum_note) = "enum";
  E_ZERO = 0 [(editions.options.value_note) = "value"];
}
extend M {
  int32 x = 100 [(editions.options.tag) = 1];
}
service S {
  option (editions.options.service_rule) = { name: "service" };
  option deprecated = true;
  rpc Get(M) returns (M) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (editions.options.scope) = "a";
    option (editions.options.scope) = "b";
    option (editions.options.method_rule) = {
      name: "method"
    };
  }
  rpc Put(M) returns (M);
}
"#;

fn uses() -> FileSet {
    let options = std::fs::read_to_string(editions::folder().join("proto/options.proto"));
    let options = options.expect("the options' contract");
    support::set(&[("uses.proto", USES), ("options.proto", &options)])
}

fn short(option: &CustomOption<'_>) -> String {
    let name = option.name().expect("a declared option");
    let name = name.strip_prefix("editions.options.").expect("ours");
    let value: String = option
        .value()
        .iter()
        .flat_map(|&byte| std::ascii::escape_default(byte))
        .map(char::from)
        .collect();
    format!(
        "{} {} {name} = {value}",
        option.position(),
        option.element()
    )
}

#[test]
fn every_kind_of_element_shows_its_custom_options_with_name_value_and_place() {
    let set = uses();
    let found: Vec<_> = set.custom_options().map(|option| short(&option)).collect();
    assert_eq!(
        found,
        [
            r"uses.proto:4:1 uses.proto file_note = file",
            r"uses.proto:6:3 uses.M note = message",
            r"uses.proto:7:3 uses.M rule = \n\x04rule",
            r"uses.proto:7:3 uses.M rule = \x10\x01",
            r"uses.proto:7:3 uses.M rule = \x10\x02",
            r"uses.proto:10:16 uses.M.f tag = \xac\x02",
            r"uses.proto:12:5 uses.M.choice oneof_tag = \x07\x00\x00\x00",
            r"uses.proto:15:26 uses.M range_note = range",
            r"uses.proto:17:18 uses.M.Nested.g detail = \x08\x05",
            r"uses.proto:21:3 uses.E enum_note = enum",
            r"uses.proto:22:15 uses.E_ZERO value_note = value",
            r"uses.proto:28:3 uses.S service_rule = \n\x07service",
            r"uses.proto:32:5 uses.S.Get scope = a",
            r"uses.proto:32:5 uses.S.Get scope = b",
            r"uses.proto:34:5 uses.S.Get method_rule = \n\x06method",
            r"uses.proto:25:18 uses.x tag = \x01",
        ]
    );
}

#[test]
fn what_descriptor_proto_defines_is_no_custom_option() {
    let set = uses();
    let file = set.file("uses.proto").expect("the file");
    let service = &file.services()[0];
    assert!(service.deprecated());
    let [get, put] = service.methods() else {
        panic!("two methods")
    };
    assert_eq!(get.idempotency(), Idempotency::NoSideEffects);
    assert!(!get.options().raw().is_empty());
    let numbers: Vec<i32> = get
        .options()
        .extensions()
        .map(|(number, _)| number)
        .collect();
    assert_eq!(numbers, [50000, 50000, 50001]);
    assert!(put.options().raw().is_empty());
    assert_eq!(put.options().extensions().count(), 0);
    assert_eq!(put.idempotency(), Idempotency::Unknown);
    assert!(file.messages()[0].fields()[0].deprecated());
}

#[test]
fn our_list_of_defined_options_is_that_of_descriptor_proto() {
    // An option that descriptor.proto defines and we don't know would count as
    // custom. So set none, and let descriptor.proto itself, whose fields use
    // nearly all field options, show none.
    let set = editions::compiled();
    let descriptor = set.file("google/protobuf/descriptor.proto").expect("it");
    let defined: HashMap<_, Vec<i32>> = descriptor
        .messages()
        .iter()
        .map(|message| {
            let fields = message.fields().iter();
            (message.name(), fields.map(|field| field.number()).collect())
        })
        .collect();
    // For each kind of options a message that sets every defined field, all as
    // empty strings or messages where that is the type, else as the varint 0.
    for (extendee, element) in [
        ("FileOptions", 8),
        ("MessageOptions", 7),
        ("FieldOptions", 8),
        ("OneofOptions", 2),
        ("ExtensionRangeOptions", 3),
        ("EnumOptions", 3),
        ("EnumValueOptions", 3),
        ("ServiceOptions", 3),
        ("MethodOptions", 4),
    ] {
        let message = set
            .message(&format!("google.protobuf.{extendee}"))
            .expect("the options message");
        assert!(defined[extendee].len() >= 2);
        let mut options = Vec::new();
        for field in message.fields() {
            let number = u32::try_from(field.number()).expect("positive");
            let length_prefixed = matches!(
                field.kind(),
                meshrpc_descriptor::Kind::Message | meshrpc_descriptor::Kind::String
            );
            let wire_type = if length_prefixed { 2 } else { 0 };
            prost::encoding::encode_varint(u64::from(number << 3 | wire_type), &mut options);
            options.push(0);
        }
        let file = wrap(extendee, element, &options);
        let set = FileSet::decode(file).expect("a set");
        let custom: Vec<_> = set.custom_options().map(|option| option.number()).collect();
        assert!(custom.is_empty(), "{extendee}: {custom:?}");
        // And with one more, that is found: the element is the right one.
        options.extend([0x80, 0x7d, 0x00]); // 2000: 0
        let set = FileSet::decode(wrap(extendee, element, &options)).expect("a set");
        let custom: Vec<_> = set
            .custom_options()
            .map(|option| (option.number(), option.extendee().to_owned()))
            .collect();
        assert_eq!(custom, [(2000, format!("google.protobuf.{extendee}"))]);
    }
}

/// A set with one element that has these options.
fn wrap(extendee: &str, field: u32, options: &[u8]) -> Vec<u8> {
    let record = |number: u32, value: &[u8]| {
        let mut bytes = Vec::new();
        prost::encoding::bytes::encode(number, &value.to_vec(), &mut bytes);
        bytes
    };
    let options = record(field, options);
    let with = |name: &str, rest: &[u8]| [record(1, name.as_bytes()), rest.to_vec()].concat();
    let map_fields = || {
        let field = |name: &str, number: u8| {
            record(2, &with(name, &[0x18, number, 0x20, 0x01, 0x28, 0x05]))
        };
        [field("key", 1), field("value", 2)].concat()
    };
    let element = match extendee {
        "FileOptions" => options,
        // The options make it a map entry.
        "MessageOptions" => record(4, &with("M", &[map_fields(), options].concat())),
        "FieldOptions" => {
            let field = with("f", &[&[0x18, 1, 0x20, 1, 0x28, 5][..], &options].concat());
            record(4, &with("M", &record(2, &field)))
        }
        "OneofOptions" => record(4, &with("M", &record(8, &with("o", &options)))),
        "ExtensionRangeOptions" => record(4, &with("M", &record(5, &options))),
        "EnumOptions" => record(5, &with("E", &options)),
        "EnumValueOptions" => {
            let value = with("V", &[&[0x10, 0][..], &options].concat());
            record(5, &with("E", &record(2, &value)))
        }
        "ServiceOptions" => record(6, &with("S", &options)),
        _ => {
            let types = [record(2, b".M"), record(3, b".M"), options].concat();
            record(6, &with("S", &record(2, &with("Get", &types))))
        }
    };
    record(1, &with("a.proto", &element))
}

#[test]
fn names_are_found_wherever_the_extension_is_declared() {
    let set = support::set(&[(
        "a.proto",
        r#"
        edition = "2023";
        package a;
        import "google/protobuf/descriptor.proto";
        message Holder {
          extend google.protobuf.MethodOptions { string inside = 50000; }
          message Deeper {
            extend google.protobuf.MethodOptions { string deeper = 50001; }
          }
        }
        "#,
    )]);
    let name = |number| set.extension_name("google.protobuf.MethodOptions", number);
    assert_eq!(name(50000), Some("a.Holder.inside"));
    assert_eq!(name(50001), Some("a.Holder.Deeper.deeper"));
    assert_eq!(name(50002), None);
    let dotted = set.extension_name(".google.protobuf.MethodOptions", 50000);
    assert_eq!(dotted, Some("a.Holder.inside"));
    assert_eq!(
        set.extension_name("google.protobuf.ServiceOptions", 50000),
        None
    );
}

#[test]
fn an_option_that_nobody_declares_is_listed_by_number() {
    let options = [0x82, 0xb5, 0x18, 0x01, b'x']; // 50000: "x"
    let set = FileSet::decode(wrap("MethodOptions", 4, &options)).expect("a set");
    let all: Vec<_> = set.custom_options().collect();
    let [option] = &all[..] else {
        panic!("one option")
    };
    assert_eq!(option.name(), None);
    assert_eq!(option.value(), &b"x"[..]);
    assert_eq!(option.to_string(), "50000 of google.protobuf.MethodOptions");
    assert_eq!(option.position(), "a.proto");
    assert_eq!(option.location(), None);
    assert_eq!(option.file().name(), "a.proto");
}

#[test]
fn import_option_brings_the_names_along() {
    let set = editions::compiled();
    let file = set.file("edition_2024.proto").expect("the file");
    assert_eq!(file.option_dependencies(), ["options.proto"]);
    assert_eq!(file.dependencies(), ["edition_2023.proto"]);
    let names: Vec<_> = set
        .custom_options()
        .filter(|option| option.file().name() == "edition_2024.proto")
        .map(|option| option.to_string())
        .collect();
    assert_eq!(names, ["(editions.options.note)", "(editions.options.tag)"]);
}
