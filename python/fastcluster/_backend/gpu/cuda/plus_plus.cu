// Greedy k-means++: draws by rejection, and the steps that choose among them. The rule and every order of sums are
// those of the core's `kmeans/init/plus_plus.rs`, so the rows that are chosen are the same.

// variants: ROW=0,2,3,4,5 COSINE=0 SINGLE=1 WEIGHTED=0
// variants: ROW=0 COSINE=0 SINGLE=1 WEIGHTED=1
// variants: ROW=0..5 COSINE=1 SINGLE=0 WEIGHTED=1
// variants: ROW=1 COSINE=0 SINGLE=0 WEIGHTED=0

// SINGLE: rows are exact in float32 and compare in it; else in float64, rounded to float32.
#ifndef SINGLE
#define SINGLE 1
#endif
#ifndef WEIGHTED
#define WEIGHTED 0
#endif

#if WEIGHTED
#define WEIGHT(row) weights[row]
#else
#define WEIGHT(row) 1.0
#endif

/// Rows whose mass is kept as one sum.
#define BLOCK_ROWS 256

/// Rows whose finds are listed by one warp.
#define CHUNK_ROWS 64

/// Draws and rows that a warp compares at a time: a value read serves several distances.
#define TILE_DRAWS 8
#define TILE_ROWS 2

#if SINGLE
typedef float drawn_t;
typedef float partial_t;
#define PARTS 32
__device__ __forceinline__ float value_of(row_t value, double, double) { return (float)as_double(value); }
#else
typedef double drawn_t;
typedef double partial_t;
#define PARTS LANES
__device__ __forceinline__ double value_of(row_t value, double scale, double inverse_norm)
{
    return working(value, scale, inverse_norm);
}
#endif

/// Combines partial sums by halving; with 16 of them, both halves of the warp hold the same. Every lane gets the result.
__device__ __forceinline__ float combined(partial_t sum)
{
    for (int half = PARTS / 2; half > 0; half /= 2) {
        sum = sum + __shfl_xor_sync(FULL_WARP, sum, half);
    }
    return (float)sum;
}

/// The squared distance of a row from a drawn one, by a warp: feature i goes to partial sum i mod PARTS.
__device__ __forceinline__ float distance_from(
    const row_t *x, double scale, double inverse_norm, const drawn_t *y, long long n_features, int lane)
{
    partial_t sum = 0;
    for (long long i = lane % PARTS; i < n_features; i += PARTS) {
        partial_t difference = value_of(x[i], scale, inverse_norm) - y[i];
        sum = sum + difference * difference;
    }
    return combined(sum);
}

/// The mass of a row, of which one is drawn.
__device__ __forceinline__ double mass(const float *closest, const double *weights, long long row)
{
    return WEIGHT(row) * (double)closest[row];
}

/// The mass of a block of rows, in row order.
__device__ __forceinline__ double potential(
    const float *closest, const double *weights, long long block, long long n_rows, int lane)
{
    double sum = 0.0;
    for (long long base = block * BLOCK_ROWS; base < (block + 1) * BLOCK_ROWS && base < n_rows; base += 32) {
        long long row = base + lane;
        sum = added(sum, row < n_rows ? mass(closest, weights, row) : 0.0);
    }
    return sum;
}

/// Sets `drawn` to the listed rows in the type in which rows compare; rows behind `n_listed` become zeros.
extern "C" __global__ void comparands(
    const row_t *rows, const double *inverse_norms, long long n_listed, long long n_features, double scale,
    long long n_padded, drawn_t *drawn)
{
    long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= n_padded * n_features) {
        return;
    }
    long long row = at / n_features;
    drawn[at] = row < n_listed ? value_of(rows[at], scale, inverse_norm_of(inverse_norms, row)) : (drawn_t)0;
}

/// The distance of every row from one drawn row; a warp per row.
extern "C" __global__ void first_distances(
    const row_t *rows, const double *inverse_norms, long long n_rows, long long n_features, double scale,
    const drawn_t *drawn, float *closest)
{
    int lane = threadIdx.x % 32;
    long long row = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (row >= n_rows) {
        return;
    }
    float distance =
        distance_from(rows + row * n_features, scale, inverse_norm_of(inverse_norms, row), drawn, n_features, lane);
    if (lane == 0) {
        closest[row] = distance;
    }
}

