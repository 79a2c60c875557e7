//! The services as child processes.
//!
//! Each is this program again, as `storefront serve …`, and says on its standard output where it
//! listens. Its standard input is a pipe that nobody writes to: when it closes, the service
//! drains and ends. The kernel closes it whatever happens to us, `kill -9` included, so no
//! service is ever left behind.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::Error;
use crate::args::Role;

/// How long a service may take to say where it listens.
const START: Duration = Duration::from_secs(10);
/// How long a service may take to drain, before it is killed.
const DRAIN: Duration = Duration::from_secs(5);

/// A service that runs.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) pid: u32,
    pub(crate) address: SocketAddr,
}

/// All the services.
#[derive(Debug)]
pub(crate) struct Fleet {
    services: Vec<Service>,
    keepers: JoinSet<()>,
    stop: watch::Sender<bool>,
    report_exit: mpsc::UnboundedSender<String>,
    exits: mpsc::UnboundedReceiver<String>,
}

impl Fleet {
    /// Starts all services, on `port` and the ones that follow it, or on free ones.
    pub(crate) async fn start(port: Option<u16>) -> Result<Self, Error> {
        let (report_exit, exits) = mpsc::unbounded_channel();
        let mut fleet = Self {
            services: Vec::new(),
            keepers: JoinSet::new(),
            stop: watch::Sender::new(false),
            report_exit,
            exits,
        };
        // Those that are called come first: a service finds its peers when it starts.
        fleet.add(Role::Catalog, port, &[]).await?;
        fleet
            .add(Role::Inventory, port.map(|port| port + 1), &[])
            .await?;
        let catalog = fleet.target(Role::Catalog);
        let inventory = fleet.target(Role::Inventory);
        let peers = ["--catalog", &catalog, "--inventory", &inventory];
        fleet
            .add(Role::Orders, port.map(|port| port + 2), &peers)
            .await?;
        Ok(fleet)
    }

    /// The services in the order of their start.
    pub(crate) fn services(&self) -> &[Service] {
        &self.services
    }

    /// Where a client finds a service.
    pub(crate) fn target(&self, role: Role) -> String {
        let service = self
            .services
            .iter()
            .find(|service| service.name == role.name());
        let address = service.expect("the fleet starts every role").address;
        format!("http://{address}")
    }

    /// Whether no service has ended so far.
    pub(crate) fn all_alive(&self) -> bool {
        self.keepers.len() == self.services.len() && self.exits.is_empty()
    }

    /// Says which service ended although nobody asked it to.
    pub(crate) async fn next_exit(&mut self) -> Option<String> {
        let exit = self.exits.recv().await;
        self.keepers.join_next().await;
        exit
    }

    /// Drains and ends all services; afterwards none is left.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.keepers.join_next().await.is_some() {}
    }

    async fn add(&mut self, role: Role, port: Option<u16>, peers: &[&str]) -> Result<(), Error> {
        let name = role.name();
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["serve", name, "--until-stdin-closes", "--listen"])
            .arg(format!("127.0.0.1:{}", port.unwrap_or(0)))
            .args(peers)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // A terminal's Ctrl-C goes to a whole process group. The services are ended by us, in
        // order, after the calls: so they stand in a group of their own.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .spawn()
            .map_err(|error| format!("{name}: can't be started: {error}"))?;

        let stdin = child.stdin.take().expect("piped above");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped above")).lines();
        let first = tokio::time::timeout(START, stdout.next_line()).await;
        let line = first.map_err(|_| format!("{name}: not ready within {START:?}"))??;
        let Some(address) = line.as_deref().and_then(|line| line.strip_prefix("ready ")) else {
            let status = child.wait().await?;
            return Err(format!(
                "{name}: ended before it was ready ({status}); see its message above"
            )
            .into());
        };
        let address = address
            .parse()
            .map_err(|_| format!("{name}: listens on {address:?}?"))?;
        let pid = child
            .id()
            .ok_or_else(|| format!("{name}: ended as soon as it was ready"))?;
        self.services.push(Service { name, pid, address });
        let (stop, report_exit) = (self.stop.subscribe(), self.report_exit.clone());
        self.keepers.spawn(async move {
            if let Some(status) = keep(child, stdin, stop).await {
                // Nobody reads it while the fleet is stopping.
                let _ = report_exit.send(format!("{name} (pid {pid}) ended: {status}"));
            }
        });
        Ok(())
    }
}

/// Waits for the child's end, and brings it about when asked to. A status is an end that nobody
/// asked for.
async fn keep(
    mut child: Child,
    stdin: ChildStdin,
    mut stop: watch::Receiver<bool>,
) -> Option<ExitStatus> {
    tokio::select! {
        status = child.wait() => return status.ok(),
        _ = stop.wait_for(|stop| *stop) => {}
    }
    drop(stdin);
    if tokio::time::timeout(DRAIN, child.wait()).await.is_err() {
        // It may have ended in this moment, which is as good.
        let _ = child.kill().await;
    }
    None
}
