//! Runs cases and counts how they ended.

use std::time::Duration;

use interop_tonic::Flags;
use interop_tonic::cases::Transport;
use meshrpc_compat::flags;
use meshrpc_compat::interop::cases::Soak;

/// A case that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// What both clients' cases have in common.
const BOTH: &[&str] = &[
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "rpc_soak",
];

/// Compression, from our client to a service of ours, and to one of tonic's on our server.
/// There compression is the server's business, for all messages alike: the service neither
/// sees nor says whether a single one is compressed.
const OURS_TO_OURS: &[&str] = &[
    "client_compressed_unary",
    "client_compressed_streaming",
    "server_compressed_unary",
    "server_compressed_streaming",
];
const OURS_TO_TONIC: &[&str] = &[
    "client_compressed_unary_noprobe",
    "client_compressed_streaming_noprobe",
];
/// The same for tonic's client, which sends streams compressed as a whole.
const TONIC_TO_OURS: &[&str] = &[
    "client_compressed_unary",
    "server_compressed_unary",
    "server_compressed_streaming",
];
const TONIC_TO_TONIC: &[&str] = &["client_compressed_unary_noprobe"];

/// Whose generated service answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Service {
    Ours,
    Tonic,
}

/// How the cases ended so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Tally {
    /// Runs our client's cases.
    pub(crate) async fn ours(&mut self, place: &str, service: Service, channel: &meshrpc::Channel) {
        let more = match service {
            Service::Ours => OURS_TO_OURS,
            Service::Tonic => OURS_TO_TONIC,
        };
        let soak = ["--soak_iterations=100", "--soak_num_threads=4"].map(str::to_owned);
        let soak = flags::Flags::parse(soak, Soak::FLAGS)
            .and_then(|flags| Soak::from_flags(&flags))
            .expect("the flags are spelled right");
        for case in BOTH.iter().chain(more) {
            let run = meshrpc_compat::interop::cases::run(case, channel.clone(), &soak);
            self.count(place, "our client", case, run).await;
        }
    }

    /// Runs the cases of tonic's client.
    pub(crate) async fn tonics(
        &mut self,
        place: &str,
        service: Service,
        transport: impl Transport,
    ) {
        let more = match service {
            Service::Ours => TONIC_TO_OURS,
            Service::Tonic => TONIC_TO_TONIC,
        };
        let flags = Flags::from_env();
        for case in BOTH.iter().chain(more) {
            let run = interop_tonic::cases::run(case, transport.clone(), &flags);
            self.count(place, "tonic's client", case, run).await;
        }
    }

    /// Runs one case to its end, or as long as patience lasts.
    pub(crate) async fn count<E: ToString>(
        &mut self,
        place: &str,
        client: &str,
        case: &str,
        run: impl Future<Output = Result<(), E>>,
    ) {
        let outcome = match tokio::time::timeout(PATIENCE, run).await {
            Ok(outcome) => outcome.map_err(|failure| failure.to_string()),
            Err(_) => Err(format!("hangs: no end after {PATIENCE:?}")),
        };
        match outcome {
            Ok(()) => self.passed += 1,
            Err(failure) => {
                self.failed += 1;
                println!("FAILED {place}, {client}, {case}: {failure}");
            }
        }
    }
}
