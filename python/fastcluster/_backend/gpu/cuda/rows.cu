// Rows as the CPU sees them: the largest and the smallest magnitude, inverse norms, values of working space; bit for bit.

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

/// The smallest magnitude that is not 0, as bits of a float64 in `smallest`, which starts at infinity.
extern "C" __global__ void smallest_magnitude(const row_t *values, long long count, unsigned long long *smallest)
{
    double least = INFINITE;
    long long step = (long long)gridDim.x * blockDim.x;
    for (long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x; at < count; at += step) {
        double magnitude = fabs(as_double(values[at]));
        if (magnitude > 0.0) {
            least = fmin(least, magnitude);
        }
    }
    for (int half = 16; half > 0; half /= 2) {
        least = fmin(least, __shfl_xor_sync(FULL_WARP, least, half));
    }
    if (threadIdx.x % 32 == 0) {
        atomicMin(smallest, (unsigned long long)__double_as_longlong(least));
    }
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
    const row_t *x = values + at.row * n_features;
    auto scaled = [&](long long i) { return as_double(x[i]) * scale; };
    double inverse = inverse_norm(scaled, n_features, at.lane);
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
    auto given = [&](long long i) { return as_double(values[i]); };
    double factor = inverse_norm(given, n_features, at.lane);
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
