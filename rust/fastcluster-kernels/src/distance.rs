//! Squared Euclidean distances in difference form: the float64 one defines the answer, the float32 one spares most of it.
//!
//! Both add feature i into partial sum i mod 16 (float64) or i mod 32 (float32) and combine the partial sums by halving.
//! That order is part of the definition: every level, thread count and device that follows it gets the same bits.

/// Partial sums of the float64 distance.
const LANES: usize = 16;

/// Partial sums of the float32 distance.
const LANES_F32: usize = 32;

/// A relative bound on the error of [`squared_f32`], rows of `n_features` exactly representable values: each term
/// carries three roundings, each partial sum `n_features / 32` and the combination five.
pub fn squared_f32_error(n_features: usize) -> f64 {
    (n_features as f64 / LANES_F32 as f64 + 12.0) * f64::from(f32::EPSILON)
}

/// A relative bound on the error of [`squared_32`] and [`squared_64`] with `n_features`.
pub fn squared_error(n_features: usize) -> f64 {
    (n_features as f64 / LANES as f64 + 12.0) * f64::EPSILON
}

macro_rules! squared {
    ($name:ident, $x:ty, $y:ty, $doc:literal) => {
        multiversion! {
            #[doc = $doc]
            pub fn $name(x: &[$x], y: &[$y]) -> f64 {
                let mut sums = [0.0_f64; LANES];
                let (x_chunks, y_chunks) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
                let (x_rest, y_rest) = (x_chunks.remainder(), y_chunks.remainder());
                for (a, b) in x_chunks.zip(y_chunks) {
                    for lane in 0..LANES {
                        let difference = f64::from(a[lane]) - f64::from(b[lane]);
                        sums[lane] += difference * difference;
                    }
                }
                for (sum, (a, b)) in sums.iter_mut().zip(x_rest.iter().zip(y_rest)) {
                    let difference = f64::from(*a) - f64::from(*b);
                    *sum += difference * difference;
                }
                halve(sums)
            }
        }
    };
}

squared!(squared_32, f32, f32, "`Σ(x_i − y_i)²` in float64 of float32 rows.");
squared!(squared_64, f64, f64, "`Σ(x_i − y_i)²` in float64 of float64 rows.");

multiversion! {
    /// `Σ(x_i − y_i)²` in float32; at most [`squared_f32_error`] off, relatively, unless it under- or overflows.
    pub fn squared_f32(x: &[f32], y: &[f32]) -> f32 {
        let mut sums = [0.0_f32; LANES_F32];
        let (x_chunks, y_chunks) = (x.chunks_exact(LANES_F32), y.chunks_exact(LANES_F32));
        let (x_rest, y_rest) = (x_chunks.remainder(), y_chunks.remainder());
        for (a, b) in x_chunks.zip(y_chunks) {
            for lane in 0..LANES_F32 {
                let difference = a[lane] - b[lane];
                sums[lane] += difference * difference;
            }
        }
        for (sum, (a, b)) in sums.iter_mut().zip(x_rest.iter().zip(y_rest)) {
            let difference = a - b;
            *sum += difference * difference;
        }
        for half in [16, 8, 4, 2, 1] {
            for lane in 0..half {
                sums[lane] += sums[lane + half];
            }
        }
        sums[0]
    }
}

multiversion! {
    /// `Σ x_i·y_i` in float64, in the order of the distances.
    pub fn dot_64(x: &[f64], y: &[f64]) -> f64 {
        let mut sums = [0.0_f64; LANES];
        let (x_chunks, y_chunks) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
        let (x_rest, y_rest) = (x_chunks.remainder(), y_chunks.remainder());
        for (a, b) in x_chunks.zip(y_chunks) {
            for lane in 0..LANES {
                sums[lane] += a[lane] * b[lane];
            }
        }
        for (sum, (a, b)) in sums.iter_mut().zip(x_rest.iter().zip(y_rest)) {
            *sum += a * b;
        }
        halve(sums)
    }
}

/// Adds the upper half onto the lower until one sum is left.
#[inline(always)]
pub(crate) fn halve(mut sums: [f64; LANES]) -> f64 {
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}
