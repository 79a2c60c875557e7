//! The inventory: pieces in the warehouse, and reservations.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Mutex;

use meshrpc::google::rpc::PreconditionFailure;
use meshrpc::google::rpc::precondition_failure::Violation;
use meshrpc::{Receiver, Request, Response, Status, StatusExt};

use crate::contracts::storefront::inventory::v1::inventory_service::InventoryService;
use crate::contracts::storefront::inventory::v1::{
    GetStockRequest, GetStockResponse, ImportStockRequest, ImportStockResponse, ReservationLine,
    ReserveStockRequest, ReserveStockResponse,
};

/// What lies there of each item at the start: more than a run can order.
const AT_START: i64 = 1_000_000_000_000;
/// So many reservations are remembered, so that a repeated one is recognised; then the oldest goes.
const REMEMBERED: usize = 100_000;

const SKUS: &[&str] = &[
    "cup-blue",
    "cup-green",
    "filter-100",
    "kettle-1l",
    "pot-glass",
    "pot-iron",
    "strainer",
    "tea-assam-100",
    "tea-darjeeling-100",
    "tea-oolong-100",
    "tea-sencha-100",
    "timer",
];

/// The warehouse.
#[derive(Debug)]
pub(crate) struct Inventory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    stock: BTreeMap<String, Stock>,
    reservations: HashSet<String>,
    by_age: VecDeque<String>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Stock {
    available: i64,
    reserved: i64,
}

impl Inventory {
    /// A warehouse with plenty of everything.
    pub(crate) fn filled() -> Self {
        let full = Stock {
            available: AT_START,
            reserved: 0,
        };
        let stock = SKUS.iter().map(|&sku| (sku.to_owned(), full)).collect();
        Self {
            state: Mutex::new(State {
                stock,
                ..State::default()
            }),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}

impl InventoryService for Inventory {
    async fn get_stock(
        &self,
        request: Request<GetStockRequest>,
    ) -> Result<Response<GetStockResponse>, Status> {
        let sku = &request.get_ref().sku;
        let Some(&Stock {
            available,
            reserved,
        }) = self.state().stock.get(sku)
        else {
            return Err(Status::not_found(format!(
                "the warehouse never held {sku:?}"
            )));
        };
        Ok(Response::new(GetStockResponse {
            available,
            reserved,
        }))
    }

    async fn reserve_stock(
        &self,
        request: Request<ReserveStockRequest>,
    ) -> Result<Response<ReserveStockResponse>, Status> {
        let ReserveStockRequest {
            reservation_id,
            lines,
        } = request.into_inner();
        if reservation_id.is_empty() || lines.is_empty() {
            return Err(Status::invalid_argument(
                "reservation_id, lines: neither may be empty",
            ));
        }
        let mut state = self.state();
        if state.reservations.contains(&reservation_id) {
            return Ok(Response::new(ReserveStockResponse {
                already_reserved: true,
            }));
        }
        // All lines or none: look first, then take.
        for line in &lines {
            let available = state
                .stock
                .get(&line.sku)
                .map_or(0, |stock| stock.available);
            if line.quantity < 1 {
                return Err(Status::invalid_argument("lines.quantity: at least 1"));
            }
            if line.quantity > available {
                return Err(too_few(line, available));
            }
        }
        for line in &lines {
            if let Some(stock) = state.stock.get_mut(&line.sku) {
                stock.available -= line.quantity;
                stock.reserved += line.quantity;
            }
        }
        state.remember(reservation_id);
        Ok(Response::new(ReserveStockResponse {
            already_reserved: false,
        }))
    }

    async fn import_stock(
        &self,
        request: Request<Receiver<ImportStockRequest>>,
    ) -> Result<Response<ImportStockResponse>, Status> {
        let mut delivery = request.into_inner();
        let mut added: BTreeMap<String, i64> = BTreeMap::new();
        let mut response = ImportStockResponse::default();
        // An error in the middle, ours or the caller's, ends the handler here: nothing was added.
        while let Some(line) = delivery.message().await? {
            if line.quantity < 1 {
                return Err(Status::invalid_argument(format!(
                    "line {}: {} pieces of {:?}",
                    response.lines + 1,
                    line.quantity,
                    line.sku
                )));
            }
            response.lines += 1;
            response.pieces += line.quantity;
            *added.entry(line.sku).or_default() += line.quantity;
        }
        response.skus = added.len() as i64;
        let mut state = self.state();
        for (sku, quantity) in added {
            state.stock.entry(sku).or_default().available += quantity;
        }
        Ok(Response::new(response))
    }
}

/// Says for programs, in the details, what the message says for people.
fn too_few(line: &ReservationLine, available: i64) -> Status {
    let description = format!(
        "{} pieces of {:?} wanted, {available} there",
        line.quantity, line.sku
    );
    let violation = Violation {
        r#type: "STOCK".to_owned(),
        subject: line.sku.clone(),
        description: description.clone(),
    };
    Status::failed_precondition(description).with_detail(&PreconditionFailure {
        violations: vec![violation],
    })
}

impl State {
    fn remember(&mut self, reservation_id: String) {
        if self.by_age.len() == REMEMBERED
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.reservations.remove(&oldest);
        }
        self.by_age.push_back(reservation_id.clone());
        self.reservations.insert(reservation_id);
    }
}

#[cfg(test)]
mod tests {
    use meshrpc::{Channel, Code, StatusExt};

