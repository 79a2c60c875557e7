//! Generates the contract once for each implementation that has a generator:
//! tonic's text goes to `$OUT_DIR/tonic`, meshrpc's to `$OUT_DIR/meshrpc`.

use std::{env, error::Error, fs, path::PathBuf};

const CONTRACT: &str = "proto/bench/v1/bench.proto";

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?).join("tonic");
    fs::create_dir_all(&out)?;
    let mut config = prost_build::Config::new();
    config.protoc_executable(protoc_bin_vendored::protoc_bin_path()?);
    tonic_prost_build::configure()
        .out_dir(out)
        .compile_with_config(config, &[CONTRACT], &["proto"])?;
    meshrpc_build::compile(&[CONTRACT])?;
    Ok(())
}
