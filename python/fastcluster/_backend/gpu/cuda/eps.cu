// Which pairs of a tile are within a radius: one bit a pair, decided by the scores where their bounds allow,
// by the float64 distance where they do not.
//
// A tile has `side` rows and as many columns, a multiple of 32. Its bits stand word by word: the word of row r
// for columns 32w to 32w + 31 is bits[w * side + r]. A warp makes 32 words: 32 rows by 32 columns. Its lanes
// hold the rows' constants first, and then each a column.
//
// variants: ROW=0..5 COSINE=0,1

/// What the limit is compared with: the squared distance of rows of one scale, or 1 − cos as the CPU takes it.
/// 16 lanes a pair.
__device__ __forceinline__ double pair_value(
    const row_t *x, double x_scale, double x_inverse_norm, const row_t *y, double y_scale, double y_inverse_norm,
    long long n_features, int lane)
{
#if COSINE
    double sum = 0.0;
    for (long long i = lane; i < n_features; i += LANES) {
        sum = sum + working(x[i], x_scale, x_inverse_norm) * working(y[i], y_scale, y_inverse_norm);
    }
    return 1.0 - halved(sum);
#else
    return squared_distance_of_rows(x, 1.0, y, 1.0, x_scale, n_features, lane);
#endif
}

/// Of the columns in `undecided`, those that are near row x. All 32 lanes take part, two columns at a time.
__device__ __forceinline__ unsigned near_by_values(
    unsigned undecided, const row_t *x, double x_scale, double x_inverse_norm, const row_t *columns,
    double column_scale, const double *column_inverse_norms, long long n_features, double limit)
{
    int lane = threadIdx.x % 32;
    unsigned near = 0;
    while (undecided != 0) {
        int one = __ffs((int)undecided) - 1;
        undecided &= undecided - 1;
        int other = undecided != 0 ? __ffs((int)undecided) - 1 : one;
        undecided &= undecided - 1;
        long long mine = lane < LANES ? one : other;
        double value = pair_value(
            x, x_scale, x_inverse_norm, columns + mine * n_features, column_scale,
            inverse_norm_of(column_inverse_norms, mine), n_features, lane % LANES);
        unsigned found = __ballot_sync(FULL_WARP, value <= limit);
        near |= (found & 1u) << one | (found >> LANES & 1u) << other;
    }
    return near;
}

/// Column c of the tile counts for row r where c > r + diagonal. `inside` and `outside` bound the limit in the frame.
extern "C" __global__ void decide(
    const float *scores, long long n_rows, long long n_columns, long long side, long long diagonal,
    const row_t *rows, const double *row_inverse_norms, const float *row_norms, const float *row_lost,
    const float *row_squares, double row_scale, const row_t *columns, const double *column_inverse_norms,
    const float *column_squares, double column_scale, const float *column_reach, const float *rate,
    long long n_features, double inside, double outside, double limit, unsigned *bits)
{
    long long number = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    long long strips = side / 32;
    if (number >= strips * strips) {
        return;
    }
    long long first_row = number % strips * 32, first_column = number / strips * 32;
    unsigned *out = bits + first_column / 32 * side + first_row + lane;
    if (first_row >= n_rows || first_column >= n_columns || first_column + 31 <= first_row + diagonal) {
        *out = 0;
        return;
    }
    long long row = min(first_row + lane, n_rows - 1), column = min(first_column + lane, n_columns - 1);
    float my_square = row_squares[row], my_floor = band_floor(row_lost[row], row_norms[row]);
    float my_slope = band_slope(row_lost[row], row_norms[row], rate[0]);
    float column_square = column_squares[column], reach = column_reach[column];
    float low = (float)inside, high = (float)outside;
    bool is_column = first_column + lane < n_columns;
    unsigned near = 0, undecided = 0;
#pragma unroll 8
    for (int r = 0; r < 32; r++) {
        float score = scores[min(first_row + r, n_rows - 1) * n_columns + column];
        float squared = (column_square + score) + __shfl_sync(FULL_WARP, my_square, r);
        float error = band(__shfl_sync(FULL_WARP, my_slope, r), reach) + __shfl_sync(FULL_WARP, my_floor, r);
        bool counts = is_column && first_column + lane > first_row + r + diagonal;
        bool is_near = squared + error <= low, is_far = squared - error > high;
        unsigned found = __ballot_sync(FULL_WARP, counts && is_near);
        unsigned open = __ballot_sync(FULL_WARP, counts && !is_near && !is_far);
        if (lane == r) {
            near = found;
            undecided = open;
        }
    }
    bool is_row = first_row + lane < n_rows;
    for (unsigned rest = __ballot_sync(FULL_WARP, is_row && undecided != 0); rest != 0; rest &= rest - 1) {
        int r = __ffs((int)rest) - 1;
        unsigned found = near_by_values(
            __shfl_sync(FULL_WARP, undecided, r), rows + (first_row + r) * n_features, row_scale,
            inverse_norm_of(row_inverse_norms, first_row + r), columns + first_column * n_features, column_scale,
            column_inverse_norms + first_column, n_features, limit);
        if (lane == r) {
            near |= found;
        }
    }
    *out = is_row ? near : 0;
}
