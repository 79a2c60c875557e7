//! The three directions of compatibility with tonic: its clients over our channel, its services
//! on our server, our services on its server and in an axum router.

mod axum_router;
mod drive;
mod http1;
mod our_service;
mod proxy;
mod servers;
mod tonic_client;
mod tonic_service;
