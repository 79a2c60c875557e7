#!/usr/bin/env python3
"""Google's public contracts through the generator, and through rustc.

    googleapis.py          generate all, compile the fixed list checked.txt
    googleapis.py --all    generate all, compile all, in batches

Input is every .proto of PyPI's googleapis-common-protos, and of npm's
google-proto-files the newest version of each API, as the lock files beside this
folder pin them; `compat-tests/run codegen` installs both into target/peers and
puts the program `meshrpc` on the PATH.

A case is a file that is generated, a file that is compiled (`cargo check`,
warnings denied), or a file that is refused as REFUSED says. The last line is
`googleapis: N passed, M failed`.
"""

import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import sysconfig
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[3]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PYPI = pathlib.Path(sysconfig.get_paths()["purelib"])
NPM = TARGET / "peers/codegen-npm/node_modules/google-proto-files"
WORK = TARGET / "compat-codegen"

# About 250 MB of memory a megabyte of generated code: 8 GB hold 30.
BATCH_BYTES = 24_000_000
# `cargo check` of the fixed list, with its own crate only (dependencies apart).
CHECK_SECONDS = 60

# What can't be generated, and what says so. All are tests of protobuf itself,
# which google-proto-files ships below google/protobuf.
EDITION = "edition 2026 is not supported"
IMPORT = "File not found"
REFUSED = {
    "google/protobuf/compiler/ruby/ruby_generated_code.proto": IMPORT,
    "google/protobuf/compiler/ruby/ruby_generated_code_proto2.proto": IMPORT,
    "google/protobuf/util/json_format_proto3.proto": IMPORT,
    "google/protobuf/internal_options.proto": EDITION,
    "google/protobuf/json/json_enumval_custom_string.proto": EDITION,
    "google/protobuf/late_loaded_option.proto": EDITION,
    "google/protobuf/late_loaded_option_user.proto": EDITION,
    "google/protobuf/sample_messages_edition.proto": EDITION,
}
# Declares the same names as its neighbour ruby_generated_pkg_explicit.proto; alone it is fine.
TWICE = {"google/protobuf/compiler/ruby/ruby_generated_pkg_implicit.proto"}

VERSION = re.compile(r"v(\d+)(?:p(\d+))?(?:(alpha|beta)(\d*))?")
STAGE = {"alpha": 0, "beta": 1, None: 2}

passed, failed = 0, []


def ok(cases):
    global passed
    passed += cases


def bad(case, why):
    failed.append(case)
    print(f"FAILED {case}\n{why}", flush=True)


def contracts(root):
    """The .proto files below root, by the names that imports have."""
    found = (path.relative_to(root).as_posix() for path in root.rglob("*.proto"))
    return sorted(name for name in found if name.startswith(("google/", "grafeas/", "gapic/")))


def version(name):
    """The API that a file is of, and its version: v1 < v2beta1 < v2."""
    parts = name.split("/")[:-1]
    for place, part in enumerate(parts):
        match = VERSION.fullmatch(part)
        if match:
            major, minor, stage, number = match.groups()
            order = (int(major), STAGE[stage], int(minor or 0), int(number or 0))
            return "/".join(parts[:place]), order
    return None


def newest(names):
    """Files of no API version, and those of each API's newest."""
    best = {}
    for name in names:
        if found := version(name):
            api, order = found
            best[api] = max(best.get(api, order), order)
    return [name for name in names if not (found := version(name)) or found[1] == best[found[0]]]


def generate(root, names, out):
    """Runs the generator; the error's text, or None."""
    shutil.rmtree(out, ignore_errors=True)
    command = ["meshrpc", "generate", "--include", ".", "--out", str(out), *names]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True)
    return result.stderr.strip() or "it failed" if result.returncode else None


def generate_each(root, names, out):
    """All names in one run; if that fails, one by one, to name what does."""
    started = time.monotonic()
    error = generate(root, names, out)
    if error is None:
        ok(len(names))
        size = sum(path.stat().st_size for path in out.iterdir())
        seconds = time.monotonic() - started
        print(f"generated {len(names)} files, {size / 1e6:.1f} MB, in {seconds:.1f} s", flush=True)
        return
    print(f"not in one run: {error[:2000]}", flush=True)
    for name in names:
        error = generate(root, [name], out)
        if error is None:
            ok(1)
        else:
            bad(f"generate {name}", error)


