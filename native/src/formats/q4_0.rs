//! Blocks of 32 4-bit weights: half d, then 16 bytes that hold weight i low and weight i + 16 high; w = d * (q - 8).

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing, open_nibbles};

pub struct Q4_0;

impl BlockFormat for Q4_0 {
    const BLOCK_SIZE: usize = 32;
    const BYTES: usize = 18;
    const RUN: usize = 32;
    const HAS_MINIMA: bool = false;
    const PACKING: Packing = Packing::Nibbles;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[0], bytes[1]]);
        open_nibbles(&bytes[2..18], &mut block.quants, 8);
    }
}
