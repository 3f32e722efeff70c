// The k nearest columns of each row, exactly: lists of candidates from tiles of scores, then distances of what is left.
//
// A score is off by at most the band of its row and column (_bands.py), so score − band and score + band bound the true
// one; the floor, which all columns of a row share, is added to limits instead. A row lists the columns whose lower
// bound is at most the k-th least upper bound so far, and most columns are refused by one comparison. A list that has
// no room for its candidates is *crowded*: it then keeps what the k-th least upper bound needs, and a second pass over
// the scores compares every candidate at once, keeping the k nearest.
//
// One warp a row. Lists stand in the order of columns and are cut in place, so equal values need no second key.

// variants: ROW=0,1 COSINE=0,1
// variants: ROW=2..5 COSINE=0,1 COLUMN=0
// variants: ROW=0..5 COSINE=0,1 BY_DISTANCE=1
// variants: ROW=0 COSINE=0,1 BY_DISTANCE=1 COLUMN=1..5

// COLUMN is the type of the columns, as ROW is that of the rows; without it they are of the rows' type.
#ifndef COLUMN
#define COLUMN ROW
#endif
#if COLUMN == 0
typedef float column_t;
#elif COLUMN == 1
typedef double column_t;
#elif COLUMN == 2 || COLUMN == 3
typedef unsigned short column_t;
#elif COLUMN == 4
typedef signed char column_t;
#else
typedef unsigned char column_t;
#endif

__device__ __forceinline__ double of_column(column_t value)
{
#if COLUMN == 2
    return (double)half_to_float(value);
#elif COLUMN == 3
    return float_to_double(bfloat_to_float(value));
#elif COLUMN == 0
    return float_to_double(value);
#else
    return (double)value;
#endif
}

// BY_DISTANCE: candidates are ordered by the distance in the caller's units, not by the squared one, of which
// different ones may have equal roots.
#ifndef BY_DISTANCE
#define BY_DISTANCE 0
#endif

/// The squared distance of anything from a row without a direction, whose distance is 1 by definition.
#define VOID_SQUARED 2.0

/// Columns that a lane reads before the warp asks whether any is near.
#define AHEAD 4

__device__ __forceinline__ int warp_sum(int value)
{
    for (int half = 16; half > 0; half /= 2) {
        value = value + __shfl_xor_sync(FULL_WARP, value, half);
    }
    return value;
}

/// Bits in the order of the values.
__device__ __forceinline__ unsigned ordered(float value)
{
    unsigned bits = __float_as_uint(value);
    return (bits & 0x80000000u) ? ~bits : (bits | 0x80000000u);
}

__device__ __forceinline__ float from_ordered(unsigned bits)
{
    return __uint_as_float((bits & 0x80000000u) ? (bits & 0x7fffffffu) : ~bits);
}

/// The k-th least of at least k values, bit by bit: the largest number that fewer than k of them are below.
__device__ float kth_least(const float *values, int count, int k, int lane)
{
    unsigned found = 0;
    for (int bit = 31; bit >= 0; --bit) {
        unsigned trial = found | (1u << bit);
        int below = 0;
        for (int i = lane; i < count; i += 32) {
            below += ordered(values[i]) < trial;
        }
        if (warp_sum(below) < k) {
            found = trial;
        }
    }
    return from_ordered(found);
}

/// The same of float64 values of at least 0, whose bits are in their order.
__device__ double kth_least_64(const double *values, int count, int k, int lane)
{
    unsigned long long found = 0;
    for (int bit = 62; bit >= 0; --bit) {
        unsigned long long trial = found | (1ull << bit);
        int below = 0;
        for (int i = lane; i < count; i += 32) {
            below += (unsigned long long)__double_as_longlong(values[i]) < trial;
        }
        if (warp_sum(below) < k) {
            found = trial;
        }
    }
    return __longlong_as_double((long long)found);
}

/// Where a lane's entry goes among the lanes that have one.
__device__ __forceinline__ int place_of(unsigned mask, int lane)
{
    return __popc(mask & ((1u << lane) - 1u));
}

/// Keeps the entries of a list that may be among the k nearest: their lower bound is at most `limit`.
__device__ int keep_possible(float *lowers, float *uppers, unsigned *columns, int count, float limit, int lane)
{
    int kept = 0;
    for (int base = 0; base < count; base += 32) {
        int at = base + lane;
        bool there = at < count;
        float lower = there ? lowers[at] : 0.0f;
        float upper = there ? uppers[at] : 0.0f;
        unsigned column = there ? columns[at] : 0u;
        bool stays = there && lower <= limit;
        unsigned mask = __ballot_sync(FULL_WARP, stays);
        __syncwarp();
        if (stays) {
            int place = kept + place_of(mask, lane);
            lowers[place] = lower;
            uppers[place] = upper;
            columns[place] = column;
        }
        kept += __popc(mask);
        __syncwarp();
    }
    return kept;
}

