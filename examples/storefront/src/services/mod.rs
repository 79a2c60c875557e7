//! The services: what a process does that was started as `storefront serve …`.

mod catalog;
mod inventory;
mod orders;

use std::io::{Read, Write};
use std::time::Duration;

use meshrpc::Server;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::Error;
use crate::args::{Role, Serve};
use crate::contracts::storefront::catalog::{v1, v2};
use crate::contracts::storefront::inventory::v1::inventory_service::{
    INVENTORY_SERVICE, InventoryServiceServer,
};
use crate::contracts::storefront::orders::v1::order_service::{ORDER_SERVICE, OrderServiceServer};

/// How long calls under way may go on once the service is told to end.
const DRAIN: Duration = Duration::from_secs(3);

/// Serves until told to end.
pub(crate) async fn serve(serve: Serve) -> Result<(), Error> {
    // Health for whoever watches the process, reflection for whoever looks at it with a tool.
    let (health, health_service) = meshrpc::health::service();
    let server = Server::builder().add_service(health_service).reflection();
    let server = match serve.role {
        Role::Catalog => {
            let catalog = catalog::Catalog::open();
            health.set_serving(v1::catalog_service::CATALOG_SERVICE.name());
            health.set_serving(v2::catalog_service::CATALOG_SERVICE.name());
            // Both versions stand side by side, over one stock of data.
            server
                .add_service(v1::catalog_service::CatalogServiceServer::from_arc(
                    catalog.clone(),
                ))
                .add_service(v2::catalog_service::CatalogServiceServer::from_arc(catalog))
        }
        Role::Inventory => {
            health.set_serving(INVENTORY_SERVICE.name());
            server.add_service(InventoryServiceServer::new(inventory::Inventory::filled()))
        }
        Role::Orders => {
            let orders = orders::Orders::connect(&serve.catalog, &serve.inventory)?;
            health.set_serving(ORDER_SERVICE.name());
            server.add_service(OrderServiceServer::new(orders))
        }
    };

    let listener = TcpListener::bind(serve.listen).await.map_err(|error| {
        format!(
            "{}: can't listen on {}: {error}; is it in use?",
            serve.role.name(),
            serve.listen
        )
    })?;
    announce(&format!("ready {}", listener.local_addr()?))?;

    let ending = ending(serve.until_stdin_closes);
    let asked = async |mut ending: watch::Receiver<bool>| {
        // Without a sender left nobody can ask any more.
        if ending.wait_for(|ending| *ending).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = server.serve_listener_with_shutdown(listener, asked(ending.clone())) => Ok(served?),
        () = async { asked(ending.clone()).await; tokio::time::sleep(DRAIN).await } => Ok(()),
    }
}

/// Tells whoever started us, who reads line by line.
fn announce(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// Turns true when the process shall end: its standard input closed, or it was signalled.
fn ending(until_stdin_closes: bool) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    if until_stdin_closes {
        let sender = sender.clone();
        // A thread of its own: it must see the end however busy the runtime is, and a blocking
        // read on the runtime would keep the process from ending.
        std::thread::spawn(move || {
            let mut nobody_writes = [0; 64];
            while matches!(std::io::stdin().read(&mut nobody_writes), Ok(1..)) {}
            sender.send_replace(true);
        });
    }
    tokio::spawn(async move {
        match crate::interrupted() {
            Ok(interrupted) => {
                interrupted.await;
                sender.send_replace(true);
            }
            Err(error) => eprintln!("storefront: signals can't be heard: {error}"),
        }
    });
    receiver
}
