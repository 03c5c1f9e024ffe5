//! One product of rows with a matrix, a panel of 32 outputs at a time.

use std::ptr;

use super::block_matrix::{BLOCK, BlockMatrix};
use super::float_matrix::FloatMatrix;
use super::float32::Tile;
use super::int8::{self, Target};
use super::lines::Lines;
use super::panels::{self, IntegerPanel, ROUNDED_GROUP, ROUNDED_ZERO_BITS, WIDTH};
use super::rounded_rows::RoundedRows;
use super::{Arithmetic, Parallel};

/// Which way the matrix is gone through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Plain,
    Transposed,
}

#[derive(Clone, Copy)]
pub enum Weights<'a> {
    Blocks(&'a BlockMatrix<'a>),
    Floats(FloatMatrix<'a>),
}

impl Weights<'_> {
    fn rows(&self) -> usize {
        match self {
            Self::Blocks(matrix) => matrix.rows(),
            Self::Floats(matrix) => matrix.rows(),
        }
    }

    fn columns(&self) -> usize {
        match self {
            Self::Blocks(matrix) => matrix.columns(),
            Self::Floats(matrix) => matrix.columns(),
        }
    }
}

/// Weights of one panel: kept from panel to panel, as fresh pages would cost more than what is written to them.
#[derive(Default)]
pub struct Panels {
    integers: IntegerPanel,
    floats: Lines<f32>,
}

pub struct Product<'a> {
    x: &'a [f32],
    rows: usize,
    terms: usize,
    pub outputs: usize,
    weights: Weights<'a>,
    direction: Direction,
    /// Of `x`; none in float32.
    rounded: &'a [RoundedRows],
}

impl<'a> Product<'a> {
    /// Rounds `x` `[rows, terms]` into the scratch as the arithmetic has it; where blocks of 32 terms are not whole,
    /// nothing is rounded. Panics where the lengths don't fit.
    pub fn new(
        x: &'a [f32],
        weights: Weights<'a>,
        direction: Direction,
        arithmetic: Arithmetic,
        scratch: &'a mut [RoundedRows; 2],
        parallel: Parallel,
    ) -> Self {
        let (terms, outputs) = match direction {
            Direction::Plain => (weights.columns(), weights.rows()),
            Direction::Transposed => (weights.rows(), weights.columns()),
        };
        let rows = x.len() / terms;
        assert!(x.len() == rows * terms, "misshapen product");
        let grid = match (weights, direction) {
            (Weights::Blocks(matrix), Direction::Plain) => stored_grid(matrix),
            _ => (ROUNDED_GROUP, ROUNDED_ZERO_BITS),
        };
        let parts = if terms.is_multiple_of(BLOCK) { arithmetic.parts() } else { 0 };
        let rounded = round(&mut scratch[..parts], x, rows, grid, parallel);
        Self { x, rows, terms, outputs, weights, direction, rounded }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn panels(&self) -> usize {
        self.outputs.div_ceil(WIDTH)
    }

    /// Outputs `32 · panel` and on of all rows.
    ///
    /// # Safety
    /// The processor has the features; the target has room for them and nobody else writes there.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
    pub unsafe fn panel(&self, panel: usize, panels: &mut Panels, to: Target) {
        let Panels { integers, floats } = panels;
        // SAFETY: the caller's promise; the panel is in the matrix.
        unsafe {
            match (self.rounded.is_empty(), self.weights, self.direction) {
                (false, Weights::Blocks(matrix), Direction::Plain) => integers.load(matrix, panel),
                (false, Weights::Blocks(matrix), _) => integers.load_transposed(matrix, panel),
                (false, Weights::Floats(matrix), Direction::Plain) => matrix.load_rounded(integers, panel),
                (false, Weights::Floats(matrix), _) => matrix.load_transposed_rounded(integers, panel),
                (true, Weights::Blocks(matrix), Direction::Plain) => {
                    panels::load_float(floats, matrix, panel)
                }
                (true, Weights::Blocks(matrix), _) => panels::load_float_transposed(floats, matrix, panel),
                (true, Weights::Floats(matrix), Direction::Plain) => matrix.load(floats, panel),
                (true, Weights::Floats(matrix), _) => matrix.load_transposed(floats, panel),
            }
            if self.rounded.is_empty() {
                return self.floats(floats, to);
            }
            for first in (0..self.rows).step_by(int8::ROWS) {
                let count = int8::ROWS.min(self.rows - first);
                let at = first * to.stride;
                let base = if to.base.is_null() { ptr::null() } else { to.base.add(at) };
                int8::tile(self.rounded, first, count, integers, Target { y: to.y.add(at), base, ..to });
            }
        }
    }

    #[target_feature(enable = "avx512f")]
    unsafe fn floats(&self, weights: &[f32], Target { y, base, stride, width }: Target) {
        // SAFETY: the caller's promise.
        unsafe {
            if !base.is_null() && !ptr::eq(base, y) {
                for row in 0..self.rows {
                    base.add(row * stride).copy_to_nonoverlapping(y.add(row * stride), width);
                }
            }
            let tile = Tile {
                x: self.x.as_ptr(),
                x_row: self.terms,
                x_term: 1,
                terms: self.terms,
                weights: weights.as_ptr(),
                weights_term: WIDTH,
                y,
                y_row: stride,
                width,
                add: !base.is_null(),
            };
            tile.run(self.rows);
        }
    }
}

/// How activations are rounded for weights as they are stored: a scale a block, and the quant that stands for 0.
pub fn stored_grid(matrix: &BlockMatrix) -> (usize, u32) {
    (1, matrix.bits() as u32 - 1)
}

/// Rounds `x`, `rows` rows of whole blocks, into the parts, as often as there are any; groups and zero as for
/// `RoundedRows::resize`.
pub fn round<'a>(
    parts: &'a mut [RoundedRows],
    x: &[f32],
    rows: usize,
    (group, zero_bits): (usize, u32),
    parallel: Parallel,
) -> &'a [RoundedRows] {
    /// Rows that a thread takes at once.
    const PART: usize = 32;
    let width = x.len() / rows.max(1);
    for part in parts.iter_mut() {
        part.resize(rows, width / BLOCK, group, zero_bits);
    }
    let parts = &*parts;
    if let [first, rest @ ..] = parts {
        parallel(rows.div_ceil(PART), &|range| {
            let (from, to) = (range * PART, rows.min((range + 1) * PART));
            // SAFETY: `available` was asked; these rows are this call's alone.
            unsafe { first.round(from, &x[from * width..to * width], rest.first()) };
        });
    }
    parts
}
