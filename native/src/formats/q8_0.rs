//! Blocks of 32 8-bit weights: half d, then 32 signed bytes; w = d * q.

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing};

pub struct Q8_0;

impl BlockFormat for Q8_0 {
    const BLOCK_SIZE: usize = 32;
    const BYTES: usize = 34;
    const RUN: usize = 32;
    const HAS_MINIMA: bool = false;
    const PACKING: Packing = Packing::Bytes;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[0], bytes[1]]);
        for (out, &q) in block.quants.iter_mut().zip(&bytes[2..34]) {
            *out = q.cast_signed();
        }
    }
}
