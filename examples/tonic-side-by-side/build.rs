//! Generates tonic's client and server for the examples' contract. The messages are the ones that
//! meshrpc generated: both are prost's, so one set does.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut prost = prost_build::Config::new();
    prost.protoc_executable(protoc_bin_vendored::protoc_bin_path()?);
    tonic_prost_build::configure()
        .extern_path(".greeter.v1", "::meshrpc_examples::contracts::greeter::v1")
        .compile_with_config(
            prost,
            &["../basics/proto/greeter/v1/greeter.proto"],
            &["../basics/proto"],
        )?;
    Ok(())
}