/// The mass of every block of rows; a warp per block.
extern "C" __global__ void all_potentials(
    const float *closest, const double *weights, long long n_rows, double *potentials)
{
    int lane = threadIdx.x % 32;
    long long block = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (block * BLOCK_ROWS >= n_rows) {
        return;
    }
    double sum = potential(closest, weights, block, n_rows, lane);
    if (lane == 0) {
        potentials[block] = sum;
    }
}

/// The last row of positive mass, from the end; a warp.
__device__ __forceinline__ long long last_of_mass(
    const float *closest, const double *weights, long long n_rows, int lane)
{
    for (long long base = (n_rows - 1) / 32 * 32; base >= 0; base -= 32) {
        bool has = base + lane < n_rows && mass(closest, weights, base + lane) > 0.0;
        unsigned found = __ballot_sync(FULL_WARP, has);
        if (found != 0) {
            return base + 31 - __clz((int)found);
        }
    }
    return -1;
}

/// Draws the row at each `uniform` of the cumulated mass; -1 where there is none. A warp per draw. Behind the rows,
/// `drawn` gets the bits of what they have as `closest`.
extern "C" __global__ void draw(
    const float *closest, const double *weights, long long n_rows, const double *potentials, long long n_blocks,
    const double *total, const double *uniforms, long long n_draws, long long *drawn)
{
    int lane = threadIdx.x % 32;
    long long at = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (at >= n_draws) {
        return;
    }
    if (!(total[0] > 0.0 && total[0] < INFINITE)) {
        if (lane == 0) {
            drawn[at] = -1;
        }
        return;
    }
    double left = uniforms[at] * total[0];
    long long block = 0;
    bool walks = true;
    for (long long base = 0; walks && base < n_blocks; base += 32) {
        double mine = base + lane < n_blocks ? potentials[base + lane] : 0.0;
        for (int from = 0; from < 32; ++from) {
            double next = __shfl_sync(FULL_WARP, mine, from);
            walks = walks && block + 1 < n_blocks && left >= next;
            left = walks ? left - next : left;
            block += walks ? 1 : 0;
        }
    }
    long long last = -1, begin = block * BLOCK_ROWS;
    walks = true;
    for (long long base = begin; walks && base < begin + BLOCK_ROWS && base < n_rows; base += 32) {
        double mine = base + lane < n_rows ? mass(closest, weights, base + lane) : 0.0;
        for (int from = 0; from < 32; ++from) {
            double next = __shfl_sync(FULL_WARP, mine, from);
            if (walks && next > 0.0) {
                last = base + from;
                left = left - next;
                walks = !(left < 0.0);
            }
        }
    }
    if (last < 0) {
        // Rounding led to a last block without mass.
        last = last_of_mass(closest, weights, n_rows, lane);
    }
    if (lane == 0) {
        drawn[at] = last;
        drawn[n_draws + at] = __float_as_uint(closest[last]);
    }
}

/// Which of up to 64 draws brings each row nearer, as bits; a warp per TILE_ROWS rows. `drawn` has a multiple of
/// TILE_DRAWS rows.
extern "C" __global__ void nearer(
    const row_t *rows, const double *inverse_norms, long long n_rows, long long n_features, double scale,
    const float *closest, const drawn_t *drawn, long long n_draws, unsigned long long *bits)
{
    int lane = threadIdx.x % 32;
    long long first = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32 * TILE_ROWS;
    if (first >= n_rows) {
        return;
    }
    unsigned long long found[TILE_ROWS];
    const row_t *x[TILE_ROWS];
    double inverse[TILE_ROWS];
#pragma unroll
    for (int r = 0; r < TILE_ROWS; ++r) {
        // Behind the last row, the last row is read again.
        long long row = first + r < n_rows ? first + r : n_rows - 1;
        x[r] = rows + row * n_features;
        inverse[r] = inverse_norm_of(inverse_norms, row);
        found[r] = 0;
    }
    for (long long group = 0; group < n_draws; group += TILE_DRAWS) {
        partial_t sums[TILE_ROWS][TILE_DRAWS];
#pragma unroll
        for (int r = 0; r < TILE_ROWS; ++r) {
#pragma unroll
            for (int j = 0; j < TILE_DRAWS; ++j) {
                sums[r][j] = 0;
            }
        }
        const drawn_t *y = drawn + group * n_features;
        for (long long i = lane % PARTS; i < n_features; i += PARTS) {
            drawn_t compared[TILE_DRAWS];
#pragma unroll
            for (int j = 0; j < TILE_DRAWS; ++j) {
                compared[j] = y[j * n_features + i];
            }
#pragma unroll
            for (int r = 0; r < TILE_ROWS; ++r) {
                partial_t value = value_of(x[r][i], scale, inverse[r]);
#pragma unroll
                for (int j = 0; j < TILE_DRAWS; ++j) {
                    partial_t difference = value - compared[j];
                    sums[r][j] = sums[r][j] + difference * difference;
                }
            }
        }
#pragma unroll
        for (int r = 0; r < TILE_ROWS; ++r) {
#pragma unroll
            for (int j = 0; j < TILE_DRAWS; ++j) {
                float distance = combined(sums[r][j]);
                bool near = group + j < n_draws && first + r < n_rows && distance < closest[first + r];
                found[r] |= (unsigned long long)near << (group + j);
            }
        }
    }
#pragma unroll
    for (int r = 0; r < TILE_ROWS; ++r) {
        if (lane == 0 && first + r < n_rows) {
            bits[first + r] = found[r];
        }
    }
}

