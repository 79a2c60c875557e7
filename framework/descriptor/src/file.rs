//! Files.

use bytes::Bytes;

use crate::comments::SourceMap;
use crate::context::{FileContext, Scope};
use crate::edition::{Edition, Syntax};
use crate::enums::Enum;
use crate::error::{Cause, DecodeError};
use crate::features::Features;
use crate::field::Field;
use crate::message::{Message, each};
use crate::name::NameBudget;
use crate::options::{self, Options};
use crate::service::Service;
use crate::wire::{Reader, Record};

/// A `.proto` file: one `google.protobuf.FileDescriptorProto` of the set.
#[derive(Clone, Debug)]
pub struct File {
    raw: Bytes,
    name: String,
    package: String,
    syntax: Syntax,
    dependencies: Vec<String>,
    public_dependencies: Vec<usize>,
    option_dependencies: Vec<String>,
    messages: Vec<Message>,
    enums: Vec<Enum>,
    services: Vec<Service>,
    extensions: Vec<Field>,
    options: Options,
    features: Features,
}

impl File {
    /// The path by which others import the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The package; empty without one.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The dialect the file is written in.
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// The file descriptor's own bytes, byte for byte as they stand in the set.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The names of the imported files.
    pub fn dependencies(&self) -> &[String] {
        &self.dependencies
    }

    /// The names of the files imported by `import public`; they are among
    /// [`dependencies`](Self::dependencies).
    pub fn public_dependencies(&self) -> impl Iterator<Item = &str> {
        self.public_dependencies
            .iter()
            .map(|&index| self.dependencies[index].as_str())
    }

    /// The names of the files imported by `import option` (edition 2024); they
    /// are not among [`dependencies`](Self::dependencies).
    pub fn option_dependencies(&self) -> &[String] {
        &self.option_dependencies
    }

    /// The messages at the top of the file.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The enums at the top of the file.
    pub fn enums(&self) -> &[Enum] {
        &self.enums
    }

    /// The services.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The extensions declared at the top of the file.
    pub fn extensions(&self) -> &[Field] {
        &self.extensions
    }

    /// The file's options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The file's features, which its elements inherit.
    pub fn features(&self) -> &Features {
        &self.features
    }

    pub(crate) fn read(reader: Reader<'_>, names: &NameBudget) -> Result<Self, DecodeError> {
        let mut name = None;
        let result = Self::read_named(reader, names, &mut name);
        result.map_err(|error| match name {
            Some(name) => error.in_file(name),
            None => error,
        })
    }

    /// `name` is set as soon as it is known, for the error.
    fn read_named<'a>(
        mut reader: Reader<'a>,
        names: &NameBudget,
        name: &mut Option<&'a str>,
    ) -> Result<Self, DecodeError> {
        let mut package = "";
        let (mut syntax, mut edition): (Option<Record<'_>>, _) = (None, None);
        let (mut dependencies, mut option_dependencies) = (Vec::new(), Vec::new());
        let mut public = Vec::new();
        let mut source = SourceMap::default();
        // Children are read last: they inherit from the options, and take their
        // comments from the source info, which come after them.
        let (mut messages, mut enums, mut services) = (Vec::new(), Vec::new(), Vec::new());
        let (mut extensions, mut options) = (Vec::new(), Vec::new());
        while let Some(record) = reader.next()? {
            match record.number {
                1 => *name = Some(record.string()?),
                2 => package = record.string()?,
                3 => dependencies.push(record.string()?.to_owned()),
                4 => messages.push(record.message("DescriptorProto")?),
                5 => enums.push(record.message("EnumDescriptorProto")?),
                6 => services.push(record.message("ServiceDescriptorProto")?),
                7 => extensions.push(record.message("FieldDescriptorProto")?),
                8 => options.push(record.message("FileOptions")?),
                9 => source.add(record.message("SourceCodeInfo")?)?,
                10 => record.int32s(&mut public)?,
                12 => syntax = Some(record),
                14 => edition = Some(record.int32()?),
                15 => option_dependencies.push(record.string()?.to_owned()),
                _ => {}
            }
        }
        let name = name
            .filter(|name| !name.is_empty())
            .ok_or_else(|| reader.error(Cause::Missing("name")))?;
        let syntax = dialect(syntax.as_ref(), edition)?;
        let public_dependencies = public
            .into_iter()
            .map(|index| {
                usize::try_from(index)
                    .ok()
                    .filter(|&index| index < dependencies.len())
                    .ok_or_else(|| reader.error(Cause::DependencyIndex(index)))
            })
            .collect::<Result<_, _>>()?;

        let defaults = Features::of(syntax);
        let (options, known) = options::FILE.read(options, defaults, &[], &source)?;
        let context = FileContext {
            syntax,
            source: &source,
            names,
        };
        let scope = Scope {
            file: &context,
            name: package,
            features: known.features,
            path: &[],
        };
        Ok(Self {
            raw: reader.bytes(),
            name: name.to_owned(),
            package: package.to_owned(),
            syntax,
            messages: each(messages, 4, &scope, Message::read)?,
            enums: each(enums, 5, &scope, Enum::read)?,
            services: each(services, 6, &scope, Service::read)?,
            extensions: each(extensions, 7, &scope, |reader, scope, path| {
                Field::read(reader, scope, path, &[], false, |_| false)
            })?,
            dependencies,
            public_dependencies,
            option_dependencies,
            options,
            features: known.features,
        })
    }
}

fn dialect(syntax: Option<&Record<'_>>, edition: Option<i32>) -> Result<Syntax, DecodeError> {
    let Some(record) = syntax else {
        return Ok(Syntax::Proto2);
    };
    match (record.string()?, edition) {
        ("" | "proto2", _) => Ok(Syntax::Proto2),
        ("proto3", _) => Ok(Syntax::Proto3),
        ("editions", Some(number)) => Ok(Syntax::Edition(Edition(number))),
        ("editions", None) => Err(record.error(Cause::NoEdition)),
        (other, _) => Err(record.error(Cause::Syntax(other.to_owned()))),
    }
}