def check_refusals(root):
    for name, why in REFUSED.items():
        if not (root / name).exists():
            bad(f"refuse {name}", "there is no such file")
            continue
        error = generate(root, [name], WORK / "refused")
        if error and why in error:
            print(f"refused, as listed: {name} ({why})", flush=True)
            ok(1)
        else:
            bad(f"refuse {name}", error or "it was generated")


def crate(folder, out):
    """A user's crate around a tree of modules."""
    (folder / "src").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
    (folder / "Cargo.toml").write_text(
        f"""[package]
name = "googleapis-check"
version = "0.0.0"
edition = "2024"

[dependencies]
meshrpc = {{ path = "{ROOT / 'framework/meshrpc'}", features = ["client", "server"] }}

[workspace]
"""
    )
    (folder / "src/lib.rs").write_text(
        f"//! Generated.\n#![deny(warnings)]\npub mod contracts {{ include!({str(out / 'mod.rs')!r}); }}\n".replace("'", '"')
    )


def cargo_check(folder, *arguments):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET)}
    command = ["cargo", "check", "--quiet", "--message-format", "short", *arguments]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if result.returncode == 0:
        return None
    lines = result.stderr.splitlines()
    errors = [line for line in lines if ": error" in line or line.startswith("error")] or lines
    return "\n".join(errors[:40])


def compile_batch(case, root, names, folder):
    out = folder / "src/contracts"
    error = generate(root, names, out)
    if error is None:
        crate(folder, out)
        error = cargo_check(folder)
    if error:
        bad(case, error)
    else:
        ok(len(names))


def compile_fixed_list():
    folder = WORK / "checked"
    names = (HERE / "checked.txt").read_text().split()
    assert len(names) <= 200, "the list is to be checked within a minute"
    # What the crate itself takes is what is measured.
    shutil.rmtree(folder, ignore_errors=True)
    crate(folder, folder / "src/contracts")
    (folder / "src/lib.rs").write_text("//! Empty.\n")
    if error := cargo_check(folder):
        bad("compile the runtime", error)
        return
    started = time.monotonic()
    compile_batch("compile checked.txt", NPM, names, folder)
    seconds = time.monotonic() - started
    print(f"generated and compiled {len(names)} files in {seconds:.1f} s", flush=True)
    if seconds > CHECK_SECONDS:
        bad("compile within a minute", f"it took {seconds:.1f} s")


def batches(root, names):
    """Neighbours together, in portions whose code is about BATCH_BYTES long."""
    batch, size = [], 0
    for name in names:
        # Generated code is about five times as long as the contract, comments included.
        length = (root / name).stat().st_size * 5
        if batch and size + length > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(name)
        size += length
    yield batch


def compile_all(root, names):
    for number, batch in enumerate(batches(root, names), 1):
        folder = WORK / "batch"
        started = time.monotonic()
        compile_batch(f"compile {batch[0]} to {batch[-1]}", root, batch, folder)
        seconds = time.monotonic() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
        print(f"batch {number}: {len(batch)} files in {seconds:.0f} s, peak so far {peak:.1f} GB", flush=True)


def main():
    if sys.argv[1:] not in ([], ["--all"]):
        sys.exit(__doc__)
    common = contracts(PYPI)
    usable = [name for name in newest(contracts(NPM)) if name not in REFUSED and name not in TWICE]
    print(f"{len(common)} files of PyPI, {len(usable)} of npm", flush=True)
    generate_each(PYPI, common, WORK / "pypi")
    generate_each(NPM, usable, WORK / "npm")
    check_refusals(NPM)
    if sys.argv[1:] == ["--all"]:
        compile_all(PYPI, common)
        compile_all(NPM, usable)
    else:
        compile_fixed_list()
    print(f"googleapis: {passed} passed, {len(failed)} failed")
    sys.exit(bool(failed))


main()
