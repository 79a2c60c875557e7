//! The command line.

use std::time::Duration;

use crate::{Error, sample::Windows, workload::Workload};

pub(crate) const HELP: &str = "\
Side-by-side benchmarks of meshrpc, tonic, and h2 driven by hand (the floor).

Usage: meshrpc-bench [OPTIONS]

  --quick            shorter windows and fewer samples: a look, not a measurement
  --only WORKLOAD    only this workload; may be given several times:
                     unary-8x32 unary-50x20 unary-1x1 unary-1mib
                     stream-channel stream-channel-deep stream-iter
  --samples N        samples of each row (default 5, with --quick 3)
  --window SECONDS   length of a measured window (default 1, with --quick 0.2)
  --json             the last line of the output is one JSON object; no table
  --check            exit with 1 when a mark is missed
  --help             this text

The table goes to standard output, progress to standard error.
What is measured, and how to read it: compat-tests/bench/README.md
";

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    pub(crate) workloads: Vec<Workload>,
    pub(crate) samples: usize,
    pub(crate) windows: Windows,
    pub(crate) json: bool,
    pub(crate) check: bool,
    pub(crate) help: bool,
}

impl Arguments {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Error> {
        let (mut quick, mut json, mut check, mut help) = (false, false, false, false);
        let (mut workloads, mut samples, mut window) = (Vec::new(), None, None);
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} needs a value; see --help"))
            };
            match argument.as_str() {
                "--quick" => quick = true,
                "--json" => json = true,
                "--check" => check = true,
                "--help" | "-h" => help = true,
                "--only" => workloads.push(value()?.parse()?),
                "--samples" => samples = Some(positive(argument, value()?)?),
                "--window" => window = Some(positive(argument, value()?)?),
                other => return Err(format!("{other:?} is no option; see --help").into()),
            }
        }
        if workloads.is_empty() {
            workloads.extend(Workload::ALL);
        }
        let samples: f64 = samples.unwrap_or(if quick { 3.0 } else { 5.0 });
        let warm_up: f64 = if quick { 0.1 } else { 0.3 };
        let measured = window.unwrap_or(if quick { 0.2 } else { 1.0 });
        Ok(Self {
            workloads,
            samples: samples.ceil() as usize,
            windows: Windows {
                warm_up: Duration::from_secs_f64(warm_up.min(measured)),
                measured: Duration::from_secs_f64(measured),
                counting: Duration::from_secs_f64(measured / 10.0),
            },
            json,
            check,
            help,
        })
    }
}

fn positive(option: &str, value: &str) -> Result<f64, Error> {
    match value.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 3600.0 => Ok(number),
        _ => Err(format!("{option} wants a number above 0 and up to 3600, not {value:?}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments, Error> {
        let arguments: Vec<_> = arguments.iter().map(|&one| one.to_owned()).collect();
        Arguments::parse(&arguments)
    }

    #[test]
    fn without_options_everything_is_run() {
        let arguments = parse(&[]).unwrap();
        assert_eq!(arguments.workloads, Workload::ALL);
        assert_eq!(arguments.samples, 5);
    }

    #[test]
    fn only_may_be_given_twice() {
        let arguments = parse(&["--only", "unary-1x1", "--only", "stream-iter"]).unwrap();
        assert_eq!(
            arguments.workloads,
            [Workload::Unary1x1, Workload::StreamIterator]
        );
    }

    #[test]
    fn a_wrong_option_or_value_is_named() {
        for (arguments, named) in [
            (&["--fast"][..], "--fast"),
            (&["--only"], "--only"),
            (&["--window", "soon"], "soon"),
            (&["--samples", "0"], "--samples"),
        ] {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
