//! What stands between a layer's products.

use ort::operator::{ComputeContext, Kernel, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::TensorElementType;
use ort::{Error, Result};

use super::{guarded, input, number, output};
use crate::kernels::{SwiGlu, rms_norm_gradient, rotate, swi_glu};

/// `SwiGlu`: inputs `gate` and `up`, output `gate · σ(gate) · up`. `SwiGluGradient`: inputs `gate`, `up` and `dy`,
/// output the gradient of that by `gate` or by `up`, as the attribute `of` says (0 or 1). All have one shape.
pub struct SwiGluOperator {
    pub gradient: bool,
}

pub struct SwiGluKernel(SwiGlu);

impl Operator for SwiGluOperator {
    type Kernel<'attr> = SwiGluKernel;

    fn name(&self) -> &str {
        if self.gradient { "SwiGluGradient" } else { "SwiGlu" }
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let count = if self.gradient { 3 } else { 2 };
        (0..count).map(|_| OperatorInput::required(TensorElementType::Float32))
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<SwiGluKernel> {
        Ok(SwiGluKernel(match (self.gradient, self.gradient && number(context, "of")? == 1) {
            (false, _) => SwiGlu::Forward,
            (true, false) => SwiGlu::GateGradient,
            (true, true) => SwiGlu::UpGradient,
        }))
    }
}

impl Kernel for SwiGluKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let (gate, up) = (input(context, 0)?, input(context, 1)?);
        let dy = if self.0 == SwiGlu::Forward { None } else { Some(input(context, 2)?) };
        let (shape, gate) = gate.try_extract_tensor::<f32>()?;
        let (_, up) = up.try_extract_tensor::<f32>()?;
        let dy = match &dy {
            Some(dy) => dy.try_extract_tensor::<f32>()?.1,
            None => &[],
        };
        let mut result = output(context, shape)?;
        let (_, y) = result.try_extract_tensor_mut::<f32>()?;
        guarded("SwiGlu", context, |parallel| swi_glu(self.0, gate, up, dy, y, parallel))
    }
}

/// The gradient of an RMS norm by what it normalises: inputs `x [N, width]`, `scale [width]`, `dy [N, width]` and,
/// if the attribute `base` is 1, `base [N, width]`, to which it is added; output `[N, width]`. Attribute: `epsilon`.
pub struct RmsNormGradient;

pub struct RmsNormGradientKernel {
    epsilon: f32,
    base: bool,
}

impl Operator for RmsNormGradient {
    type Kernel<'attr> = RmsNormGradientKernel;

    fn name(&self) -> &str {
        "RmsNormGradient"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let given = [TensorElementType::Float32; 3].map(OperatorInput::required);
        given.into_iter().chain([OperatorInput::optional(TensorElementType::Float32)])
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<RmsNormGradientKernel> {
        let epsilon =
            context.get::<f32>("epsilon").ok_or_else(|| Error::new("The attribute epsilon is missing."))?;
        Ok(RmsNormGradientKernel { epsilon, base: number(context, "base")? == 1 })
    }
}

impl Kernel for RmsNormGradientKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let (x, scale, dy) = (input(context, 0)?, input(context, 1)?, input(context, 2)?);
        let base = if self.base { Some(input(context, 3)?) } else { None };
        let (shape, x) = x.try_extract_tensor::<f32>()?;
        let (_, scale) = scale.try_extract_tensor::<f32>()?;
        let (_, dy) = dy.try_extract_tensor::<f32>()?;
        let base = match &base {
            Some(base) => Some(base.try_extract_tensor::<f32>()?.1),
            None => None,
        };
        let mut result = output(context, shape)?;
        let (_, dx) = result.try_extract_tensor_mut::<f32>()?;
        guarded("RmsNormGradient", context, |parallel| {
            rms_norm_gradient(x, scale, dy, self.epsilon, base, dx, parallel);
        })
    }
}

/// Rotary positions: inputs `x [N, heads · size]`, `cos` and `sin [N, size / 2]`; output `[N, heads · size]`. Attribute:
/// `scale`, by which the result is multiplied.
pub struct RotaryEmbedding;

pub struct RotaryEmbeddingKernel {
    scale: f32,
}

impl Operator for RotaryEmbedding {
    type Kernel<'attr> = RotaryEmbeddingKernel;

    fn name(&self) -> &str {
        "RotaryEmbedding"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        [TensorElementType::Float32; 3].map(OperatorInput::required)
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<RotaryEmbeddingKernel> {
        let scale =
            context.get::<f32>("scale").ok_or_else(|| Error::new("The attribute scale is missing."))?;
        Ok(RotaryEmbeddingKernel { scale })
    }
}

impl Kernel for RotaryEmbeddingKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let (x, cos, sin) = (input(context, 0)?, input(context, 1)?, input(context, 2)?);
        let (shape, x) = x.try_extract_tensor::<f32>()?;
        let (table, cos) = cos.try_extract_tensor::<f32>()?;
        let (_, sin) = sin.try_extract_tensor::<f32>()?;
        let &[rows, half] = &table[..] else {
            return Err(Error::new("RotaryEmbedding takes tables [N, size / 2]."));
        };
        let mut result = output(context, shape)?;
        let (_, y) = result.try_extract_tensor_mut::<f32>()?;
        guarded("RotaryEmbedding", context, |parallel| {
            rotate(x, [cos, sin], [rows as usize, half as usize], self.scale, y, parallel);
        })
    }
}
