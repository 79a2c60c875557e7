//! Generates both contracts' code: gRPC's interop contract from this folder, the conformance
//! suite's, if its feature is on, from where `compat-tests/install` put it.

use std::path::{Path, PathBuf};

const CONFORMANCE: &str = "connectrpc/conformance/v1";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let mut files = vec![own.join("grpc/testing/test.proto")];
    let mut includes = vec![own];
    if std::env::var_os("CARGO_FEATURE_CONFORMANCE").is_some() {
        let proto = conformance_contract()?;
        for file in [
            "service.proto",
            "client_compat.proto",
            "server_compat.proto",
        ] {
            files.push(proto.join(CONFORMANCE).join(file));
        }
        includes.push(proto);
    }
    meshrpc_build::configure()
        .includes(&includes)
        .compile(&files)?;
    Ok(())
}

/// The target folder is the one that `OUT_DIR` lies in.
fn conformance_contract() -> Result<PathBuf, String> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    out.ancestors()
        .map(|folder| folder.join("peers/connectconformance/proto"))
        .find(|folder| folder.join(CONFORMANCE).is_dir())
        .ok_or_else(|| {
            "feature `conformance` needs the suite's contract below target/peers: \
             run `compat-tests/install connectconformance` (`compat-tests/run conformance` does)"
                .to_owned()
        })
}
