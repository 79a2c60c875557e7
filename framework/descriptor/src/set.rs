//! The whole set: its files, and what can be looked up across them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bytes::Bytes;

use crate::custom::CustomOption;
use crate::enums::Enum;
use crate::error::{Cause, DecodeError, LowerError};
use crate::field::Field;
use crate::file::File;
use crate::message::Message;
use crate::name::NameBudget;
use crate::wire::Reader;

/// A decoded `google.protobuf.FileDescriptorSet`.
#[derive(Clone, Debug)]
pub struct FileSet {
    raw: Bytes,
    files: Vec<File>,
    by_name: HashMap<String, usize>,
    types: HashMap<String, Place>,
    extensions: HashMap<String, HashMap<i32, String>>,
}

/// Where a message or enum is declared.
#[derive(Clone, Debug)]
struct Place {
    file: usize,
    /// Indices of the messages around it, outermost first, then its own.
    path: Box<[usize]>,
    is_enum: bool,
}

impl FileSet {
    /// Reads a set, as `protoc --include_imports --include_source_info -o` writes it.
    ///
    /// `protoc` leaves out the options whose retention is `RETENTION_SOURCE` (among
    /// them the features that edition 2024 added) unless `--retain_options` is given.
    ///
    /// # Errors
    /// When the bytes are no descriptor set; see [`DecodeError`].
    pub fn decode(bytes: impl Into<Bytes>) -> Result<Self, DecodeError> {
        let raw = bytes.into();
        let names = NameBudget::new(raw.len());
        let mut files: Vec<File> = Vec::new();
        let mut by_name = HashMap::new();
        let mut reader = Reader::new(&raw, "FileDescriptorSet");
        while let Some(record) = reader.next()? {
            if record.number != 1 {
                continue;
            }
            let file = File::read(record.message("FileDescriptorProto")?, &names)?;
            match by_name.entry(file.name().to_owned()) {
                Entry::Occupied(_) => {
                    return Err(record.error(Cause::SecondFile(file.name().to_owned())));
                }
                Entry::Vacant(entry) => entry.insert(files.len()),
            };
            files.push(file);
        }
        let mut set = Self {
            raw,
            files: Vec::new(),
            by_name,
            types: HashMap::new(),
            extensions: HashMap::new(),
        };
        for (index, file) in files.iter().enumerate() {
            set.index(index, &mut Vec::new(), file.messages(), file.enums());
            set.index_extensions(file.extensions());
        }
        set.files = files;
        Ok(set)
    }

    /// The set's original bytes.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The files, in the set's order.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The file that others import as `name`.
    pub fn file(&self, name: &str) -> Option<&File> {
        self.by_name.get(name).map(|&index| &self.files[index])
    }

    /// The message with this full name; a leading dot may be there.
    pub fn message(&self, full_name: &str) -> Option<&Message> {
        let place = self.place(full_name).filter(|place| !place.is_enum)?;
        self.message_at(place.file, &place.path)
    }

    /// The enum with this full name; a leading dot may be there.
    pub fn enum_type(&self, full_name: &str) -> Option<&Enum> {
        let place = self.place(full_name).filter(|place| place.is_enum)?;
        let (&last, around) = place.path.split_last()?;
        if around.is_empty() {
            return self.files[place.file].enums().get(last);
        }
        self.message_at(place.file, around)?.enums().get(last)
    }

    /// The full name of the extension `number` of the message `extendee`, as
    /// some file of the set declares it: the name of a custom option.
    ///
    /// `extendee` may have a leading dot. `None` when no file of the set declares
    /// it. `protoc --include_imports` includes the files of `import option` too.
    ///
    /// ```
    /// # fn show(set: &meshrpc_descriptor::FileSet, method: &meshrpc_descriptor::Method) {
    /// for (number, value) in method.options().extensions() {
    ///     match set.extension_name("google.protobuf.MethodOptions", number) {
    ///         Some(name) => println!("({name}): {} bytes", value.len()),
    ///         None => println!("option {number}, declared by nobody"),
    ///     }
    /// }
    /// # }
    /// ```
    pub fn extension_name(&self, extendee: &str, number: i32) -> Option<&str> {
        self.extensions
            .get(without_dot(extendee))?
            .get(&number)
            .map(String::as_str)
    }

