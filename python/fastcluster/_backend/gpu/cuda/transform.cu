// variants: ROW=0,2,3,4,5 COSINE=0,1 DOUBLE=0
// variants: ROW=0..5 COSINE=0,1 DOUBLE=1
// All distances of rows and centers, in the caller's units.

// DOUBLE is 1 where the distances are float64.
#ifndef DOUBLE
#define DOUBLE 0
#endif
#if DOUBLE
typedef double result_t;
__device__ __forceinline__ result_t result_of(double value) { return value; }
#else
typedef float result_t;
__device__ __forceinline__ result_t result_of(double value) { return double_to_float(value); }
#endif

/// The squared distance from a row or a center of zeros under cosine.
#define VOID_SQUARED 2.0

/// Rows and centers of a block's tile; as many features are held at once as the distance has partial sums.
#define SIDE LANES

/// Distances of SIDE rows and SIDE centers, a pair a thread: each has all partial sums of its distance, which therefore
/// has the bits of the one that defines labels. Features beyond the last are zeros on both sides, and add nothing.
extern "C" __global__ void transform(
    const row_t *rows, long long n_rows, long long n_features, double scale, const double *inverse_norms,
    const double *centers, const unsigned char *voids, long long n_centers, result_t *distances)
{
    __shared__ double of_rows[SIDE][SIDE + 1], of_centers[SIDE][SIDE + 1];
    int x = threadIdx.x % SIDE, y = threadIdx.x / SIDE;
    long long tiles = (n_centers + SIDE - 1) / SIDE;
    long long first_row = blockIdx.x / tiles * SIDE, first_center = blockIdx.x % tiles * SIDE;
    long long loaded_row = min(first_row + y, n_rows - 1), loaded_center = min(first_center + y, n_centers - 1);
    double inverse_norm = inverse_norm_of(inverse_norms, loaded_row);
    double sums[LANES];
#pragma unroll
    for (int lane = 0; lane < LANES; lane++) {
        sums[lane] = 0.0;
    }
    for (long long from = 0; from < n_features; from += SIDE) {
        long long i = from + x;
        bool exists = i < n_features;
        of_rows[y][x] = exists ? working(rows[loaded_row * n_features + i], scale, inverse_norm) : 0.0;
        of_centers[y][x] = exists ? centers[loaded_center * n_features + i] : 0.0;
        __syncthreads();
#pragma unroll
        for (int lane = 0; lane < LANES; lane++) {
            double difference = of_rows[y][lane] - of_centers[x][lane];
            sums[lane] = sums[lane] + difference * difference;
        }
        __syncthreads();
    }
    // Bounds that the compiler knows: the sums stay in registers.
#pragma unroll
    for (int step = 1; step < LANES; step *= 2) {
#pragma unroll
        for (int lane = 0; lane < LANES / 2; lane++) {
            if (lane < LANES / 2 / step) {
                sums[lane] = sums[lane] + sums[lane + LANES / 2 / step];
            }
        }
    }
    long long row = first_row + y, center = first_center + x;
    if (row < n_rows && center < n_centers) {
        bool is_void = inverse_norm_of(inverse_norms, row) == 0.0 || voids[center];
        double squared = is_void ? VOID_SQUARED : sums[0];
#if COSINE
        distances[row * n_centers + center] = result_of(squared / 2.0);
#else
        distances[row * n_centers + center] = result_of(sqrt(squared) / scale);
#endif
    }
}
