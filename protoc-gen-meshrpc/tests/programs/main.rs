//! The two programs as a shell starts them, with the real `protoc`.

mod command;
mod plugin;
mod support;
