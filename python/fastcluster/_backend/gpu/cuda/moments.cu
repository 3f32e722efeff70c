// Mean and variance of the rows in working space, in the order in which the CPU sums them, so with its bits.
//
// variants: ROW=0..5 COSINE=0,1

/// Rows of a run; the CPU's number.
#define RUN_ROWS 4096

/// Deviations from `origin` and their squares, summed over run blockIdx.x; a thread a feature. `parts` is (runs, 2, d).
extern "C" __global__ void sum_moments(
    const row_t *__restrict__ values, const double *__restrict__ inverse_norms, const double *__restrict__ origin,
    double *__restrict__ parts, double scale, long long n_rows, long long n_features)
{
    long long feature = (long long)blockIdx.y * blockDim.x + threadIdx.x;
    if (feature >= n_features) {
        return;
    }
    long long begin = (long long)blockIdx.x * RUN_ROWS;
    long long end = begin + RUN_ROWS < n_rows ? begin + RUN_ROWS : n_rows;
    double from = origin[feature], sum = 0.0, square = 0.0;
#pragma unroll 16
    for (long long row = begin; row < end; row++) {
        double value = working(values[row * n_features + feature], scale, inverse_norm_of(inverse_norms, row));
        double deviation = value - from;
        sum = sum + deviation;
        square = square + deviation * deviation;
    }
    double *part = parts + 2 * (long long)blockIdx.x * n_features;
    part[feature] = sum;
    part[n_features + feature] = square;
}

/// Squared distances of rows from one point of working space; 16 lanes a row.
extern "C" __global__ void distances_from(
    const row_t *values, const double *inverse_norms, const double *point, double *out, double scale,
    long long n_rows, long long n_features)
{
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES;
    int lane = threadIdx.x % LANES;
    // All lanes of a warp take part in the combination of the partial sums.
    long long read = row < n_rows ? row : n_rows - 1;
    double distance = squared_distance(
        values + read * n_features, scale, inverse_norm_of(inverse_norms, read), point, n_features, lane);
    if (row < n_rows && lane == 0) {
        out[row] = distance;
    }
}
