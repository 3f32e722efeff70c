// variants: ROW=0..5 COSINE=0,1
// variants: ROW=1 VOIDS=1
// float16 shadows of rows with the norms that the bands need, and the constants of columns; see _shadow.py, _bands.py.

// VOIDS is 1 for centers under cosine, of which some may have no direction.
#ifndef VOIDS
#define VOIDS 0
#endif

/// The largest float16: what lies beyond is cut off there.
#define HALF_MOST 65504.0f

/// Above what a float64 sum of squares can be off by, relatively, and what rounding to float32 takes off.
#define ROUNDED_UP (1.0 + 1e-6)
#define LEAST_NORMAL 1.2e-38

__device__ __forceinline__ double warp_sum(double sum)
{
    for (int half = 16; half > 0; half /= 2) {
        sum = sum + __shfl_xor_sync(FULL_WARP, sum, half);
    }
    return sum;
}

/// Squares of a value in the frame, of its shadow, and of what rounding took off.
struct Squares {
    double whole, kept, lost;
};

/// Rounds one value; adds to the squares.
__device__ __forceinline__ unsigned shadow_of(double value, Squares &squares)
{
    unsigned short bits = float_to_half(fminf(fmaxf((float)value, -HALF_MOST), HALF_MOST));
    double kept = (double)half_to_float(bits), lost = value - kept;
    squares.whole += value * value;
    squares.kept += kept * kept;
    squares.lost += lost * lost;
    return bits;
}

/// Rounds rows to float16, a warp a row, two columns a lane at once. `n_padded` columns are written; it is even.
extern "C" __global__ void shadow(
    const row_t *rows, long long n_rows, long long n_features, long long n_padded, double scale,
    const double *inverse_norms, const unsigned char *voids, const double *origin, double factor, unsigned *values,
    float *norms, float *lost, float *squares)
{
    int lane = threadIdx.x % 32;
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (row >= n_rows) {
        return;
    }
    const row_t *x = rows + row * n_features;
    unsigned *out = values + row * (n_padded / 2);
    double inverse_norm = inverse_norm_of(inverse_norms, row);
    Squares sums = {0.0, 0.0, 0.0};
    for (long long i = 2 * lane; i < n_padded; i += 64) {
        unsigned pair = 0;
        if (i < n_features) {
            pair = shadow_of((working(x[i], scale, inverse_norm) - origin[i]) * factor, sums);
        }
        if (i + 1 < n_features) {
            pair |= shadow_of((working(x[i + 1], scale, inverse_norm) - origin[i + 1]) * factor, sums) << 16;
        }
        out[i / 2] = pair;
    }
    double whole = warp_sum(sums.whole), kept = warp_sum(sums.kept), off = warp_sum(sums.lost);
    if (lane == 0) {
        // The difference to the origin rounds, too: 2^-53 of it.
        double least = sqrt(whole) * 1e-15 + LEAST_NORMAL;
        norms[row] = (float)(sqrt(kept) * ROUNDED_UP);
        lost[row] = (float)(sqrt(off) * ROUNDED_UP + least);
#if VOIDS
        whole += voids[row] ? factor * factor : 0.0;
#endif
        squares[row] = (float)whole;
    }
}

/// Squares beyond this are cut off, and their columns' reach is infinite.
#define SQUARES_MOST 1e37f

/// What rounding to float16 takes off a normal value at most, relatively; and the least that is told apart.
#define LOST_MOST 4.8852e-4f
#define LOST_LEAST 1e-6f

/// At least the length of a column.
__device__ __forceinline__ float length_of(float norm, float square)
{
    return fmaxf(norm, sqrtf(square) * 1.000001f);
}

/// Reach of each column, and the rate that all have, by one block; `finite` are the squares, cut off.
extern "C" __global__ void __launch_bounds__(1024) bands(
    long long n_columns, long long n_padded, const float *norms, const float *lost, const float *squares,
    float *finite, float *reach, float *rate)
{
    __shared__ float most[32];
    float loss = LOST_LEAST;
    for (long long j = threadIdx.x; j < n_columns; j += blockDim.x) {
        float length = length_of(norms[j], squares[j]);
        // Columns that lost nearly nothing are covered by their reach; NaN counts as the most.
        if (lost[j] > 1e-20f) {
            loss = fmaxf(loss, lost[j] <= LOST_MOST * length ? lost[j] / length : LOST_MOST);
        }
    }
    for (int half = 16; half > 0; half /= 2) {
        loss = fmaxf(loss, __shfl_xor_sync(FULL_WARP, loss, half));
    }
    if (threadIdx.x % 32 == 0) {
        most[threadIdx.x / 32] = loss;
    }
    __syncthreads();
    for (int warp = 0; warp < blockDim.x / 32; warp++) {
        loss = fmaxf(loss, most[warp]);
    }
    loss *= 1.000001f;
    for (long long j = threadIdx.x; j < n_columns; j += blockDim.x) {
        float square = squares[j];
        bool in_range = square <= SQUARES_MOST;
        finite[j] = in_range ? square : SQUARES_MOST;
        float most_reach = fmaxf(length_of(norms[j], square), lost[j] / loss) * 1.000001f + 1e-30f;
        reach[j] = in_range ? most_reach : INFINITE_32;
    }
    if (threadIdx.x == 0) {
        // 2^-22 a column for the products' sums, 2^-20 for the roundings of float32.
        *rate = 2.0f * loss + 2.0f * ((float)n_padded + 16.0f) * 2.3842e-7f + 9.6e-7f;
    }
}
