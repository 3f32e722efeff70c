// The lightest edge from each row to another part, under mutual reachability: a round of Borůvka's algorithm.
//
// An edge weighs max(distance / alpha, core, core'), the distance in the caller's units. Edges are ordered by weight,
// then by the lower row, then by the higher; of the edges of one row and of one weight that is the order of their other
// rows. A row without a direction, under cosine, is at distance 1 from every other.

/// No row.
#define NONE 0xffffffffu

/// What an edge costs.
__device__ __forceinline__ double weight_of(double distance, double alpha, double core, double other_core)
{
    return fmax(fmax(distance / alpha, core), other_core);
}

/// The least float32 that is not below.
__device__ __forceinline__ float rounded_up(double value)
{
    float nearest = double_to_float(value);
    if (float_to_double(nearest) >= value) {
        return nearest;
    }
    unsigned bits = __float_as_uint(nearest);
    if (bits << 1 == 0) {
        return __uint_as_float(1u);
    }
    return __uint_as_float((bits >> 31) == 0 ? bits + 1u : bits - 1u);
}

/// The lightest edge of each row to a listed row of another part; infinite, to no row, where there is none.
///
/// Row i lists `n_listed` rows and their distances. One thread a row.
extern "C" __global__ void lightest_listed(
    const unsigned *lists, const double *distances, const double *cores, const unsigned *parts, double alpha,
    long long n_listed, double *weights, unsigned *others, long long n_rows)
{
    long long row = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= n_rows) {
        return;
    }
    double least = INFINITE;
    unsigned best = NONE;
    for (long long at = row * n_listed; at < (row + 1) * n_listed; ++at) {
        unsigned other = lists[at];
        if (parts[other] == parts[row]) {
            continue;
        }
        double weight = weight_of(distances[at], alpha, cores[row], cores[other]);
        if (weight < least || (weight == least && other < best)) {
            least = weight;
            best = other;
        }
    }
    weights[row] = least;
    others[row] = best;
}

/// Columns that a lane reads before the warp asks whether any is near.
#define AHEAD 4

/// More than what roots and quotients round, relatively.
#define ROUNDED 1e-14

/// What score − band is at most where the edge weighs `weight` or less, of a row with the given ‖y‖².
__device__ __forceinline__ float gate_of(
    double weight, double alpha, double scale, double factor, double square, double floor)
{
    // Of a row far out of the frame nothing is known, not even its square.
    if (!(floor < INFINITE)) {
        return INFINITE_32;
    }
#if COSINE
    double squared = 2.0 * (weight * alpha);
#else
    double length = (weight * alpha) * scale;
    double squared = length * length;
#endif
    return rounded_up((squared * (1.0 + ROUNDED)) * factor * factor - square + floor);
}

/// The distance of two rows in the caller's units, by the 16 lanes of half a warp; both halves take part.
__device__ __forceinline__ double distance_of(
    const row_t *x, double inverse_norm, const row_t *y, double other_inverse_norm, double scale,
    long long n_features, int lane)
{
    double squared = squared_distance_of_rows(x, inverse_norm, y, other_inverse_norm, scale, n_features, lane);
#if COSINE
    return inverse_norm == 0.0 || other_inverse_norm == 0.0 ? 1.0 : 0.5 * squared;
#else
    return sqrt(squared) / scale;
#endif
}

/// What a score is at least.
__device__ __forceinline__ float lower_of(
    const float *scored, const float *squares, const float *reaches, long long at, float slope)
{
    return (squares[at] + scored[at]) - band(slope, reaches[at]);
}

/// Whether a score among the next AHEAD columns of each lane is within the gate; behind the last column, it is read again.
/// Nothing that is read here depends on what was read before.
__device__ __forceinline__ bool any_near(
    const float *scored, const float *squares, const float *reaches, long long base, long long n_columns, float slope,
    float gate)
{
    bool any = false;
#pragma unroll
    for (int i = 0; i < AHEAD; ++i) {
        long long at = min(base + 32 * i + threadIdx.x % 32, n_columns - 1);
        bool near = lower_of(scored, squares, reaches, at, slope) <= gate;
        any = any || near;
    }
    return __any_sync(FULL_WARP, any);
}

/// Lowers the lightest edge of rows by the columns of a tile: line i of the scores is row picked[i].
///
/// `weights` start with what an edge may weigh at most, `others` with no row. One warp a row.
extern "C" __global__ void lightest_edges(
    const float *scores, const float *squares, const float *reaches, const float *rate, long long first_column,
    long long n_columns, const float *norms, const float *losts, const float *row_squares, double factor,
    const long long *picked, const row_t *rows, double scale, const double *inverse_norms, long long n_features,
    const double *cores, const unsigned *parts, double alpha, double *weights, unsigned *others,
    long long n_lines)
{
    long long line = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32, half = lane / LANES;
    if (line >= n_lines) {
        return;
    }
    long long row = picked[line];
    double inverse_norm = inverse_norm_of(inverse_norms, row);
    bool is_void = inverse_norm == 0.0;
    double core = cores[row], least = weights[line];
    unsigned part = parts[row], best = others[line];
    float slope = band_slope(losts[line], norms[line], rate[0]);
    double floor = band_floor(losts[line], norms[line]), square = row_squares[line];
    float gate = is_void ? INFINITE_32 : gate_of(least, alpha, scale, factor, square, floor);
    const float *scored = scores + line * n_columns;
    for (long long base = 0; base < n_columns; base += 32) {
        if (base % (32 * AHEAD) == 0 && !any_near(scored, squares, reaches, base, n_columns, slope, gate)) {
            base += 32 * (AHEAD - 1);
            continue;
        }
        long long at = base + lane;
        bool near = at < n_columns && lower_of(scored, squares, reaches, at, slope) <= gate;
        if (near) {
            near = parts[first_column + at] != part && cores[first_column + at] <= least;
        }
        unsigned mask = __ballot_sync(FULL_WARP, near);
        while (mask) {
            int one = __ffs(mask) - 1;
            unsigned rest = mask & (mask - 1u);
            int two = rest ? __ffs(rest) - 1 : one;
            mask = rest & (rest - 1u);
            long long other = first_column + base + (half ? two : one);
            double distance = distance_of(
                rows + row * n_features, inverse_norm, rows + other * n_features,
                inverse_norm_of(inverse_norms, other), scale, n_features, lane % LANES);
            double weight = weight_of(distance, alpha, core, cores[other]);
            for (int which = 0; which < (rest ? 2 : 1); ++which) {
                double found = __shfl_sync(FULL_WARP, weight, which * LANES);
                // Columns come in order, so the first one of a weight stays.
                if (found < least || (found == least && best == NONE)) {
                    least = found;
                    best = (unsigned)(first_column + base + (which ? two : one));
                    gate = is_void ? INFINITE_32 : gate_of(least, alpha, scale, factor, square, floor);
                }
            }
        }
    }
    if (lane == 0) {
        weights[line] = least;
        others[line] = best;
    }
}
