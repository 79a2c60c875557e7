//! The mix: which calls a caller makes, and what a right answer is.
//!
//! All four kinds of call, both versions of the catalog, and also calls whose right answer is an
//! error. A wrong answer counts as a failed call.

use std::time::Duration;

use meshrpc::{Code, MethodSpec, Status};

use super::Clients;
use crate::contracts::storefront::catalog::{v1, v2};
use crate::contracts::storefront::inventory::v1 as inventory;
use crate::contracts::storefront::inventory::v1::inventory_service as inventory_methods;
use crate::contracts::storefront::orders::v1 as orders;
use crate::contracts::storefront::orders::v1::edit_basket_request::Edit;
use crate::contracts::storefront::orders::v1::order_service as order_methods;

/// No call of the mix takes longer, streams included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What is bought.
const SKUS: &[&str] = &[
    "cup-blue",
    "kettle-1l",
    "pot-iron",
    "tea-assam-100",
    "tea-sencha-100",
    "timer",
];

/// One thing that a caller does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    GetItem,
    GetUnknownItem,
    ListItems,
    WatchPrices,
    GetItemV2,
    BatchGetItems,
    GetStock,
    ImportStock,
    PlaceOrder,
    GetOrder,
    EditBasket,
}

/// Each step with its share of the mix.
const MIX: &[(Step, u32)] = &[
    (Step::GetItem, 28),
    (Step::GetUnknownItem, 2),
    (Step::ListItems, 6),
    (Step::WatchPrices, 4),
    (Step::GetItemV2, 16),
    (Step::BatchGetItems, 8),
    (Step::GetStock, 12),
    (Step::ImportStock, 4),
    (Step::PlaceOrder, 10),
    (Step::GetOrder, 6),
    (Step::EditBasket, 4),
];

impl Step {
    /// The method that it calls.
    pub(crate) fn spec(self) -> &'static MethodSpec {
        match self {
            Self::GetItem | Self::GetUnknownItem => &v1::catalog_service::GET_ITEM,
            Self::ListItems => &v1::catalog_service::LIST_ITEMS,
            Self::WatchPrices => &v1::catalog_service::WATCH_PRICES,
            Self::GetItemV2 => &v2::catalog_service::GET_ITEM,
            Self::BatchGetItems => &v2::catalog_service::BATCH_GET_ITEMS,
            Self::GetStock => &inventory_methods::GET_STOCK,
            Self::ImportStock => &inventory_methods::IMPORT_STOCK,
            Self::PlaceOrder => &order_methods::PLACE_ORDER,
            Self::GetOrder => &order_methods::GET_ORDER,
            Self::EditBasket => &order_methods::EDIT_BASKET,
        }
    }
}

/// Makes one call after the other.
#[derive(Debug)]
pub(crate) struct Caller {
    clients: Clients,
    rng: fastrand::Rng,
    number: usize,
    orders: u64,
    /// The last order that was taken.
    placed: Option<String>,
    /// The first steps are one of each, so that even a short run has seen everything.
    upcoming: Vec<Step>,
}

impl Caller {
    /// The caller of this number, whose choices are the same in each run.
    pub(crate) fn new(clients: Clients, number: usize) -> Self {
        let mut rng = fastrand::Rng::with_seed(number as u64);
        let mut upcoming: Vec<Step> = MIX.iter().map(|(step, _)| *step).collect();
        rng.shuffle(&mut upcoming);
        Self {
            clients,
            rng,
            number,
            orders: 0,
            placed: None,
            upcoming,
        }
    }

    /// What to do next.
    pub(crate) fn choose(&mut self) -> Step {
        if let Some(step) = self.upcoming.pop() {
            return step;
        }
        let all: u32 = MIX.iter().map(|(_, share)| share).sum();
        let mut at = self.rng.u32(..all);
        for (step, share) in MIX {
            if at < *share {
                return *step;
            }
            at -= share;
        }
        unreachable!("`at` is below the sum of all shares")
    }

