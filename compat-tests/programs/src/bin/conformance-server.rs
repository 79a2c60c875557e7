//! The server that connectconformance tests; see [`meshrpc_compat::conformance`].

#[tokio::main]
async fn main() -> Result<(), meshrpc_compat::Failure> {
    meshrpc_compat::conformance::server::run().await
}
