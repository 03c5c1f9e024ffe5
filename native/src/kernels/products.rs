//! The products themselves: who computes which part, on as many threads as there are.

use std::cell::RefCell;

use super::Parallel;
use super::block_matrix::{BLOCK, BlockMatrix};
use super::few_rows::{self, Interleaved, Parts};
use super::float32::Tile;
use super::int8;
use super::panels::{self, IntegerPanel, WIDTH};
use super::rounded_rows::RoundedRows;
use super::shared::Shared;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// Activations rounded to 8 bits a block of 32, integer products, sums in float32.
    Int8,
    /// The same with what that leaves of the activations rounded once more: they are held to about 15 bits. Of a
    /// transposed matrix the weights would have to be rounded too, so its product is in float32.
    Int16,
    Float32,
}

impl Arithmetic {
    /// Into how many roundings activations go.
    fn parts(self) -> usize {
        match self {
            Self::Int8 => 1,
            Self::Int16 => 2,
            Self::Float32 => 0,
        }
    }
}

/// Which way the matrix is gone through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Plain,
    Transposed,
}

/// `y = x · Wᵀ`: `x` `[rows, columns of W]`, `y` `[rows, rows of W]`. Panics where the lengths don't fit.
pub fn linear(x: &[f32], matrix: &BlockMatrix, y: &mut [f32], arithmetic: Arithmetic, parallel: Parallel) {
    let rows = x.len() / matrix.columns();
    assert!(x.len() == rows * matrix.columns() && y.len() == rows * matrix.rows(), "misshapen product");
    if arithmetic != Arithmetic::Float32 && rows <= few_rows::MOST {
        return multiply_few(x, rows, matrix, y, arithmetic, parallel);
    }
    multiply(x, rows, matrix, y, arithmetic, Direction::Plain, parallel);
}

/// `dx = dy · W`: `dy` `[rows, rows of W]`, `dx` `[rows, columns of W]`. Panics where the lengths don't fit.
pub fn linear_transposed(
    dy: &[f32],
    matrix: &BlockMatrix,
    dx: &mut [f32],
    arithmetic: Arithmetic,
    parallel: Parallel,
) {
    let rows = dy.len() / matrix.rows();
    assert!(dy.len() == rows * matrix.rows() && dx.len() == rows * matrix.columns(), "misshapen product");
    // Blocks of rounded activations have to be whole.
    let rounds = arithmetic == Arithmetic::Int8 && matrix.rows().is_multiple_of(BLOCK);
    let arithmetic = if rounds { arithmetic } else { Arithmetic::Float32 };
    multiply(dy, rows, matrix, dx, arithmetic, Direction::Transposed, parallel);
}

#[derive(Default)]
struct Scratch {
    rounded: [RoundedRows; 2],
    interleaved: [Interleaved; 2],
}

#[derive(Default)]
struct Panels {
    integers: IntegerPanel,
    floats: Vec<f32>,
}

thread_local! {
    /// Kept from call to call: fresh pages would cost more than what is written to them.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
    static PANELS: RefCell<Panels> = RefCell::default();
}

fn multiply(
    x: &[f32],
    rows: usize,
    matrix: &BlockMatrix,
    y: &mut [f32],
    arithmetic: Arithmetic,
    direction: Direction,
    parallel: Parallel,
) {
    let (terms, outputs) = match direction {
        Direction::Plain => (matrix.columns(), matrix.rows()),
        Direction::Transposed => (matrix.rows(), matrix.columns()),
    };
    let out = Shared(y.as_mut_ptr());
    SCRATCH.with_borrow_mut(|scratch| {
        let rounded = round(&mut scratch.rounded, x, rows, terms, arithmetic, parallel);
        parallel(outputs.div_ceil(WIDTH), &|panel| {
            let width = WIDTH.min(outputs - panel * WIDTH);
            PANELS.with_borrow_mut(|panels| {
                // SAFETY: `available` was asked; a panel's outputs are this call's alone and lie within `y`.
                unsafe {
                    match (arithmetic, direction) {
                        (Arithmetic::Int8 | Arithmetic::Int16, Direction::Plain) => {
                            panels.integers.load(matrix, panel);
                        }
                        (Arithmetic::Int8 | Arithmetic::Int16, Direction::Transposed) => {
                            panels.integers.load_transposed(matrix, panel);
                        }
                        (Arithmetic::Float32, Direction::Plain) => {
                            panels::load_float(&mut panels.floats, matrix, panel);
                        }
                        (Arithmetic::Float32, Direction::Transposed) => {
                            panels::load_float_transposed(&mut panels.floats, matrix, panel);
                        }
                    }
                    match arithmetic {
                        Arithmetic::Int8 | Arithmetic::Int16 => {
                            for first in (0..rows).step_by(int8::ROWS) {
                                let count = int8::ROWS.min(rows - first);
                                let to = out.at(first * outputs + panel * WIDTH);
                                for (part, rows) in rounded.iter().enumerate() {
                                    let add = part > 0;
                                    int8::tile(rows, first, count, &panels.integers, to, outputs, width, add);
                                }
                            }
                        }
                        Arithmetic::Float32 => Tile {
                            x: x.as_ptr(),
                            x_row: terms,
                            x_term: 1,
                            terms,
                            weights: panels.floats.as_ptr(),
                            weights_term: WIDTH,
                            y: out.at(panel * WIDTH),
                            y_row: outputs,
                            width,
                            add: false,
                        }
                        .run(rows),
                    }
                }
            });
        });
    });
}

