// variants: ROW=0..5 COSINE=0,1
// Nearest centers from tiles of scores: the best by bounds, a proof or a flag, and float64 for what is flagged.
//
// A tile holds t = -2 x̂·ẑ of rows and centers, row-major; a score is s = t + n, and the truth is within E of it.

/// Rows that a warp reads side by side: what belongs to the centers is then read once for all of them.
#define SIDE 4

/// Adds a center with a score and its band.
__device__ __forceinline__ void take(Best &best, float score, float half_width, int index)
{
    add_center(best, score - half_width, score + half_width, index);
}

/// Brings the state of rows `first_row`.. up to date with the centers `first_center`.. of a tile; the first tile of a
/// row starts it. A warp takes SIDE rows. `stride` is a multiple of 4, and so many `squares` and `reach` can be read.
extern "C" __global__ void best_two(
    const float *scores, long long n_rows, long long n_centers, long long stride, const float *squares,
    const float *reach, const float *rate, const float *norms, const float *lost, long long first_row,
    long long first_center, float *least, float *second, float *most, int *index)
{
    int lane = threadIdx.x % 32;
    long long first = SIDE * (((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32);
    if (first >= n_rows) {
        return;
    }
    const float *tile[SIDE];
    float slope[SIDE];
    Best best[SIDE];
#pragma unroll
    for (int side = 0; side < SIDE; side++) {
        long long row = first + side < n_rows ? first + side : n_rows - 1;
        tile[side] = scores + row * stride;
        slope[side] = band_slope(lost[first_row + row], norms[first_row + row], *rate);
        best[side] = {INFINITE_32, INFINITE_32, INFINITE_32, 0x7fffffff};
    }
    for (long long j = 4 * lane; j < n_centers; j += 128) {
        float4 n = *(const float4 *)(squares + j), length = *(const float4 *)(reach + j);
        int center = (int)(first_center + j);
#pragma unroll
        for (int side = 0; side < SIDE; side++) {
            float4 t = *(const float4 *)(tile[side] + j);
            take(best[side], t.x + n.x, band(slope[side], length.x), center);
            if (j + 1 < n_centers) {
                take(best[side], t.y + n.y, band(slope[side], length.y), center + 1);
            }
            if (j + 2 < n_centers) {
                take(best[side], t.z + n.z, band(slope[side], length.z), center + 2);
            }
            if (j + 3 < n_centers) {
                take(best[side], t.w + n.w, band(slope[side], length.w), center + 3);
            }
        }
    }
#pragma unroll
    for (int side = 0; side < SIDE; side++) {
        join_lanes(best[side], 32);
        long long row = first_row + first + side;
        if (lane == 0 && first + side < n_rows) {
            if (first_center > 0) {
                join(best[side], least[row], second[row], most[row], index[row]);
            }
            least[row] = best[side].least;
            second[row] = best[side].second;
            most[row] = best[side].most;
            index[row] = best[side].index;
        }
    }
}

/// Labels of rows of which one center alone can be nearest, and of rows of zeros under cosine; flags of the others.
extern "C" __global__ void flag(
    long long n_rows, const float *norms, const float *lost, const double *inverse_norms, const float *second,
    const float *most, const int *index, int *labels, unsigned char *flags)
{
    long long row = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= n_rows) {
        return;
    }
    bool is_void = inverse_norm_of(inverse_norms, row) == 0.0;
    bool proved = second[row] > most[row] + 2.0f * band_floor(lost[row], norms[row]);
    labels[row] = is_void ? 0 : index[row];
    flags[row] = !(proved || is_void);
}

/// The squared distance that everything has from a center without direction.
#define VOID_SQUARED 2.0

/// The squared distance of a row and a center, for 16 neighbouring lanes; all lanes of the warp take part.
__device__ __forceinline__ double distance_of(
    const row_t *x, double scale, double inverse_norm, const double *centers, const unsigned char *voids,
    long long center, long long n_features, int lane)
{
    double squared = squared_distance(x, scale, inverse_norm, centers + center * n_features, n_features, lane);
    return voids[center] ? VOID_SQUARED : squared;
}

/// Compares the flagged rows with every center of a tile that their bands leave, in float64, in ascending order: the
/// first of the nearest stays. A warp takes a row, its halves two centers at once. Row i of the tile has place
/// `first_row` + i among the flagged rows; `flagged` says which row of the values, of `most` and of `inverse_norms` it is.
extern "C" __global__ void settle(
    const float *scores, long long n_rows, long long n_centers, long long stride, const float *squares,
    const float *reach, const float *rate, const float *norms, const float *lost, long long first_row,
    const float *most, const long long *flagged, const row_t *values, double scale, const double *inverse_norms, const double *centers,
    const unsigned char *voids, long long n_features, long long first_center, double *distances, int *nearest,
    unsigned long long *n_rechecked)
{
    int lane = threadIdx.x % 32, upper_half = lane / LANES;
    long long of_tile = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32, at = first_row + of_tile;
    if (of_tile >= n_rows) {
        return;
    }
    long long row = flagged[at];
    const row_t *x = values + row * n_features;
    double inverse_norm = inverse_norm_of(inverse_norms, row);
    float slope = band_slope(lost[at], norms[at], *rate);
    float limit = most[row] + 2.0f * band_floor(lost[at], norms[at]);
    double least = first_center > 0 ? distances[at] : INFINITE;
    int index = first_center > 0 ? nearest[at] : 0;
    unsigned long long count = 0;
    for (long long begin = 0; begin < n_centers; begin += 32) {
        long long j = begin + lane;
        bool candidate = false;
        if (j < n_centers) {
            // What is not a number must not be passed over.
            candidate = !(scores[of_tile * stride + j] + squares[j] - band(slope, reach[j]) > limit);
        }
        unsigned left = __ballot_sync(FULL_WARP, candidate);
        count += __popc(left);
        while (left) {
            int one = __ffs(left) - 1;
            left &= left - 1;
            int other = left ? __ffs(left) - 1 : one;
            left &= left - 1;
            long long center = first_center + begin + (upper_half ? other : one);
            double squared = distance_of(
                x, scale, inverse_norm, centers, voids, center, n_features, lane % LANES);
            double first = __shfl_sync(FULL_WARP, squared, 0), next = __shfl_sync(FULL_WARP, squared, LANES);
            if (first < least) {
                least = first;
                index = (int)(first_center + begin + one);
            }
            if (next < least) {
                least = next;
                index = (int)(first_center + begin + other);
            }
        }
    }
    if (lane == 0) {
        distances[at] = least;
        nearest[at] = index;
        atomicAdd(n_rechecked, count);
    }
}

/// The squared distance of each row from the center of its label, 16 lanes a row.
extern "C" __global__ void distances_to(
    const row_t *values, long long n_rows, long long n_features, double scale, const double *inverse_norms,
    const double *centers, const unsigned char *voids, const int *labels, double *distances)
{
    int lane = threadIdx.x % LANES;
    long long wanted = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES;
    long long row = wanted < n_rows ? wanted : n_rows - 1;
    double squared = distance_of(
        values + row * n_features, scale, inverse_norm_of(inverse_norms, row), centers, voids, labels[row], n_features,
        lane);
    if (lane == 0 && wanted < n_rows) {
        distances[row] = squared;
    }
}
