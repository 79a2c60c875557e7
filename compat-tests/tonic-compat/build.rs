//! The same contract twice: meshrpc's code and tonic's.

use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let contract = root.join("compat/v1/echo.proto");
    meshrpc_build::compile(&[&contract])?;

    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut prost = prost_build::Config::new();
    prost.protoc_executable(protoc_bin_vendored::protoc_bin_path()?);
    tonic_prost_build::configure()
        .file_descriptor_set_path(out.join("tonic.binpb"))
        .compile_with_config(prost, &[contract], &[root])?;
    Ok(())
}
