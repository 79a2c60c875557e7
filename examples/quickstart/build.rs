//! Turns the contract into a client and a server.

fn main() -> meshrpc_build::Result<()> {
    meshrpc_build::compile(&["proto/hello/v1/hello.proto"])
}