    /// Every custom option of every element of every file, file by file.
    ///
    /// ```
    /// # fn refuse(set: &meshrpc_descriptor::FileSet) {
    /// for option in set.custom_options() {
    ///     if option.name().is_some_and(|name| name.starts_with("meshrpc.")) {
    ///         println!("{}: option {option} is not carried out", option.position());
    ///     }
    /// }
    /// # }
    /// ```
    pub fn custom_options(&self) -> impl Iterator<Item = CustomOption<'_>> {
        self.files
            .iter()
            .flat_map(|file| CustomOption::all(self, file))
    }

    /// The set in the dialects that `prost-build` 0.14 accepts.
    ///
    /// proto2 and proto3 files are what prost decodes from their bytes. A file of
    /// edition 2023 or 2024 becomes proto3, which says the same on the wire:
    ///
    /// | in the edition | lowered |
    /// |---|---|
    /// | explicit presence of a singular field | `proto3_optional`, in a synthetic oneof |
    /// | `LEGACY_REQUIRED` | `LABEL_REQUIRED` |
    /// | implicit presence | a plain proto3 field |
    /// | `repeated_field_encoding` | the option `packed`, either way |
    /// | `message_encoding = DELIMITED` | `TYPE_GROUP` (a singular one `proto3_optional`) |
    /// | a default that names an enum's alias | the name that prost keeps |
    ///
    /// Source info and options stay, so comments survive. The result is for
    /// generation only; it is no valid proto3 (it has groups and defaults), and
    /// never what reflection serves: that is [`File::raw`].
    ///
    /// What prost can't do, in any dialect:
    ///
    /// - Strings are always UTF-8: `utf8_validation = NONE` is not carried out.
    /// - All enums are open: an unknown number of a closed one stays in the field
    ///   instead of becoming an unknown field.
    /// - Unknown fields are dropped; extensions are not generated.
    /// - In a map entry a key or value that is the default is not sent, where
    ///   other implementations send it. All decode both.
    /// - A negative zero counts as zero: without presence it is not sent.
    /// - A default of a member of a oneof has no getter.
    ///
    /// prost-build does not find out by itself that messages which contain each
    /// other through groups must be boxed: hand
    /// [`recursive_groups`](Self::recursive_groups) to `prost_build::Config::boxed`.
    ///
    /// ```
    /// # fn generate(set: &meshrpc_descriptor::FileSet) -> Result<(), Box<dyn std::error::Error>> {
    /// let lowered = set.lower()?;
    /// // let mut config = prost_build::Config::new();
    /// for path in set.recursive_groups() {
    ///     // config.boxed(path);
    /// #   let _ = path;
    /// }
    /// // config.compile_fds(lowered)?;
    /// # let _ = lowered;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a file's edition isn't supported, or a type is missing in the set.
    pub fn lower(&self) -> Result<prost_types::FileDescriptorSet, LowerError> {
        crate::lower::lower(self)
    }

    /// The paths (`.package.Message.field` or `.package.Message.oneof.member`) of
    /// the groups through which a message contains itself. `prost-build` 0.14
    /// boxes recursive messages, but doesn't look through groups; without
    /// `Config::boxed` for each of these the generated types would be infinite.
    pub fn recursive_groups(&self) -> Vec<String> {
        crate::recursion::recursive_groups(self)
    }

    pub(crate) fn declares(&self, type_name: &str) -> bool {
        self.place(type_name).is_some()
    }

    fn place(&self, full_name: &str) -> Option<&Place> {
        self.types.get(without_dot(full_name))
    }

    fn message_at(&self, file: usize, path: &[usize]) -> Option<&Message> {
        let (&first, rest) = path.split_first()?;
        let top = self.files[file].messages().get(first)?;
        rest.iter()
            .try_fold(top, |message, &index| message.messages().get(index))
    }

    /// Notes where types are declared. As deep as messages nest, which is bounded.
    fn index(&mut self, file: usize, path: &mut Vec<usize>, messages: &[Message], enums: &[Enum]) {
        for (index, message) in messages.iter().enumerate() {
            path.push(index);
            self.note(message.full_name(), file, path, false);
            self.index(file, path, message.messages(), message.enums());
            self.index_extensions(message.extensions());
            path.pop();
        }
        for (index, declared) in enums.iter().enumerate() {
            path.push(index);
            self.note(declared.full_name(), file, path, true);
            path.pop();
        }
    }

    fn note(&mut self, name: &str, file: usize, path: &[usize], is_enum: bool) {
        self.types.entry(name.to_owned()).or_insert_with(|| Place {
            file,
            path: path.into(),
            is_enum,
        });
    }

    fn index_extensions(&mut self, extensions: &[Field]) {
        for extension in extensions {
            if let Some(extendee) = extension.extendee() {
                self.extensions
                    .entry(without_dot(extendee).to_owned())
                    .or_default()
                    .entry(extension.number())
                    .or_insert_with(|| extension.full_name().to_owned());
            }
        }
    }
}

fn without_dot(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}
