//! The products themselves: who computes which part, on as many threads as there are.

use std::cell::RefCell;
use std::ptr;

use super::block_matrix::BlockMatrix;
use super::few_rows::{self, FewRows};
use super::float_matrix::FloatMatrix;
use super::int8::Target;
use super::low_rank::{LowRank, ScaledUpdate};
use super::panels::WIDTH;
use super::product::{Direction, Panels, Product, Weights, round, stored_grid};
use super::rounded_rows::RoundedRows;
use super::shared::Shared;
use super::{Parallel, if_worth, in_order};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// Activations rounded to 8 bits a block of 32; integer products, sums in float32. What an adapter adds is in float32,
    /// but not its gradients.
    Int8,
    /// The same with what that leaves of the activations rounded once more: they are held to about 15 bits. Transposed
    /// products, which only gradients need, are as with `Int8`: their weights have to be rounded in any case.
    Int16,
    Float32,
}

impl Arithmetic {
    /// Into how many roundings activations go.
    pub fn parts(self) -> usize {
        match self {
            Self::Int8 => 1,
            Self::Int16 => 2,
            Self::Float32 => 0,
        }
    }

    /// For products whose weights are rounded as well.
    fn of_rounded_weights(self) -> Self {
        if self == Self::Int8 { Self::Int8 } else { Self::Float32 }
    }
}

/// What a product is added to.
#[derive(Clone, Copy, Default)]
pub struct Onto<'a> {
    /// As long as the product.
    pub base: Option<&'a [f32]>,
    /// Of a plain product only.
    pub update: Option<LowRank<'a>>,
}

#[derive(Default)]
struct Scratch {
    rounded: [RoundedRows; 2],
    update: [RoundedRows; 2],
    few: FewRows,
    scaled: Vec<f32>,
}

thread_local! {
    /// Kept from call to call: fresh pages would cost more than what is written to them.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
    static PANELS: RefCell<Panels> = RefCell::default();
    static PRODUCTS: RefCell<Vec<f32>> = RefCell::default();
}

/// `y = x · Wᵀ + onto`: `x` `[rows, columns of W]`, `y` `[rows, rows of W]`. Panics where the lengths don't fit.
pub fn linear(
    x: &[f32],
    matrix: &BlockMatrix,
    onto: Onto,
    y: &mut [f32],
    arithmetic: Arithmetic,
    parallel: Parallel,
) {
    let rows = x.len() / matrix.columns();
    assert!(x.len() == rows * matrix.columns() && y.len() == rows * matrix.rows(), "misshapen product");
    SCRATCH.with_borrow_mut(|Scratch { rounded, update: rounded_update, few, scaled }| {
        let update = onto.update.map(|update| ScaledUpdate::new(update, rows, matrix.rows(), scaled));
        if arithmetic != Arithmetic::Float32 && rows <= few_rows::MOST {
            let problem = Few { x, rows, matrix, base: onto.base, update, arithmetic };
            return problem.multiply(rounded, few, y, parallel);
        }
        let blocks = Weights::Blocks(matrix);
        let product = Product::new(x, blocks, Direction::Plain, arithmetic, rounded, parallel);
        let update = update.map(|ScaledUpdate { z, matrix, .. }| {
            let (weights, exact) = (Weights::Floats(matrix), Arithmetic::Float32);
            Product::new(z, weights, Direction::Plain, exact, rounded_update, parallel)
        });
        multiply(&product, update.as_ref(), onto.base, y, parallel);
    });
}

/// `dx = dy · W + base`: `dy` `[rows, rows of W]`, `dx` `[rows, columns of W]`. Panics where the lengths don't fit.
pub fn linear_transposed(
    dy: &[f32],
    matrix: &BlockMatrix,
    base: Option<&[f32]>,
    dx: &mut [f32],
    arithmetic: Arithmetic,
    parallel: Parallel,
) {
    let arithmetic = if arithmetic == Arithmetic::Float32 { arithmetic } else { Arithmetic::Int8 };
    SCRATCH.with_borrow_mut(|Scratch { rounded, .. }| {
        let blocks = Weights::Blocks(matrix);
        let product = Product::new(dy, blocks, Direction::Transposed, arithmetic, rounded, parallel);
        multiply(&product, None, base, dx, parallel);
    });
}

/// `z = x · Mᵀ`: `x` `[rows, columns of M]`, `z` `[rows, rows of M]`. Panics where the lengths don't fit.
pub fn project(x: &[f32], matrix: FloatMatrix, z: &mut [f32], parallel: Parallel) {
    SCRATCH.with_borrow_mut(|Scratch { rounded, .. }| {
        let (weights, exact) = (Weights::Floats(matrix), Arithmetic::Float32);
        let product = Product::new(x, weights, Direction::Plain, exact, rounded, parallel);
        multiply(&product, None, None, z, parallel);
    });
}

