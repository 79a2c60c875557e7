//! The protobuf wire format, read in place.
//!
//! Not prost's derive: that drops unknown fields (custom options are such),
//! copies, and has no offsets to name in an error.

use bytes::Bytes;

use crate::error::{Cause, DecodeError};

/// How deep messages may nest in a descriptor set (a message declared in a
/// message declared in a file is 4 deep; groups in unknown fields count too).
///
/// `protoc` itself stops at 32 messages in each other. The number is below
/// prost's own limit of 100, so that what decodes here also decodes there.
pub const MAX_NESTING: usize = 64;

/// A cursor over one message's bytes inside the whole input.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    whole: &'a Bytes,
    start: usize,
    at: usize,
    end: usize,
    depth: usize,
    message: &'static str,
}

/// One field as it stands on the wire.
#[derive(Clone)]
pub(crate) struct Record<'a> {
    pub(crate) number: i32,
    value: Value,
    start: usize,
    end: usize,
    whole: &'a Bytes,
    depth: usize,
    message: &'static str,
}

#[derive(Clone, Copy)]
enum Value {
    Varint(u64),
    /// Bytes of a fixed32, fixed64, length-delimited or group value.
    Bytes {
        start: usize,
        end: usize,
        delimited: bool,
    },
}

impl<'a> Reader<'a> {
    /// A reader of all of `whole`, a message of type `message`.
    pub(crate) fn new(whole: &'a Bytes, message: &'static str) -> Self {
        Self {
            whole,
            start: 0,
            at: 0,
            end: whole.len(),
            depth: 0,
            message,
        }
    }

    /// The message's own bytes, sharing the input's memory.
    pub(crate) fn bytes(&self) -> Bytes {
        self.whole.slice(self.start..self.end)
    }

    /// Something is wrong with the message as a whole.
    pub(crate) fn error(&self, cause: Cause) -> DecodeError {
        DecodeError::new(self.message, None, self.start, cause)
    }

    fn error_here(&self, cause: Cause) -> DecodeError {
        DecodeError::new(self.message, None, self.at, cause)
    }

    /// The next field, or `None` at the end of the message.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'a>>, DecodeError> {
        if self.at == self.end {
            return Ok(None);
        }
        let start = self.at;
        let (number, wire_type) = self.tag()?;
        let value = self.value(number, wire_type)?;
        Ok(Some(Record {
            number,
            value,
            start,
            end: self.at,
            whole: self.whole,
            depth: self.depth,
            message: self.message,
        }))
    }

    fn tag(&mut self) -> Result<(i32, u8), DecodeError> {
        let start = self.at;
        let tag = self.varint()?;
        let number = i32::try_from(tag >> 3)
            .ok()
            .filter(|number| (1..1 << 29).contains(number));
        match number {
            Some(number) => Ok((number, (tag & 7) as u8)),
            None => Err(DecodeError::new(self.message, None, start, Cause::Tag(tag))),
        }
    }

    fn value(&mut self, number: i32, wire_type: u8) -> Result<Value, DecodeError> {
        let start = self.at;
        match wire_type {
            0 => Ok(Value::Varint(self.varint()?)),
            1 => self.skip(8, false),
            2 => {
                let length = self.varint()?;
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                self.skip(length, true)
            }
            3 => self.group(number),
            5 => self.skip(4, false),
            other => Err(DecodeError::new(
                self.message,
                Some(number),
                start,
                Cause::WireType(other),
            )),
        }
    }

    fn skip(&mut self, length: usize, delimited: bool) -> Result<Value, DecodeError> {
        let left = self.end - self.at;
        if length > left {
            return Err(self.error_here(Cause::Truncated {
                announced: length,
                left,
            }));
        }
        let start = self.at;
        self.at += length;
        Ok(Value::Bytes {
            start,
            end: self.at,
            delimited,
        })
    }

    /// Skips to the end of a group whose start tag has been read. Iterative: the
    /// open groups are a list, not our stack.
    fn group(&mut self, number: i32) -> Result<Value, DecodeError> {
        let start = self.at;
        let mut open = vec![number];
        while let Some(&innermost) = open.last() {
            let end = self.at;
            if end == self.end {
                return Err(self.error_here(Cause::OpenGroup(innermost)));
            }
            let (number, wire_type) = self.tag()?;
            match wire_type {
                3 if self.depth + open.len() >= MAX_NESTING => {
                    return Err(self.error_here(Cause::Nesting));
                }
                3 => open.push(number),
                4 if number == innermost => {
                    open.pop();
                    if open.is_empty() {
                        return Ok(Value::Bytes {
                            start,
                            end,
                            delimited: false,
                        });
                    }
                }
                4 => return Err(self.error_here(Cause::OpenGroup(innermost))),
                _ => {
                    self.value(number, wire_type)?;
                }
            }
        }
        unreachable!("the loop returns when the last open group ends")
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let start = self.at;
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            if self.at == self.end {
                return Err(self.error_here(Cause::Truncated {
                    announced: 1,
                    left: 0,
                }));
            }
            let byte = self.whole[self.at];
            self.at += 1;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::new(self.message, None, start, Cause::Varint))
    }
}

