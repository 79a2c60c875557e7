//! Turns the examples' contract into a client and a server.

fn main() -> meshrpc_build::Result<()> {
    meshrpc_build::compile(&["proto/greeter/v1/greeter.proto"])
}