/// `x = z · M + base`: `z` `[rows, rows of M]`, `x` `[rows, columns of M]`. Panics where the lengths don't fit.
pub fn project_transposed(
    z: &[f32],
    matrix: FloatMatrix,
    base: Option<&[f32]>,
    x: &mut [f32],
    arithmetic: Arithmetic,
    parallel: Parallel,
) {
    SCRATCH.with_borrow_mut(|Scratch { rounded, .. }| {
        let (weights, arithmetic) = (Weights::Floats(matrix), arithmetic.of_rounded_weights());
        let product = Product::new(z, weights, Direction::Transposed, arithmetic, rounded, parallel);
        multiply(&product, None, base, x, parallel);
    });
}

/// `Σ dy ⊙ (z · Mᵀ)` over the rows: `dy` `[rows, rows of M]`, `z` `[rows, columns of M]`, `sums` `[rows of M]`. Panics
/// where the lengths don't fit.
pub fn project_dots(
    dy: &[f32],
    z: &[f32],
    matrix: FloatMatrix,
    sums: &mut [f32],
    arithmetic: Arithmetic,
    parallel: Parallel,
) {
    let (rows, outputs) = (z.len() / matrix.columns(), matrix.rows());
    assert!(dy.len() == rows * outputs && sums.len() == outputs, "misshapen product");
    let out = Shared(sums.as_mut_ptr());
    SCRATCH.with_borrow_mut(|Scratch { rounded, .. }| {
        let (weights, arithmetic) = (Weights::Floats(matrix), arithmetic.of_rounded_weights());
        let product = Product::new(z, weights, Direction::Plain, arithmetic, rounded, parallel);
        parallel(product.panels(), &|panel| {
            let width = WIDTH.min(outputs - panel * WIDTH);
            PRODUCTS.with_borrow_mut(|products| {
                products.resize(rows * WIDTH, 0.0);
                let to = Target { y: products.as_mut_ptr(), base: ptr::null(), stride: WIDTH, width };
                // SAFETY: `available` was asked; the products have room for a panel of all rows.
                PANELS.with_borrow_mut(|panels| unsafe { product.panel(panel, panels, to) });
                let mut lanes = [0.0f32; WIDTH];
                for (row, products) in products.chunks_exact(WIDTH).take(rows).enumerate() {
                    let dy = &dy[row * outputs + panel * WIDTH..][..width];
                    for ((lane, product), dy) in lanes.iter_mut().zip(products).zip(dy) {
                        *lane += product * dy;
                    }
                }
                for (lane, sum) in lanes.into_iter().enumerate().take(width) {
                    // SAFETY: these outputs are this call's alone.
                    unsafe { *out.at(panel * WIDTH + lane) = sum };
                }
            });
        });
    });
}

fn multiply(
    product: &Product,
    update: Option<&Product>,
    base: Option<&[f32]>,
    y: &mut [f32],
    parallel: Parallel,
) {
    let outputs = product.outputs;
    assert!(y.len() == product.rows() * outputs, "misshapen product");
    assert!(base.is_none_or(|base| base.len() == y.len()), "misshapen base");
    let out = Shared(y.as_mut_ptr());
    parallel(product.panels(), &|panel| {
        let (start, width) = (panel * WIDTH, WIDTH.min(outputs - panel * WIDTH));
        let base = base.map_or(ptr::null(), |base| base[start..].as_ptr());
        PANELS.with_borrow_mut(|panels| {
            // SAFETY: `available` was asked; a panel's outputs are this call's alone and lie within `y`.
            unsafe {
                let to = Target { y: out.at(start), base, stride: outputs, width };
                product.panel(panel, panels, to);
                if let Some(update) = update {
                    update.panel(panel, panels, Target { base: to.y, ..to });
                }
            }
        });
    });
}

/// A product of few rows.
struct Few<'a> {
    x: &'a [f32],
    rows: usize,
    matrix: &'a BlockMatrix<'a>,
    base: Option<&'a [f32]>,
    update: Option<ScaledUpdate<'a>>,
    arithmetic: Arithmetic,
}

