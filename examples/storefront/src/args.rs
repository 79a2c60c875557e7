//! The command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
Usage: storefront [--for TIME] [--callers N] [--json] [--keep] [--port N]
       storefront serve catalog|inventory|orders [--listen ADDRESS]
                        [--catalog TARGET] [--inventory TARGET]

Starts the services of the storefront on loopback, each a process of its own,
drives them with a mix of calls, prints a summary and ends.

  --for TIME      how long to drive them: 5s, 500ms, 2m      [10s]
  --callers N     how many calls are under way at once       [8]
  --json          the last line on standard output is one JSON object;
                  everything else goes to standard error
  --keep          leave the services running afterwards, until Ctrl-C
  --port N        catalog, inventory and orders listen on N, N+1, N+2
                  instead of on free ports

Exit status: 0, or 1 if a call failed or a service died, 130 after Ctrl-C.";

/// What the program is asked to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    /// Print the usage.
    Help,
    /// Start everything and drive it.
    Run(Run),
    /// Be one of the services.
    Serve(Serve),
}

/// How to drive the services.
#[derive(Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) duration: Duration,
    pub(crate) callers: usize,
    pub(crate) json: bool,
    pub(crate) keep: bool,
    pub(crate) port: Option<u16>,
}

/// How to be a service.
#[derive(Debug, PartialEq)]
pub(crate) struct Serve {
    pub(crate) role: Role,
    pub(crate) listen: SocketAddr,
    /// End when standard input does: so that a service never outlives who started it.
    pub(crate) until_stdin_closes: bool,
    pub(crate) catalog: String,
    pub(crate) inventory: String,
}

/// One of the services.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Role {
    Catalog,
    Inventory,
    Orders,
}

impl Role {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Inventory => "inventory",
            Self::Orders => "orders",
        }
    }
}

/// Reads the arguments that follow the program's name.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut run = Run {
        duration: Duration::from_secs(10),
        callers: 8,
        json: false,
        keep: false,
        port: None,
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} wants a value"));
        match arg.as_str() {
            "-h" | "--help" => return Ok(Command::Help),
            "serve" => return parse_serve(args).map(Command::Serve),
            "--json" => run.json = true,
            "--keep" => run.keep = true,
            "--for" => run.duration = duration(&value()?)?,
            "--callers" => run.callers = number(&arg, &value()?, 1, 10_000)?,
            "--port" => {
                run.port = Some(number(&arg, &value()?, 1, usize::from(u16::MAX) - 2)? as u16)
            }
            _ => return Err(format!("unknown argument {arg}")),
        }
    }
    Ok(Command::Run(run))
}

fn parse_serve(mut args: impl Iterator<Item = String>) -> Result<Serve, String> {
    let role = match args.next().as_deref() {
        Some("catalog") => Role::Catalog,
        Some("inventory") => Role::Inventory,
        Some("orders") => Role::Orders,
        Some(other) => return Err(format!("unknown service {other}")),
        None => return Err("serve wants the name of a service".to_owned()),
    };
    let mut serve = Serve {
        role,
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        until_stdin_closes: false,
        catalog: "http://127.0.0.1:50051".to_owned(),
        inventory: "http://127.0.0.1:50052".to_owned(),
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} wants a value"));
        match arg.as_str() {
            "--until-stdin-closes" => serve.until_stdin_closes = true,
            "--catalog" => serve.catalog = value()?,
            "--inventory" => serve.inventory = value()?,
            "--listen" => {
                let text = value()?;
                serve.listen = text
                    .parse()
                    .map_err(|_| format!("--listen {text}: not an address like 127.0.0.1:50051"))?;
            }
            _ => return Err(format!("unknown argument {arg}")),
        }
    }
    Ok(serve)
}

fn number(arg: &str, text: &str, least: usize, most: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("{arg} {text}: not a number from {least} to {most}")),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let millis_each = match &text[digits.len()..] {
        "ms" => 1.0,
        "" | "s" => 1e3,
        "m" => 60e3,
        _ => f64::NAN,
    };
    match digits.parse::<f64>().map(|number| number * millis_each) {
        Ok(millis) if (1.0..=24.0 * 3600e3).contains(&millis) => {
            Ok(Duration::from_secs_f64(millis / 1e3))
        }
        _ => Err(format!(
            "--for {text}: not a time like 5s, 500ms or 2m, of at most a day"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Duration, Role, parse};

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn times_have_units() {
        for (text, millis) in [
            ("5s", 5000),
            ("500ms", 500),
            ("2m", 120_000),
            ("1.5s", 1500),
            ("3", 3000),
        ] {
            let Ok(Command::Run(run)) = parsed(&format!("--for {text}")) else {
                panic!("{text}");
            };
            assert_eq!(run.duration, Duration::from_millis(millis), "{text}");
        }
        for text in ["", "5h", "s", "-1s", "0s", "NaN", "1e9m"] {
            assert!(parsed(&format!("--for {text}")).is_err(), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert!(parsed("--jsn").unwrap_err().contains("--jsn"));
        assert!(parsed("serve shop").unwrap_err().contains("shop"));
        assert!(parsed("--callers 0").unwrap_err().contains("--callers 0"));
        assert!(
            parsed("serve catalog --listen here")
                .unwrap_err()
                .contains("here")
        );
    }

    #[test]
    fn a_service_is_told_whom_to_call() {
        let Ok(Command::Serve(serve)) =
            parsed("serve orders --catalog http://127.0.0.1:1 --until-stdin-closes")
        else {
            panic!("not understood");
        };
        assert_eq!(serve.role, Role::Orders);
        assert_eq!(serve.catalog, "http://127.0.0.1:1");
        assert!(serve.until_stdin_closes);
    }
}
