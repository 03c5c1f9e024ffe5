//! Blocks of 32 5-bit weights: half d, a word of fifth bits (weight 0's lowest), 16 bytes of nibbles as in Q4_0;
//! w = d * (q - 16).

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing};

pub struct Q5_0;

impl BlockFormat for Q5_0 {
    const BLOCK_SIZE: usize = 32;
    const BYTES: usize = 22;
    const RUN: usize = 32;
    const HAS_MINIMA: bool = false;
    const PACKING: Packing = Packing::Bytes;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[0], bytes[1]]);
        let fifths = u32::from_le_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]);
        for (index, &pair) in bytes[6..22].iter().enumerate() {
            let (low, high) = (fifths >> index & 1, fifths >> (index + 16) & 1);
            block.quants[index] = (pair & 15 | (low as u8) << 4).cast_signed() - 16;
            block.quants[index + 16] = (pair >> 4 | (high as u8) << 4).cast_signed() - 16;
        }
    }
}
