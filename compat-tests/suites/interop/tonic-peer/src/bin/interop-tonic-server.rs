//! The interop cases' server on tonic.

use interop_tonic::echo::Echo;
use interop_tonic::service::Peer;
use interop_tonic::{Flags, test_service_server::TestServiceServer};
use tonic::codec::CompressionEncoding;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tower_layer::layer_fn;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flags = Flags::from_env();
    let mut server = Server::builder().layer(layer_fn(Echo));
    if flags.is_set("use_tls") {
        let certificate = std::fs::read(flags.text("tls_cert_file", ""))?;
        let key = std::fs::read(flags.text("tls_key_file", ""))?;
        let identity = Identity::from_pem(certificate, key);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let service = TestServiceServer::new(Peer)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let address = format!("127.0.0.1:{}", flags.number("port", 10000)).parse()?;
    server.add_service(service).serve(address).await?;
    Ok(())
}
