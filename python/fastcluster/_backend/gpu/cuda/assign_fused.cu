// variants: STEPS=1,2,4,6,8,12,16
// The best two centers of each row without a tile of scores: products on tensor cores, whose sums are looked at in the
// registers where they arise. For rows of at most 256 features, where tiles cost more than the products.
//
// A block of four warps takes rows, which stay in registers, and passes over all centers, which come through shared
// memory in slices of WIDTH: the next one is read while the present one is multiplied.

/// Steps of 16 features that a row is padded to.
#ifndef STEPS
#define STEPS 8
#endif

/// Rows per warp: 16, or 32 where their fragments leave registers for the sums.
#if STEPS <= 8
#define ROW_TILES 2
#else
#define ROW_TILES 1
#endif

#define WARPS 4
#define THREADS (32 * WARPS)
/// Centers of a slice, and how many of its tiles of 8 that makes.
#define WIDTH 32
#define TILES (WIDTH / 8)
/// Pairs of float16 of a padded row, and of its place in shared memory: 4 more let no two lanes meet in a bank.
#define PAIRS (8 * STEPS)
#define STRIDE (PAIRS + 4)
/// Vectors of 8 float16 of a slice, and how many of them a thread moves.
#define VECTORS (WIDTH * 2 * STEPS)
#define MOVES ((VECTORS + THREADS - 1) / THREADS)

/// A slice of centers in shared memory: pairs of float16, n with the part of the band taken off and added, and reach.
struct Slice {
    unsigned values[WIDTH * STRIDE];
    float low[WIDTH], high[WIDTH], reach[WIDTH];
};

/// What a thread moves of a slice.
struct Moved {
    uint4 vectors[MOVES];
    float square, reach;
};

/// Reads a thread's share of the centers from `first`; `n_padded` columns exist, others are zeros.
__device__ __forceinline__ void read_slice(
    Moved &moved, const uint4 *centers, const float *squares, const float *reach, long long first, long long n_centers,
    long long n_padded)
{
    long long per_row = n_padded / 8;
#pragma unroll
    for (int move = 0; move < MOVES; move++) {
        int at = move * THREADS + threadIdx.x;
        long long center = first + at / (2 * STEPS), vector = at % (2 * STEPS);
        moved.vectors[move] = make_uint4(0, 0, 0, 0);
        if (at < VECTORS && center < n_centers && vector < per_row) {
            moved.vectors[move] = centers[center * per_row + vector];
        }
    }
    long long center = first + threadIdx.x;
    bool exists = threadIdx.x < WIDTH && center < n_centers;
    moved.square = exists ? squares[center] : 0.0f;
    moved.reach = exists ? reach[center] : 0.0f;
}

__device__ __forceinline__ void write_slice(Slice &slice, const Moved &moved)
{
#pragma unroll
    for (int move = 0; move < MOVES; move++) {
        int at = move * THREADS + threadIdx.x;
        if (at < VECTORS) {
            unsigned *to = slice.values + at / (2 * STEPS) * STRIDE + at % (2 * STEPS) * 4;
            *(uint4 *)to = moved.vectors[move];
        }
    }
    if (threadIdx.x < WIDTH) {
        float grown = band(0.0f, moved.reach);
        slice.low[threadIdx.x] = moved.square - grown;
        slice.high[threadIdx.x] = moved.square + grown;
        slice.reach[threadIdx.x] = moved.reach;
    }
}

/// The rows of a warp: fragments, slopes of the bands, and what is known of each. A lane has rows lane / 4 and that + 8
/// of every tile of 16.
struct Rows {
    unsigned values[ROW_TILES][STEPS][4];
    float slope[ROW_TILES][2];
    Best best[ROW_TILES][2];
};

