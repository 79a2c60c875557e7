//! The catalog as `storefront.catalog.v2` shows it.

use meshrpc::{Request, Response, Status};

use super::{Catalog, Item};
use crate::contracts::storefront::catalog::v2;
use crate::contracts::storefront::catalog::v2::catalog_service::CatalogService;

/// As the contract promises.
const MAX_BATCH: usize = 100;

impl CatalogService for Catalog {
    async fn get_item(
        &self,
        request: Request<v2::GetItemRequest>,
    ) -> Result<Response<v2::GetItemResponse>, Status> {
        let item = self.get(&request.get_ref().sku)?;
        Ok(Response::new(v2::GetItemResponse {
            item: Some(item.into()),
        }))
    }

    async fn batch_get_items(
        &self,
        request: Request<v2::BatchGetItemsRequest>,
    ) -> Result<Response<v2::BatchGetItemsResponse>, Status> {
        let skus = request.into_inner().skus;
        if skus.len() > MAX_BATCH {
            return Err(Status::invalid_argument(format!(
                "skus: {} of them, {MAX_BATCH} are allowed",
                skus.len()
            )));
        }
        let mut response = v2::BatchGetItemsResponse::default();
        for sku in skus {
            match self.find(&sku) {
                Some(item) => response.items.push(item.into()),
                None => response.missing_skus.push(sku),
            }
        }
        Ok(Response::new(response))
    }
}

impl From<Item> for v2::Item {
    fn from(item: Item) -> Self {
        Self {
            sku: item.sku.to_owned(),
            title: item.name.to_owned(),
            price: Some(v2::Money {
                currency_code: "EUR".to_owned(),
                units: item.price_cents / 100,
                nanos: (item.price_cents % 100) as i32 * 10_000_000,
            }),
            for_sale: true,
        }
    }
}