    /// Does it. `Ok` is the right answer.
    pub(crate) async fn perform(&mut self, step: Step) -> Result<(), Status> {
        match step {
            Step::GetItem => self.get_item().await,
            Step::GetUnknownItem => self.get_unknown_item().await,
            Step::ListItems => self.list_items().await,
            Step::WatchPrices => self.watch_prices().await,
            Step::GetItemV2 => self.get_item_v2().await,
            Step::BatchGetItems => self.batch_get_items().await,
            Step::GetStock => self.get_stock().await,
            Step::ImportStock => self.import_stock().await,
            Step::PlaceOrder => self.place_order().await,
            Step::GetOrder => self.get_order().await,
            Step::EditBasket => self.edit_basket().await,
        }
    }

    fn sku(&mut self) -> String {
        SKUS[self.rng.usize(..SKUS.len())].to_owned()
    }

    async fn get_item(&mut self) -> Result<(), Status> {
        let sku = self.sku();
        let request = v1::GetItemRequest { sku: sku.clone() };
        let response = self
            .clients
            .catalog_v1
            .get_item(request)
            .timeout(TIMEOUT)
            .await?;
        let item = response.into_inner().item.unwrap_or_default();
        expect(
            item.sku == sku && item.price_cents > 0,
            "another item, or no price",
        )
    }

    async fn get_unknown_item(&mut self) -> Result<(), Status> {
        let request = v1::GetItemRequest {
            sku: "no-such-thing".to_owned(),
        };
        match self
            .clients
            .catalog_v1
            .get_item(request)
            .timeout(TIMEOUT)
            .await
        {
            Err(status) if status.code() == Code::NotFound => Ok(()),
            Err(status) => Err(status),
            Ok(_) => expect(false, "an item that does not exist"),
        }
    }

    async fn list_items(&mut self) -> Result<(), Status> {
        let page_size = self.rng.i32(1..=20);
        let request = v1::ListItemsRequest {
            page_size,
            page_token: String::new(),
        };
        let response = self
            .clients
            .catalog_v1
            .list_items(request)
            .timeout(TIMEOUT)
            .await?;
        let items = response.into_inner().items;
        expect(
            !items.is_empty() && items.len() <= page_size as usize,
            "a page of another size",
        )?;
        expect(
            items.is_sorted_by(|a, b| a.sku < b.sku),
            "items out of order",
        )
    }

    async fn watch_prices(&mut self) -> Result<(), Status> {
        // More than there are items: the present prices, and then some that change.
        let limit = 16;
        let request = v1::WatchPricesRequest {
            skus: Vec::new(),
            limit,
        };
        let response = self
            .clients
            .catalog_v1
            .watch_prices(request)
            .timeout(TIMEOUT)
            .await?;
        let mut prices = response.into_inner();
        let mut seen = 0;
        while let Some(price) = prices.message().await? {
            let is_price = price.price_cents > 0 && price.effective_time.is_some();
            expect(is_price, "a price that is none")?;
            seen += 1;
        }
        expect(seen == limit, "a feed of another length")
    }

    async fn get_item_v2(&mut self) -> Result<(), Status> {
        let sku = self.sku();
        let request = v2::GetItemRequest { sku: sku.clone() };
        let response = self
            .clients
            .catalog_v2
            .get_item(request)
            .timeout(TIMEOUT)
            .await?;
        let item = response.into_inner().item.unwrap_or_default();
        let currency = item.price.unwrap_or_default().currency_code;
        expect(
            item.sku == sku && currency == "EUR",
            "another item, or no currency",
        )
    }

    async fn batch_get_items(&mut self) -> Result<(), Status> {
        let mut skus: Vec<String> = SKUS.iter().map(|&sku| sku.to_owned()).collect();
        skus.push("no-such-thing".to_owned());
        let request = v2::BatchGetItemsRequest { skus };
        let response = self
            .clients
            .catalog_v2
            .batch_get_items(request)
            .timeout(TIMEOUT)
            .await?;
        let found = response.into_inner();
        expect(
            found.items.iter().map(|item| &item.sku).eq(SKUS),
            "other items",
        )?;
        expect(found.missing_skus == ["no-such-thing"], "nothing missing")
    }

    async fn get_stock(&mut self) -> Result<(), Status> {
        let request = inventory::GetStockRequest { sku: self.sku() };
        let response = self
            .clients
            .inventory
            .get_stock(request)
            .timeout(TIMEOUT)
            .await?;
        expect(response.into_inner().available > 0, "an empty shelf")
    }

