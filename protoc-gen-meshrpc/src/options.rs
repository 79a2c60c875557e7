//! Options as `key=value`, for the plugin's parameter and the command line's `--opt`.

use std::fmt::Write as _;

use meshrpc_build::generate::Settings;

/// One option: its key, what it looks like, what it does, and how it gets into the settings.
struct Spec {
    key: &'static str,
    value: &'static str,
    help: &'static str,
    apply: fn(&mut Settings, &str) -> Result<(), &'static str>,
}

const SPECS: &[Spec] = &[
    Spec {
        key: "client",
        value: "true|false",
        help: "generate clients (true)",
        apply: |settings, value| set(&mut settings.client, value),
    },
    Spec {
        key: "server",
        value: "true|false",
        help: "generate servers (true)",
        apply: |settings, value| set(&mut settings.server, value),
    },
    Spec {
        key: "method_defaults",
        value: "true|false",
        help: "let an impl leave out methods, which answer UNIMPLEMENTED (false)",
        apply: |settings, value| set(&mut settings.method_defaults, value),
    },
    Spec {
        key: "type_names",
        value: "true|false",
        help: "implement prost::Name, which Any needs to pack messages (false)",
        apply: |settings, value| set(&mut settings.type_names, value),
    },
    Spec {
        key: "codec",
        value: "RUST_PATH",
        help: "a unit struct such as crate::MyCodec, instead of prost's codec",
        apply: |settings, value| {
            settings.codec = Some(value.to_owned());
            Ok(())
        },
    },
    Spec {
        key: "service_module",
        value: ".pkg.Service=NAME",
        help: "the module of a service, when the one by the rule is taken",
        apply: |settings, value| pair(&mut settings.service_modules, value),
    },
    Spec {
        key: "extern_path",
        value: ".pkg=::RUST_PATH",
        help: "types that another crate has",
        apply: |settings, value| pair(&mut settings.extern_paths, value),
    },
    Spec {
        key: "type_attribute",
        value: "PATH=ATTRIBUTE",
        help: "an attribute of messages, enums and oneofs",
        apply: |settings, value| pair(&mut settings.type_attributes, value),
    },
    Spec {
        key: "field_attribute",
        value: "PATH=ATTRIBUTE",
        help: "an attribute of fields and enum values",
        apply: |settings, value| pair(&mut settings.field_attributes, value),
    },
    Spec {
        key: "bytes",
        value: "PATH",
        help: "bytes fields that become Bytes instead of Vec<u8>",
        apply: |settings, value| add(&mut settings.bytes, value),
    },
    Spec {
        key: "btree_map",
        value: "PATH",
        help: "map fields that become BTreeMap instead of HashMap",
        apply: |settings, value| add(&mut settings.btree_map, value),
    },
    Spec {
        key: "boxed",
        value: "PATH",
        help: "message fields that are boxed",
        apply: |settings, value| add(&mut settings.boxed, value),
    },
    Spec {
        key: "disable_comments",
        value: "PATH",
        help: "elements whose comments don't become docs",
        apply: |settings, value| add(&mut settings.disable_comments, value),
    },
];

/// Applies one option.
pub(crate) fn apply(settings: &mut Settings, option: &str) -> Result<(), String> {
    let (key, value) = option.split_once('=').unwrap_or((option, ""));
    let Some(spec) = SPECS.iter().find(|spec| spec.key == key) else {
        let keys: Vec<_> = SPECS.iter().map(|spec| spec.key).collect();
        return Err(format!(
            "unknown option {key:?}; there are {}",
            keys.join(", ")
        ));
    };
    (spec.apply)(settings, value)
        .map_err(|problem| format!("option {option:?}: {problem}; write {key}={}", spec.value))
}

/// Applies the options of a plugin's parameter, which are separated by commas.
pub(crate) fn apply_all(settings: &mut Settings, parameter: &str) -> Result<(), String> {
    split(parameter)
        .into_iter()
        .filter(|option| !option.is_empty())
        .try_for_each(|option| apply(settings, option))
}

/// The table of options, for the help texts.
pub(crate) fn table() -> String {
    let mut out = String::new();
    for spec in SPECS {
        let option = format!("{}={}", spec.key, spec.value);
        let _ = writeln!(out, "  {option:<35} {}", spec.help);
    }
    out
}

/// At the commas that stand in no bracket or string: an attribute may hold some.
fn split(parameter: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, false);
    for (at, c) in parameter.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(parameter[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(parameter[start..].trim());
    parts
}

fn set(target: &mut bool, value: &str) -> Result<(), &'static str> {
    *target = match value {
        "true" | "" => true,
        "false" => false,
        _ => return Err("is neither true nor false"),
    };
    Ok(())
}

fn add(target: &mut Vec<String>, value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        return Err("has no path");
    }
    target.push(value.to_owned());
    Ok(())
}

fn pair(target: &mut Vec<(String, String)>, value: &str) -> Result<(), &'static str> {
    match value.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => {
            target.push((key.to_owned(), value.to_owned()));
            Ok(())
        }
        _ => Err("is not two things with = between"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_separated_by_commas_outside_of_brackets() {
        let parts = split("client=false, type_attribute=.=#[a(b, \"]\", c)],bytes=.,");
        assert_eq!(
            parts,
            [
                "client=false",
                "type_attribute=.=#[a(b, \"]\", c)]",
                "bytes=.",
                ""
            ]
        );
    }

    #[test]
    fn each_kind_of_option_gets_into_the_settings() {
        let mut settings = Settings::default();
        let parameter = "client=false,method_defaults,extern_path=.a=::b,bytes=.a,codec=crate::C";
        apply_all(&mut settings, parameter).unwrap();
        assert!(!settings.client && settings.server && settings.method_defaults);
        assert_eq!(settings.extern_paths, [(".a".to_owned(), "::b".to_owned())]);
        assert_eq!(settings.bytes, [".a"]);
        assert_eq!(settings.codec.as_deref(), Some("crate::C"));
    }

    #[test]
    fn an_unknown_option_is_refused_by_name_with_the_list() {
        let error = apply_all(&mut Settings::default(), "clients=true").unwrap_err();
        assert!(
            error.starts_with("unknown option \"clients\"; there are client, server,"),
            "{error}"
        );
    }

    #[test]
    fn a_value_that_can_t_be_read_is_refused_with_its_form() {
        let apply = |option| apply(&mut Settings::default(), option).unwrap_err();
        assert_eq!(
            apply("client=maybe"),
            "option \"client=maybe\": is neither true nor false; write client=true|false"
        );
        assert_eq!(
            apply("extern_path=.a"),
            "option \"extern_path=.a\": is not two things with = between; write \
             extern_path=.pkg=::RUST_PATH"
        );
        assert_eq!(
            apply("bytes"),
            "option \"bytes\": has no path; write bytes=PATH"
        );
    }
}
