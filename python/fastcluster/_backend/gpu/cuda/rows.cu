// Rows as the CPU sees them: the largest magnitude, inverse norms, values of working space; bit for bit.

/// The largest magnitude of `count` values, as bits of a float64 in `largest`, which starts at 0. Values are finite.
extern "C" __global__ void largest_magnitude(const row_t *values, long long count, unsigned long long *largest)
{
    double most = 0.0;
    long long step = (long long)gridDim.x * blockDim.x;
    for (long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x; at < count; at += step) {
        most = fmax(most, fabs(as_double(values[at])));
    }
    for (int half = 16; half > 0; half /= 2) {
        most = fmax(most, __shfl_xor_sync(FULL_WARP, most, half));
    }
    if (threadIdx.x % 32 == 0) {
        // Without their signs, floats are ordered as their bits are.
        atomicMax(largest, (unsigned long long)__double_as_longlong(most));
    }
}

/// Magnitudes between 2^-40 and 2^40 are used as they are.
#define UNSCALED_EXPONENT 40

/// The power of two that brings an extreme largest magnitude into the ordinary range; 1 for an ordinary one.
/// Inverse norms have the same bits with any power that avoids over- and underflow.
__device__ double power_of_two(double largest)
{
    int exponent = (int)(__double_as_longlong(largest) >> 52) - 1023;
    if (largest == 0.0 || (exponent >= -UNSCALED_EXPONENT && exponent < UNSCALED_EXPONENT)) {
        return 1.0;
    }
    long long wanted = min(max(UNSCALED_EXPONENT - exponent, -1000), 1000);
    return __longlong_as_double((wanted + 1023) << 52);
}

/// The square sum of a row times `factor`, in the order of the distances; for 16 neighbouring lanes.
__device__ double squared_norm(const row_t *x, double scale, double factor, long long n_features, int lane)
{
    double sum = 0.0;
    for (long long i = lane; i < n_features; i += LANES) {
        double value = working(x[i], scale, factor);
        sum = sum + value * value;
    }
    return halved(sum);
}

/// 1/‖x · scale‖, or 0 for a row of zeros or one so near zero that its inverse overflows; for 16 neighbouring lanes.
/// Rows whose squares leave float64 are scaled first. All lanes take every turn, for the shuffles.
__device__ double inverse_norm(const row_t *x, double scale, long long n_features, int lane)
{
    double norm = sqrt(squared_norm(x, scale, 1.0, n_features, lane));
    bool ordinary = norm >= 1e-140 && norm < 1e140;
    if (__all_sync(FULL_WARP, ordinary)) {
        return 1.0 / norm;
    }
    double largest = 0.0;
    for (long long i = lane; i < n_features; i += LANES) {
        largest = fmax(largest, fabs(as_double(x[i]) * scale));
    }
    for (int half = LANES / 2; half > 0; half /= 2) {
        largest = fmax(largest, __shfl_xor_sync(FULL_WARP, largest, half));
    }
    double factor = power_of_two(largest);
    double inverse = factor / sqrt(squared_norm(x, scale, factor, n_features, lane));
    if (ordinary) {
        return 1.0 / norm;
    }
    return largest > 0.0 && inverse < INFINITE ? inverse : 0.0;
}

/// Which of `n_rows` rows 16 neighbouring lanes work on. The last ones of a warp may have none; they take part in its
/// shuffles with the last row, and write nothing.
struct Place {
    long long row;
    int lane;
    bool writes;
};

__device__ __forceinline__ Place place_of_lanes(long long n_rows)
{
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES;
    return {row < n_rows ? row : n_rows - 1, (int)threadIdx.x % LANES, row < n_rows};
}

/// 1/‖x · scale‖ of each row, 16 lanes a row.
extern "C" __global__ void inverse_norms(
    const row_t *values, long long n_rows, long long n_features, double scale, double *inverses)
{
    Place at = place_of_lanes(n_rows);
    double inverse = inverse_norm(values + at.row * n_features, scale, n_features, at.lane);
    if (at.writes && at.lane == 0) {
        inverses[at.row] = inverse;
    }
}

/// Published centers in working space: scaled, or normalised under cosine; void[j] is 1 where there is no direction.
extern "C" __global__ void derive(
    const row_t *published, long long n_centers, long long n_features, double scale, double *derived,
    unsigned char *is_void)
{
    Place at = place_of_lanes(n_centers);
    const row_t *values = published + at.row * n_features;
#if COSINE
    double factor = inverse_norm(values, 1.0, n_features, at.lane);
#else
    double factor = scale;
#endif
    if (!at.writes) {
        return;
    }
    for (long long i = at.lane; i < n_features; i += LANES) {
        derived[at.row * n_features + i] = as_double(values[i]) * factor;
    }
    if (at.lane == 0) {
        is_void[at.row] = factor == 0.0;
    }
}

/// Rows in working space, in float64.
extern "C" __global__ void widen(
    const row_t *values, long long n_rows, long long n_features, double scale, const double *inverse_norms,
    double *widened)
{
    long long step = (long long)gridDim.x * blockDim.x;
    for (long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x; at < n_rows * n_features; at += step) {
        widened[at] = working(values[at], scale, inverse_norm_of(inverse_norms, at / n_features));
    }
}
