//! meshrpc and tonic in each other's place: generated code of the one on the runtime of the
//! other, in the three directions that are promised.
//!
//! 1. A client that tonic generated runs over our channel.
//! 2. A service that tonic generated is mounted on our server.
//! 3. A service that meshrpc generated is mounted on tonic's server, and in an axum router.
//!
//! What is called is gRPC's interop service; what calls are the interop cases of both. Each case
//! is a line, the count stands at the end; a case that fails makes the program fail.

mod directions;
mod tally;

use std::process::ExitCode;

use tally::Tally;

#[tokio::main]
async fn main() -> ExitCode {
    let mut tally = Tally::default();
    if let Err(failure) = directions::all(&mut tally).await {
        eprintln!("a server or a connection could not be set up: {failure}");
        tally.failed += 1;
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
