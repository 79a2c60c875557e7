//! The catalog's data, which both versions of the contract serve.

mod v1;
mod v2;

use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use meshrpc::Status;
use tokio::sync::watch;

/// SKU, name, price in cents.
const ASSORTMENT: &[(&str, &str, i64)] = &[
    ("cup-blue", "Cup, blue", 1290),
    ("cup-green", "Cup, green", 1290),
    ("filter-100", "Paper filters, 100 pieces", 450),
    ("kettle-1l", "Kettle, 1 l", 5900),
    ("pot-glass", "Glass pot", 2450),
    ("pot-iron", "Iron pot", 4990),
    ("strainer", "Strainer", 790),
    ("tea-assam-100", "Assam, 100 g", 640),
    ("tea-darjeeling-100", "Darjeeling, 100 g", 980),
    ("tea-oolong-100", "Oolong, 100 g", 1150),
    ("tea-sencha-100", "Sencha, 100 g", 890),
    ("timer", "Tea timer", 1500),
];

/// How often a price changes.
const TICK: Duration = Duration::from_millis(2);

/// What is for sale, ordered by SKU.
#[derive(Debug)]
pub(crate) struct Catalog {
    items: RwLock<Vec<Item>>,
    /// Rises with each change of a price.
    revision: watch::Sender<u64>,
}

#[derive(Debug, Clone)]
struct Item {
    sku: &'static str,
    name: &'static str,
    price_cents: i64,
    since: SystemTime,
    /// The revision in which the price was set.
    revision: u64,
}

impl Catalog {
    /// A catalog whose prices move as long as it is in use.
    pub(crate) fn open() -> Arc<Self> {
        let item = |&(sku, name, price_cents): &(&'static str, &'static str, i64)| Item {
            sku,
            name,
            price_cents,
            since: SystemTime::now(),
            revision: 1,
        };
        let catalog = Arc::new(Self {
            items: RwLock::new(ASSORTMENT.iter().map(item).collect()),
            revision: watch::Sender::new(1),
        });
        let weak = Arc::downgrade(&catalog);
        tokio::spawn(async move {
            let mut rng = fastrand::Rng::with_seed(7);
            let mut tick = tokio::time::interval(TICK);
            loop {
                tick.tick().await;
                let Some(catalog) = weak.upgrade() else {
                    return;
                };
                let at = rng.usize(..ASSORTMENT.len());
                let usual = ASSORTMENT[at].2;
                // A tenth up or down of what it usually costs.
                catalog.set_price(at, usual + rng.i64(-usual / 10..=usual / 10));
            }
        });
        catalog
    }

    fn set_price(&self, at: usize, price_cents: i64) {
        self.revision.send_modify(|revision| {
            *revision += 1;
            let item = &mut self.items.write().expect("no writer panics")[at];
            item.price_cents = price_cents;
            item.since = SystemTime::now();
            item.revision = *revision;
        });
    }

    fn find(&self, sku: &str) -> Option<Item> {
        let items = self.items.read().expect("no writer panics");
        let at = items.binary_search_by(|item| item.sku.cmp(sku)).ok()?;
        Some(items[at].clone())
    }

    fn get(&self, sku: &str) -> Result<Item, Status> {
        self.find(sku)
            .ok_or_else(|| Status::not_found(format!("the catalog has no item {sku:?}")))
    }

    /// At most `count` items after the SKU `after`.
    fn page(&self, after: &str, count: usize) -> Vec<Item> {
        let items = self.items.read().expect("no writer panics");
        items
            .iter()
            .filter(|item| item.sku > after)
            .take(count)
            .cloned()
            .collect()
    }

    /// The items whose price was set after `revision`, all of them or those in `skus`.
    fn changed_since(&self, revision: u64, skus: &[String]) -> Vec<Item> {
        let items = self.items.read().expect("no writer panics");
        items
            .iter()
            .filter(|item| item.revision > revision)
            .filter(|item| skus.is_empty() || skus.iter().any(|sku| sku == item.sku))
            .cloned()
            .collect()
    }
}
