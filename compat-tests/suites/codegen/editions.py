#!/usr/bin/env python3
"""Editions against the official Python protobuf.

    editions.py            compare: exit 0 when all is equal
    editions.py --write    renew the two files below instead

Needs nothing but the package `protobuf` (pinned in requirements.txt beside this
file). Reads the descriptor set of the test contracts in
framework/descriptor/tests/descriptor/editions/ (editions.binpb, which `cargo test`
of that crate keeps current), and answers with Python's own implementation:

    vectors.txt    the bytes of each message of `MESSAGES` below
    resolved.txt   what features, presence, packing, … each declaration has

Both are checked in. `cargo test -p meshrpc-descriptor` holds what prost makes of
the lowered contracts, and what the crate resolves, against the same two files;
so both together say: byte-equal to Python.

The last line is `editions: N passed, M failed`, a case being a line of a file.
"""

import pathlib
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "framework/descriptor/tests/descriptor/editions"

# Name of the case (the message's, then a word), and the message as text.
# framework/descriptor/tests/descriptor/editions/values.rs has the same in Rust.
MESSAGES = [
    ("editions.v2023.Scalars/unset", ""),
    (
        "editions.v2023.Scalars/zero",
        """a_double: 0 a_float: 0 an_int32: 0 an_int64: 0 a_uint32: 0 a_uint64: 0 a_sint32: 0 a_sint64: 0
        a_fixed32: 0 a_fixed64: 0 a_sfixed32: 0 a_sfixed64: 0 a_bool: false a_string: "" a_bytes: ""
        a_color: COLOR_UNSPECIFIED an_inner {} unchecked: "" """,
    ),
    (
        "editions.v2023.Scalars/set",
        """a_double: -1.5 a_float: 2.25 an_int32: -3 an_int64: -4000000000 a_uint32: 4294967295
        a_uint64: 18446744073709551615 a_sint32: -7 a_sint64: -8000000000 a_fixed32: 9 a_fixed64: 10
        a_sfixed32: -11 a_sfixed64: -12 a_bool: true a_string: "d\\303\\251j\\303\\240 vu" a_bytes: "\\000\\377"
        a_color: COLOR_NEGATIVE an_inner { number: 17 text: "inner" } unchecked: "text" """,
    ),
    ("editions.v2023.Implicit/unset", ""),
    (
        "editions.v2023.Implicit/set",
        """a_double: -0.5 a_float: 2.25 an_int32: -3 an_int64: -4000000000 a_uint32: 4294967295
        a_uint64: 18446744073709551615 a_sint32: -7 a_sint64: -8000000000 a_fixed32: 9 a_fixed64: 10
        a_sfixed32: -11 a_sfixed64: -12 a_bool: true a_string: "text" a_bytes: "\\000" a_color: COLOR_BLUE""",
    ),
    (
        "editions.v2023.Implicit/zero",
        """an_int32: 0 a_string: "" a_bytes: "" a_bool: false a_color: COLOR_UNSPECIFIED a_sfixed64: 0""",
    ),
    (
        "editions.v2023.Required/zero",
        """id: 0 name: "" inner {} shade: SHADE_DARK delimited {}""",
    ),
    (
        "editions.v2023.Required/set",
        """id: 7 name: "nobody" inner { number: 1 } shade: SHADE_LIGHT delimited { text: "in tags" }""",
    ),
    ("editions.v2023.Defaults/unset", ""),
    (
        "editions.v2023.Defaults/defaults",
        """an_int32: -7 a_string: "quote \\" tab \\t end" a_bytes: "\\000\\377x" a_double: -1.5 infinite: inf
        a_bool: true a_color: COLOR_BLUE by_alias: COLOR_AZURE closed: SHADE_LIGHT""",
    ),
    (
        "editions.v2023.Defaults/zero",
        """an_int32: 0 a_string: "" a_bytes: "" a_double: 0 infinite: 0 a_bool: false
        a_color: COLOR_UNSPECIFIED by_alias: COLOR_UNSPECIFIED closed: SHADE_DARK""",
    ),
    ("editions.v2023.Repeated/empty", ""),
    (
        "editions.v2023.Repeated/set",
        """packed: [0, -1, 300] expanded: [0, -1, 300] packed_colors: [COLOR_RED, COLOR_NEGATIVE]
        expanded_colors: [COLOR_RED, COLOR_NEGATIVE] packed_doubles: [0, 0.5] expanded_fixed: [0, 4294967295]
        strings: ["", "a"] packed_bools: [true, false] inners: [{}, { number: 1 }] packed_sints: [-1, 1]""",
    ),
    ("editions.v2023.Delimited/empty", "one {} chosen {} far {}"),
    (
        "editions.v2023.Delimited/set",
        """one { number: 1 text: "one" } many: [{ number: 2 }, {}, { text: "three" }] chosen { number: 4 }
        length_prefixed { number: 5 } by_name { key: "six" value { number: 6 } } far { number: 7 }""",
    ),
    ("editions.v2023.Delimited/prefixed", """prefixed { text: "not a group" }"""),
    ("editions.v2023.Choice/none", "beside: 0"),
    ("editions.v2023.Choice/number", "number: 0 beside: 1"),
    ("editions.v2023.Choice/text", """text: "" """),
    ("editions.v2023.Choice/color", "color: COLOR_UNSPECIFIED"),
    ("editions.v2023.Choice/shade", "shade: SHADE_LIGHT"),
    ("editions.v2023.Choice/inner", "inner {}"),
    ("editions.v2023.Choice/data", """data: "\\377" """),
    (
        "editions.v2023.Maps/set",
        """names { key: -1 value: "minus one" } names { key: 1 value: "one" }
        colors { key: "blue" value: COLOR_BLUE } tones { key: "high" value: TONE_HIGH }
        inners { key: true value { number: 1 } } doubles { key: 8 value: 0.125 }""",
    ),
    ("editions.v2023.Shades/set", "one: SHADE_DARK many: [SHADE_LIGHT, SHADE_DARK]"),
    (
        "editions.v2023.Node/deep",
        """value: 1 left { value: 2 left { value: 3 } right { value: 4 left {} } } right { value: 5 }""",
    ),
    (
        "editions.v2023.Ping/mutual",
        """pong { ping { pong { text: "end" } depth: 2 } } depth: 1""",
    ),
    (
        "editions.v2023.Outer/set",
        """nested { text: "n" kind: KIND_FIRST deeper { kind: KIND_SECOND } } kind: KIND_SECOND""",
    ),
    ("editions.v2023.Extendable/set", "known: 1"),
    ("editions.v2024.Plain/unset", ""),
    (
        "editions.v2024.Plain/zero",
        """number: 0 text: "" data: "" part {} chosen {} foreign {} level: LEVEL_LOW""",
    ),
    (
        "editions.v2024.Plain/set",
        """number: 1 text: "two" data: "three" numbers: [0, 4] part { number: 5 next { number: 55 next {} } }
        parts: [{}, { number: 6 }] by_name { key: "seven" value { number: 7 next { number: 77 } } }
        chosen { number: 8 } foreign { text: "ten" } open_color: COLOR_RED level: LEVEL_HIGH""",
    ),
    ("editions.v2024.Plain/counted", "counted: 0"),
    (
        "editions.v2024.Overridden/zero",
        """number: 0 text: "" required: "" part {} with_default: 0 chosen {}""",
    ),
    (
        "editions.v2024.Overridden/set",
        """number: 1 text: "two" required: "three" numbers: [0, 4] part { number: 5 next { number: 55 } }
        parts: [{}, { number: 6 }] with_default: 12 chosen { next { number: 8 } }""",
    ),
    ("editions.v2024.Moods/set", "one: MOOD_GOOD many: [MOOD_UNSPECIFIED, MOOD_GOOD]"),
]


