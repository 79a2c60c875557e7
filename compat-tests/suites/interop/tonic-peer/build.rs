//! Generates tonic's half of the interop contract; the vendored `protoc` spares
//! the machine one of its own.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../programs/proto");
    let mut prost = prost_build::Config::new();
    prost.protoc_executable(protoc_bin_vendored::protoc_bin_path()?);
    tonic_prost_build::configure().compile_with_config(
        prost,
        &[proto.join("grpc/testing/test.proto")],
        &[proto],
    )?;
    Ok(())
}
