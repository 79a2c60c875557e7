//! The orders: a service that calls two others.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::SystemTime;

use meshrpc::client::ConnectError;
use meshrpc::{Receiver, Request, Response, Sender, Status};

use crate::contracts::storefront::catalog::v2;
use crate::contracts::storefront::catalog::v2::catalog_service::CatalogServiceClient;
use crate::contracts::storefront::inventory::v1::inventory_service::InventoryServiceClient;
use crate::contracts::storefront::inventory::v1::{ReservationLine, ReserveStockRequest};
use crate::contracts::storefront::orders::v1::edit_basket_request::Edit;
use crate::contracts::storefront::orders::v1::order_service::OrderService;
use crate::contracts::storefront::orders::v1::{
    EditBasketRequest, EditBasketResponse, GetOrderRequest, GetOrderResponse, Order, OrderLine,
    PlaceOrderRequest, PlaceOrderResponse,
};

/// So many orders are kept; then the oldest goes.
const KEPT: usize = 100_000;

/// Takes orders.
#[derive(Debug)]
pub(crate) struct Orders {
    catalog: CatalogServiceClient,
    inventory: InventoryServiceClient,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    orders: HashMap<String, Order>,
    by_age: VecDeque<String>,
}

impl Orders {
    /// Takes orders with the help of these two, which are connected to when first called.
    pub(crate) fn connect(catalog: &str, inventory: &str) -> Result<Self, ConnectError> {
        Ok(Self {
            catalog: CatalogServiceClient::connect_lazy(catalog)?,
            inventory: InventoryServiceClient::connect_lazy(inventory)?,
            kept: Mutex::default(),
        })
    }

    /// What the lines cost together. One call to the catalog, whatever their number.
    async fn price(&self, lines: &[OrderLine]) -> Result<i64, Status> {
        let skus = lines.iter().map(|line| line.sku.clone()).collect();
        // Inherits the caller's deadline; a failure is passed on with its code and message.
        let found = self
            .catalog
            .batch_get_items(v2::BatchGetItemsRequest { skus })
            .await?
            .into_inner();
        if let Some(missing) = found.missing_skus.first() {
            return Err(Status::not_found(format!(
                "the catalog has no item {missing:?}"
            )));
        }
        if found.items.len() != lines.len() {
            return Err(Status::internal(
                "the catalog answered with another number of items",
            ));
        }
        Ok(found
            .items
            .iter()
            .zip(lines)
            .map(|(item, line)| cents(item) * line.quantity)
            .sum())
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().expect("no holder panics")
    }
}

impl OrderService for Orders {
    async fn place_order(
        &self,
        request: Request<PlaceOrderRequest>,
    ) -> Result<Response<PlaceOrderResponse>, Status> {
        let PlaceOrderRequest { order_id, lines } = request.into_inner();
        if order_id.is_empty() || lines.is_empty() {
            return Err(Status::invalid_argument(
                "order_id, lines: neither may be empty",
            ));
        }
        if let Some(order) = self.kept().orders.get(&order_id).cloned() {
            return Ok(Response::new(PlaceOrderResponse { order: Some(order) }));
        }
        let total_cents = self.price(&lines).await?;
        let wanted = |line: &OrderLine| ReservationLine {
            sku: line.sku.clone(),
            quantity: line.quantity,
        };
        self.inventory
            .reserve_stock(ReserveStockRequest {
                reservation_id: order_id.clone(),
                lines: lines.iter().map(wanted).collect(),
            })
            .await?;
        let order = Order {
            order_id,
            lines,
            total_cents,
            place_time: Some(SystemTime::now().into()),
        };
        self.kept().keep(order.clone());
        Ok(Response::new(PlaceOrderResponse { order: Some(order) }))
    }

    async fn get_order(
        &self,
        request: Request<GetOrderRequest>,
    ) -> Result<Response<GetOrderResponse>, Status> {
        let order_id = &request.get_ref().order_id;
        match self.kept().orders.get(order_id) {
            Some(order) => Ok(Response::new(GetOrderResponse {
                order: Some(order.clone()),
            })),
            None => Err(Status::not_found(format!("no order {order_id:?}"))),
        }
    }

    async fn edit_basket(
        &self,
        request: Request<Receiver<EditBasketRequest>>,
        out: &mut Sender<EditBasketResponse>,
    ) -> Result<(), Status> {
        let mut edits = request.into_inner();
        let mut lines: Vec<OrderLine> = Vec::new();
        while let Some(edit) = edits.message().await? {
            match edit.edit {
                Some(Edit::Add(add)) if add.quantity < 1 => {
                    return Err(Status::invalid_argument("add.quantity: at least 1"));
                }
                Some(Edit::Add(add)) => match lines.iter_mut().find(|line| line.sku == add.sku) {
                    Some(line) => line.quantity += add.quantity,
                    None => lines.push(OrderLine {
                        sku: add.sku,
                        quantity: add.quantity,
                    }),
                },
                Some(Edit::Remove(remove)) => lines.retain(|line| line.sku != remove.sku),
                None => return Err(Status::invalid_argument("edit: neither add nor remove")),
            }
            let total_cents = self.price(&lines).await?;
            out.send(EditBasketResponse {
                lines: lines.clone(),
                total_cents,
            })
            .await?;
        }
        Ok(())
    }
}

impl Kept {
    fn keep(&mut self, order: Order) {
        if self.by_age.len() == KEPT
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.orders.remove(&oldest);
        }
        self.by_age.push_back(order.order_id.clone());
        self.orders.insert(order.order_id.clone(), order);
    }
}

fn cents(item: &v2::Item) -> i64 {
    item.price.as_ref().map_or(0, |price| {
        price.units * 100 + i64::from(price.nanos) / 10_000_000
    })
}
