//! Turns the storefront's contracts into clients and servers.

fn main() -> meshrpc_build::Result<()> {
    meshrpc_build::compile(&[
        "../../proto/storefront/catalog/v1/catalog.proto",
        "../../proto/storefront/catalog/v2/catalog.proto",
        "../../proto/storefront/inventory/v1/inventory.proto",
        "../../proto/storefront/orders/v1/orders.proto",
    ])
}