/// How many rows of each chunk each draw brings nearer: counts[draw][chunk]; a warp per chunk.
extern "C" __global__ void count_nearer(
    const unsigned long long *bits, long long n_rows, long long n_draws, long long n_chunks, long long *counts)
{
    int lane = threadIdx.x % 32;
    long long chunk = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (chunk >= n_chunks) {
        return;
    }
    for (long long draw = lane; draw < n_draws; draw += 32) {
        long long count = 0;
        for (long long row = chunk * CHUNK_ROWS; row < (chunk + 1) * CHUNK_ROWS && row < n_rows; ++row) {
            count += (long long)(bits[row] >> draw & 1);
        }
        counts[draw * n_chunks + chunk] = count;
    }
}

/// Lists the rows that each draw brings nearer, and their distances, by row; a warp per chunk.
///
/// `ends` are the counts cumulated over the whole table: a draw's list ends where its last chunk does. `first_row` is
/// the number of the first row here, a multiple of CHUNK_ROWS; `bits` and `ends` are those of all rows.
extern "C" __global__ void list_nearer(
    const row_t *rows, const double *inverse_norms, long long first_row, long long n_rows, long long n_features,
    double scale, const drawn_t *drawn, long long n_draws, const unsigned long long *bits, const long long *ends,
    long long n_chunks, unsigned *list_rows, float *list_distances)
{
    int lane = threadIdx.x % 32;
    long long warp = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    if (warp * CHUNK_ROWS >= n_rows) {
        return;
    }
    // The lane's places in the lists of draws `lane` and `lane + 32`.
    long long chunk = first_row / CHUNK_ROWS + warp;
    long long at = lane * n_chunks + chunk, next = (lane + 32) * n_chunks + chunk;
    long long place = lane < n_draws && at > 0 ? ends[at - 1] : 0;
    long long next_place = lane + 32 < n_draws ? ends[next - 1] : 0;
    for (long long row = warp * CHUNK_ROWS; row < (warp + 1) * CHUNK_ROWS && row < n_rows; ++row) {
        unsigned long long found = bits[first_row + row];
        for (int draw = 0; found != 0; ++draw, found >>= 1) {
            if ((found & 1) == 0) {
                continue;
            }
            float distance = distance_from(
                rows + row * n_features, scale, inverse_norm_of(inverse_norms, row), drawn + draw * n_features, n_features, lane);
            if (lane == draw % 32) {
                long long free = draw < 32 ? place : next_place;
                list_rows[free] = (unsigned)(first_row + row);
                list_distances[free] = distance;
                place += draw < 32 ? 1 : 0;
                next_place += draw < 32 ? 0 : 1;
            }
        }
    }
}

/// By how much a draw lowers the mass, in row order; a warp.
__device__ __forceinline__ double gain_of(
    const float *closest, const double *weights, const unsigned *list_rows, const float *list_distances,
    long long begin, long long end, int lane)
{
    double sum = 0.0;
    for (long long base = begin; base < end; base += 4 * 32) {
        double mine[4];
        for (int q = 0; q < 4; ++q) {
            long long at = base + q * 32 + lane;
            mine[q] = 0.0;
            if (at < end) {
                long long row = list_rows[at];
                double gain = (double)closest[row] - (double)list_distances[at];
                mine[q] = WEIGHT(row) * (gain > 0.0 ? gain : 0.0);
            }
        }
        for (int q = 0; q < 4; ++q) {
            sum = added(sum, mine[q]);
        }
    }
    return sum;
}

