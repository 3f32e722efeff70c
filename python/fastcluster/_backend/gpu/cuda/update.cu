// The update: sums of rows by cluster in float64, in the order in which the CPU takes them, so with its bits.
//
// A row is read in working space, and has two features more: its weight, and 1 if it weighs anything. So a row of the
// sums is WIDTH = d + 2 long, and ends in the weight and the number of the cluster's rows; both are exact as long as
// weights are whole. Features do not mix: a thread a feature adds rows in their order, and no other order exists.
//
// WEIGHTED is 1 where rows have weights. SHIFT is 1 where changed rows move from sum to sum. CLUSTERS is a bound on the
// number of clusters that `sum_runs` serves.
//
// variants: ROW=0..5 COSINE=0,1 WEIGHTED=0 SHIFT=0 CLUSTERS=8
// variants: ROW=0..5 COSINE=0,1 WEIGHTED=1 SHIFT=1 CLUSTERS=128

#ifndef WEIGHTED
#define WEIGHTED 0
#endif
#ifndef SHIFT
#define SHIFT 0
#endif
#ifndef CLUSTERS
#define CLUSTERS 8
#endif

/// Neighbouring features that a warp adds.
#define SLAB 32

/// Rows of a run; the CPU's number.
#define RUN_ROWS 4096

/// Rows that are on their way while as many others are added.
#define AHEAD 16

/// Rows of a tile, and the warps that read it.
#define TILE 64
#define WARPS 8

/// How many times smaller than before a sum may become by shifts; the CPU's number.
#define FALL_MOST 1024.0

/// What a row adds to column `column` of its cluster's sums, times `weight`.
__device__ __forceinline__ double addend(
    const row_t *values, const double *inverse_norms, double weight, double scale, long long row, long long column,
    long long n_features)
{
    if (column < n_features) {
        double value = working(values[row * n_features + column], scale, inverse_norm_of(inverse_norms, row));
        return weight * value;
    }
    return column == n_features ? weight : (weight != 0.0 ? 1.0 : 0.0);
}

__device__ __forceinline__ double weight_of(const double *weights, long long row)
{
#if WEIGHTED
    return weights[row];
#else
    return 1.0;
#endif
}

/// The sums of runs of rows, in their own order, for few clusters. A block of one warp takes one slab of a run, so that
/// neighbouring blocks read neighbouring features; `parts` has (runs, clusters, d + 2) sums.
extern "C" __global__ void sum_runs(
    const row_t *__restrict__ values, const double *__restrict__ inverse_norms, const double *__restrict__ weights,
    const int *__restrict__ labels, double *__restrict__ parts, double scale, long long n_rows, long long n_features,
    long long n_clusters)
{
    __shared__ double sums[CLUSTERS * SLAB];
    int lane = threadIdx.x;
    long long width = n_features + 2;
    long long n_slabs = (width + SLAB - 1) / SLAB;
    long long run = blockIdx.x / n_slabs;
    long long column = blockIdx.x % n_slabs * SLAB + lane;
    bool inside = column < width;
    for (long long cluster = 0; cluster < n_clusters; cluster++) {
        sums[cluster * SLAB + lane] = 0.0;
    }
    long long begin = run * RUN_ROWS;
    long long end = begin + RUN_ROWS < n_rows ? begin + RUN_ROWS : n_rows;
    int label[AHEAD], next_label[AHEAD] = {0};
    double term[AHEAD], next_term[AHEAD] = {0.0};
    for (long long from = begin - AHEAD; from < end; from += AHEAD) {
        // The first turn only reads, the last only adds.
#pragma unroll
        for (int next = 0; next < AHEAD; next++) {
            long long row = from + AHEAD + next;
            label[next] = next_label[next];
            term[next] = next_term[next];
            // Adding zero changes no sum.
            next_label[next] = 0;
            next_term[next] = 0.0;
            if (row < end) {
                next_label[next] = labels[row];
                if (inside) {
                    next_term[next] =
                        addend(values, inverse_norms, weight_of(weights, row), scale, row, column, n_features);
                }
            }
        }
        if (from >= begin) {
#pragma unroll
            for (int next = 0; next < AHEAD; next++) {
                double *sum = &sums[label[next] * SLAB + lane];
                *sum = *sum + term[next];
            }
        }
    }
    if (inside) {
        double *part = parts + run * n_clusters * width + column;
        for (long long cluster = 0; cluster < n_clusters; cluster++) {
            part[cluster * width] = sums[cluster * SLAB + lane];
        }
    }
}