impl Few<'_> {
    fn multiply(&self, rounded: &mut [RoundedRows; 2], few: &mut FewRows, y: &mut [f32], parallel: Parallel) {
        let &Self { x, rows, matrix, base, ref update, arithmetic } = self;
        /// Outputs that a thread takes at once.
        const PART: usize = 64;
        /// Products for which waking other threads pays.
        const WORTH_THREADS: usize = 150_000;
        assert!(base.is_none_or(|base| base.len() == y.len()), "misshapen base");
        let parallel = if_worth(rows * matrix.rows() * matrix.columns(), WORTH_THREADS, parallel);
        let out = Shared(y.as_mut_ptr());
        let parts = &mut rounded[..arithmetic.parts()];
        let rounded = round(parts, x, rows, stored_grid(matrix), &in_order);
        // SAFETY: `available` was asked.
        unsafe { few.fill(rounded, rows, matrix.bits()) };
        let few = &*few;
        parallel(matrix.rows().div_ceil(PART), &|part| {
            let range = (part * PART, matrix.rows().min((part + 1) * PART));
            // SAFETY: `available` was asked; these outputs are this call's alone.
            unsafe {
                few.multiply(matrix, update.as_ref(), range, out.at(0));
                if let Some(base) = base {
                    for row in 0..rows {
                        for at in row * matrix.rows() + range.0..row * matrix.rows() + range.1 {
                            *out.at(at) += base[at];
                        }
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_matrix::{TestMatrix, random};
    use super::super::{Numbers, available};
    use super::*;

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
                            linear(&x, &matrix, Onto::default(), &mut y, arithmetic, &in_order);
                            let off = error(&y, &test.product(&x));
                            assert!(
                                off < tolerance,
                                "{bits} {offsets} {out}x{terms} {rows} {arithmetic:?} {off}"
                            );
                            linear_transposed(&dy, &matrix, None, &mut dx, arithmetic, &in_order);
                            let off = error(&dx, &test.transposed_product(&dy));
                            let tolerance = if arithmetic == Arithmetic::Float32 { tolerance } else { 4e-2 };
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

    #[test]
    fn a_product_is_added_to_a_base_and_to_an_update() {
        if !available() {
            return;
        }
        let (out, terms, rank) = (70, 64, 20);
        let test = TestMatrix::new(out, terms, 4, true);
        let whole: Vec<i16> = random(out * rank, 21).iter().map(|value| (value * 4.0) as i16).collect();
        let b: Vec<f32> = whole.iter().map(|value| f32::from(*value)).collect();
        let (lambda_b, lambda_d) = (random(out, 23), random(rank, 25));
        for (rows, b_given) in [1, 3, 7, 40]
            .into_iter()
            .flat_map(|rows| [(rows, Numbers::Floats(&b)), (rows, Numbers::Integers(&whole))])
        {
            let (x, z, base) = (random(rows * terms, 7), random(rows * rank, 27), random(rows * out, 29));
            let mut expected = test.product(&x);
            for (at, sum) in expected.iter_mut().enumerate() {
                let (row, output) = (at / out, at % out);
                let update: f64 = (0..rank)
                    .map(|term| {
                        f64::from(b[output * rank + term] * lambda_d[term]) * f64::from(z[row * rank + term])
                    })
                    .sum();
                *sum += update * f64::from(lambda_b[output]) + f64::from(base[at]);
            }
            let update = LowRank { z: &z, lambda_d: &lambda_d, b: b_given, lambda_b: Some(&lambda_b) };
            let onto = Onto { base: Some(&base), update: Some(update) };
            for (arithmetic, tolerance) in [(Arithmetic::Float32, 1e-5), (Arithmetic::Int16, 2e-4)] {
                let mut y = vec![f32::NAN; rows * out];
                linear(&x, &test.view(), onto, &mut y, arithmetic, &in_order);
                let off = error(&y, &expected);
                assert!(off < tolerance, "{rows} {arithmetic:?} {off}");
            }
            let (dy, base) = (random(rows * out, 9), random(rows * terms, 31));
            let mut dx = vec![f32::NAN; rows * terms];
            linear_transposed(&dy, &test.view(), Some(&base), &mut dx, Arithmetic::Float32, &in_order);
            let expected: Vec<f64> = test
                .transposed_product(&dy)
                .iter()
                .zip(&base)
                .map(|(sum, base)| sum + f64::from(*base))
                .collect();
            assert!(error(&dx, &expected) < 1e-5, "T {rows}");
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
            linear(&x, &test.view(), Onto::default(), &mut y, Arithmetic::Int8, &in_order);
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
        let (mut all, mut some) = (vec![0.0; 20 * 96], vec![0.0; (few_rows::MOST + 1) * 96]);
        let backwards = |count: usize, work: &(dyn Fn(usize) + Sync)| {
            std::thread::scope(|scope| {
                (0..count).rev().for_each(|index| drop(scope.spawn(move || work(index))))
            });
        };
        let multiply = |rows: usize, y: &mut [f32], parallel: Parallel| {
            let (x, y) = (&x[..rows * 64], &mut y[..rows * 96]);
            linear(x, &test.view(), Onto::default(), y, Arithmetic::Int16, parallel);
        };
        multiply(20, &mut all, &in_order);
        multiply(few_rows::MOST + 1, &mut some, &backwards);
        assert!(all[..some.len()] == some[..]);
        // Few rows go another way, which a row doesn't notice either.
        multiply(few_rows::MOST, &mut all, &in_order);
        for rows in 1..few_rows::MOST {
            multiply(rows, &mut some, &backwards);
            assert!(all[..rows * 96] == some[..rows * 96], "{rows}");
        }
    }
}