/// Takes the next draws that are kept as trials until there are `n_trials`; warp 0. A draw made at D0 is one of now with
/// probability D / D0.
__device__ __forceinline__ void take_trials(
    const float *closest, const long long *draw_rows, const long long *draw_closest, const double *keeps,
    long long n_draws, long long n_carried, long long n_trials, long long *trials, long long *place,
    long long *n_taken, int lane)
{
    long long next = *place, taken = *n_taken;
    while (taken < n_trials && next < n_draws) {
        long long at = next + lane;
        bool keep = at < n_draws
            && keeps[at - n_carried] * (double)__uint_as_float((unsigned)draw_closest[at])
                < (double)closest[draw_rows[at]];
        unsigned kept = __ballot_sync(FULL_WARP, keep);
        for (int from = 0; from < 32 && taken < n_trials && next < n_draws; ++from, ++next) {
            if (kept >> from & 1) {
                if (lane == 0) {
                    trials[taken] = next;
                }
                ++taken;
            }
        }
    }
    // Every lane has read them.
    __syncwarp(FULL_WARP);
    if (lane == 0) {
        *place = next;
        *n_taken = taken;
    }
}

/// Steps of k-means++ while the draws last; one block of threads.
///
/// Draw i brings nearer what the lists hold in begins[i]..begins[i + 1]; draw_closest has its distance as bits. The
/// first `n_carried` draws were kept before; the others are kept by `keeps`. progress[0] counts the chosen rows, before
/// and after; progress[1] gets the number of trials of a step for which no more draws were left, and what follows names
/// them.
extern "C" __global__ void steps(
    float *closest, const double *weights, double *potentials, unsigned char *touched, long long n_rows,
    const unsigned *list_rows, const float *list_distances, const long long *begins, const long long *draw_rows,
    const long long *draw_closest, const double *keeps, long long n_draws, long long n_carried, long long n_trials,
    long long *progress, double *gains, long long *chosen, long long n_clusters)
{
    long long *trials = progress + 2;
    __shared__ long long place, n_taken, n_chosen, best;
    int lane = threadIdx.x % 32;
    long long warp = threadIdx.x / 32, n_warps = blockDim.x / 32;
    if (threadIdx.x == 0) {
        place = n_carried;
        n_taken = n_carried;
        n_chosen = progress[0];
    }
    for (long long at = threadIdx.x; at < n_carried; at += blockDim.x) {
        trials[at] = at;
    }
    __syncthreads();
    while (n_chosen < n_clusters) {
        if (warp == 0) {
            take_trials(
                closest, draw_rows, draw_closest, keeps, n_draws, n_carried, n_trials, trials, &place, &n_taken, lane);
        }
        __syncthreads();
        if (n_taken < n_trials) {
            break;
        }
        for (long long trial = warp; trial < n_trials; trial += n_warps) {
            long long draw = trials[trial];
            double gain =
                gain_of(closest, weights, list_rows, list_distances, begins[draw], begins[draw + 1], lane);
            if (lane == 0) {
                gains[trial] = gain;
            }
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            long long most = 0;
            for (long long trial = 1; trial < n_trials; ++trial) {
                most = gains[trial] > gains[most] ? trial : most;
            }
            best = trials[most];
            chosen[n_chosen] = draw_rows[best];
        }
        __syncthreads();
        for (long long at = begins[best] + threadIdx.x; at < begins[best + 1]; at += blockDim.x) {
            unsigned row = list_rows[at];
            if (list_distances[at] < closest[row]) {
                closest[row] = list_distances[at];
                touched[row / BLOCK_ROWS] = 1;
            }
        }
        __syncthreads();
        // A warp looks at 32 marks at once: one by one, it would wait for memory each time.
        for (long long first = warp; first * BLOCK_ROWS < n_rows; first += 32 * n_warps) {
            long long mine = first + lane * n_warps;
            bool is_touched = mine * BLOCK_ROWS < n_rows && touched[mine] != 0;
            for (unsigned rest = __ballot_sync(FULL_WARP, is_touched); rest != 0; rest &= rest - 1) {
                long long block = first + (__ffs((int)rest) - 1) * n_warps;
                double sum = potential(closest, weights, block, n_rows, lane);
                if (lane == 0) {
                    potentials[block] = sum;
                }
            }
            if (is_touched) {
                touched[mine] = 0;
            }
        }
        if (threadIdx.x == 0) {
            ++n_chosen;
            n_taken = 0;
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        progress[0] = n_chosen;
        progress[1] = n_taken;
    }
}
