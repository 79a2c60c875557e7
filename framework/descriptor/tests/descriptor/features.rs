//! Feature resolution, against protoc's defaults and Python's answers.

use std::collections::BTreeSet;

use meshrpc_descriptor::{
    Edition, Enum, EnumType, Features, Field, FieldPresence, FileSet, JsonFormat, Kind, Label,
    Message, MessageEncoding, NamingStyle, RepeatedFieldEncoding, SymbolVisibility, Syntax,
    Utf8Validation,
};

use crate::{editions, support};

/// The numbers of the features, in the order of `FeatureSet`.
fn numbers(features: &Features) -> String {
    [
        features.field_presence as i32,
        features.enum_type as i32,
        features.repeated_field_encoding as i32,
        features.utf8_validation as i32,
        features.message_encoding as i32,
        features.json_format as i32,
        features.enforce_naming_style as i32,
        features.default_symbol_visibility as i32,
    ]
    .map(|number| number.to_string())
    .join(".")
}

/// `google.protobuf.FeatureSetDefaults`, as far as we compare it.
mod defaults {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct FeatureSetDefaults {
        #[prost(message, repeated, tag = "1")]
        pub(super) defaults: Vec<EditionDefault>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct EditionDefault {
        #[prost(int32, tag = "3")]
        pub(super) edition: i32,
        #[prost(message, optional, tag = "4")]
        pub(super) overridable: Option<FeatureSet>,
        #[prost(message, optional, tag = "5")]
        pub(super) fixed: Option<FeatureSet>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct FeatureSet {
        #[prost(int32, tag = "1")]
        pub(super) field_presence: i32,
        #[prost(int32, tag = "2")]
        pub(super) enum_type: i32,
        #[prost(int32, tag = "3")]
        pub(super) repeated_field_encoding: i32,
        #[prost(int32, tag = "4")]
        pub(super) utf8_validation: i32,
        #[prost(int32, tag = "5")]
        pub(super) message_encoding: i32,
        #[prost(int32, tag = "6")]
        pub(super) json_format: i32,
        #[prost(int32, tag = "7")]
        pub(super) enforce_naming_style: i32,
        #[prost(int32, tag = "8")]
        pub(super) default_symbol_visibility: i32,
    }
}

#[test]
fn defaults_are_those_that_protoc_computes_from_descriptor_proto() {
    let out = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut flag = std::ffi::OsString::from("--edition_defaults_out=");
    flag.push(out.path());
    let status = support::protoc()
        .arg("-I")
        .arg(support::include())
        .arg(flag)
        .args([
            "--edition_defaults_minimum=PROTO2",
            "--edition_defaults_maximum=2024",
            "google/protobuf/descriptor.proto",
        ])
        .status()
        .expect("protoc runs");
    assert!(status.success());
    let bytes = std::fs::read(out.path()).expect("protoc's output");
    let answer: defaults::FeatureSetDefaults =
        prost::Message::decode(&bytes[..]).expect("defaults");

    let mut compared = 0;
    for default in answer.defaults {
        let syntax = match default.edition {
            900 => Syntax::Proto2, // EDITION_LEGACY: proto2 and before
            999 => Syntax::Proto3,
            number => Syntax::Edition(Edition(number)),
        };
        let fixed = default.fixed.unwrap_or_default();
        let open = default.overridable.unwrap_or_default();
        let theirs = [
            open.field_presence + fixed.field_presence,
            open.enum_type + fixed.enum_type,
            open.repeated_field_encoding + fixed.repeated_field_encoding,
            open.utf8_validation + fixed.utf8_validation,
            open.message_encoding + fixed.message_encoding,
            open.json_format + fixed.json_format,
            open.enforce_naming_style + fixed.enforce_naming_style,
            open.default_symbol_visibility + fixed.default_symbol_visibility,
        ]
        .map(|number| number.to_string())
        .join(".");
        assert_eq!(numbers(&Features::of(syntax)), theirs, "{syntax}");
        compared += 1;
    }
    assert_eq!(compared, 4);
}

/// The lines of `resolved.txt`, by our own resolution.
struct Table<'a>(&'a FileSet, BTreeSet<String>);

impl Table<'_> {
    fn line(&mut self, line: String) {
        assert!(self.1.insert(line.clone()), "twice: {line}");
    }

