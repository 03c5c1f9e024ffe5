//! The operators that ONNX Runtime doesn't have, as the domain `veranda.kernels`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ort::operator::{
    ComputeContext, Kernel, KernelContext, Operator, OperatorDomain, OperatorInput, OperatorOutput,
};
use ort::value::{TensorElementType, ValueRef};
use ort::{Error, Result};

use crate::kernels::{
    Arithmetic, Attention, BlockMatrix, LowRank, Onto, Parallel, attend, attend_gradient, linear,
    linear_transposed,
};

const DOMAIN: &str = "veranda.kernels";

pub fn domain() -> Result<Arc<OperatorDomain>> {
    Ok(Arc::new(
        OperatorDomain::new(DOMAIN)?
            .add(BlockLinear)?
            .add(AttentionOperator { gradient: false })?
            .add(AttentionOperator { gradient: true })?,
    ))
}

/// A linear layer over block weights: inputs `x [N, in]` (or `dy [N, out]` where `transposed`), the matrix's
/// `quants [out, in/32, 4·bits]` and `scales [out, in/32]`, then those that the attributes of these names (0 or 1)
/// announce: `offsets [out, in/32]`; for `update` what an adapter adds, `z [N, rank]`, `λ_d [rank]` or `[]`,
/// `B [out, rank]`, and for `scaled` `λ_b [out]`; `base`, as large as the output. Output
/// `x · Wᵀ + λ_b ⊙ ((λ_d ⊙ z) · Bᵀ) + base [N, out]` (or `dy · W + base [N, in]`). Other attributes: `outFeatures`,
/// `inFeatures`, `transposed` (0 or 1) and `bits`, to which activations are rounded: 8, 16 or 32 (not at all).
struct BlockLinear;

struct BlockLinearKernel {
    rows: usize,
    columns: usize,
    transposed: bool,
    arithmetic: Arithmetic,
    offsets: bool,
    update: bool,
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
        let announced = [TensorElementType::Float32; 6];
        given.map(OperatorInput::required).into_iter().chain(announced.map(OperatorInput::optional))
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
            arithmetic: match number("bits")? {
                8 => Arithmetic::Int8,
                16 => Arithmetic::Int16,
                _ => Arithmetic::Float32,
            },
            offsets: number("offsets")? == 1,
            update: number("update")? == 1,
            scaled: number("scaled")? == 1,
            base: number("base")? == 1,
        })
    }
}

impl Kernel for BlockLinearKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let given: Vec<_> =
            (0..context.num_inputs()?).map(|index| input(context, index)).collect::<Result<_>>()?;
        let mut floats =
            given.iter().skip(2).map(|value| value.try_extract_tensor::<f32>().map(|(_, data)| data));
        let mut next = || floats.next().ok_or_else(|| Error::new("BlockLinear lacks an input."))?;
        let (shape, x) = given[0].try_extract_tensor::<f32>()?;
        let (_, quants) = given[1].try_extract_tensor::<u8>()?;
        let scales = next()?;
        let offsets = self.offsets.then(&mut next).transpose()?;
        let update = match self.update {
            true => Some(LowRank {
                z: next()?,
                lambda_d: next()?,
                b: next()?,
                lambda_b: self.scaled.then(&mut next).transpose()?,
            }),
            false => None,
        };
        let base = self.base.then(&mut next).transpose()?;
        let matrix =
            BlockMatrix::new(self.rows, self.columns, quants, scales, offsets).map_err(Error::new)?;
        let width = if self.transposed { self.columns } else { self.rows };
        let mut shape = shape.to_vec();
        let last = shape.last_mut().ok_or_else(|| Error::new("BlockLinear takes no scalar."))?;
        *last = width as i64;
        let mut output = context.output(0, shape)?.ok_or_else(|| Error::new("BlockLinear has no output."))?;
        let (_, y) = output.try_extract_tensor_mut::<f32>()?;
        if x.is_empty() {
            return Ok(());
        }
        guarded("BlockLinear", context, |parallel| match self.transposed {
            false => linear(x, &matrix, Onto { base, update }, y, self.arithmetic, parallel),
            true => linear_transposed(x, &matrix, base, y, self.arithmetic, parallel),
        })
    }
}