/// How many values that equal `limit`, the k-th least, are among the k least.
template <typename T>
__device__ __forceinline__ int ties_among(const T *values, int count, int k, T limit, int lane)
{
    int below = 0;
    for (int i = lane; i < count; i += 32) {
        below += values[i] < limit;
    }
    return k - warp_sum(below);
}

/// Whether a lane's value is among the k least; takes the ties that stay off `ties_left`, in the order of lanes.
template <typename T>
__device__ __forceinline__ bool is_among(bool there, T value, T limit, int &ties_left, int lane)
{
    unsigned ties = __ballot_sync(FULL_WARP, there && value == limit);
    bool stays = there && (value < limit || (value == limit && place_of(ties, lane) < ties_left));
    ties_left = max(0, ties_left - __popc(ties));
    return stays;
}

/// Keeps the k entries of the least upper bounds, `limit` the k-th; equal ones in the order of columns.
__device__ int keep_least(
    float *lowers, float *uppers, unsigned *columns, int count, int k, float limit, int lane)
{
    int ties_left = ties_among(uppers, count, k, limit, lane);
    int kept = 0;
    for (int base = 0; base < count; base += 32) {
        int at = base + lane;
        bool there = at < count;
        float lower = there ? lowers[at] : 0.0f;
        float upper = there ? uppers[at] : 0.0f;
        unsigned column = there ? columns[at] : 0u;
        bool stays = is_among(there, upper, limit, ties_left, lane);
        unsigned mask = __ballot_sync(FULL_WARP, stays);
        __syncwarp();
        if (stays) {
            int place = kept + place_of(mask, lane);
            lowers[place] = lower;
            uppers[place] = upper;
            columns[place] = column;
        }
        kept += __popc(mask);
        __syncwarp();
    }
    return kept;
}

/// The band, wider by more than roots round: of squares whose roots are equal, the lower column is the nearer one.
__device__ __forceinline__ float width_of(float slope, float reach)
{
    return 1.001f * band(slope, reach);
}

/// The floors of two columns, wider for the same reason.
__device__ __forceinline__ float floor_of(float lost, float norm)
{
    return 2.002f * band_floor(lost, norm);
}

/// Whether a column is to be listed: it may be among the k nearest; of a crowded list, it lowers the limit.
__device__ __forceinline__ bool is_near(float score, float width, float limit, float floor, int crowded)
{
    return crowded ? score + width < limit : score - width <= limit + floor;
}

/// Lowers the limit to the k-th least upper bound and drops what is beyond it; returns what is left.
__device__ int cut(
    float *lowers, float *uppers, unsigned *columns, int count, int k, int capacity, float floor, float *limit,
    int *crowded, int lane)
{
    *limit = kth_least(uppers, count, k, lane);
    if (!*crowded) {
        count = keep_possible(lowers, uppers, columns, count, *limit + floor, lane);
        *crowded = count + 32 > capacity;
    }
    return *crowded ? keep_least(lowers, uppers, columns, count, k, *limit, lane) : count;
}