    fn field(&mut self, what: &str, field: &Field) {
        self.line(format!(
            "{what} {} {} type={} presence={} required={} packed={}",
            field.full_name(),
            numbers(field.features()),
            field.kind() as i32,
            u8::from(field.has_presence()),
            u8::from(field.label() == Label::Required),
            u8::from(field.packed()),
        ));
        assert_eq!(field.delimited(), field.kind() == Kind::Group);
    }

    fn enums(&mut self, enums: &[Enum]) {
        for declared in enums {
            let (name, features) = (declared.full_name(), numbers(declared.features()));
            let closed = u8::from(declared.closed());
            self.line(format!("enum {name} {features} closed={closed}"));
            for value in declared.values() {
                let features = numbers(value.features());
                self.line(format!("value {} {features}", value.full_name()));
            }
            assert_eq!(
                self.0.enum_type(name).map(Enum::full_name),
                Some(declared.full_name())
            );
        }
    }

    fn messages(&mut self, messages: &[Message]) {
        for message in messages {
            let (name, features) = (message.full_name(), numbers(message.features()));
            self.line(format!("message {name} {features}"));
            for oneof in message.oneofs() {
                let features = numbers(oneof.features());
                self.line(format!("oneof {} {features}", oneof.full_name()));
            }
            for field in message.fields() {
                self.field("field", field);
            }
            for extension in message.extensions() {
                self.field("extension", extension);
            }
            self.enums(message.enums());
            self.messages(message.messages());
            assert_eq!(self.0.message(name).map(Message::full_name), Some(name));
        }
    }
}

#[test]
fn every_declaration_resolves_as_in_python() {
    let set = editions::compiled();
    let mut table = Table(&set, BTreeSet::new());
    for file in set.files() {
        if file.name().starts_with("google/") {
            continue;
        }
        table.line(format!("file {} {}", file.name(), numbers(file.features())));
        table.messages(file.messages());
        table.enums(file.enums());
        for extension in file.extensions() {
            table.field("extension", extension);
        }
    }
    let kept = std::fs::read_to_string(editions::folder().join("resolved.txt"));
    let kept = kept.expect("Python's answers");
    let theirs: BTreeSet<String> = kept.lines().map(str::to_owned).collect();
    assert!(theirs.len() > 200);
    let only_ours: Vec<_> = table.1.difference(&theirs).collect();
    let only_theirs: Vec<_> = theirs.difference(&table.1).collect();
    assert!(
        only_ours.is_empty() && only_theirs.is_empty(),
        "only ours: {only_ours:#?}\nonly Python's: {only_theirs:#?}"
    );
}

#[test]
fn a_feature_reaches_from_file_to_field_until_something_overrides_it() {
    let set = support::set(&[(
        "a.proto",
        r#"
        edition = "2023";
        package a;
        option features.field_presence = IMPLICIT;
        option features.json_format = LEGACY_BEST_EFFORT;
        option features.utf8_validation = NONE;
        message M {
          option features.json_format = ALLOW;
          string inherits = 1;
          string overrides = 2 [features.field_presence = EXPLICIT, features.utf8_validation = VERIFY];
          message Nested { string inherits = 1; }
        }
        service S { rpc Get(M) returns (M); }
        "#,
    )]);
    let file = set.file("a.proto").expect("the file");
    let message = &file.messages()[0];
    let [inherits, overrides] = message.fields() else {
        panic!("two fields")
    };
    assert_eq!(inherits.features().field_presence, FieldPresence::Implicit);
    assert!(!inherits.has_presence());
    assert!(!inherits.requires_utf8());
    assert_eq!(overrides.features().field_presence, FieldPresence::Explicit);
    assert!(overrides.has_presence());
    assert!(overrides.requires_utf8());
    assert_eq!(file.features().json_format, JsonFormat::LegacyBestEffort);
    assert_eq!(message.features().json_format, JsonFormat::Allow);
    let nested = &message.messages()[0];
    assert_eq!(nested.features().json_format, JsonFormat::Allow);
    assert_eq!(
        nested.fields()[0].features().utf8_validation,
        Utf8Validation::None
    );
    let method = &file.services()[0].methods()[0];
    assert_eq!(method.features().json_format, JsonFormat::LegacyBestEffort);
}

