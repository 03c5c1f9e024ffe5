//! The operators that ONNX Runtime doesn't have, as the domain `veranda.kernels`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ort::operator::{ComputeContext, Kernel, KernelContext, Operator, OperatorDomain, OperatorInput, OperatorOutput};
use ort::value::{TensorElementType, ValueRef};
use ort::{Error, Result};

use crate::kernels::{Arithmetic, BlockMatrix, linear, linear_transposed};

pub const DOMAIN: &str = "veranda.kernels";

pub fn domain() -> Result<Arc<OperatorDomain>> {
    Ok(Arc::new(OperatorDomain::new(DOMAIN)?.add(BlockLinear)?))
}

/// A linear layer over block weights: inputs `x [N, in]` (or `dy [N, out]` where `transposed`), the matrix's
/// `quants [out, in/32, 4·bits]`, `scales [out, in/32]` and, optionally, `offsets [out, in/32]`; output
/// `x · Wᵀ [N, out]` (or `dy · W [N, in]`). Attributes: `outFeatures`, `inFeatures`, `transposed` and `int8`
/// (0 or 1), whether activations are rounded.
struct BlockLinear;

struct BlockLinearKernel {
    rows: usize,
    columns: usize,
    transposed: bool,
    arithmetic: Arithmetic,
}

impl Operator for BlockLinear {
    type Kernel<'attr> = BlockLinearKernel;

    fn name(&self) -> &str {
        "BlockLinear"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        [
            OperatorInput::required(TensorElementType::Float32),
            OperatorInput::required(TensorElementType::Uint8),
            OperatorInput::required(TensorElementType::Float32),
            OperatorInput::optional(TensorElementType::Float32),
        ]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<BlockLinearKernel> {
        let number = |name: &str| -> Result<usize> {
            context
                .get::<i64>(name)
                .and_then(|value| usize::try_from(value).ok())
                .ok_or_else(|| Error::new(format!("BlockLinear has no attribute {name}.")))
        };
        Ok(BlockLinearKernel {
            rows: number("outFeatures")?,
            columns: number("inFeatures")?,
            transposed: number("transposed")? == 1,
            arithmetic: if number("int8")? == 1 { Arithmetic::Int8 } else { Arithmetic::Float32 },
        })
    }
}

impl Kernel for BlockLinearKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let given = |index| -> Result<ValueRef<'_>> {
            context.input(index)?.ok_or_else(|| Error::new(format!("BlockLinear has no input {index}.")))
        };
        let (x, quants, scales) = (given(0)?, given(1)?, given(2)?);
        let offsets = if context.num_inputs()? > 3 { context.input(3)? } else { None };
        let (shape, x) = x.try_extract_tensor::<f32>()?;
        let (_, quants) = quants.try_extract_tensor::<u8>()?;
        let (_, scales) = scales.try_extract_tensor::<f32>()?;
        let offsets = match &offsets {
            Some(offsets) => Some(offsets.try_extract_tensor::<f32>()?.1),
            None => None,
        };
        let matrix = BlockMatrix::new(self.rows, self.columns, quants, scales, offsets).map_err(Error::new)?;
        let width = if self.transposed { self.columns } else { self.rows };
        let mut shape = shape.to_vec();
        let last = shape.last_mut().ok_or_else(|| Error::new("BlockLinear takes no scalar."))?;
        *last = width as i64;
        let mut output = context.output(0, shape)?.ok_or_else(|| Error::new("BlockLinear has no output."))?;
        let (_, y) = output.try_extract_tensor_mut::<f32>()?;
        if x.is_empty() {
            return Ok(());
        }
        let parallel = |count: usize, work: &(dyn Fn(usize) + Sync)| {
            // SAFETY of lifetimes: `par_for` returns once all work is done.
            let work = SendWork(work);
            let _ = context.par_for(count, count, move |index| work.run(index));
        };
        // A panic must not cross into C++.
        catch_unwind(AssertUnwindSafe(|| match self.transposed {
            false => linear(x, &matrix, y, self.arithmetic, &parallel),
            true => linear_transposed(x, &matrix, y, self.arithmetic, &parallel),
        }))
        .map_err(|_| Error::new("BlockLinear was given arrays that do not fit."))
    }
}

#[derive(Clone, Copy)]
struct SendWork<'a>(&'a (dyn Fn(usize) + Sync));

impl SendWork<'_> {
    fn run(&self, index: usize) {
        (self.0)(index);
    }
}