impl<'a> Record<'a> {
    pub(crate) fn error(&self, cause: Cause) -> DecodeError {
        DecodeError::new(self.message, Some(self.number), self.start, cause)
    }

    /// The value without tag and length: of a group what stands between its two
    /// tags, of a varint its bytes as they are.
    pub(crate) fn value(&self) -> Bytes {
        match self.value {
            Value::Bytes { start, end, .. } => self.whole.slice(start..end),
            Value::Varint(_) => {
                let record = self.whole.slice(self.start..self.end);
                // A varint field is two varints: the tag ends at the first byte
                // without a continuation bit.
                let tag = record.iter().position(|byte| byte & 0x80 == 0);
                record.slice(tag.map_or(0, |last| last + 1)..)
            }
        }
    }

    /// The field as a nested message of type `message`.
    pub(crate) fn message(&self, message: &'static str) -> Result<Reader<'a>, DecodeError> {
        let (at, end) = self.delimited("a message")?;
        if self.depth + 1 >= MAX_NESTING {
            return Err(self.error(Cause::Nesting));
        }
        Ok(Reader {
            whole: self.whole,
            start: at,
            at,
            end,
            depth: self.depth + 1,
            message,
        })
    }

    pub(crate) fn string(&self) -> Result<&'a str, DecodeError> {
        let (start, end) = self.delimited("a string")?;
        std::str::from_utf8(&self.whole[start..end]).map_err(|_| self.error(Cause::Utf8))
    }

    /// An int32, enum or bool value; out of range truncates, as protobuf says.
    pub(crate) fn int32(&self) -> Result<i32, DecodeError> {
        match self.value {
            Value::Varint(value) => Ok(value as i32),
            Value::Bytes { .. } => Err(self.error(Cause::Expected("a varint"))),
        }
    }

    pub(crate) fn bool(&self) -> Result<bool, DecodeError> {
        match self.value {
            Value::Varint(value) => Ok(value != 0),
            Value::Bytes { .. } => Err(self.error(Cause::Expected("a varint"))),
        }
    }

    /// Adds a repeated int32, packed or not, to `list`.
    pub(crate) fn int32s(&self, list: &mut Vec<i32>) -> Result<(), DecodeError> {
        if let Value::Varint(value) = self.value {
            list.push(value as i32);
            return Ok(());
        }
        let (at, end) = self.delimited("packed varints")?;
        let mut packed = Reader {
            whole: self.whole,
            start: at,
            at,
            end,
            depth: self.depth,
            message: self.message,
        };
        while packed.at < packed.end {
            list.push(packed.varint()? as i32);
        }
        Ok(())
    }

    fn delimited(&self, expected: &'static str) -> Result<(usize, usize), DecodeError> {
        match self.value {
            Value::Bytes {
                start,
                end,
                delimited: true,
            } => Ok((start, end)),
            _ => Err(self.error(Cause::Expected(expected))),
        }
    }
}

/// The bytes of a message that the wire may give in several pieces: merging
/// protobuf messages is joining their bytes.
pub(crate) fn joined(pieces: Vec<Bytes>) -> Bytes {
    match <[Bytes; 1]>::try_from(pieces) {
        Ok([piece]) => piece,
        Err(pieces) => Bytes::from(pieces.concat()),
    }
}