/// Adds parts of `size` sums to the totals, one part after the other.
extern "C" __global__ void add_parts(
    const double *__restrict__ parts, double *__restrict__ totals, long long n_parts, long long size)
{
    long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= size) {
        return;
    }
    double total = totals[at];
#pragma unroll 8
    for (long long part = 0; part < n_parts; part++) {
        total = total + parts[part * size + at];
    }
    totals[at] = total;
}

/// Adds listed rows to the totals of their clusters, in the order of the list; for many clusters. A block takes one slab
/// of entries begins[cluster] .. begins[cluster + 1] of `order`: all its warps read a tile of rows, one adds the tile
/// before. An entry is a row; in a shift it is 2 · row for a row that leaves and one more for a row that comes.
///
/// A shift also keeps, in the bits of float64, the largest magnitude that any sum of the cluster has been and the largest
/// that its weight has been. What came is there in the end; what left may have hidden another as large.
extern "C" __global__ void sum_clusters(
    const row_t *__restrict__ values, const double *__restrict__ inverse_norms, const double *__restrict__ weights,
    const long long *__restrict__ order, const long long *__restrict__ begins, double *__restrict__ totals,
    unsigned long long *__restrict__ size_peaks, unsigned long long *__restrict__ weight_peaks, double scale,
    long long n_features)
{
    __shared__ double tiles[2][TILE][SLAB];
#if SHIFT
    // -1 for a row that leaves, 1 for one that comes, 0 for one that weighs nothing.
    __shared__ int signs[2][TILE];
#endif
    long long width = n_features + 2;
    long long n_slabs = (width + SLAB - 1) / SLAB;
    long long cluster = blockIdx.x / n_slabs;
    long long begin = begins[cluster], end = begins[cluster + 1];
    if (begin == end) {
        return;
    }
    int lane = threadIdx.x % SLAB, warp = threadIdx.x / SLAB;
    long long column = blockIdx.x % n_slabs * SLAB + lane;
    bool inside = column < width;
    double sum = inside ? totals[cluster * width + column] : 0.0;
#if SHIFT
    double peak = 0.0;
#endif
    double next[TILE / WARPS];
#if SHIFT
    int next_sign[TILE / WARPS];
#endif
    int parity = 0;
    for (long long from = begin - TILE; from < end; from += TILE) {
        // The first turn only reads, the last only adds.
        if (from >= begin) {
            for (int turn = 0; turn < TILE / WARPS; turn++) {
                tiles[parity][turn * WARPS + warp][lane] = next[turn];
#if SHIFT
                if (lane == 0) {
                    signs[parity][turn * WARPS + warp] = next_sign[turn];
                }
#endif
            }
            __syncthreads();
        }
#pragma unroll
        for (int turn = 0; turn < TILE / WARPS; turn++) {
            long long entry = from + TILE + turn * WARPS + warp;
            next[turn] = 0.0;
#if SHIFT
            next_sign[turn] = 0;
#endif
            if (entry < end) {
#if SHIFT
                long long row = order[entry] >> 1;
                int sign = order[entry] & 1 ? 1 : -1;
                double weight = weight_of(weights, row);
                next_sign[turn] = weight == 0.0 ? 0 : sign;
                if (inside) {
                    next[turn] = addend(values, inverse_norms, sign * weight, scale, row, column, n_features);
                    if (column > n_features) {
                        next[turn] = next_sign[turn];
                    }
                }
#else
                if (inside) {
                    long long row = order[entry];
                    next[turn] = addend(
                        values, inverse_norms, weight_of(weights, row), scale, row, column, n_features);
                }
#endif
            }
        }
        if (from >= begin && warp == 0) {
#pragma unroll 8
            for (int row = 0; row < TILE; row++) {
                sum = sum + tiles[parity][row][lane];
#if SHIFT
                int sign = signs[parity][row];
                if (sign < 0 || (sign > 0 && column == n_features)) {
                    peak = fmax(peak, column < n_features ? fabs(sum) : sum);
                }
#endif
            }
        }
        parity ^= 1;
    }
    if (warp == 0 && inside) {
        totals[cluster * width + column] = sum;
#if SHIFT
        unsigned long long bits = (unsigned long long)__double_as_longlong(peak);
        if (column < n_features) {
            atomicMax(&size_peaks[cluster], bits);
        } else if (column == n_features) {
            atomicMax(&weight_peaks[cluster], bits);
        }
#endif
    }
}

