//! ONNX Runtime for Node: the very library that onnxruntime-node brings along, with operators of our own, results
//! that stay native until somebody reads them, and weights mapped from their file.

mod mapped_file;
mod operators;
mod run;
mod session;
mod tensor;

use std::fmt::Display;

pub use operators::NAMES as OPERATORS;

fn failed(error: impl Display) -> napi::Error {
    napi::Error::from_reason(error.to_string())
}
