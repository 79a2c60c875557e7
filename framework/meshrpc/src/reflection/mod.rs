//! The standard reflection service, `grpc.reflection.v1` and `v1alpha`: lets tools such as
//! grpcurl list, describe and call what a server serves.
//!
//! ```
//! # use meshrpc::Server;
//! let server = Server::builder().reflection();
//! ```
//!
//! It serves the descriptors that the generator put into the program, byte for byte as the
//! compiler wrote them, with everything that a newer edition or a custom option says. It tells
//! strangers what a server can do, so it is only there when it is asked for.

mod answer;
mod pool;
mod scan;
mod service;

pub use service::Reflection;

use crate::server::ServerBuilder;

impl ServerBuilder {
    /// Serves reflection, in both of its versions, over everything that the server serves.
    pub fn reflection(self) -> Self {
        self.add_service(Reflection::v1())
            .add_service(Reflection::v1alpha())
    }
}
