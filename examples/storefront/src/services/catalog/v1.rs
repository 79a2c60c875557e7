//! The catalog as `storefront.catalog.v1` shows it.

use meshrpc::{Request, Response, Sender, Status};

use super::{Catalog, Item};
use crate::contracts::storefront::catalog::v1;
use crate::contracts::storefront::catalog::v1::catalog_service::CatalogService;

impl CatalogService for Catalog {
    async fn get_item(
        &self,
        request: Request<v1::GetItemRequest>,
    ) -> Result<Response<v1::GetItemResponse>, Status> {
        let item = self.get(&request.get_ref().sku)?;
        Ok(Response::new(v1::GetItemResponse {
            item: Some(item.into()),
        }))
    }

    async fn list_items(
        &self,
        request: Request<v1::ListItemsRequest>,
    ) -> Result<Response<v1::ListItemsResponse>, Status> {
        let v1::ListItemsRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let count = match page_size {
            ..0 => return Err(Status::invalid_argument("page_size: negative")),
            0 => 50,
            1..200 => page_size as usize,
            200.. => 200,
        };
        // One more than asked for tells whether there is another page.
        let mut items = self.page(&page_token, count + 1);
        let next_page_token = if items.len() > count {
            items.truncate(count);
            items[count - 1].sku.to_owned()
        } else {
            String::new()
        };
        Ok(Response::new(v1::ListItemsResponse {
            items: items.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn watch_prices(
        &self,
        request: Request<v1::WatchPricesRequest>,
        out: &mut Sender<v1::WatchPricesResponse>,
    ) -> Result<(), Status> {
        let v1::WatchPricesRequest { skus, limit } = request.into_inner();
        for sku in &skus {
            self.get(sku)?;
        }
        let mut left = if limit > 0 {
            limit as usize
        } else {
            usize::MAX
        };
        let mut revisions = self.revision.subscribe();
        let mut seen = 0;
        // What changes while a slow reader keeps us in `send` is looked up once, afterwards: a
        // price that was overtaken is never sent.
        loop {
            let now = *revisions.borrow_and_update();
            let changed = self.changed_since(seen, &skus);
            seen = changed.iter().map(|item| item.revision).fold(now, u64::max);
            for item in changed {
                if left == 0 {
                    return Ok(());
                }
                left -= 1;
                out.send(v1::WatchPricesResponse {
                    sku: item.sku.to_owned(),
                    price_cents: item.price_cents,
                    effective_time: Some(item.since.into()),
                })
                .await?;
            }
            if left == 0 || revisions.changed().await.is_err() {
                return Ok(());
            }
        }
    }
}

impl From<Item> for v1::Item {
    fn from(item: Item) -> Self {
        Self {
            sku: item.sku.to_owned(),
            name: item.name.to_owned(),
            price_cents: item.price_cents,
            availability: v1::Availability::ForSale.into(),
        }
    }
}
