"""Small CUDA kernels for the tests of the stand-in."""

SOURCE = r"""
// A comment with extern "C" __global__ void nothing( in it.
extern "C" __global__ void add(const float *x, const float *y, float *sum, long long n)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) sum[i] = x[i] + y[i];
}

// A warp a row.
extern "C" __global__ void row_sums(
    const double *x, double *sums, long long n_rows, long long n_features)
{
    long long row = (long long)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    double sum = 0.0;
    if (row < n_rows) {
        for (long long i = lane; i < n_features; i += 32) sum += x[row * n_features + i];
    }
    for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(FULL_WARP, sum, step);
    if (row < n_rows && lane == 0) sums[row] = sum;
}

extern "C" __global__ void reversed(const int *x, int *y)
{
    __shared__ int tile[256];
    tile[threadIdx.x] = x[blockIdx.x * 256 + threadIdx.x];
    __syncthreads();
    y[blockIdx.x * 256 + threadIdx.x] = tile[255 - threadIdx.x];
}

extern "C" __global__ void reversed_dynamic(const int *x, int *y, long long extra)
{
    extern __shared__ int room[];
    room[threadIdx.x + extra] = x[threadIdx.x];
    __syncthreads();
    y[threadIdx.x] = room[blockDim.x - 1 - threadIdx.x];
}

extern "C" __global__ void histogram(
    const int *x, unsigned long long *counts, int *least, long long n)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        atomicAdd(&counts[x[i]], 1ull);
        atomicMin(least, x[i]);
    }
}

// Increments by compare-and-swap: an interruption between reading and swapping must not lose one.
extern "C" __global__ void swaps(int *count)
{
    int old = *count;
    while (true) {
        int found = atomicCAS(count, old, old + 1);
        if (found == old) break;
        old = found;
    }
}

extern "C" __global__ void votes(const int *x, int *out)
{
    unsigned ballot = __ballot_sync(FULL_WARP, x[threadIdx.x] > 0);
    int lane = threadIdx.x % 32;
    int mine = x[threadIdx.x];
    out[threadIdx.x] = __popc(ballot & ((1u << lane) - 1u)) + 100 * __any_sync(FULL_WARP, mine > 8)
        + 1000 * __all_sync(FULL_WARP, mine > 0) + 10000 * __shfl_xor_sync(FULL_WARP, mine, 1);
}

extern "C" __global__ void some_never_come(int *out, long long threshold)
{
    if (threadIdx.x < threshold) return;
    __syncthreads();
    out[0] = 1;
}

extern "C" __global__ void half_a_warp(int *out)
{
    if (threadIdx.x % 32 < 16) out[threadIdx.x] = __shfl_xor_sync(FULL_WARP, 1, 1);
    else __syncthreads();
}

extern "C" __global__ void no_such_lane(int *out)
{
    out[threadIdx.x] = __shfl_sync(0x0000ffffu, 1, 20);
}

extern "C" __global__ void different_meetings(int *out)
{
    if (threadIdx.x < 16) out[0] = __ballot_sync(FULL_WARP, 1);
    else out[1] = __shfl_xor_sync(FULL_WARP, 1, 1);
}

extern "C" __global__ void never_written(float *out)
{
    __shared__ float tile[32];
    out[threadIdx.x] = tile[threadIdx.x];
}

extern "C" __global__ void beside(float *out, long long at)
{
    out[at] = 1.0f;
}

extern "C" __global__ void halves(
    const unsigned short *bits, float *wide, unsigned short *again, long long n)
{
    for (long long i = threadIdx.x; i < n; i += blockDim.x) {
        wide[i] = half_to_float(bits[i]);
        again[i] = float_to_half(wide[i]);
    }
}

extern "C" __global__ void narrow(
    const float *x, unsigned short *bits, float *up, const double *y, long long n)
{
    for (long long i = threadIdx.x; i < n; i += blockDim.x) {
        bits[i] = float_to_half(x[i]);
        up[i] = __double2float_ru(y[i]);
    }
}

extern "C" __global__ void product(const unsigned *a, const unsigned *b, float *d)
{
    int lane = threadIdx.x;
    float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    mma_16816(sums, a + lane * 4, b + lane * 2);
    for (int i = 0; i < 4; i++) d[lane * 4 + i] = sums[i];
}
"""
