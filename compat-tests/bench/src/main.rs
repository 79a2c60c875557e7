//! Side-by-side benchmarks: meshrpc, tonic, and `h2` driven by hand, each as
//! client and as server, on the same load in the same run.
//!
//! A sample is two processes ([`child`]) that this one starts, steers and asks
//! ([`sample`]), so that the operating system's accounting separates the end
//! under test from its peer. `README.md` says how to read the result.

mod allocations;
mod arguments;
mod child;
mod control;
mod histogram;
mod implementations;
mod load;
mod marks;
mod report;
mod sample;
mod system;
mod workload;

use std::{env, process::ExitCode};

use serde_json::json;

use crate::{
    arguments::{Arguments, HELP},
    child::Role,
    control::CHILD,
    implementations::Name,
    report::{Report, Row},
    sample::Setting,
};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((first, rest)) if first == CHILD => {
            Role::from_arguments(rest).and_then(|role| role.play().map(|()| true))
        }
        _ => Arguments::parse(&arguments).and_then(|arguments| run(&arguments)),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("meshrpc-bench: {error}");
            ExitCode::from(2)
        }
    }
}

/// Measures and reports; false when a mark was asked for and missed.
fn run(arguments: &Arguments) -> Result<bool, Error> {
    if arguments.help {
        print!("{HELP}");
        return Ok(true);
    }
    if cfg!(debug_assertions) {
        eprintln!(
            "meshrpc-bench: a debug build; build with --release for figures that mean something"
        );
    }
    let report = measure(arguments)?;
    let verdicts = marks::judge(&report);
    let lines = verdicts.iter().map(|verdict| verdict.line() + "\n");
    let lines: String = lines.collect();
    if arguments.json {
        eprint!("{lines}");
        let windows = json!({
            "measured_s": arguments.windows.measured.as_secs_f64(),
            "samples": arguments.samples,
        });
        println!("{}", report.json(&verdicts, windows));
    } else {
        println!("{}\nMarks\n{lines}", report.table());
    }
    Ok(!arguments.check || verdicts.iter().all(marks::Verdict::holds))
}

/// Takes all samples. Within a setting the implementations take turns, and the
/// one that begins changes from round to round: what slows the machine for a
/// while slows all of them.
fn measure(arguments: &Arguments) -> Result<Report, Error> {
    let core = system::last_core()?;
    let mut report = Report::default();
    for &workload in &arguments.workloads {
        for &(side, threads) in workload.rows() {
            let setting = Setting {
                workload,
                side,
                threads,
            };
            let mut rows = Name::ALL.map(|implementation| Row {
                setting,
                implementation,
                samples: Vec::new(),
            });
            for round in 0..arguments.samples {
                eprintln!(
                    "{workload} {} threads={threads}: round {} of {}",
                    side.name(),
                    round + 1,
                    arguments.samples
                );
                for turn in 0..rows.len() {
                    let row = &mut rows[(round + turn) % Name::ALL.len()];
                    let sample =
                        sample::take(setting, row.implementation, arguments.windows, core)?;
                    row.samples.push(sample);
                }
            }
            report.rows.extend(rows);
        }
    }
    Ok(report)
}
