//! Blocks of 32 5-bit weights: halves d and m, a word of fifth bits (weight 0's lowest), 16 bytes of nibbles as in
//! Q4_0; w = d * q + m.

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing};

pub struct Q5_1;

impl BlockFormat for Q5_1 {
    const BLOCK_SIZE: usize = 32;
    const BYTES: usize = 24;
    const RUN: usize = 32;
    const HAS_MINIMA: bool = true;
    const PACKING: Packing = Packing::Bytes;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[0], bytes[1]]);
        block.min_unit = -to_f32([bytes[2], bytes[3]]);
        let fifths = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        for (index, &pair) in bytes[8..24].iter().enumerate() {
            let (low, high) = (fifths >> index & 1, fifths >> (index + 16) & 1);
            block.quants[index] = (pair & 15 | (low as u8) << 4).cast_signed();
            block.quants[index + 16] = (pair >> 4 | (high as u8) << 4).cast_signed();
        }
    }
}