__device__ __forceinline__ void read_rows(
    Rows &rows, const unsigned *values, const float *norms, const float *lost, float rate, long long first,
    long long n_rows, long long n_padded)
{
    int lane = threadIdx.x % 32;
    long long pairs = n_padded / 2;
#pragma unroll
    for (int tile = 0; tile < ROW_TILES; tile++) {
#pragma unroll
        for (int part = 0; part < 4; part++) {
            long long row = min(first + 16 * tile + lane / 4 + 8 * (part % 2), n_rows - 1);
#pragma unroll
            for (int step = 0; step < STEPS; step++) {
                long long pair = 8 * step + 4 * (part / 2) + lane % 4;
                rows.values[tile][step][part] = pair < pairs ? values[row * pairs + pair] : 0;
            }
            if (part < 2) {
                rows.slope[tile][part] = band_slope(lost[row], norms[row], rate);
                rows.best[tile][part] = {INFINITE_32, INFINITE_32, INFINITE_32, 0x7fffffff};
            }
        }
    }
}

/// Multiplies a warp's rows with the centers of a slice, of which `n_left` exist.
__device__ __forceinline__ void multiply(Rows &rows, const Slice &slice, long long first, long long n_left)
{
    int lane = threadIdx.x % 32;
    float sums[ROW_TILES][TILES][4];
#pragma unroll
    for (int at = 0; at < ROW_TILES * TILES * 4; at++) {
        sums[at / (TILES * 4)][at / 4 % TILES][at % 4] = 0.0f;
    }
#pragma unroll
    for (int step = 0; step < STEPS; step++) {
#pragma unroll
        for (int tile = 0; tile < TILES; tile++) {
            const unsigned *at = slice.values + (8 * tile + lane / 4) * STRIDE + 8 * step + lane % 4;
            unsigned centers[2] = {at[0], at[4]};
#pragma unroll
            for (int side = 0; side < ROW_TILES; side++) {
                mma_16816(sums[side][tile], rows.values[side][step], centers);
            }
        }
    }
#pragma unroll
    for (int tile = 0; tile < TILES; tile++) {
#pragma unroll
        for (int odd = 0; odd < 2; odd++) {
            int column = 8 * tile + 2 * (lane % 4) + odd;
            if (column < n_left) {
                float low = slice.low[column], high = slice.high[column], reach = slice.reach[column];
#pragma unroll
                for (int part = 0; part < 2 * ROW_TILES; part++) {
                    float sum = sums[part / 2][tile][2 * (part % 2) + odd];
                    float slope = rows.slope[part / 2][part % 2];
                    add_center(
                        rows.best[part / 2][part % 2], fmaf(-slope, reach, fmaf(-2.0f, sum, low)),
                        fmaf(slope, reach, fmaf(-2.0f, sum, high)), (int)first + column);
                }
            }
        }
    }
}

/// The best two of all centers for each row, as `best_two` leaves them after its last tile.
extern "C" __global__ void __launch_bounds__(THREADS) best_two_fused(
    const unsigned *rows, long long n_rows, const uint4 *centers, long long n_centers, long long n_padded,
    const float *squares, const float *reach, const float *rate, const float *norms, const float *lost, float *second,
    float *most, int *index)
{
    __shared__ __align__(16) Slice slices[2];
    long long first_row = ((long long)blockIdx.x * WARPS + threadIdx.x / 32) * 16 * ROW_TILES;
    Rows mine;
    read_rows(mine, rows, norms, lost, *rate, first_row, n_rows, n_padded);
    Moved moved;
    read_slice(moved, centers, squares, reach, 0, n_centers, n_padded);
    write_slice(slices[0], moved);
    __syncthreads();
    int turn = 0;
    for (long long first = 0; first < n_centers; first += WIDTH) {
        bool more = first + WIDTH < n_centers;
        if (more) {
            read_slice(moved, centers, squares, reach, first + WIDTH, n_centers, n_padded);
        }
        multiply(mine, slices[turn], first, n_centers - first);
        turn ^= 1;
        if (more) {
            write_slice(slices[turn], moved);
        }
        __syncthreads();
    }
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int part = 0; part < 2 * ROW_TILES; part++) {
        Best &best = mine.best[part / 2][part % 2];
        join_lanes(best, 4);
        long long row = first_row + 16 * (part / 2) + lane / 4 + 8 * (part % 2);
        if (lane % 4 == 0 && row < n_rows) {
            second[row] = best.second;
            most[row] = best.most;
            index[row] = best.index;
        }
    }
}
