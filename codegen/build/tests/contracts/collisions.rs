//! Names that are two in a contract and would be one in Rust: refused, with both and the remedy.

use crate::workspace::Workspace;

/// Compiles one contract of package `a`; the declarations start in the third line.
fn refusal(declarations: &str) -> String {
    let text = format!("syntax = \"proto3\";\npackage a;\n{declarations}\n");
    let workspace = Workspace::new(&[("a.proto", &text)]);
    let error = workspace.refusal(&["a.proto"]);
    let first = error.lines().nth(1).unwrap_or_default();
    first.to_owned()
}

#[test]
fn two_methods_collide() {
    assert_eq!(
        refusal(
            "message M {}\nservice S {\n  rpc GetItem(M) returns (M);\n  rpc get_item(M) returns (M);\n}"
        ),
        "a.proto:6:3: rpc a.S.GetItem and rpc a.S.get_item would both be `get_item` in Rust; \
         rename one of them"
    );
}

#[test]
fn two_methods_that_yield_to_the_client_collide() {
    assert_eq!(
        refusal(
            "message M {}\nservice S {\n  rpc New(M) returns (M);\n  rpc new(M) returns (M);\n}"
        ),
        "a.proto:6:3: rpc a.S.New and rpc a.S.new would both be `new_` in Rust; rename one of them"
    );
}

#[test]
fn two_services_collide() {
    assert_eq!(
        refusal("service FooService {}\nservice Foo_Service {}"),
        "a.proto:4:1: service a.Foo_Service and service a.FooService (a.proto:3:1) would both be \
         `FooService` in Rust; give the service another module with the option \
         service_module(\".a.Foo_Service\", \"name\")"
    );
}

#[test]
fn methods_of_two_services_in_one_module_collide() {
    assert_eq!(
        refusal(
            "message M {}\nservice Order { rpc Get(M) returns (M); }\n\
             service OrderService {\n  rpc Get(M) returns (M);\n}"
        ),
        "a.proto:6:3: rpc a.OrderService.Get and rpc a.Order.Get (a.proto:4:17) would both be \
         `GET` in Rust; give the service another module with the option \
         service_module(\".a.OrderService\", \"name\")"
    );
}

#[test]
fn a_message_s_module_is_a_service_s() {
    assert_eq!(
        refusal("message OrderService_ {\n  message Inner {}\n}\nservice Order {}"),
        "a.proto:6:1: service a.Order and message a.OrderService_ (a.proto:3:1) would both be \
         `order_service` in Rust; give the service another module with the option \
         service_module(\".a.Order\", \"name\")"
    );
}

#[test]
fn a_package_is_a_service_s_module() {
    let workspace = Workspace::new(&[
        (
            "a.proto",
            "syntax = \"proto3\";\npackage a;\nservice Order {}\n",
        ),
        (
            "b.proto",
            "syntax = \"proto3\";\npackage a.order_service;\nmessage M {}\n",
        ),
    ]);
    let error = workspace.refusal(&["a.proto", "b.proto"]);
    assert!(
        error.contains(
            "package a.order_service and service a.Order (a.proto:3:1) would both be \
             `order_service` in Rust; give the service another module with the option \
             service_module(\".a.Order\", \"name\")"
        ),
        "{error}"
    );
}

#[test]
fn the_named_remedy_helps() {
    let workspace = Workspace::new(&[(
        "a.proto",
        "syntax = \"proto3\";\npackage a;\nmessage OrderService { message Inner {} }\nservice Order {}\n",
    )]);
    workspace.compile(&["a.proto"]).unwrap_err();
    let builder = workspace.builder().service_module(".a.Order", "orders");
    builder.compile(&workspace.paths(&["a.proto"])).unwrap();
    assert!(workspace.generated()["a.rs"].contains("pub mod orders {"));
}

#[test]
fn two_packages_collide() {
    let workspace = Workspace::new(&[
        (
            "a.proto",
            "syntax = \"proto3\";\npackage a.fooBar;\nmessage M {}\n",
        ),
        (
            "b.proto",
            "syntax = \"proto3\";\npackage a.foo_bar;\nmessage N {}\n",
        ),
    ]);
    let error = workspace.refusal(&["a.proto", "b.proto"]);
    assert!(
        error.contains(
            "package a.foo_bar and package a.fooBar (a.proto) would both be `foo_bar` in Rust"
        ),
        "{error}"
    );
}

#[test]
fn two_types_collide() {
    assert_eq!(
        refusal("message FooBar {}\nenum Foo_Bar { A = 0; }"),
        "a.proto:4:1: enum a.Foo_Bar and message a.FooBar (a.proto:3:1) would both be `FooBar` in \
         Rust; rename one of them"
    );
}

#[test]
fn the_inside_of_a_message_collides_with_its_package_s_namesake() {
    let workspace = Workspace::new(&[
        (
            "a.proto",
            "syntax = \"proto3\";\npackage a;\nmessage Bar { message Inner {} }\n",
        ),
        (
            "b.proto",
            "syntax = \"proto3\";\npackage a.bar;\nmessage Inner {}\n",
        ),
    ]);
    let error = workspace.refusal(&["a.proto", "b.proto"]);
    assert!(
        error.contains(
            "message a.bar.Inner and message a.Bar.Inner (a.proto:3:15) would both be `Inner`"
        ),
        "{error}"
    );
}

#[test]
fn two_fields_collide() {
    assert_eq!(
        refusal("message M {\n  int32 _a = 1;\n  int32 a_ = 2;\n}"),
        "a.proto:5:3: field a.M._a and field a.M.a_ would both be `a` in Rust; rename one of them"
    );
}

#[test]
fn two_accessors_collide() {
    assert_eq!(
        refusal("enum E { Z = 0; }\nmessage M {\n  E a = 1;\n  E set_a = 2;\n}"),
        "a.proto:6:3: an accessor of field a.M.a and an accessor of field a.M.set_a would both be \
         `set_a` in Rust; rename one of them"
    );
}

#[test]
fn two_members_of_a_oneof_collide() {
    assert_eq!(
        refusal("message M {\n  oneof o {\n    int32 foo_bar = 1;\n    int32 FooBar = 2;\n  }\n}"),
        "a.proto:6:5: field a.M.foo_bar and field a.M.FooBar would both be `FooBar` in Rust; \
         rename one of them"
    );
}