    use super::{AT_START, Inventory};
    use crate::contracts::storefront::inventory::v1::inventory_service::{
        InventoryServiceClient, InventoryServiceServer,
    };
    use crate::contracts::storefront::inventory::v1::{
        GetStockRequest, ImportStockRequest, ReservationLine, ReserveStockRequest,
    };

    /// A client of an inventory of its own, without a socket.
    fn inventory() -> InventoryServiceClient {
        let server = InventoryServiceServer::new(Inventory::filled());
        InventoryServiceClient::new(Channel::from_call(server))
    }

    async fn available(inventory: &InventoryServiceClient, sku: &str) -> i64 {
        let request = GetStockRequest {
            sku: sku.to_owned(),
        };
        let stock = inventory.get_stock(request).await.expect("a known item");
        stock.into_inner().available
    }

    fn reservation(id: &str, lines: &[(&str, i64)]) -> ReserveStockRequest {
        let line = |&(sku, quantity): &(&str, i64)| ReservationLine {
            sku: sku.to_owned(),
            quantity,
        };
        ReserveStockRequest {
            reservation_id: id.to_owned(),
            lines: lines.iter().map(line).collect(),
        }
    }

    #[tokio::test]
    async fn a_reservation_takes_all_lines_or_none_and_names_what_was_short() {
        let inventory = inventory();
        let too_much = reservation("r", &[("timer", 1), ("strainer", AT_START + 1)]);
        let status = inventory
            .reserve_stock(too_much)
            .await
            .expect_err("too much");
        assert_eq!(status.code(), Code::FailedPrecondition);
        let details = status
            .error_details()
            .precondition_failure()
            .expect("details");
        assert_eq!(details.violations[0].subject, "strainer");
        assert_eq!(available(&inventory, "timer").await, AT_START);
    }

    #[tokio::test]
    async fn a_repeated_reservation_takes_nothing_more() {
        let inventory = inventory();
        for already in [false, true] {
            let request = reservation("r", &[("timer", 2)]);
            let response = inventory.reserve_stock(request).await.expect("in stock");
            assert_eq!(response.into_inner().already_reserved, already);
        }
        assert_eq!(available(&inventory, "timer").await, AT_START - 2);
    }

    #[tokio::test]
    async fn a_delivery_counts_only_when_it_is_complete() {
        let inventory = inventory();
        let line = |quantity| ImportStockRequest {
            sku: "timer".to_owned(),
            quantity,
        };

        let (mut delivery, reply) = inventory.import_stock().start();
        delivery.send(line(5)).await.expect("the inventory listens");
        drop(delivery);
        assert_eq!(
            reply.await.expect_err("an unfinished delivery").code(),
            Code::Cancelled
        );
        assert_eq!(available(&inventory, "timer").await, AT_START);

        let (mut delivery, reply) = inventory.import_stock().start();
        for quantity in [5, 6] {
            delivery
                .send(line(quantity))
                .await
                .expect("the inventory listens");
        }
        delivery.finish().await.expect("the inventory listens");
        let summary = reply.await.expect("a complete delivery").into_inner();
        assert_eq!((summary.lines, summary.pieces, summary.skus), (2, 11, 1));
        assert_eq!(available(&inventory, "timer").await, AT_START + 11);
    }
}
