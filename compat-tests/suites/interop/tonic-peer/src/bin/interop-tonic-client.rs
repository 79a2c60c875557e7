//! The interop cases, from a tonic client. Exit 0 = the case passed.

use interop_tonic::Flags;
use interop_tonic::cases::{self, Outcome};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

#[tokio::main]
async fn main() -> Outcome {
    let flags = Flags::from_env();
    let tls = flags.is_set("use_tls");
    let scheme = if tls { "https" } else { "http" };
    let host = flags.text("server_host", "127.0.0.1");
    let port = flags.number("server_port", 10000);
    let mut endpoint = Endpoint::from_shared(format!("{scheme}://{host}:{port}"))?;
    if tls {
        let ca = Certificate::from_pem(std::fs::read(flags.text("ca_file", ""))?);
        let name = flags.text("server_host_override", &host);
        endpoint =
            endpoint.tls_config(ClientTlsConfig::new().ca_certificate(ca).domain_name(name))?;
    }
    let channel = endpoint.connect().await?;
    cases::run(&flags.text("test_case", ""), channel, &flags).await
}