/// Lists the candidates among the columns of a tile. Row r of the tile has the list at r · capacity.
///
/// `own` is the column that is the first row itself, the others following it, and is not listed; below 0 for none.
extern "C" __global__ void list_candidates(
    const float *scores, const float *squares, const float *reaches, const float *rate, long long first_column,
    long long n_columns, const float *norms, const float *losts, const double *inverse_norms, long long own,
    float *limits, float *lowers, float *uppers, unsigned *columns, int *counts, int *crowds, long long n_rows,
    long long k, long long capacity)
{
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    // A row without a direction is as far from every column.
    if (row >= n_rows || inverse_norm_of(inverse_norms, row) == 0.0) {
        return;
    }
    float slope = band_slope(losts[row], norms[row], rate[0]), floor = floor_of(losts[row], norms[row]);
    float limit = limits[row];
    int count = counts[row], crowded = crowds[row];
    const float *line = scores + row * n_columns;
    float *lower_list = lowers + row * capacity, *upper_list = uppers + row * capacity;
    unsigned *column_list = columns + row * capacity;
    long long itself = own < 0 ? -1 : own + row - first_column;
    for (long long base = 0; base < n_columns; base += 32 * AHEAD) {
        bool any = false;
#pragma unroll
        for (int i = 0; i < AHEAD; ++i) {
            long long at = min(base + 32 * i + lane, n_columns - 1);
            bool near = is_near(squares[at] + line[at], width_of(slope, reaches[at]), limit, floor, crowded);
            any = any || near;
        }
        if (!__any_sync(FULL_WARP, any)) {
            continue;
        }
        for (int i = 0; i < AHEAD; ++i) {
            long long at = base + 32 * i + lane;
            if (count + 32 > capacity) {
                count = cut(
                    lower_list, upper_list, column_list, count, (int)k, (int)capacity, floor, &limit, &crowded, lane);
            }
            // Read again, which is rare: kept values would not stay in registers.
            bool there = at < n_columns;
            float value = there ? squares[at] + line[at] : INFINITE_32;
            float width = there ? width_of(slope, reaches[at]) : 0.0f;
            bool listed = there && at != itself && is_near(value, width, limit, floor, crowded);
            unsigned mask = __ballot_sync(FULL_WARP, listed);
            if (listed) {
                int place = count + place_of(mask, lane);
                lower_list[place] = value - width;
                upper_list[place] = value + width;
                column_list[place] = (unsigned)(first_column + at);
            }
            count += __popc(mask);
            __syncwarp();
        }
    }
    if (lane == 0) {
        limits[row] = limit;
        counts[row] = count;
        crowds[row] = crowded;
    }
}

/// Cuts every list after the last tile, and empties the crowded ones for the second pass.
extern "C" __global__ void close_lists(
    const float *norms, const float *losts, float *limits, float *lowers, float *uppers, unsigned *columns, int *counts,
    const int *crowds, long long n_rows, long long k, long long capacity)
{
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    if (row >= n_rows || counts[row] == 0) {
        return;
    }
    long long first = row * capacity;
    float limit = limits[row], floor = floor_of(losts[row], norms[row]);
    int crowded = crowds[row];
    // There is nothing to make room for: no list becomes crowded here.
    int count = cut(
        lowers + first, uppers + first, columns + first, counts[row], (int)k, (int)capacity + 32, floor, &limit,
        &crowded, lane);
    __syncwarp();
    if (lane == 0) {
        limits[row] = limit;
        counts[row] = crowded ? 0 : count;
    }
}

/// What candidates are ordered by, of row and column by the 16 lanes of half a warp; both halves take part.
__device__ __forceinline__ double key_of(
    const row_t *x, double scale, double inverse_norm, const column_t *y, double column_scale,
    double column_inverse_norm, long long n_features, int lane)
{
    double sum = 0.0;
    for (long long i = lane; i < n_features; i += LANES) {
        double other = (of_column(y[i]) * column_scale) * column_inverse_norm;
        double difference = working(x[i], scale, inverse_norm) - other;
        sum = sum + difference * difference;
    }
    double squared = halved(sum);
#if COSINE
    if (inverse_norm == 0.0 || column_inverse_norm == 0.0) {
        squared = VOID_SQUARED;
    }
#endif
#if BY_DISTANCE && COSINE
    return 0.5 * squared;
#elif BY_DISTANCE
    return sqrt(squared) / scale;
#else
    return squared;
#endif
}

/// The keys of all listed candidates of the rows that are not crowded.
extern "C" __global__ void compare_candidates(
    const row_t *rows, double scale, const double *inverse_norms, const column_t *others, double column_scale,
    const double *column_inverse_norms, long long n_features, const unsigned *columns, const int *counts,
    double *keys, long long n_rows, long long capacity)
{
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32, half = lane / LANES;
    if (row >= n_rows) {
        return;
    }
    const row_t *x = rows + row * n_features;
    double inverse_norm = inverse_norm_of(inverse_norms, row);
    const unsigned *column_list = columns + row * capacity;
    int count = counts[row];
    for (int base = 0; base < count; base += 2) {
        int at = min(base + half, count - 1);
        long long column = column_list[at];
        double column_inverse_norm = inverse_norm_of(column_inverse_norms, column);
        double key = key_of(
            x, scale, inverse_norm, others + column * n_features, column_scale, column_inverse_norm, n_features,
            lane % LANES);
        if (lane % LANES == 0 && base + half < count) {
            keys[row * capacity + at] = key;
        }
    }
}