/// The largest magnitude of a cluster's sums; for a block of one warp.
__device__ __forceinline__ double largest_of(const double *sums, long long n_features)
{
    double size = 0.0;
    for (long long column = threadIdx.x; column < n_features; column += 32) {
        size = fmax(size, fabs(sums[column]));
    }
    for (int half = 16; half > 0; half /= 2) {
        size = fmax(size, __shfl_xor_sync(FULL_WARP, size, half));
    }
    return size;
}

/// Notes how large the sums and the weights of the marked clusters are before a shift; a warp each.
extern "C" __global__ void begin_shift(
    const double *totals, unsigned long long *size_peaks, unsigned long long *weight_peaks,
    const unsigned char *dirty, long long n_features)
{
    long long cluster = blockIdx.x;
    const double *sums = totals + cluster * (n_features + 2);
    double size = largest_of(sums, n_features);
    if (dirty[cluster] && threadIdx.x == 0) {
        double weight = fmax(sums[n_features], 0.0);
        atomicMax(&size_peaks[cluster], (unsigned long long)__double_as_longlong(size));
        atomicMax(&weight_peaks[cluster], (unsigned long long)__double_as_longlong(weight));
    }
}

/// Notes what a shift made of the marked clusters, a warp each: one that lost its last row has sums of zero, and `bad` is
/// set if one has lost so much that the rounding left behind may show.
extern "C" __global__ void end_shift(
    double *totals, unsigned long long *size_peaks, unsigned long long *weight_peaks, const unsigned char *dirty,
    long long *bad, long long n_features)
{
    long long cluster = blockIdx.x;
    long long width = n_features + 2;
    double *sums = totals + cluster * width;
    double size = largest_of(sums, n_features);
    double weight = sums[n_features], count = sums[n_features + 1];
    __syncthreads();
    if (!dirty[cluster]) {
        return;
    }
    if (count == 0.0) {
        for (long long column = threadIdx.x; column < width; column += blockDim.x) {
            sums[column] = 0.0;
        }
    }
    if (threadIdx.x == 0) {
        if (count == 0.0) {
            size_peaks[cluster] = 0;
            weight_peaks[cluster] = 0;
        } else {
            double size_peak = __longlong_as_double((long long)size_peaks[cluster]);
            double weight_peak = __longlong_as_double((long long)weight_peaks[cluster]);
            if (!(size_peak <= FALL_MOST * size && weight_peak <= FALL_MOST * weight)) {
                *bad = 1;
            }
        }
    }
}

/// Gives each empty cluster the row that was chosen for it, and takes that from its donor, one after the other; a thread
/// a column of the sums.
extern "C" __global__ void move_rows(
    const row_t *values, const double *inverse_norms, const double *weights, const long long *clusters,
    const long long *donors, double *totals, double scale, long long n_moves, long long n_features)
{
    long long column = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    long long width = n_features + 2;
    if (column >= width) {
        return;
    }
    for (long long move = 0; move < n_moves; move++) {
        double term = addend(values, inverse_norms, weight_of(weights, move), scale, move, column, n_features);
        totals[clusters[move] * width + column] = term;
        totals[donors[move] * width + column] -= term;
    }
}

/// Marks the clusters that some rows left or came to; a thread a row.
extern "C" __global__ void mark_changes(
    const long long *__restrict__ changed, const int *__restrict__ labels, const int *__restrict__ previous,
    unsigned char *dirty, long long n_changed)
{
    long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (at < n_changed) {
        // Whoever writes, writes the same.
        dirty[labels[changed[at]]] = 1;
        dirty[previous[changed[at]]] = 1;
    }
}
