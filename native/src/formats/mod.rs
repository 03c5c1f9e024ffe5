//! The GGUF formats decoded here: one row a format, one file a format. Sources: ggml-common.h, ggml-quants.c.

mod bf16;
mod f16;
pub mod open_block;
mod q2_k;
mod q3_k;
mod q4_0;
mod q4_1;
mod q4_k;
mod q5_0;
mod q5_1;
mod q5_k;
mod q6_k;
mod q8_0;

use napi::bindgen_prelude::Result;

use crate::checks::invalid;
use crate::vectorize::vectorize;
use open_block::{BlockFormat, Packing, RoundingError};

pub struct Format {
    pub name: &'static str,
    /// Weights of a block; a power of two, so that parts hold whole blocks.
    pub block_size: usize,
    pub bytes_per_block: usize,
    /// Decodes whole blocks.
    pub dequantize: fn(&[u8], &mut [f32]),
    /// None for floats.
    pub packing: Option<FormatPacking>,
}

/// Bytes, quants, scales, offsets, what rounding cost.
type Pack = fn(&[u8], &mut [u8], &mut [f32], Option<&mut [f32]>, &mut RoundingError);

/// How whole blocks become blocks of 32.
pub struct FormatPacking {
    /// Bytes of 32 weights.
    pub quant_bytes: usize,
    pub has_offsets: bool,
    pub pack: Pack,
}

const fn float(name: &'static str, bytes: usize, dequantize: fn(&[u8], &mut [f32])) -> Format {
    Format { name, block_size: 1, bytes_per_block: bytes, dequantize, packing: None }
}

const fn blocks<F: BlockFormat>(name: &'static str, dequantize: fn(&[u8], &mut [f32]), pack: Pack) -> Format {
    let quant_bytes = if matches!(F::PACKING, Packing::Nibbles) { 16 } else { 32 };
    Format {
        name,
        block_size: F::BLOCK_SIZE,
        bytes_per_block: F::BYTES,
        dequantize,
        packing: Some(FormatPacking { quant_bytes, has_offsets: F::HAS_MINIMA, pack }),
    }
}

macro_rules! block_format {
    ($name:literal, $format:ty) => {{
        vectorize!(dequantize = dequantize_loop(bytes: &[u8], out: &mut [f32]));
        #[inline(always)]
        fn dequantize_loop(bytes: &[u8], out: &mut [f32]) {
            open_block::dequantize::<$format>(bytes, out);
        }
        vectorize!(pack = pack_loop(
            bytes: &[u8],
            quants: &mut [u8],
            scales: &mut [f32],
            offsets: Option<&mut [f32]>,
            sums: &mut RoundingError,
        ));
        #[inline(always)]
        fn pack_loop(
            bytes: &[u8],
            quants: &mut [u8],
            scales: &mut [f32],
            offsets: Option<&mut [f32]>,
            sums: &mut RoundingError,
        ) {
            *sums = open_block::pack::<$format>(bytes, quants, scales, offsets);
        }
        blocks::<$format>($name, dequantize, pack)
    }};
}

pub const FORMATS: &[Format] = &[
    float("F16", 2, f16::dequantize),
    float("BF16", 2, bf16::dequantize),
    block_format!("Q4_0", q4_0::Q4_0),
    block_format!("Q4_1", q4_1::Q4_1),
    block_format!("Q5_0", q5_0::Q5_0),
    block_format!("Q5_1", q5_1::Q5_1),
    block_format!("Q8_0", q8_0::Q8_0),
    block_format!("Q2_K", q2_k::Q2K),
    block_format!("Q3_K", q3_k::Q3K),
    block_format!("Q4_K", q4_k::Q4K),
    block_format!("Q5_K", q5_k::Q5K),
    block_format!("Q6_K", q6_k::Q6K),
];

pub fn find(name: &str) -> Result<&'static Format> {
    FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
        let known: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        invalid(format!("{name} is not a format that is decoded here; known are {}.", known.join(", ")))
    })
}