/// `Attention`: inputs `queries [N, heads · size]`, `keys` and `values [N, kvHeads · size]`, `mask [copies, G · T, T]`
/// of which the first `T` lines of a row's part are read; output `[N, heads · size]`. `AttentionGradient`: that
/// result's gradient besides; output `[N, (heads + 2 · kvHeads) · size]`, the gradients of queries, keys and values
/// side by side. Attributes: `rows`, `heads`, `kvHeads`.
struct AttentionOperator {
    gradient: bool,
}

struct AttentionKernel {
    gradient: bool,
    rows: usize,
    heads: usize,
    kv_heads: usize,
}

impl Operator for AttentionOperator {
    type Kernel<'attr> = AttentionKernel;

    fn name(&self) -> &str {
        if self.gradient { "AttentionGradient" } else { "Attention" }
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let count = if self.gradient { 5 } else { 4 };
        (0..count).map(|_| OperatorInput::required(TensorElementType::Float32))
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<AttentionKernel> {
        Ok(AttentionKernel {
            gradient: self.gradient,
            rows: number(context, "rows")?,
            heads: number(context, "heads")?,
            kv_heads: number(context, "kvHeads")?,
        })
    }
}

impl Kernel for AttentionKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let given = |index| input(context, index);
        let (queries, keys, values, mask) = (given(0)?, given(1)?, given(2)?, given(3)?);
        let (shape, queries) = queries.try_extract_tensor::<f32>()?;
        let (_, keys) = keys.try_extract_tensor::<f32>()?;
        let (_, values) = values.try_extract_tensor::<f32>()?;
        let (_, mask) = mask.try_extract_tensor::<f32>()?;
        let [tokens, width] = shape[..] else {
            return Err(Error::new("Attention takes queries [N, width]."));
        };
        let Self { gradient, rows, heads, kv_heads } = *self;
        if rows == 0 || heads == 0 || tokens % rows as i64 != 0 || width % heads as i64 != 0 {
            return Err(Error::new("Attention was given arrays that do not fit."));
        }
        let size = width as usize / heads;
        let problem = Attention {
            rows,
            tokens: tokens as usize / rows,
            heads,
            kv_heads,
            size,
            queries,
            keys,
            values,
            mask,
            mask_row: mask.len() / rows,
        };
        let out_width = if gradient { (heads + 2 * kv_heads) * size } else { width as usize };
        let mut output = context
            .output(0, [tokens, out_width as i64])?
            .ok_or_else(|| Error::new("Attention has no output."))?;
        let (_, y) = output.try_extract_tensor_mut::<f32>()?;
        if !gradient {
            return guarded("Attention", context, |parallel| attend(&problem, y, parallel));
        }
        let dy = given(4)?;
        let (_, dy) = dy.try_extract_tensor::<f32>()?;
        guarded("AttentionGradient", context, |parallel| attend_gradient(&problem, dy, y, parallel))
    }
}

fn input(context: &ComputeContext, index: usize) -> Result<ValueRef<'_>> {
    context.input(index)?.ok_or_else(|| Error::new(format!("The input {index} is missing.")))
}

fn number(context: &KernelContext, name: &str) -> Result<usize> {
    context
        .get::<i64>(name)
        .and_then(|value| usize::try_from(value).ok())
        .ok_or_else(|| Error::new(format!("The attribute {name} is missing.")))
}

/// Runs a kernel on the session's threads. A panic must not cross into C++.
fn guarded(name: &str, context: &ComputeContext, work: impl FnOnce(Parallel)) -> Result<()> {
    let parallel = |count: usize, part: &(dyn Fn(usize) + Sync)| {
        context.par_for(count, count, part).expect("ONNX Runtime runs all parts");
    };
    catch_unwind(AssertUnwindSafe(|| work(&parallel)))
        .map_err(|_| Error::new(format!("{name} failed: it may have been given arrays that do not fit.")))
}
