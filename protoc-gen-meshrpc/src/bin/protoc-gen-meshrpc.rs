//! The plugin of `protoc` and buf.

fn main() -> std::process::ExitCode {
    protoc_gen_meshrpc::protoc_gen_meshrpc()
}
