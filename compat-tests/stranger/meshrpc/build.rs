fn main() -> meshrpc_build::Result<()> {
    meshrpc_build::compile(&["../proto/acme/weather/v1/weather.proto"])
}