    async fn import_stock(&mut self) -> Result<(), Status> {
        let lines = self.rng.i64(1..=50);
        let (mut delivery, summary) = self
            .clients
            .inventory
            .import_stock()
            .timeout(TIMEOUT)
            .start();
        for quantity in 1..=lines {
            let sku = self.sku();
            delivery
                .send(inventory::ImportStockRequest { sku, quantity })
                .await?;
        }
        delivery.finish().await?;
        let summary = summary.await?.into_inner();
        let pieces = lines * (lines + 1) / 2;
        expect(
            summary.lines == lines && summary.pieces == pieces,
            "another sum",
        )
    }

    async fn place_order(&mut self) -> Result<(), Status> {
        self.orders += 1;
        let order_id = format!("caller-{}-order-{}", self.number, self.orders);
        let first = self.rng.usize(..SKUS.len() - 1);
        let line = |sku: &&str, quantity| orders::OrderLine {
            sku: (*sku).to_owned(),
            quantity,
        };
        let lines = vec![line(&SKUS[first], 1), line(&SKUS[first + 1], 2)];
        let request = orders::PlaceOrderRequest {
            order_id: order_id.clone(),
            lines: lines.clone(),
        };
        let response = self
            .clients
            .orders
            .place_order(request)
            .timeout(TIMEOUT)
            .await?;
        let order = response.into_inner().order.unwrap_or_default();
        expect(
            order.order_id == order_id && order.lines == lines,
            "another order",
        )?;
        expect(order.total_cents > 0, "an order for nothing")?;
        self.placed = Some(order_id);
        Ok(())
    }

    /// Returns the caller's last order, or hears that there is none yet.
    async fn get_order(&mut self) -> Result<(), Status> {
        let order_id = self.placed.clone().unwrap_or_default();
        let request = orders::GetOrderRequest {
            order_id: order_id.clone(),
        };
        match self
            .clients
            .orders
            .get_order(request)
            .timeout(TIMEOUT)
            .await
        {
            Ok(response) => {
                let order = response.into_inner().order.unwrap_or_default();
                expect(order.order_id == order_id, "another order")
            }
            Err(status) if status.code() == Code::NotFound && self.placed.is_none() => Ok(()),
            Err(status) => Err(status),
        }
    }

    /// Puts two things in and takes one out, looking at the basket after each edit.
    async fn edit_basket(&mut self) -> Result<(), Status> {
        let add = |sku: &str, quantity| {
            Edit::Add(orders::AddLine {
                sku: sku.to_owned(),
                quantity,
            })
        };
        let remove = |sku: &str| {
            Edit::Remove(orders::RemoveLine {
                sku: sku.to_owned(),
            })
        };
        let script = [
            (add("timer", 1), 1),
            (add("pot-iron", 3), 2),
            (remove("timer"), 1),
        ];

        let (mut edits, reply) = self.clients.orders.edit_basket().timeout(TIMEOUT).start();
        let mut script = script.into_iter();
        let (first, lines) = script.next().expect("a script of three");
        edits
            .send(orders::EditBasketRequest { edit: Some(first) })
            .await?;
        // Not earlier: the headers come with the answer to the first edit.
        let mut baskets = reply.await?.into_inner();
        let basket = baskets.message().await?.unwrap_or_default();
        expect(
            basket.lines.len() == lines && basket.total_cents > 0,
            "another basket",
        )?;
        for (edit, lines) in script {
            edits
                .send(orders::EditBasketRequest { edit: Some(edit) })
                .await?;
            let basket = baskets.message().await?.unwrap_or_default();
            expect(
                basket.lines.len() == lines && basket.total_cents > 0,
                "another basket",
            )?;
        }
        edits.finish().await?;
        expect(
            baskets.message().await?.is_none(),
            "a basket that nobody edited",
        )
    }
}

/// An answer that is wrong is a failure like any other.
fn expect(is_right: bool, otherwise: &str) -> Result<(), Status> {
    if is_right {
        Ok(())
    } else {
        Err(Status::internal(format!("wrong answer: {otherwise}")))
    }
}
