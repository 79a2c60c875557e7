//! What the compiled code says about its contracts.

use meshrpc::{Idempotency, MethodKind};

use crate::four_kinds::storefront::orders::v1::order_service;
use crate::hard_names::r#impl::r#as as hard_services;
use crate::options::options::v1::thing_service;
use crate::settings::settings::v1::things_api;

/// An implementation that leaves out every method: the case is generated with defaults.
struct Nothing;

impl things_api::Api for Nothing {}

#[test]
fn an_impl_may_leave_out_methods_when_asked_for() {
    let _ = things_api::ApiServer::new(Nothing);
}

#[test]
fn specs_say_what_the_contract_says() {
    let spec = &order_service::ORDER_SERVICE;
    assert_eq!(spec.name(), "storefront.orders.v1.OrderService");
    let kinds: Vec<_> = spec
        .methods()
        .iter()
        .map(|method| (method.method(), method.kind(), method.idempotency()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("PlaceOrder", MethodKind::Unary, Idempotency::Unknown),
            ("GetOrder", MethodKind::Unary, Idempotency::NoSideEffects),
            (
                "WatchPrice",
                MethodKind::ServerStreaming,
                Idempotency::Unknown
            ),
            (
                "ImportItems",
                MethodKind::ClientStreaming,
                Idempotency::Idempotent
            ),
            (
                "EditBasket",
                MethodKind::BidiStreaming,
                Idempotency::Unknown
            ),
        ]
    );
}

#[test]
fn a_foreign_option_is_kept_byte_for_byte() {
    let options = thing_service::GET.options();
    let path = b"/v1/{name=\"things\"/*}";
    assert!(options.windows(path.len()).any(|window| window == path));
    assert!(options.ends_with(b"\x12\x04\x0a\x02\x01\xff"));
    assert_eq!(thing_service::PUT.options(), b"\x90\x02\x02");
}

#[test]
fn the_descriptors_are_those_of_the_contract_without_source_info() {
    let bytes = order_service::ORDER_SERVICE.file_descriptor_set();
    let set = meshrpc_descriptor::FileSet::decode(bytes.to_vec()).unwrap();
    let names: Vec<_> = set
        .files()
        .iter()
        .map(meshrpc_descriptor::File::name)
        .collect();
    assert_eq!(
        names,
        [
            "google/protobuf/empty.proto",
            "google/protobuf/timestamp.proto",
            "money.proto",
            "orders.proto"
        ]
    );
    let service = &set.file("orders.proto").unwrap().services()[0];
    assert_eq!(service.methods().len(), 5);
    assert!(service.comments().is_empty());
}

#[test]
fn a_method_named_like_a_client_s_own_function_keeps_its_name_on_the_wire() {
    assert_eq!(
        hard_services::clone_service::NEW.path(),
        "/impl.as.Clone/new"
    );
    assert_eq!(
        hard_services::clone_service::CONNECT.path(),
        "/impl.as.Clone/Connect"
    );
}

#[test]
fn a_message_knows_its_name_when_asked_for() {
    use crate::settings::settings::v1::api_service::Inner;
    use meshrpc::prost::Name as _;

    assert_eq!(Inner::full_name(), "settings.v1.ApiService.Inner");
    assert_eq!(
        Inner::type_url(),
        "type.googleapis.com/settings.v1.ApiService.Inner"
    );
}