fn multiply_few(
    x: &[f32],
    rows: usize,
    matrix: &BlockMatrix,
    y: &mut [f32],
    arithmetic: Arithmetic,
    parallel: Parallel,
) {
    /// Outputs that a thread takes at once.
    const PART: usize = 64;
    let out = Shared(y.as_mut_ptr());
    SCRATCH.with_borrow_mut(|Scratch { rounded, interleaved }| {
        let rounded =
            round(rounded, x, rows, matrix.columns(), arithmetic, &|count, work| (0..count).for_each(work));
        for (interleaved, rounded) in interleaved.iter_mut().zip(rounded) {
            interleaved.fill(rounded, rows, matrix.bits());
        }
        let parts = Parts { rounded, interleaved };
        parallel(matrix.rows().div_ceil(PART), &|part| {
            let range = (part * PART, matrix.rows().min((part + 1) * PART));
            // SAFETY: `available` was asked; these outputs are this call's alone.
            unsafe { few_rows::outputs(&parts, rows, matrix, range, out.at(0)) };
        });
    });
}

/// The roundings of `x` that the arithmetic takes.
fn round<'a>(
    rounded: &'a mut [RoundedRows; 2],
    x: &[f32],
    rows: usize,
    terms: usize,
    arithmetic: Arithmetic,
    parallel: Parallel,
) -> &'a [RoundedRows] {
    /// Rows that a thread takes at once.
    const PART: usize = 32;
    let rounded = &mut rounded[..arithmetic.parts()];
    for part in rounded.iter_mut() {
        part.resize(rows, terms / BLOCK);
    }
    let rounded = &*rounded;
    if let Some(part) = rounded.first() {
        parallel(rows.div_ceil(PART), &|range| {
            let (first, last) = (range * PART, rows.min((range + 1) * PART));
            // SAFETY: `available` was asked; these rows are this call's alone.
            unsafe { part.round(first, &x[first * terms..last * terms], rounded.get(1)) };
        });
    }
    rounded
}

#[cfg(test)]
mod tests {
    use super::super::available;
    use super::super::test_matrix::{TestMatrix, random};
    use super::*;

    fn in_order(count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }

    /// The largest error of a product, relative to the root mean square of the outputs.
    fn error(y: &[f32], expected: &[f64]) -> f64 {
        let scale = (expected.iter().map(|v| v * v).sum::<f64>() / expected.len() as f64).sqrt();
        y.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max) / scale
    }

    #[test]
    fn products_agree_with_plain_sums() {
        if !available() {
            return;
        }
        for bits in [4, 8] {
            for offsets in [false, true] {
                for (out, terms) in [(64, 96), (70, 64), (32, 32), (96, 576)] {
                    let test = TestMatrix::new(out, terms, bits, offsets);
                    let matrix = test.view();
                    for rows in [1, 2, 4, 5, 6, 13, 40] {
                        let x = random(rows * terms, 7);
                        let dy = random(rows * out, 9);
                        let (mut y, mut dx) = (vec![f32::NAN; rows * out], vec![f32::NAN; rows * terms]);
                        for (arithmetic, tolerance) in
                            [(Arithmetic::Float32, 1e-5), (Arithmetic::Int16, 2e-4), (Arithmetic::Int8, 4e-2)]
                        {
                            linear(&x, &matrix, &mut y, arithmetic, &in_order);
                            let off = error(&y, &test.product(&x));
                            assert!(
                                off < tolerance,
                                "{bits} {offsets} {out}x{terms} {rows} {arithmetic:?} {off}"
                            );
                            linear_transposed(&dy, &matrix, &mut dx, arithmetic, &in_order);
                            let off = error(&dx, &test.transposed_product(&dy));
                            assert!(
                                off < tolerance,
                                "T {bits} {offsets} {out}x{terms} {rows} {arithmetic:?} {off}"
                            );
                        }
                    }
                }
            }
        }
    }

    /// What the integer kernels compute is exact once activations are integers that need no rounding.
    #[test]
    fn whole_numbers_are_multiplied_exactly() {
        if !available() {
            return;
        }
        let test = TestMatrix::new(64, 96, 4, false);
        for rows in [2, 9] {
            let mut x: Vec<f32> = random(rows * 96, 3).iter().map(|v| (v * 126.0).round()).collect();
            x.iter_mut().step_by(32).for_each(|v| *v = 127.0);
            let mut y = vec![0.0; rows * 64];
            linear(&x, &test.view(), &mut y, Arithmetic::Int8, &in_order);
            let off = error(&y, &test.product(&x));
            assert!(off < 1e-5, "{rows} {off}");
        }
    }

    #[test]
    fn rows_do_not_depend_on_each_other_or_on_threads() {
        if !available() {
            return;
        }
        let test = TestMatrix::new(96, 64, 4, true);
        let x = random(20 * 64, 5);
        let (mut all, mut some) = (vec![0.0; 20 * 96], vec![0.0; 8 * 96]);
        let backwards = |count: usize, work: &(dyn Fn(usize) + Sync)| {
            std::thread::scope(|scope| {
                (0..count).rev().for_each(|index| drop(scope.spawn(move || work(index))))
            });
        };
        linear(&x, &test.view(), &mut all, Arithmetic::Int8, &in_order);
        linear(&x[..8 * 64], &test.view(), &mut some, Arithmetic::Int8, &backwards);
        assert!(all[..8 * 96] == some[..]);
    }
}
