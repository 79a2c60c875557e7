//! `meshrpc generate`.

use std::path::PathBuf;

use clap::Args;
use meshrpc_build::generate::Settings;

use crate::options;

/// Generate Rust clients and servers from contracts.
///
/// Writes a tree of modules with a mod.rs, the same code as meshrpc_build::compile in build.rs.
/// Put it into src/contracts, say, and write `mod contracts;`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, after_long_help = long_help())]
pub(super) struct Generate {
    /// Contracts; a folder stands for all contracts in it
    #[arg(required_unless_present = "descriptor_set")]
    contracts: Vec<PathBuf>,

    /// The folder that gets the tree of modules
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,

    /// A folder in which imports are looked up; may be given several times. Without any it
    /// follows from the contracts' packages
    #[arg(short = 'I', long = "include", value_name = "FOLDER")]
    includes: Vec<PathBuf>,

    /// An encoded descriptor set to read instead of contracts (protoc --include_imports
    /// --include_source_info, or buf build)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["contracts", "includes"])]
    descriptor_set: Option<PathBuf>,

    /// An option of the generator, key=value; may be given several times
    #[arg(long = "opt", value_name = "KEY=VALUE")]
    options: Vec<String>,

    /// The protoc to run, instead of what PROTOC names or the one that comes along
    #[arg(long, value_name = "PROGRAM")]
    protoc: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  meshrpc generate proto --out src/contracts
  meshrpc generate proto/storefront/orders/v1/orders.proto --out src/contracts --opt server=false
  buf build -o - | meshrpc generate --descriptor-set /dev/stdin --out src/contracts";

fn long_help() -> String {
    format!("{EXAMPLES}\n\nOptions for --opt:\n{}", options::table())
}

impl Generate {
    pub(super) fn run(self) -> Result<(), String> {
        let mut settings = Settings::default();
        for option in &self.options {
            options::apply(&mut settings, option)?;
        }
        let mut builder = meshrpc_build::configure()
            .settings(settings)
            .emit_rerun_lines(false)
            .out_dir(&self.out);
        if let Some(protoc) = self.protoc {
            builder = builder.protoc(protoc);
        }
        let shown = |error: meshrpc_build::Error| format!("{error:?}");
        if let Some(set) = self.descriptor_set {
            return builder.compile_descriptor_set(set).map_err(shown);
        }
        builder
            .includes(self.includes)
            .compile(&self.contracts)
            .map_err(shown)
    }
}
