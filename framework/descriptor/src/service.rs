//! Services and their methods.

use crate::context::{Element, Scope, element_accessors};
use crate::error::{Cause, DecodeError};
use crate::options;
use crate::wire::{Reader, Record};

/// A `service`.
#[derive(Clone, Debug)]
pub struct Service {
    pub(crate) element: Element,
    methods: Vec<Method>,
}

element_accessors!(Service);

impl Service {
    /// The methods, in the order of the file.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    pub(crate) fn read(
        mut reader: Reader<'_>,
        scope: &Scope<'_>,
        path: &[i32],
    ) -> Result<Self, DecodeError> {
        let mut name = None;
        let mut methods = Vec::new();
        let mut options = Vec::new();
        while let Some(record) = reader.next()? {
            match record.number {
                1 => name = Some(record.string()?),
                2 => methods.push(record.message("MethodDescriptorProto")?),
                3 => options.push(record.message("ServiceOptions")?),
                _ => {}
            }
        }
        let (element, known) = scope.element(&reader, name, &options::SERVICE, options, path)?;
        let inner = Scope {
            file: scope.file,
            name: element.name.full(),
            features: known.features,
            path,
        };
        let methods = methods
            .into_iter()
            .enumerate()
            .map(|(index, reader)| Method::read(reader, &inner, &inner.child(2, index)))
            .collect::<Result<_, _>>()?;
        Ok(Self { element, methods })
    }
}

/// An `rpc`.
#[derive(Clone, Debug)]
pub struct Method {
    pub(crate) element: Element,
    input_type: String,
    output_type: String,
    client_streaming: bool,
    server_streaming: bool,
    idempotency: Idempotency,
}

/// The option `idempotency_level`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// Not stated.
    #[default]
    Unknown,
    /// The method changes nothing.
    NoSideEffects,
    /// Repeating the call changes nothing more.
    Idempotent,
}

element_accessors!(Method);

impl Method {
    /// The request's full name, with a leading dot.
    pub fn input_type(&self) -> &str {
        &self.input_type
    }

    /// The response's full name, with a leading dot.
    pub fn output_type(&self) -> &str {
        &self.output_type
    }

    /// Whether the request is a stream.
    pub fn client_streaming(&self) -> bool {
        self.client_streaming
    }

    /// Whether the response is a stream.
    pub fn server_streaming(&self) -> bool {
        self.server_streaming
    }

    /// The option `idempotency_level`.
    pub fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    fn read(mut reader: Reader<'_>, scope: &Scope<'_>, path: &[i32]) -> Result<Self, DecodeError> {
        let mut name = None;
        let (mut input_type, mut output_type) = (None, None);
        let mut options = Vec::new();
        let (mut client_streaming, mut server_streaming) = (false, false);
        while let Some(record) = reader.next()? {
            match record.number {
                1 => name = Some(record.string()?),
                2 => input_type = Some(type_name(&record)?),
                3 => output_type = Some(type_name(&record)?),
                4 => options.push(record.message("MethodOptions")?),
                5 => client_streaming = record.bool()?,
                6 => server_streaming = record.bool()?,
                _ => {}
            }
        }
        let (element, known) = scope.element(&reader, name, &options::METHOD, options, path)?;
        Ok(Self {
            element,
            input_type: input_type
                .ok_or_else(|| reader.error(Cause::Missing("input_type")))?
                .to_owned(),
            output_type: output_type
                .ok_or_else(|| reader.error(Cause::Missing("output_type")))?
                .to_owned(),
            client_streaming,
            server_streaming,
            idempotency: match known.idempotency {
                1 => Idempotency::NoSideEffects,
                2 => Idempotency::Idempotent,
                _ => Idempotency::Unknown,
            },
        })
    }
}

/// A type's name as `protoc` leaves it: fully qualified.
pub(crate) fn type_name<'a>(record: &Record<'a>) -> Result<&'a str, DecodeError> {
    let name = record.string()?;
    match name.strip_prefix('.') {
        Some(rest) if !rest.is_empty() => Ok(name),
        _ => Err(record.error(Cause::Relative(name.to_owned()))),
    }
}
