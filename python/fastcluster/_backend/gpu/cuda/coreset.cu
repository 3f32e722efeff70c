// How far rows lie from their mean.

/// Each row's squared distance from a point of working space, rounded to float32 as the core does; 16 lanes a row.
extern "C" __global__ void squares_from(
    const row_t *rows, const double *inverse_norms, long long n_rows, long long n_features, double scale,
    const double *point, double *out)
{
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES;
    int lane = threadIdx.x % LANES;
    // All lanes of a warp take part: behind the last row, the last row is read again.
    long long read = row < n_rows ? row : n_rows - 1;
    double distance = squared_distance(
        rows + read * n_features, scale, inverse_norm_of(inverse_norms, read), point, n_features, lane);
    if (lane == 0 && row < n_rows) {
        out[row] = (double)(float)distance;
    }
}
