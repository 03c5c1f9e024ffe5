//! Blocks of 32 4-bit weights: halves d and m, then 16 bytes that hold weight i low and weight i + 16 high;
//! w = d * q + m.

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing, open_nibbles};

pub struct Q4_1;

impl BlockFormat for Q4_1 {
    const BLOCK_SIZE: usize = 32;
    const BYTES: usize = 20;
    const RUN: usize = 32;
    const HAS_MINIMA: bool = true;
    const PACKING: Packing = Packing::Nibbles;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[0], bytes[1]]);
        block.min_unit = -to_f32([bytes[2], bytes[3]]);
        open_nibbles(&bytes[4..20], &mut block.quants, 0);
    }
}
