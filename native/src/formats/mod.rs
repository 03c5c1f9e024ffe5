//! The GGUF formats decoded here: one row a format, one file a format. Sources: ggml-common.h, ggml-quants.c.

mod bf16;
mod f16;
mod q4_0;
mod q4_1;
mod q8_0;

use napi::bindgen_prelude::Result;

use crate::checks::invalid;

pub struct Format {
    pub name: &'static str,
    /// Weights of a block; a power of two, so that parts hold whole blocks.
    pub block_size: usize,
    pub bytes_per_block: usize,
    /// Decodes whole blocks.
    pub dequantize: fn(&[u8], &mut [f32]),
}

pub const FORMATS: &[Format] = &[
    Format { name: "F16", block_size: 1, bytes_per_block: 2, dequantize: f16::dequantize },
    Format { name: "BF16", block_size: 1, bytes_per_block: 2, dequantize: bf16::dequantize },
    Format { name: "Q4_0", block_size: 32, bytes_per_block: 18, dequantize: q4_0::dequantize },
    Format { name: "Q4_1", block_size: 32, bytes_per_block: 20, dequantize: q4_1::dequantize },
    Format { name: "Q8_0", block_size: 32, bytes_per_block: 34, dequantize: q8_0::dequantize },
];

pub fn find(name: &str) -> Result<&'static Format> {
    FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
        let known: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        invalid(format!("{name} is not a format that is decoded here; known are {}.", known.join(", ")))
    })
}
