//! What the operating system knows about this process: CPU time, peak memory,
//! and the core it may run on. Linux only, as the rest of the program is.

use std::{fs, time::Duration};

use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::{
        resource::{UsageWho, getrusage},
        time::TimeVal,
    },
    unistd::Pid,
};

use crate::Error;

/// CPU time of all threads of this process so far: user, system.
pub(crate) fn cpu_time() -> Result<(Duration, Duration), Error> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((duration(usage.user_time()), duration(usage.system_time())))
}

fn duration(time: TimeVal) -> Duration {
    let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// The most memory that was ever resident, in KiB (`VmHWM`).
pub(crate) fn peak_memory_kib() -> Result<u64, Error> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or("/proc/self/status has no VmHWM line: this program needs Linux")?;
    let number = line.trim().trim_end_matches("kB").trim();
    Ok(number.parse()?)
}

/// Keeps this thread, and the threads it starts from now on, on one core.
pub(crate) fn pin_to(core: usize) -> Result<(), Error> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &cores)
        .map_err(|error| format!("core {core} can't be had: {error}").into())
}

/// The last core that this process may use; the first has most interrupts.
pub(crate) fn last_core() -> Result<usize, Error> {
    let cores = sched_getaffinity(Pid::from_raw(0))?;
    (0..CpuSet::count())
        .rev()
        .find(|&core| cores.is_set(core).unwrap_or(false))
        .ok_or_else(|| "the system grants this process no core".into())
}
