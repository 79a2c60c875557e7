//! Command line flags in the form that the interop programs of all languages take:
//! `--name=value`, `--name value`, and `--name` alone for *true*.

use std::collections::BTreeMap;
use std::str::FromStr;

/// The flags of a program with their values.
#[derive(Debug)]
pub struct Flags(BTreeMap<&'static str, String>);

impl Flags {
    /// Reads `words`; `known` lists every flag with its default.
    ///
    /// # Errors
    /// For a flag that is not known, by its name.
    pub fn parse(
        words: impl IntoIterator<Item = String>,
        known: &[(&'static str, &str)],
    ) -> Result<Self, String> {
        let mut flags: BTreeMap<_, _> = known
            .iter()
            .map(|&(name, default)| (name, default.to_owned()))
            .collect();
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let stripped = name.strip_prefix("--").or_else(|| name.strip_prefix('-'));
            let Some(slot) = stripped.and_then(|name| flags.get_mut(name)) else {
                let known: Vec<_> = known.iter().map(|(name, _)| format!("--{name}")).collect();
                return Err(format!(
                    "unknown flag `{name}`; there are: {}",
                    known.join(" ")
                ));
            };
            *slot = value
                .or_else(|| words.next_if(|next| !next.starts_with('-')))
                .unwrap_or_else(|| "true".to_owned());
        }
        Ok(Self(flags))
    }

    /// The process's own flags.
    ///
    /// # Errors
    /// As [`Flags::parse`].
    pub fn from_env(known: &[(&'static str, &str)]) -> Result<Self, String> {
        Self::parse(std::env::args().skip(1), known)
    }

    /// The flag's text; empty when neither given nor with a default.
    ///
    /// # Panics
    /// For a flag that the program did not declare.
    pub fn text(&self, name: &str) -> &str {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("flag --{name} is not declared"))
    }

    /// The flag as a number or a truth value.
    ///
    /// # Errors
    /// When its text is none, by its name.
    pub fn value<T: FromStr>(&self, name: &str) -> Result<T, String> {
        let text = self.text(name);
        text.parse()
            .map_err(|_| format!("--{name}={text}: not a value that this flag takes"))
    }
}

#[cfg(test)]
mod tests {
    use super::Flags;

    const KNOWN: &[(&str, &str)] = &[("port", "10000"), ("use_tls", "false"), ("ca_file", "")];

    fn parse(words: &[&str]) -> Result<Flags, String> {
        Flags::parse(words.iter().map(|&word| word.to_owned()), KNOWN)
    }

    #[test]
    fn every_customary_form_is_read() {
        let flags = parse(&["--port=7", "-use_tls", "--ca_file", "a=b"]).expect("known flags");
        assert_eq!(flags.value("port"), Ok(7));
        assert_eq!(flags.value("use_tls"), Ok(true));
        assert_eq!(flags.text("ca_file"), "a=b");
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let flags = parse(&[]).expect("no flags");
        assert_eq!(flags.value("port"), Ok(10_000));
        assert_eq!(flags.value("use_tls"), Ok(false));
    }

    #[test]
    fn unknown_flags_and_wrong_values_are_named() {
        assert!(
            parse(&["--prot=7"])
                .expect_err("a typo")
                .contains("`--prot`")
        );
        let flags = parse(&["--port=many"]).expect("known flags");
        let error = flags.value::<u16>("port").expect_err("no number");
        assert!(error.contains("--port=many"), "{error}");
    }
}
