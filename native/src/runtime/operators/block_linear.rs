//! Linear layers over block weights.

use ort::operator::{ComputeContext, Kernel, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::TensorElementType;
use ort::{Error, Result};

use super::{arithmetic, floats, guarded, input, number, numbers, output};
use crate::kernels::{Arithmetic, BlockMatrix, LowRank, Onto, linear, linear_transposed};

/// A linear layer over block weights: inputs `x [N, in]` (or `dy [N, out]` where `transposed`), the matrix's
/// `quants [out, in/32, 4·bits]` and `scales [out, in/32]`, then those that the attributes of these names (0 or 1)
/// announce: `offsets [out, in/32]`; for `update` what an adapter adds, `z [N, rank]`, `λ_d [rank]` or one number,
/// `B [out, rank]`, and for `scaled` `λ_b [out]`, both from `lambdaDStart` and `lambdaBStart` on in what is given for
/// them; `base`, as large as the output. Output
/// `x · Wᵀ + λ_b ⊙ ((λ_d ⊙ z) · Bᵀ) + base [N, out]` (or `dy · W + base [N, in]`). Other attributes: `outFeatures`,
/// `inFeatures`, `transposed` (0 or 1) and `bits`, to which activations are rounded: 8, 16 or 32 (not at all). B may be
/// given in whole numbers of 16 bits, `uint8 [out, 2·rank]`.
pub struct BlockLinear;

pub struct BlockLinearKernel {
    rows: usize,
    columns: usize,
    transposed: bool,
    arithmetic: Arithmetic,
    offsets: bool,
    update: bool,
    lambda_d_start: usize,
    lambda_b_start: usize,
    scaled: bool,
    base: bool,
}

impl Operator for BlockLinear {
    type Kernel<'attr> = BlockLinearKernel;

    fn name(&self) -> &str {
        "BlockLinear"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let given = [TensorElementType::Float32, TensorElementType::Uint8, TensorElementType::Float32];
        // What the attributes announce: B may have another type than the others.
        given.map(OperatorInput::required).into_iter().chain([OperatorInput::variadic(0)])
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<BlockLinearKernel> {
        let number = |name: &str| number(context, name);
        Ok(BlockLinearKernel {
            rows: number("outFeatures")?,
            columns: number("inFeatures")?,
            transposed: number("transposed")? == 1,
            arithmetic: arithmetic(context)?,
            offsets: number("offsets")? == 1,
            update: number("update")? == 1,
            lambda_d_start: number("lambdaDStart")?,
            lambda_b_start: number("lambdaBStart")?,
            scaled: number("scaled")? == 1,
            base: number("base")? == 1,
        })
    }
}

impl Kernel for BlockLinearKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let given: Vec<_> =
            (0..context.num_inputs()?).map(|index| input(context, index)).collect::<Result<_>>()?;
        let mut inputs = given.iter().skip(2);
        let mut next = || inputs.next().ok_or_else(|| Error::new("BlockLinear lacks an input."));
        let (shape, x) = given[0].try_extract_tensor::<f32>()?;
        let (_, quants) = given[1].try_extract_tensor::<u8>()?;
        let scales = floats(next()?)?;
        let offsets = match self.offsets {
            true => Some(floats(next()?)?),
            false => None,
        };
        let update = match self.update {
            true => Some(LowRank {
                z: floats(next()?)?,
                lambda_d: from(floats(next()?)?, self.lambda_d_start)?,
                b: numbers(next()?)?.1,
                lambda_b: match self.scaled {
                    true => Some(from(floats(next()?)?, self.lambda_b_start)?),
                    false => None,
                },
            }),
            false => None,
        };
        let base = match self.base {
            true => Some(floats(next()?)?),
            false => None,
        };
        let matrix =
            BlockMatrix::new(self.rows, self.columns, quants, scales, offsets).map_err(Error::new)?;
        let width = if self.transposed { self.columns } else { self.rows };
        let mut shape = shape.to_vec();
        let last = shape.last_mut().ok_or_else(|| Error::new("BlockLinear takes no scalar."))?;
        *last = width as i64;
        let mut result = output(context, &shape)?;
        let (_, y) = result.try_extract_tensor_mut::<f32>()?;
        if x.is_empty() {
            return Ok(());
        }
        guarded("BlockLinear", context, |parallel| match self.transposed {
            false => linear(x, &matrix, Onto { base, update }, y, self.arithmetic, parallel),
            true => linear_transposed(x, &matrix, base, y, self.arithmetic, parallel),
        })
    }
}

fn from(vector: &[f32], start: usize) -> Result<&[f32]> {
    vector.get(start..).ok_or_else(|| Error::new("BlockLinear was given vectors that are too short."))
}