#[test]
fn edition_2024_has_a_style_and_a_visibility() {
    let set = support::set(&[(
        "a.proto",
        r#"
        edition = "2024";
        package a;
        option features.default_symbol_visibility = LOCAL_ALL;
        option features.enforce_naming_style = STYLE_LEGACY;
        export message Shown { string badName = 1; }
        local message Hidden {}
        message Unsaid {
          option features.enforce_naming_style = STYLE2024;
        }
        export enum ShownEnum { SHOWN_ENUM_UNSPECIFIED = 0; }
        "#,
    )]);
    use meshrpc_descriptor::Visibility;
    let file = set.file("a.proto").expect("the file");
    assert_eq!(
        file.features().default_symbol_visibility,
        SymbolVisibility::LocalAll
    );
    assert_eq!(file.features().enforce_naming_style, NamingStyle::Legacy);
    let visibilities: Vec<_> = file.messages().iter().map(Message::visibility).collect();
    assert_eq!(
        visibilities,
        [Visibility::Export, Visibility::Local, Visibility::Unset]
    );
    assert_eq!(file.enums()[0].visibility(), Visibility::Export);
    assert_eq!(
        file.messages()[2].features().enforce_naming_style,
        NamingStyle::Style2024
    );
}

#[test]
fn a_member_of_a_oneof_inherits_from_the_oneof_and_an_extension_from_where_it_stands() {
    let set = support::set(&[(
        "a.proto",
        r#"
        edition = "2024";
        package a;
        message M {
          option features.json_format = LEGACY_BEST_EFFORT;
          oneof choice {
            option features.enforce_naming_style = STYLE_LEGACY;
            string badName = 1;
          }
          string good_name = 2;
          extensions 100 to 199;
        }
        message Holder {
          option features.enforce_naming_style = STYLE_LEGACY;
          extend M { string worseName = 100; }
        }
        extend M { string fine = 101; }
        "#,
    )]);
    let file = set.file("a.proto").expect("the file");
    let [message, holder] = file.messages() else {
        panic!("two messages")
    };
    let style = |field: &Field| field.features().enforce_naming_style;
    let fields: Vec<_> = message.fields().iter().map(style).collect();
    assert_eq!(fields, [NamingStyle::Legacy, NamingStyle::Style2024]);
    assert_eq!(style(&holder.extensions()[0]), NamingStyle::Legacy);
    assert_eq!(style(&file.extensions()[0]), NamingStyle::Style2024);
    // Not from the message they extend.
    let json = file.extensions()[0].features().json_format;
    assert_eq!(json, JsonFormat::Allow);
}

#[test]
fn unknown_feature_values_count_as_not_set() {
    use prost::Message as _;
    // FileOptions { features { field_presence: 9 enum_type: UNKNOWN message_encoding: DELIMITED } }
    let options = [0x92, 0x03, 0x06, 0x08, 0x09, 0x10, 0x00, 0x28, 0x02];
    let mut file = prost_types::FileDescriptorProto {
        name: Some("a.proto".to_owned()),
        syntax: Some("editions".to_owned()),
        ..Default::default()
    }
    .encode_to_vec();
    file.extend([0x70, 0xe8, 0x07]); // edition: EDITION_2023
    file.extend([0x42, u8::try_from(options.len()).expect("short")]);
    file.extend(options);
    let mut bytes = vec![0x0a, u8::try_from(file.len()).expect("short")];
    bytes.extend(file);
    let set = FileSet::decode(bytes).expect("a set");
    let features = set.files()[0].features();
    assert_eq!(features.field_presence, FieldPresence::Explicit);
    assert_eq!(features.enum_type, EnumType::Open);
    assert_eq!(features.message_encoding, MessageEncoding::Delimited);
    assert_eq!(
        features.repeated_field_encoding,
        RepeatedFieldEncoding::Packed
    );
}