def vectors(pool):
    for name, text in MESSAGES:
        descriptor = pool.FindMessageTypeByName(name.partition("/")[0])
        message = message_factory.GetMessageClass(descriptor)()
        text_format.Parse(text, message, descriptor_pool=pool)
        yield f"{name} {message.SerializeToString(deterministic=True).hex()}".rstrip()


def features(descriptor):
    """The numbers of the eight features, in the order of FeatureSet."""
    resolved = descriptor._GetFeatures()  # pylint: disable=protected-access
    return ".".join(
        str(getattr(resolved, name))
        for name in (
            "field_presence",
            "enum_type",
            "repeated_field_encoding",
            "utf8_validation",
            "message_encoding",
            "json_format",
            "enforce_naming_style",
            "default_symbol_visibility",
        )
    )


def field(kind, descriptor):
    facts = (
        f"type={descriptor.type} presence={descriptor.has_presence:d} "
        f"required={descriptor.is_required:d} packed={descriptor.is_packed:d}"
    )
    return f"{kind} {descriptor.full_name} {features(descriptor)} {facts}"


def enum(descriptor):
    yield f"enum {descriptor.full_name} {features(descriptor)} closed={descriptor.is_closed:d}"
    scope = descriptor.full_name.rpartition(".")[0]
    for value in descriptor.values:
        yield f"value {scope}.{value.name} {features(value)}"


def message(descriptor):
    yield f"message {descriptor.full_name} {features(descriptor)}"
    for oneof in descriptor.oneofs:
        yield f"oneof {oneof.full_name} {features(oneof)}"
    for member in descriptor.fields:
        yield field("field", member)
    for extension in descriptor.extensions:
        yield field("extension", extension)
    for nested in descriptor.enum_types:
        yield from enum(nested)
    for nested in descriptor.nested_types:
        yield from message(nested)


def resolved(pool, files):
    for name in files:
        if name.startswith("google/"):
            continue
        file = pool.FindFileByName(name)
        yield f"file {name} {features(file)}"
        for declared in file.message_types_by_name.values():
            yield from message(declared)
        for declared in file.enum_types_by_name.values():
            yield from enum(declared)
        for declared in file.extensions_by_name.values():
            yield field("extension", declared)


def compare(path, lines):
    """Passed and failed, each line of the file being a case."""
    kept = path.read_text().splitlines() if path.exists() else []
    failures = [line for line in kept if line not in set(lines)]
    failures += [line for line in lines if line not in set(kept)]
    for line in failures:
        side = "only in the file" if line in set(kept) else "only in Python"
        print(f"{path.name}: {side}: {line}")
    return len(set(kept) & set(lines)), len(failures)


def main(arguments):
    if arguments not in ([], ["--write"]):
        sys.exit(__doc__)
    files = descriptor_pb2.FileDescriptorSet.FromString((FOLDER / "editions.binpb").read_bytes()).file
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.AddSerializedFile(file.SerializeToString())
    answers = {
        "vectors.txt": sorted(vectors(pool)),
        "resolved.txt": sorted(resolved(pool, [file.name for file in files])),
    }
    passed = failed = 0
    for name, lines in answers.items():
        if arguments:
            (FOLDER / name).write_text("".join(f"{line}\n" for line in lines))
        more_passed, more_failed = compare(FOLDER / name, lines)
        passed += more_passed
        failed += more_failed
    print(f"editions: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