/// Keeps the k entries of the least keys, equal ones in the order of columns; returns the k-th key.
__device__ double keep_nearest(double *keys, unsigned *columns, int count, int k, int lane)
{
    double limit = kth_least_64(keys, count, k, lane);
    int ties_left = ties_among(keys, count, k, limit, lane);
    int kept = 0;
    for (int base = 0; base < count; base += 32) {
        int at = base + lane;
        bool there = at < count;
        double key = there ? keys[at] : 0.0;
        unsigned column = there ? columns[at] : 0u;
        bool stays = is_among(there, key, limit, ties_left, lane);
        unsigned mask = __ballot_sync(FULL_WARP, stays);
        __syncwarp();
        if (stays) {
            int place = kept + place_of(mask, lane);
            keys[place] = key;
            columns[place] = column;
        }
        kept += __popc(mask);
        __syncwarp();
    }
    return limit;
}

/// Compares every candidate among the columns of a tile, for the crowded rows: row i of the scores is row picked[i].
extern "C" __global__ void settle_candidates(
    const float *scores, const float *squares, const float *reaches, const float *rate, long long first_column,
    long long n_columns, const float *norms, const float *losts, const long long *picked, long long own,
    const row_t *rows, double scale, const double *inverse_norms, const column_t *others, double column_scale,
    const double *column_inverse_norms, long long n_features, const float *limits, double *farthest, double *keys,
    unsigned *columns, int *counts, long long n_picked, long long k, long long capacity)
{
    long long line = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32, half = lane / LANES;
    if (line >= n_picked) {
        return;
    }
    long long row = picked[line];
    float slope = band_slope(losts[row], norms[row], rate[0]), floor = floor_of(losts[row], norms[row]);
    float limit = limits[row];
    double *key_list = keys + row * capacity;
    unsigned *column_list = columns + row * capacity;
    int count = counts[row];
    double last = farthest[row];
    double inverse_norm = inverse_norm_of(inverse_norms, row);
    long long itself = own < 0 ? -1 : own + row - first_column;
    for (long long base = 0; base < n_columns; base += 32) {
        long long at = base + lane;
        bool near = at < n_columns && at != itself;
        if (near) {
            float score = squares[at] + scores[line * n_columns + at];
            near = is_near(score, width_of(slope, reaches[at]), limit, floor, 0);
        }
        unsigned mask = __ballot_sync(FULL_WARP, near);
        while (mask) {
            int one = __ffs(mask) - 1;
            unsigned rest = mask & (mask - 1u);
            int two = rest ? __ffs(rest) - 1 : one;
            mask = rest & (rest - 1u);
            long long column = first_column + base + (half ? two : one);
            double column_inverse_norm = inverse_norm_of(column_inverse_norms, column);
            double key = key_of(
                rows + row * n_features, scale, inverse_norm, others + column * n_features, column_scale,
                column_inverse_norm, n_features, lane % LANES);
            for (int which = 0; which < (rest ? 2 : 1); ++which) {
                double found = __shfl_sync(FULL_WARP, key, which * LANES);
                // Of equal keys the lower columns are listed already.
                if (found < last) {
                    if (lane == 0) {
                        key_list[count] = found;
                        column_list[count] = (unsigned)(first_column + base + (which ? two : one));
                    }
                    __syncwarp();
                    count = count + 1;
                }
                if (count == capacity) {
                    last = keep_nearest(key_list, column_list, count, (int)k, lane);
                    count = (int)k;
                }
            }
        }
    }
    if (lane == 0) {
        counts[row] = count;
        farthest[row] = last;
    }
}

/// Writes the k nearest of each list in order, by counting what is nearer; a row without a direction has the first k.
extern "C" __global__ void write_nearest(
    const double *keys, const unsigned *columns, const int *counts, const double *inverse_norms, double scale,
    long long own, double *distances, long long *indices, long long n_rows, long long k, long long capacity)
{
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    if (row >= n_rows) {
        return;
    }
#if COSINE
    if (inverse_norms[row] == 0.0) {
        for (long long i = lane; i < k; i += 32) {
            distances[row * k + i] = 1.0;
            indices[row * k + i] = i + (own >= 0 && i >= own + row);
        }
        return;
    }
#endif
    const double *key_list = keys + row * capacity;
    const unsigned *column_list = columns + row * capacity;
    int count = counts[row];
    for (int i = lane; i < count; i += 32) {
        double key = key_list[i];
        long long nearer = 0;
        for (int j = 0; j < count; ++j) {
            nearer += key_list[j] < key || (key_list[j] == key && j < i);
        }
        if (nearer < k) {
#if BY_DISTANCE
            double distance = key;
#elif COSINE
            double distance = 0.5 * key;
#else
            double distance = sqrt(key) / scale;
#endif
            distances[row * k + nearer] = distance;
            indices[row * k + nearer] = (long long)column_list[i];
        }
    }
}
