//! All descriptors of a server, and what they declare.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use bytes::Bytes;
use prost::DecodeError;

use super::scan;

/// Bytes of descriptors in one answer, as far as it can be chosen. Clients take 4 MiB by default,
/// and ask by name for a dependency that did not come along.
const MAX_ANSWER: usize = 3 * 1024 * 1024;

/// The descriptors, each as its compiler wrote it.
#[derive(Debug, Default)]
pub(super) struct Pool {
    files: Vec<File>,
    by_name: HashMap<String, usize>,
    symbols: HashMap<String, usize>,
    extensions: HashMap<String, BTreeMap<i32, usize>>,
}

#[derive(Debug)]
struct File {
    raw: Bytes,
    dependencies: Vec<String>,
}

/// The files that a stream has already got.
#[derive(Debug, Default)]
pub(super) struct Sent(HashSet<usize>);

impl Pool {
    /// Adds the files of an encoded `FileDescriptorSet`. A file that is there already stays as it
    /// is: names mean one thing in a server.
    pub(super) fn add(&mut self, set: &Bytes) -> Result<(), DecodeError> {
        for raw in scan::files(set)? {
            let file = scan::file(&raw)?;
            if let Some(&there) = self.by_name.get(&file.name) {
                if self.files[there].raw != raw {
                    tracing::debug!(
                        file = file.name,
                        "two services were generated from different versions of a file; \
                         reflection serves the first"
                    );
                }
                continue;
            }
            let index = self.files.len();
            self.by_name.insert(file.name, index);
            for symbol in file.symbols {
                self.symbols.entry(symbol).or_insert(index);
            }
            for (extendee, number) in file.extensions {
                let numbers = self.extensions.entry(extendee).or_default();
                numbers.entry(number).or_insert(index);
            }
            self.files.push(File {
                raw,
                dependencies: file.dependencies,
            });
        }
        Ok(())
    }

    /// Whether some file declares `symbol`.
    pub(super) fn declares(&self, symbol: &str) -> bool {
        self.symbols.contains_key(symbol)
    }

    /// The file that others import as `name`.
    pub(super) fn file(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The file that declares `symbol`; a leading dot may be there.
    pub(super) fn file_of_symbol(&self, symbol: &str) -> Option<usize> {
        let symbol = symbol.strip_prefix('.').unwrap_or(symbol);
        self.symbols.get(symbol).copied()
    }

    /// The file that declares the extension `number` of the message `extendee`.
    pub(super) fn file_of_extension(&self, extendee: &str, number: i32) -> Option<usize> {
        let extendee = extendee.strip_prefix('.').unwrap_or(extendee);
        self.extensions.get(extendee)?.get(&number).copied()
    }

    /// The numbers of all known extensions of a message, ascending; `None` when there is no such
    /// message.
    pub(super) fn extension_numbers(&self, extendee: &str) -> Option<Vec<i32>> {
        let extendee = extendee.strip_prefix('.').unwrap_or(extendee);
        match self.extensions.get(extendee) {
            Some(numbers) => Some(numbers.keys().copied().collect()),
            None => self.declares(extendee).then(Vec::new),
        }
    }

    /// A file and, behind it, what it depends on and the stream has not got yet.
    pub(super) fn with_dependencies(&self, file: usize, sent: &mut Sent) -> Vec<Bytes> {
        let mut answer = Vec::new();
        let mut size = 0;
        let mut seen = BTreeSet::from([file]);
        let mut queue = VecDeque::from([file]);
        while let Some(index) = queue.pop_front() {
            let File { raw, dependencies } = &self.files[index];
            // What was asked for is always sent: the client may have lost it.
            if index == file || (!sent.0.contains(&index) && size + raw.len() <= MAX_ANSWER) {
                sent.0.insert(index);
                size += raw.len();
                answer.push(raw.clone());
            }
            for dependency in dependencies {
                if let Some(&index) = self.by_name.get(dependency)
                    && seen.insert(index)
                {
                    queue.push_back(index);
                }
            }
        }
        answer
    }
}
