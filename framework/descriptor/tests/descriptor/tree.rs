//! What the descriptors say, element by element.

use meshrpc_descriptor::{Kind, Label, Syntax};

use crate::{editions, support};

#[test]
fn services_and_methods_carry_types_streaming_comments_and_places() {
    let set = support::set(&[(
        "shop.proto",
        "// Detached.

// About the file.
syntax = \"proto3\";
package shop.v1;

// Sells things.
// In two lines.
service Shop {

  // Detached from Buy.

  // Buys.
  rpc Buy(Order) returns (Receipt); // Behind.
  rpc Watch(Order) returns (stream Receipt);
  rpc Fill(stream Order) returns (Receipt) { option deprecated = true; }
  rpc Talk(stream Order) returns (stream Receipt);
}
message Order {}
message Receipt {}
",
    )]);
    let file = set.file("shop.proto").expect("the file");
    assert_eq!((file.package(), file.syntax()), ("shop.v1", Syntax::Proto3));
    let service = &file.services()[0];
    assert_eq!(service.name(), "Shop");
    assert_eq!(service.full_name(), "shop.v1.Shop");
    assert_eq!(
        service.comments().leading(),
        Some(" Sells things.\n In two lines.\n")
    );
    assert_eq!(service.location(), Some((9, 1)));
    let [buy, watch, fill, talk] = service.methods() else {
        panic!("four methods")
    };
    assert_eq!(buy.full_name(), "shop.v1.Shop.Buy");
    assert_eq!(buy.input_type(), ".shop.v1.Order");
    assert_eq!(buy.output_type(), ".shop.v1.Receipt");
    assert_eq!(buy.comments().leading(), Some(" Buys.\n"));
    assert_eq!(buy.comments().trailing(), Some(" Behind.\n"));
    assert_eq!(buy.comments().detached(), [" Detached from Buy.\n"]);
    assert_eq!(buy.location(), Some((14, 3)));
    assert!(watch.comments().is_empty());
    let kinds = [buy, watch, fill, talk].map(|m| (m.client_streaming(), m.server_streaming()));
    assert_eq!(
        kinds,
        [(false, false), (false, true), (true, false), (true, true)]
    );
    assert!(fill.deprecated() && !talk.deprecated());
    let order = set.message(".shop.v1.Order").expect("the message");
    assert_eq!(order.location(), Some((19, 1)));
    assert!(set.message("shop.v1.Nothing").is_none());
    assert!(set.enum_type("shop.v1.Order").is_none());
}

#[test]
fn without_source_info_there_are_no_comments_and_no_places() {
    use prost::Message as _;
    let bytes = support::compile(&[("a.proto", "syntax = \"proto3\"; /* C. */ service S {}")]);
    let mut set = prost_types::FileDescriptorSet::decode(&bytes[..]).expect("a set");
    set.file[0].source_code_info = None;
    let set = meshrpc_descriptor::FileSet::decode(set.encode_to_vec()).expect("a set");
    let service = &set.files()[0].services()[0];
    assert!(service.comments().is_empty());
    assert_eq!(service.location(), None);
    assert_eq!(service.full_name(), "S");
}

#[test]
fn fields_carry_what_they_declare() {
    let set = editions::compiled();
    let old = set.message("editions.legacy2.Old").expect("the message");
    let field = |name: &str| {
        let mut fields = old.fields().iter();
        fields.find(|field| field.name() == name).expect("a field")
    };
    assert_eq!(field("id").label(), Label::Required);
    assert_eq!(field("name").default_value(), Some("old"));
    assert_eq!(field("name").number(), 2);
    assert_eq!(field("part").kind(), Kind::Group);
    assert_eq!(
        field("part").type_name(),
        Some(".editions.legacy2.Old.Part")
    );
    assert!(field("by_name").map() && !field("numbers").map());
    assert_eq!(field("by_name").json_name(), "byName");
    let text = field("text");
    let oneof = &old.oneofs()[text.oneof_index().expect("a oneof")];
    assert_eq!((oneof.name(), oneof.synthetic()), ("choice", false));
    assert!(
        set.message("editions.legacy2.Old.ByNameEntry")
            .is_some_and(|e| e.map_entry())
    );

    let new = set.message("editions.legacy3.New").expect("the message");
    let name = &new.fields()[1];
    assert!(name.proto3_optional() && name.has_presence());
    let oneof = &new.oneofs()[name.oneof_index().expect("a oneof")];
    assert_eq!((oneof.name(), oneof.synthetic()), ("_name", true));

    let extension = &set.file("legacy_2.proto").expect("the file").extensions()[0];
    assert_eq!(extension.extendee(), Some(".editions.legacy2.Old"));
    assert_eq!(extension.full_name(), "editions.legacy2.extra");
    let color = set.enum_type("editions.v2023.Color").expect("the enum");
    assert!(color.allow_alias());
    assert_eq!(color.values()[4].number(), -1);
    assert_eq!(
        color.values()[4].full_name(),
        "editions.v2023.COLOR_NEGATIVE"
    );
}

#[test]
fn a_missing_json_name_is_made_by_protocs_rule() {
    use prost::Message as _;
    let contract =
        "syntax = \"proto3\"; message M { int32 a_b__c_ = 1; int32 _d_2e = 2; int32 Fg = 3; }";
    let bytes = support::compile(&[("a.proto", contract)]);
    let mut set = prost_types::FileDescriptorSet::decode(&bytes[..]).expect("a set");
    let names: Vec<String> = set.file[0].message_type[0]
        .field
        .iter_mut()
        .map(|field| field.json_name.take().expect("protoc sets it"))
        .collect();
    let set = meshrpc_descriptor::FileSet::decode(set.encode_to_vec()).expect("a set");
    let fields = set.files()[0].messages()[0].fields();
    let ours: Vec<_> = fields.iter().map(|field| field.json_name()).collect();
    assert_eq!(ours, names);
}

#[test]
fn imports_are_told_apart() {
    let set = support::set(&[
        (
            "a.proto",
            "syntax = \"proto3\"; import \"b.proto\"; import public \"c.proto\"; message A { B b = 1; }",
        ),
        ("b.proto", "syntax = \"proto3\"; message B {}"),
        ("c.proto", "syntax = \"proto2\"; message C {}"),
    ]);
    let names: Vec<_> = set.files().iter().map(|file| file.name()).collect();
    assert_eq!(names, ["b.proto", "c.proto", "a.proto"]);
    let file = set.file("a.proto").expect("the file");
    assert_eq!(file.dependencies(), ["b.proto", "c.proto"]);
    assert!(file.public_dependencies().eq(["c.proto"]));
    assert_eq!(set.files()[1].syntax(), Syntax::Proto2);
}
