//! The plugin: a request on standard input, a response on standard output.

mod wire;

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use meshrpc_build::generate::{self, Selection, Settings};
use meshrpc_descriptor::FileSet;
use prost::Message as _;

use crate::options;
use wire::{Request, Response, ResponseFile};

/// Runs the program.
pub fn run() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let shown = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => return answer(),
        ["--version" | "-V"] => Some(format!("protoc-gen-meshrpc {}", env!("CARGO_PKG_VERSION"))),
        ["--help" | "-h"] => Some(help()),
        _ => None,
    };
    match shown {
        Some(text) => {
            // Whoever closed the pipe has seen enough.
            let _ = writeln!(io::stdout(), "{}", text.trim_end());
            ExitCode::SUCCESS
        }
        None => {
            eprintln!(
                "protoc-gen-meshrpc: unexpected arguments: {}\n\
                 It is a plugin: protoc and buf start it without any. See --help.",
                arguments.join(" ")
            );
            ExitCode::from(2)
        }
    }
}

fn answer() -> ExitCode {
    if io::stdin().is_terminal() {
        eprintln!("protoc-gen-meshrpc: waiting for a request from protoc; see --help");
    }
    let mut input = Vec::new();
    let result = io::stdin().lock().read_to_end(&mut input);
    let output = result
        .map_err(|error| format!("can't read the request: {error}"))
        .and_then(|_| {
            Request::decode(input.as_slice())
                .map_err(|error| format!("standard input is no request of protoc: {error}"))
        })
        .map(|request| respond(request).encode_to_vec());
    match output.map(|bytes| io::stdout().lock().write_all(&bytes)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => failed(&format!("can't write the response: {error}")),
        Err(error) => failed(&error),
    }
}

fn failed(error: &str) -> ExitCode {
    eprintln!("protoc-gen-meshrpc: {error}");
    ExitCode::FAILURE
}

/// Errors of the contracts and options are part of the response: the caller shows them.
fn respond(request: Request) -> Response {
    match generated(request) {
        Ok(file) => Response {
            file,
            ..Response::capabilities()
        },
        Err(error) => Response {
            error: Some(error),
            ..Response::capabilities()
        },
    }
}

fn generated(request: Request) -> Result<Vec<ResponseFile>, String> {
    let mut settings = Settings::default();
    options::apply_all(
        &mut settings,
        request.parameter.as_deref().unwrap_or_default(),
    )?;
    // Each descriptor as the caller encoded it: custom options and features are still in there.
    let set = FileSet::decode(request.descriptor_set())
        .map_err(|error| format!("the request's descriptors: {error}"))?;
    let selection = Selection::only(request.file_to_generate.iter().map(String::as_str));
    let tree =
        generate::generate(&set, &selection, &settings).map_err(|error| format!("{error:?}"))?;
    // Nothing is inserted, but a caller that mixes up several runs notices: see there.
    let name = generate::DESCRIPTORS;
    let mark = tree.get(name).and_then(|text| generate::mark(text));
    let mark = mark.map(|mark| ResponseFile {
        name: name.to_owned(),
        insertion_point: Some(mark.to_owned()),
        content: String::new(),
    });
    let mut files: Vec<_> = tree
        .into_iter()
        .map(|(name, content)| ResponseFile {
            name,
            insertion_point: None,
            content,
        })
        .collect();
    files.extend(mark);
    Ok(files)
}

fn help() -> String {
    format!(
        "protoc-gen-meshrpc {version}: generates meshrpc clients and servers, for protoc and buf

The output is a tree of modules with a mod.rs: put it into src/contracts and write
`mod contracts;`. It needs the crate meshrpc of the same version and nothing else. All
contracts that refer to each other belong into one run.

  protoc --meshrpc_out=src/contracts -I proto $(find proto -name '*.proto')
  protoc --meshrpc_out=src/contracts --meshrpc_opt=server=false -I proto proto/a/v1/a.proto

buf.gen.yaml:

  version: v2
  plugins:
    - local: protoc-gen-meshrpc
      out: src/contracts
      strategy: all

Options, in --meshrpc_opt=KEY=VALUE (several times, or separated by commas):

{options}
PATH is `.` for everything, `.pkg.Message` for that and what is in it, or the end of a
name such as `Message.field`.

  -h, --help     this text
  -V, --version  the version
",
        version = env!("CARGO_PKG_VERSION"),
        options = options::table(),
    )
}
