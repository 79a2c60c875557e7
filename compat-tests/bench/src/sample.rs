//! One sample: two fresh processes, a warm-up, a measured window, and a short
//! pass that counts allocations.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command as Process, Stdio},
    str::FromStr,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use crate::{
    Error,
    child::{End, Role},
    control::{CHILD, Command, Usage},
    implementations::Name,
    load::Ran,
    workload::{Side, Workload},
};

/// How long the parts of a sample take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
    pub(crate) counting: Duration,
}

/// A line of the table: what is under test, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) workload: Workload,
    pub(crate) side: Side,
    pub(crate) threads: usize,
}

/// What one sample came to, for the process or processes under test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) calls_per_s: f64,
    pub(crate) user_us_per_call: f64,
    pub(crate) system_us_per_call: f64,
    pub(crate) allocations_per_call: f64,
    pub(crate) allocated_bytes_per_call: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) peak_memory_kib: u64,
}

impl Sample {
    pub(crate) fn cpu_us_per_call(&self) -> f64 {
        self.user_us_per_call + self.system_us_per_call
    }
}

/// Takes one sample. With both ends under test, both run on `core`.
pub(crate) fn take(
    setting: Setting,
    implementation: Name,
    windows: Windows,
    core: usize,
) -> Result<Sample, Error> {
    let Setting {
        workload,
        side,
        threads,
    } = setting;
    let role = |tested: bool, end| Role {
        implementation: if tested { implementation } else { Name::H2 },
        threads: if tested { threads } else { 1 },
        core: (side == Side::Both).then_some(core),
        end,
    };
    let (server_tested, client_tested) = (side != Side::Client, side != Side::Server);
    let mut server = Running::start(role(server_tested, End::Server))?;
    let address = server.line()?;
    let mut client = Running::start(role(client_tested, End::Client { workload, address }))?;
    let ready: String = client.line()?;
    if ready != "ready" {
        return Err(format!("a client said {ready:?} in place of \"ready\"").into());
    }
    let usage = |server: &mut Running, client: &mut Running| {
        let mut sum = Usage::default();
        if server_tested {
            add(&mut sum, server.ask(Command::Usage)?);
        }
        if client_tested {
            add(&mut sum, client.ask(Command::Usage)?);
        }
        Ok::<_, Error>(sum)
    };

    let _: Ran = client.ask(Command::Run(windows.warm_up))?;
    let before = usage(&mut server, &mut client)?;
    let ran: Ran = client.ask(Command::Run(windows.measured))?;
    let after = usage(&mut server, &mut client)?;

    for child in [&mut server, &mut client] {
        let _: String = child.ask(Command::Count(true))?;
    }
    let counting: Ran = client.ask(Command::Run(windows.counting))?;
    let counted = usage(&mut server, &mut client)?;

    let per_call = |time: Duration| time.as_secs_f64() * 1e6 / ran.calls as f64;
    Ok(Sample {
        calls_per_s: ran.calls as f64 / ran.elapsed.as_secs_f64(),
        user_us_per_call: per_call(after.user - before.user),
        system_us_per_call: per_call(after.system - before.system),
        allocations_per_call: counted.allocations as f64 / counting.calls as f64,
        allocated_bytes_per_call: counted.allocated_bytes as f64 / counting.calls as f64,
        p50_us: ran.p50.as_secs_f64() * 1e6,
        p99_us: ran.p99.as_secs_f64() * 1e6,
        peak_memory_kib: after.peak_memory_kib,
    })
}

fn add(sum: &mut Usage, one: Usage) {
    sum.user += one.user;
    sum.system += one.system;
    sum.peak_memory_kib += one.peak_memory_kib;
    sum.allocations += one.allocations;
    sum.allocated_bytes += one.allocated_bytes;
}

/// A child that ends when it is dropped.
struct Running {
    role: Role,
    process: Child,
    commands: ChildStdin,
    lines: Receiver<String>,
}

impl Running {
    fn start(role: Role) -> Result<Self, Error> {
        let mut process = Process::new(env::current_exe()?)
            .arg(CHILD)
            .args(role.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let commands = process.stdin.take().expect("standard input is piped");
        let output = process.stdout.take().expect("standard output is piped");
        let (sender, lines) = mpsc::channel();
        // Read in a thread of its own, so that a wait can have an end.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            role,
            process,
            commands,
            lines,
        })
    }

    fn ask<T: FromStr<Err: Into<Error>>>(&mut self, command: Command) -> Result<T, Error> {
        writeln!(self.commands, "{command}")
            .map_err(|error| format!("{:?} is gone: {error}", self.role))?;
        self.line()
    }

    fn line<T: FromStr<Err: Into<Error>>>(&mut self) -> Result<T, Error> {
        // Far above any window; only a call that hangs lasts so long.
        let line = self
            .lines
            .recv_timeout(Duration::from_secs(60))
            .map_err(|error| {
                format!(
                    "{:?} does not answer ({error}): see its message above",
                    self.role
                )
            })?;
        line.parse().map_err(Into::into)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is reaped.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
