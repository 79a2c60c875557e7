//! The command line.

fn main() -> std::process::ExitCode {
    protoc_gen_meshrpc::meshrpc()
}
