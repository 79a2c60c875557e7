//! gRPC's interoperability client, with the flags of the other languages' ones. Exit 0 says
//! that the case passed.

use meshrpc::Channel;
use meshrpc_compat::flags::Flags;
use meshrpc_compat::interop::cases::{self, Soak};
use meshrpc_compat::{Failure, interop::tls};

const FLAGS: &[(&str, &str)] = &[
    ("server_host", "localhost"),
    ("server_port", "10000"),
    ("server_host_override", ""),
    ("use_tls", "false"),
    ("use_test_ca", "false"),
    ("ca_file", ""),
    ("test_case", "large_unary"),
    ("num_times", "1"),
];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let flags = Flags::from_env(&[FLAGS, Soak::FLAGS].concat())?;
    let soak = Soak::from_flags(&flags)?;
    let (host, port) = (flags.text("server_host"), flags.text("server_port"));
    let channel = if flags.value("use_tls")? {
        let target = format!("https://{host}:{port}");
        let channel = Channel::builder(target).tls(tls::client(&flags)?);
        channel.connect().await?
    } else {
        Channel::connect(format!("http://{host}:{port}")).await?
    };
    let case = flags.text("test_case");
    for _ in 0..flags.value::<u32>("num_times")? {
        cases::run(case, channel.clone(), &soak).await?;
    }
    println!("{case} passed");
    Ok(())
}
