//! Custom options across a file: each occurrence, with its name and place.

use std::fmt;

use bytes::Bytes;

use crate::context::Element;
use crate::enums::Enum;
use crate::field::Field;
use crate::file::File;
use crate::message::Message;
use crate::options::{self, Options, OptionsType};
use crate::set::FileSet;

/// One occurrence of a custom option. Displays as its name, or as the options
/// message and number when no file of the set declares it.
#[derive(Clone, Debug)]
pub struct CustomOption<'a> {
    file: &'a File,
    element: &'a str,
    extendee: &'static str,
    number: i32,
    name: Option<&'a str>,
    value: &'a Bytes,
    location: Option<(u32, u32)>,
}

impl<'a> CustomOption<'a> {
    /// The file that sets the option.
    pub fn file(&self) -> &'a File {
        self.file
    }

    /// Full name of the element that the option is on (of the message, for an
    /// extension range); the file's name for an option of the file itself.
    pub fn element(&self) -> &'a str {
        self.element
    }

    /// Full name of the options message: `google.protobuf.MethodOptions`, ….
    pub fn extendee(&self) -> &'static str {
        self.extendee
    }

    /// The extension's number.
    pub fn number(&self) -> i32 {
        self.number
    }

    /// The extension's full name, if a file of the set declares it.
    pub fn name(&self) -> Option<&'a str> {
        self.name
    }

    /// The value's bytes, as in [`Options::extensions`].
    pub fn value(&self) -> &'a Bytes {
        self.value
    }

    /// Line and column where the option is set (or, failing that, the element
    /// declared), both from one, if the set has source info.
    pub fn location(&self) -> Option<(u32, u32)> {
        self.location
    }

    /// `file:line:column`, or `file` without source info: the start of a message.
    pub fn position(&self) -> String {
        match self.location {
            Some((line, column)) => format!("{}:{line}:{column}", self.file.name()),
            None => self.file.name().to_owned(),
        }
    }

    /// All custom options of `file`.
    pub(crate) fn all(set: &'a FileSet, file: &'a File) -> Vec<Self> {
        let mut walk = Walk {
            set,
            file,
            found: Vec::new(),
        };
        walk.options(file.options(), &options::FILE, file.name(), None);
        walk.messages(file.messages());
        walk.enums(file.enums());
        for service in file.services() {
            walk.element(&service.element, &options::SERVICE);
            for method in service.methods() {
                walk.element(&method.element, &options::METHOD);
            }
        }
        walk.fields(file.extensions());
        walk.found
    }
}

impl fmt::Display for CustomOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "({name})"),
            None => write!(f, "{} of {}", self.number, self.extendee),
        }
    }
}

struct Walk<'a> {
    set: &'a FileSet,
    file: &'a File,
    found: Vec<CustomOption<'a>>,
}

impl<'a> Walk<'a> {
    fn element(&mut self, element: &'a Element, options_type: &OptionsType) {
        let name = element.name.full();
        self.options(&element.options, options_type, name, element.notes.location);
    }

    fn options(
        &mut self,
        options: &'a Options,
        options_type: &OptionsType,
        element: &'a str,
        declared: Option<(u32, u32)>,
    ) {
        let extendee = options_type.full_name;
        for custom in options.custom() {
            self.found.push(CustomOption {
                file: self.file,
                element,
                extendee,
                number: custom.number,
                name: self.set.extension_name(extendee, custom.number),
                value: &custom.value,
                location: custom.location.or(declared),
            });
        }
    }

    fn messages(&mut self, messages: &'a [Message]) {
        for message in messages {
            self.element(&message.element, &options::MESSAGE);
            self.fields(message.fields());
            for oneof in message.oneofs() {
                self.element(&oneof.element, &options::ONEOF);
            }
            for range in message.extension_ranges() {
                let (name, declared) = (message.full_name(), message.location());
                self.options(range, &options::EXTENSION_RANGE, name, declared);
            }
            self.fields(message.extensions());
            self.enums(message.enums());
            self.messages(message.messages());
        }
    }

    fn fields(&mut self, fields: &'a [Field]) {
        for field in fields {
            self.element(&field.element, &options::FIELD);
        }
    }

    fn enums(&mut self, enums: &'a [Enum]) {
        for declared in enums {
            self.element(&declared.element, &options::ENUM);
            for value in declared.values() {
                self.element(&value.element, &options::ENUM_VALUE);
            }
        }
    }
}
